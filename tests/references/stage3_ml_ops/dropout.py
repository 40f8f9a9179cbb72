"""y = x keep / (1 - p), dx = dy keep / (1 - p); keep from Philox4x32-10 under the key seed, the counter (block of four
elements, step, mark of dropout and layer)."""
import numpy as np
from hypothesis import strategies as st

from reference import EPS
from references import EDGES, Reference

MARK, WORD = 0xD50F, np.uint64(0xFFFFFFFF)


def philox(counter, key):
    """Ten rounds as in figure 4 of the paper, on arrays of 64-bit numbers below 2^32."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        left, right = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = right >> np.uint64(32) ^ c1 ^ k0, right & WORD, left >> np.uint64(32) ^ c3 ^ k1, left & WORD
        k0, k1 = k0 + np.uint64(0x9E3779B9) & WORD, k1 + np.uint64(0xBB67AE85) & WORD
    return c0, c1, c2, c3


def kept(seed, step, p, n, layer=0):
    """An array of n booleans."""
    block = np.arange((n + 3) // 4, dtype=np.uint64)
    counter = block & WORD, block >> np.uint64(32), np.full_like(block, step), np.full_like(block, layer << 16 | MARK)
    words = np.stack(philox(counter, (np.uint64(seed) & WORD, np.uint64(seed) >> np.uint64(32))), axis=1).ravel()[:n]
    return words >> np.uint64(8) >= np.uint64(np.floor(p * 2.0 ** 24 + 0.5))


def dropout(dump):
    p, n = float(np.float32(dump.scalars["p"])), dump.sizes["n"]
    keep = kept(dump.seed, dump.sizes["step"], p, n, dump.sizes["layer"])
    expected = {}
    for output, name in (("y", "x"), ("dx", "dy")):
        values = np.where(keep, dump.inputs[name].astype(np.float64) / (1 - p if p < 1 else 1), 0)
        bound = np.where(keep & (p > 0), 1.001 * EPS * np.abs(values) + 2.0 ** -149, 0)     # two roundings
        expected[output] = values, bound
    return expected


REFERENCE = Reference(dropout, [{"n": n} for n in (*EDGES, 4, 5, 7, 8, 9, 20003)],
                      st.fixed_dictionaries({"n": st.integers(1, 20000), "step": st.integers(0, 2 ** 31 - 1),
                                             "layer": st.integers(0, 2 ** 16 - 1),
                                             "p": st.sampled_from([0, 0.1, 0.5, 0.9, 0.999, 1])}),
                      blocks=(1, 7, 32, 96, 256, 1024))
