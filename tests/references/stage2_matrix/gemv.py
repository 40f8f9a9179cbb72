"""y = A x, the rows of A `pad` floats longer than N."""
import numpy as np
from hypothesis import strategies as st

from reference import rounding
from references import Reference

# M, N, padding: an element, a row, a column; around a warp and four warps (quads of all lanes); rows that begin at
# multiples of 16 bytes (N + padding a multiple of 4) and rows that do not; tails of 0 to 3 behind the quads; more rows
# than a grid has blocks.
SHAPES = ((1, 1, 0), (1, 79, 1), (79, 1, 3), (35, 79, 0), (33, 31, 1), (64, 32, 0), (65, 33, 3), (31, 127, 1),
          (127, 128, 4), (5, 129, 3), (4099, 3, 1), (4099, 3, 0), (3, 4099, 1), (3, 4099, 0), (130, 254, 2),
          (257, 256, 0), (16500, 9, 3), (255, 258, 2), (1023, 1025, 3))


def gemv(dump):
    M, N = dump.sizes["M"], dump.sizes["N"]
    assert dump.inputs["A"].shape == (M, N + dump.sizes["pad"])
    A, x = dump.inputs["A"][:, :N].astype(np.float64), dump.inputs["x"].astype(np.float64)
    return {"y": (A @ x, rounding(N) * (np.abs(A) @ np.abs(x)))}


REFERENCE = Reference(gemv, [{"m": m, "n": n, "pad": pad} for m, n, pad in SHAPES],
                      st.fixed_dictionaries({"m": st.integers(1, 200), "n": st.integers(1, 700),
                                             "pad": st.integers(0, 5)}),
                      blocks=(1, 7, 32, 96, 100, 256, 1024))
