"""max, argmax and average of windows, and dx of the maximum; windows of the padded x as a view."""
import numpy as np
from hypothesis import strategies as st

from reference import rounding
from references import Reference
from references.gemm import gemm_options

NAMES = "n", "c", "h", "w", "window", "stride", "pad", "count-valid"
# One element; windows side by side (quads where w is a multiple of 4), one behind the other with gaps, overlapping; odd
# heights, of which a row remains; the whole image as a window; windows that begin in the padding; outputs around the
# tile of 8 x 32; a window too large for shared memory.
SHAPES = ((1, 1, 1, 1, 1, 1, 0), (2, 3, 8, 8, 2, 2, 0), (1, 5, 9, 12, 2, 2, 0), (3, 2, 7, 4, 2, 2, 0),
          (2, 3, 9, 11, 2, 2, 0), (1, 3, 8, 12, 2, 2, 1), (2, 2, 8, 8, 2, 3, 0), (1, 2, 13, 10, 3, 2, 1),
          (2, 1, 12, 15, 3, 1, 1), (1, 4, 10, 9, 1, 2, 0), (1, 2, 11, 12, 5, 3, 4), (2, 3, 7, 5, 5, 1, 0),
          (1, 1, 9, 33, 2, 1, 0), (1, 3, 19, 67, 3, 2, 0), (1, 1, 40, 130, 4, 4, 3), (1, 2, 70, 90, 60, 9, 20),
          (9, 8, 17, 64, 2, 2, 0), (2, 2, 65, 140, 2, 2, 0))


def pooling(dump):
    x, dy = (dump.inputs[name].astype(np.float64) for name in ("x", "dy"))
    window, stride, pad = (dump.sizes[name] for name in NAMES[4:7])
    n, c, h, w = x.shape

    def windows(values, outside):
        padded = np.pad(values, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=outside)
        view = np.lib.stride_tricks.sliding_window_view(padded, (window, window), axis=(2, 3))
        view = view[:, :, ::stride, ::stride]
        return view.reshape(*view.shape[:4], window * window)

    seen = windows(x, -np.inf)
    place = np.broadcast_to(np.arange(h * w).reshape(1, 1, h, w), (1, 1, h, w))
    first = seen.argmax(axis=-1)                            # numpy's argmax is the first one, too
    at = np.take_along_axis(np.broadcast_to(windows(place, -1), seen.shape), first[..., None], -1)[..., 0]
    shown = windows(np.ones((1, 1, h, w)), 0).sum(-1)
    count = shown if dump.info["flags"]["count-valid"] else window * window
    size = windows(np.abs(x), 0).sum(-1) / count

    dx, dx_size, gradients = (np.zeros((n * c, h * w)) for _ in range(3))
    planes = np.arange(n * c)[:, None]
    for sums, terms in ((dx, dy), (dx_size, np.abs(dy)), (gradients, np.ones_like(dy))):
        np.add.at(sums, (planes, at.reshape(n * c, -1)), terms.reshape(n * c, -1))
    dx_bound = np.vectorize(rounding)(np.maximum(gradients - 1, 0)) * dx_size
    return {"max": (seen.max(-1), 0), "argmax": (at, None),
            "average": (windows(x, 0).sum(-1) / count, np.vectorize(rounding)(shown + 2) * size),
            "dx": (dx.reshape(x.shape), dx_bound.reshape(x.shape))}


@st.composite
def drawn(draw):
    n, c, window, stride = (draw(st.integers(1, most)) for most in (3, 5, 6, 7))
    pad = draw(st.integers(0, window - 1))
    h, w = (draw(st.integers(max(1, window - 2 * pad), 40)) for _ in range(2))
    return dict(zip(NAMES, (n, c, h, w, window, stride, pad, draw(st.booleans()))))


EDGES = [dict(zip(NAMES, (*shape, valid))) for shape in SHAPES for valid in ((False, True) if shape[-1] else (False,))]
REFERENCE = Reference(pooling, EDGES, drawn(), blocks=(1, 7, 64, 100, 256, 1024), arguments=gemm_options)
