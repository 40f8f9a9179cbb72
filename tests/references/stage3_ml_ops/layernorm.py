"""Y = gamma (X - mean) rstd + beta, rstd = 1 / sqrt(variance + epsilon), by rows; and mean and rstd."""
import numpy as np
from hypothesis import strategies as st

from reference import EPS, UNIT, rounding
from references import Reference

# M, N: one element (variance 0); rows shorter than a warp and around one; around a block; many rows; one row longer than
# what block_shared keeps.
SHAPES = ((1, 1), (5, 1), (1, 79), (7, 2), (35, 79), (9, 3), (33, 31), (64, 32), (65, 33), (31, 127), (17, 128), (130, 254),
          (5, 1023), (257, 256), (3, 4099), (4099, 3), (16500, 5), (4, 8192), (4, 8193), (2, 20001))


def layernorm(dump):
    X, gamma, beta = (dump.inputs[name].astype(np.float64) for name in ("X", "gamma", "beta"))
    epsilon, N = float(np.float32(dump.scalars["epsilon"])), X.shape[1]
    r = rounding(N + 4)
    mean = X.mean(axis=1, keepdims=True)
    d = X - mean
    variance = (d * d).mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(variance + epsilon)
    # The mean of N numbers, or Welford's, which is one N times on the way. Its error reaches the variance squared (two
    # passes) or times the deviation (Welford).
    delta = r * np.abs(X).max(axis=1, keepdims=True)
    lost = r * variance + (1 + r) * (3 * delta * np.sqrt(variance) + 2 * delta ** 2)
    above = 1 / np.sqrt(np.maximum(variance - lost, 0) + epsilon) - rstd
    below = rstd - 1 / np.sqrt(variance + lost + epsilon)
    rstd_bound = np.maximum(above, below) + 4 * EPS * rstd
    off = np.abs(gamma) * (np.abs(d) * rstd_bound + delta * (rstd + rstd_bound))
    product = gamma * d * rstd
    values = product + beta
    return {"Y": (values, 1.001 * (off + 3 * UNIT * (np.abs(product) + off) + UNIT * np.abs(values))),
            "mean": (mean[:, 0], delta[:, 0]), "rstd": (rstd[:, 0], rstd_bound[:, 0])}


REFERENCE = Reference(layernorm, [{"m": m, "n": n} for m, n in SHAPES],
                      st.fixed_dictionaries({"m": st.integers(1, 200), "n": st.integers(1, 700)}),
                      blocks=(1, 7, 32, 96, 100, 256, 1024))
