"""C = alpha op(A) op(B) + beta C: the one reference of all gemm programs."""
from itertools import cycle

import numpy as np
from hypothesis import strategies as st

from reference import rounding
from references import Reference

# M, N, K: around warps, tiles of 16 to 256 and steps of 8 and 16; a row, a column, a single product.
SHAPES = ((1, 1, 1), (1, 77, 5), (77, 1, 9), (31, 33, 1), (16, 16, 16), (17, 15, 33), (32, 64, 8), (35, 79, 19),
          (63, 65, 7), (64, 64, 64), (65, 63, 66), (128, 128, 8), (129, 127, 20), (257, 130, 36), (255, 41, 128),
          (1023, 31, 65))
TRANSPOSES = ((False, False), (False, True), (True, False), (True, True))           # NN NT TN TT
SCALARS = ((1.0, 0.0), (1.0, 1.0), (-0.5, 0.0), (2.0, -1.5), (0.0, 1.0))            # alpha, beta
PADS = (0, 0, 1, 4)                         # 4: rows still begin at multiples of 16 bytes


def operand(dump, name, shape, transposed):
    """op(A) or op(B), without the padding behind its rows."""
    rows, columns = (dump.sizes[size] for size in (shape[::-1] if transposed else shape))
    matrix = dump.inputs[name][:rows, :columns].astype(np.float64)
    return matrix.T if transposed else matrix


def gemm(dump):
    """beta = 0 must not read C, which then holds NaN; what lies behind the rows of C must stay as it is."""
    M, N, K = (dump.sizes[size] for size in "MNK")
    alpha, beta = (float(np.float32(dump.scalars[name])) for name in ("alpha", "beta"))
    A = operand(dump, "A", "MK", dump.info["flags"]["transA"])
    B = operand(dump, "B", "KN", dump.info["flags"]["transB"])
    before = dump.inputs["C"].astype(np.float64) if "C" in dump.inputs else np.zeros((M, N))
    old = beta * before[:, :N] if beta else np.zeros((M, N))
    C, bound = before.copy(), np.zeros(before.shape)
    C[:, :N] = alpha * (A @ B) + old
    # K products and their sum, times alpha, plus beta C: no number goes through more than K + 3 roundings.
    bound[:, :N] = rounding(K + 3) * (abs(alpha) * (np.abs(A) @ np.abs(B)) + np.abs(old))
    return {"C": (C, bound)}


def problem(m, n, k, transposes, scalars, pad):
    return {"m": m, "n": n, "k": k, "transA": transposes[0], "transB": transposes[1], "alpha": scalars[0],
            "beta": scalars[1], "pad": pad}


def gemm_options(sizes, folder):
    """A flag is there or not: it takes no value."""
    words = [f"--{name}={value}" for name, value in sizes.items() if not isinstance(value, bool)]
    return words + [f"--{name.lower()}" for name, value in sizes.items() if value is True]


def gemm_reference(blocks=(256,)):
    """Every shape with every transpose; alpha, beta and the padding change from one to the next."""
    scalars, pads = cycle(SCALARS), cycle(PADS)
    edges = [problem(*shape, transposes, next(scalars), next(pads)) for shape in SHAPES for transposes in TRANSPOSES]
    size = st.integers(1, 150)
    drawn = st.builds(problem, size, size, size, st.sampled_from(TRANSPOSES), st.sampled_from(SCALARS),
                      st.sampled_from(PADS))
    return Reference(gemm, edges, drawn, blocks=blocks, arguments=gemm_options)
