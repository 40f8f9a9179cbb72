"""y = softmax(x) by rows, or its logarithm."""
import numpy as np
from hypothesis import strategies as st

from reference import UNIT, rounding
from references import Reference

EXP = 9                     # expf and logf: 4.5 units in the last place, which are 9 of 2^-24
SMALLEST = 2.0 ** -126      # what is smaller may be flushed to 0

# rows, columns: one column (all results are 1); around a warp, a quad for every lane, a block; fewer rows than a block has
# warps; more rows than a grid has blocks; rows that begin at multiples of 16 bytes and at the places between; very long.
SHAPES = ((1, 1), (9, 1), (9, 2), (17, 3), (9, 5), (33, 31), (9, 32), (35, 33), (8, 63), (8, 64), (8, 65), (17, 127),
          (16, 128), (9, 129), (9, 255), (8, 256), (10, 257), (9, 1023), (8, 1024), (17, 1025), (16500, 9), (9, 4099),
          (8, 20000), (3, 100000), (1, 100000), (2, 99999))


def softmax(dump):
    x = dump.inputs["x"].astype(np.float64)
    columns = dump.sizes["columns"]
    with np.errstate(under="ignore", invalid="ignore"):
        d = x - x.max(axis=1, keepdims=True)
        e = np.exp(d)
        sums = e.sum(axis=1, keepdims=True)
        moved = np.where(e > 0, e * np.abs(d), 0).sum(axis=1, keepdims=True) / sums
    # In units of 2^-24: terms of the sum, additions, and a factor with an expf for each round of the online form.
    of_sum = EXP + moved + (rounding(columns) + (EXP + 1) * rounding(2 + columns / 128)) / UNIT
    if dump.info["flags"]["log"]:
        y = d - np.log(sums)
        return {"y": (y, 1.001 * UNIT * (np.abs(d) + of_sum + EXP * np.log(sums) + np.abs(y)) + SMALLEST)}
    y = e / sums
    with np.errstate(invalid="ignore"):
        units = np.where(e > 0, (EXP + np.abs(d) + of_sum + 2) * y, 0)
    return {"y": (y, 1.001 * UNIT * units + SMALLEST)}


def arguments(sizes, folder):
    return [f"--rows={sizes['rows']}", f"--columns={sizes['columns']}"] + ["--log"] * sizes["log"]


REFERENCE = Reference(softmax, [{"rows": m, "columns": n, "log": False} for m, n in SHAPES]
                      + [{"rows": m, "columns": n, "log": True} for m, n in SHAPES[::3]],
                      st.fixed_dictionaries({"rows": st.integers(1, 60), "columns": st.integers(1, 700),
                                             "log": st.booleans()}),
                      blocks=(1, 7, 32, 96, 100, 256, 1024), arguments=arguments)
