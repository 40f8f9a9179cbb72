"""B = A^T."""
import numpy as np
from hypothesis import strategies as st

from references import Reference

# M, N: an element, a row, a column; around a warp, a tile of 32, two tiles; more rows than gridDim.y has blocks.
SHAPES = ((1, 1), (1, 79), (79, 1), (31, 33), (32, 32), (33, 31), (35, 79), (64, 65), (3, 4099), (4099, 3), (127, 256),
          (1023, 1025), (257, 64), (70001, 2), (255, 33))


def transpose(dump):
    A = dump.inputs["A"].astype(np.float64)
    assert A.shape == (dump.sizes["M"], dump.sizes["N"])
    return {"B": (A.T, np.zeros(A.T.shape))}    # no arithmetic, no rounding: the very same values


REFERENCE = Reference(transpose, [{"m": m, "n": n} for m, n in SHAPES],
                      st.fixed_dictionaries({"m": st.integers(1, 300), "n": st.integers(1, 300)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
