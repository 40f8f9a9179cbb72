"""losses = -ln softmax(x)[label] for each sample, their mean, and the mean's gradient dx; label -1 is left out."""
import numpy as np
from hypothesis import strategies as st

from reference import UNIT, rounding
from references import Reference

EXP = 9                     # expf and logf: 4.5 units in the last place, which are 9 of 2^-24
SMALLEST = 2.0 ** -126      # what is smaller may be flushed to 0

# rows, columns: one class (the loss is 0); ten classes, as digits have; around a warp and a block; many classes; one
# sample; more samples than a grid has blocks.
SHAPES = ((1, 1), (9, 1), (33, 2), (1, 10), (64, 10), (257, 10), (1000, 10), (17, 31), (17, 32), (35, 33), (9, 64),
          (16, 65), (17, 128), (9, 255), (33, 257), (8, 1024), (9, 1025), (16500, 7), (9, 20000), (8, 100000))


def cross_entropy(dump):
    labels, counts = dump.inputs["labels"], dump.inputs["labels"] != -1
    rows, columns = dump.inputs["x"].shape
    x = np.where(counts[:, None], dump.inputs["x"].astype(np.float64), 0)   # what is left out may hold anything
    scale = 1 / counts.sum() if counts.any() else 0
    d = x - x.max(axis=1, keepdims=True)
    e = np.exp(d)
    sums = e.sum(axis=1, keepdims=True)
    # In units of 2^-24, as in softmax.py.
    of_sum = EXP + (e * np.abs(d)).sum(axis=1, keepdims=True) / sums
    of_sum += (rounding(columns) + (EXP + 1) * rounding(2 + columns / 128)) / UNIT
    right = np.arange(columns) == labels[:, None]
    p, off = e / sums, e / sums - right
    dx = np.where(counts[:, None], off * scale, 0)
    dx_bound = 1.001 * UNIT * scale * ((EXP + np.abs(d) + of_sum + 2) * p + 3 * np.abs(off)) + SMALLEST
    d_right = d[np.arange(rows), np.where(counts, labels, 0)]
    logs, of_sum = np.log(sums[:, 0]), of_sum[:, 0]
    losses = np.where(counts, logs - d_right, 0)
    bound = 1.001 * UNIT * (EXP + 2 + of_sum + np.abs(d_right) + EXP * (logs + losses) + losses)
    bound = np.where(counts, bound, 0)
    total = losses.sum()
    mean_bound = 1.001 * scale * (bound.sum() + (rounding(rows) + 2 * UNIT) * total)
    return {"losses": (losses, bound), "loss": (np.array([total * scale]), np.array([mean_bound])),
            "dx": (dx, np.where(counts[:, None], dx_bound, 0))}


REFERENCE = Reference(cross_entropy, [{"rows": m, "columns": n} for m, n in SHAPES]
                      + [{"rows": 1, "columns": 10, "label": -1}],
                      st.fixed_dictionaries({"rows": st.integers(1, 200), "columns": st.integers(1, 300)}),
                      blocks=(1, 7, 32, 96, 100, 256, 1024))
