"""y = alpha x + y."""
import numpy as np
from hypothesis import strategies as st

from reference import UNIT
from references import EDGES, Reference


def axpy(dump):
    x, y = (dump.inputs[name].astype(np.float64) for name in "xy")
    product = np.float64(np.float32(dump.scalars["alpha"])) * x
    values = product + y
    return {"y": (values, UNIT * ((1 + UNIT) * np.abs(product) + np.abs(values)))}  # two roundings to float32


REFERENCE = Reference(axpy, [{"n": n} for n in EDGES], st.fixed_dictionaries({"n": st.integers(1, 20000)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
