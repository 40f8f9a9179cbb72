"""Y = f(X + b), b added to each row."""
import numpy as np
from hypothesis import strategies as st

from reference import EPS
from references import Reference
from references.stage1_vector.activations import FUNCTIONS

# M, N: an element, a row, a column; around a warp and a block; every remainder of N by 4, so that rows begin at each
# place in a quad; rows shorter than a quad; more than 8 rows a thread.
SHAPES = ((1, 1), (1, 79), (79, 1), (35, 79), (2, 3), (9, 2), (33, 31), (64, 32), (65, 33), (31, 127), (17, 128), (5, 129),
          (130, 254), (7, 1023), (257, 256), (3, 4099), (1025, 61))


def bias_activation(dump):
    X, b = dump.inputs["X"].astype(np.float64), dump.inputs["b"].astype(np.float64)
    name = dump.info["texts"]["function"]
    t = X + b
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        f, slope, error, _ = FUNCTIONS[name](t)
    return {"Y": (f, 1.001 * EPS * (error + 0.5 * np.abs(t * slope)) + (0 if name == "relu" else 2.0 ** -139))}


REFERENCE = Reference(bias_activation, [{"m": m, "n": n} for m, n in SHAPES],
                      st.fixed_dictionaries({"m": st.integers(1, 150), "n": st.integers(1, 400)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
