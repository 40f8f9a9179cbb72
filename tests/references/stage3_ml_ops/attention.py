"""O = softmax(Q K^T / sqrt(D)) V for each head, and how far float32 may be off."""
import numpy as np
from hypothesis import strategies as st

from reference import UNIT, rounding
from references import Reference

EXP_ULP = 4.5                               # of expf: glibc's vector function has 4, against the rounded result
TINY = float(np.finfo(np.float32).tiny)     # weights below it may become 0

# heads, N, M, D: one of everything; around the tiles of 32 and 64 keys and of 8, 32 and 64 queries; rows around 16, 32,
# 64, 128 and 256 floats, such that begin at multiples of 16 bytes and such that do not; more keys than queries.
SHAPES = ((1, 1, 1, 1), (2, 1, 77, 5), (1, 77, 1, 9), (3, 33, 31, 32), (2, 31, 65, 33), (1, 64, 64, 64), (1, 65, 63, 31),
          (2, 63, 130, 65), (1, 129, 128, 80), (2, 35, 79, 127), (1, 66, 97, 128), (1, 40, 70, 129), (1, 33, 67, 200),
          (1, 35, 130, 256), (1, 9, 33, 255), (1, 200, 300, 63))


def weights(scores, off):
    """What is left of a row of scores that may each be off by `off`: the weights and their relative errors."""
    largest = scores.max()
    before = np.concatenate(([-np.inf], np.maximum.accumulate(scores)[:-1]))
    maxima = int((scores > before - 2 * off.max()).sum())       # how often online softmax may have to rescale
    expf = 2 * EXP_ULP * UNIT
    error = np.expm1(off + UNIT * (largest - scores)) + expf + rounding(maxima) / UNIT * (expf + UNIT)
    w = np.exp(scores - largest)
    return w / w.sum(), error


def attention(dump):
    Q, K, V = (dump.inputs[name].astype(np.float64) for name in "QKV")
    heads, N, D = Q.shape
    M = K.shape[1]
    assert (heads, N, D) == tuple(dump.sizes[name] for name in ("heads", "N", "D")) and M == dump.sizes["M"]
    O, bound = np.empty(Q.shape), np.empty(Q.shape)
    for h in range(heads):
        scores = Q[h] @ K[h].T / np.sqrt(D)
        off = (rounding(D) + 3 * UNIT) * (np.abs(Q[h]) @ np.abs(K[h]).T) / np.sqrt(D)
        for i in range(N):
            keys = M - N + i + 1 if dump.info["flags"]["causal"] else M
            p, error = weights(scores[i, :keys], off[i, :keys])
            v, sums = V[h, :keys], rounding(keys)
            O[h, i] = p @ v
            moved = (p * error) @ np.abs(v - O[h, i]) + (sums + 2 * UNIT) * (p @ np.abs(v))
            bound[h, i] = (moved + (sums + 3 * UNIT) * np.abs(O[h, i])) / (1 - p @ error) + keys * TINY
    return {"O": (O, bound)}


def problem(heads, n, m, d, causal):
    return {"heads": heads, "n": n, "m": max(m, n) if causal else m, "d": d, "causal": causal}


def arguments(sizes, folder):
    return [f"--{name}={value}" for name, value in sizes.items() if name != "causal"] + ["--causal"] * sizes["causal"]


REFERENCE = Reference(attention, [problem(*shape, causal) for shape in SHAPES for causal in (False, True)],
                      st.builds(problem, st.integers(1, 3), st.integers(1, 150), st.integers(1, 200),
                                st.integers(1, 256), st.booleans()),
                      blocks=(256,), arguments=arguments)
