"""y = conv2d(x, w) + bias, NCHW: the windows of the padded x as a view, times the filters."""
import numpy as np
from hypothesis import strategies as st

from reference import rounding
from references import Reference
from references.gemm import gemm_options

NAMES = "n", "c", "h", "w", "k", "r", "s", "stride", "pad", "no-bias"
# A single product; 1 x 1 (the matrix of windows is x itself, with a stride it is not); 3 x 3 and 5 x 5; filters that are
# not square, as large as the padded image, larger than the image; more padding than filter; strides that leave rows out;
# one channel, one filter; filters around the tiles of 16, 32 and 64; pixels around 128; products around steps of 8.
SHAPES = ((1, 1, 1, 1, 1, 1, 1, 1, 0), (3, 5, 7, 9, 4, 1, 1, 1, 0), (2, 3, 8, 5, 7, 1, 1, 2, 0),
          (2, 3, 5, 7, 3, 1, 1, 1, 2), (2, 5, 11, 13, 7, 3, 3, 1, 1), (3, 2, 9, 10, 16, 3, 3, 2, 1),
          (1, 7, 17, 12, 17, 5, 5, 1, 2), (2, 3, 14, 11, 31, 5, 5, 3, 0), (1, 1, 12, 31, 33, 2, 7, 1, 3),
          (2, 9, 6, 4, 5, 6, 4, 1, 0), (1, 2, 3, 2, 65, 5, 4, 1, 2), (1, 3, 4, 4, 2, 2, 3, 1, 5),
          (5, 4, 8, 16, 32, 3, 3, 1, 1), (1, 8, 9, 15, 64, 1, 3, 1, 1), (2, 4, 1, 120, 1, 1, 9, 4, 3),
          (2, 19, 13, 17, 67, 3, 3, 1, 1), (1, 33, 10, 9, 130, 3, 3, 2, 1))


def conv2d(dump):
    x, w, bias = (dump.inputs[name].astype(np.float64) for name in ("x", "w", "bias"))
    stride, pad = dump.sizes["stride"], dump.sizes["pad"]
    bias = 0 * bias if dump.info["flags"]["no-bias"] else bias
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]

    def apply(windows, w, bias):
        return np.einsum("ncpqrs,kcrs->nkpq", windows, w, optimize=True) + bias[:, None, None]

    y = apply(windows, w, bias)
    return {"y": (y, rounding(w[0].size + 1) * apply(np.abs(windows), np.abs(w), np.abs(bias)))}


@st.composite
def drawn(draw):
    n, c, k, r, s = (draw(st.integers(1, most)) for most in (4, 12, 70, 5, 5))
    pad = draw(st.integers(0, 4))
    h, w = (draw(st.integers(max(1, window - 2 * pad), 24)) for window in (r, s))
    return dict(zip(NAMES, (n, c, h, w, k, r, s, draw(st.integers(1, 4)), pad, draw(st.booleans()))))


EDGES = [dict(zip(NAMES, (*shape, number % 4 == 3))) for number, shape in enumerate(SHAPES)]
REFERENCE = Reference(conv2d, EDGES, drawn(), blocks=(1, 7, 64, 100, 256, 1024), arguments=gemm_options)
