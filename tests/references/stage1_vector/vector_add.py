"""c = a + b."""
import numpy as np
from hypothesis import strategies as st

from reference import UNIT
from references import EDGES, Reference


def vector_add(dump):
    a, b = (dump.inputs[name].astype(np.float64) for name in "ab")
    c = a + b                               # exact in float64 up to 2^-53, which is nothing here
    return {"c": (c, UNIT * np.abs(c))}     # one rounding to float32


REFERENCE = Reference(vector_add, [{"n": n} for n in EDGES], st.fixed_dictionaries({"n": st.integers(1, 20000)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
