"""sum of x y, in one number."""
import numpy as np
from hypothesis import strategies as st

from reference import rounding
from references import EDGES, Reference


def dot(dump):
    x, y = (dump.inputs[name].astype(np.float64) for name in "xy")
    products = x * y
    # Whatever the order, no product goes through more than n roundings: its own and n - 1 additions.
    return {"sum": (products.sum()[None], rounding(products.size) * np.abs(products).sum()[None])}


# 70001 elements are more than one round of two_pass for every block.
REFERENCE = Reference(dot, [{"n": n} for n in (70001, *EDGES)], st.fixed_dictionaries({"n": st.integers(1, 100000)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
