"""One iteration of the linear network on digits."""
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from digits import read_idx, small_set, write_set
from reference import UNIT, rounding
from references import Reference


def mnist_inputs(folder, part, most=None):
    """X [n, pixels + 1] in float64 with the values that float32 has, and one-hot labels T [n, 10]."""
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte")[:most]
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte")[:most].reshape(len(labels), -1)
    X = np.ones((len(labels), pixels.shape[1] + 1))
    X[:, :-1] = pixels.astype(np.float32) / np.float32(255)
    return X, np.eye(10)[labels]


def linear_step(X, T, W, lr):
    """One iteration from the weights W, taken as exact: R = X W - T, loss = sum R^2 / n, G = 2/n X^T R, W - lr G,
    each as (values, bound on what float32 makes of it). X has no negative elements: sum |x||w| is X |W|. Values and
    bounds are computed side by side, because reading X is what takes the time."""
    n, features = X.shape
    Y, size = np.split(X @ np.hstack([W, np.abs(W)]), 2, axis=1)
    R = Y - T
    R_bound = rounding(features) * size + UNIT * np.abs(R)
    loss = (R * R).sum() / n                                # r^2: twice the error of r; n squares; the division
    loss_bound = ((2 * np.abs(R) + R_bound) * R_bound).sum() / n + rounding(n + 12) * loss
    R_slack = R_bound + rounding(n + 2) * (np.abs(R) + R_bound)
    G, G_bound = np.split(2 / n * (X.T @ np.hstack([R, R_slack])), 2, axis=1)
    after = W - lr * G
    W_bound = lr * G_bound + UNIT * (2 * np.abs(lr * G) + np.abs(after))
    return {"R": (R, R_bound), "loss": (np.array([loss]), np.array([loss_bound])), "G": (G, G_bound),
            "W": (after, W_bound)}


def mnist_linear(dump):
    X, T = mnist_inputs(Path(dump.info["texts"]["data"]), "train", dump.sizes["samples"])
    return linear_step(X, T, dump.inputs["W"].astype(np.float64), np.float32(dump.scalars["lr"]).item())


def mnist_arguments(sizes, folder):
    """A data set of these sizes, and a short training."""
    write_set(folder, small_set(test=sizes["train"] % 7 + 1, **sizes))
    return [f"--data={folder}", "--iterations=2", "--lr=0.125"]


REFERENCE = Reference(
    mnist_linear, [{"train": n, "rows": rows, "columns": columns} for n, rows, columns in
                   ((1, 1, 1), (2, 3, 1), (31, 1, 7), (32, 4, 8), (33, 7, 9), (63, 5, 5), (64, 8, 8), (65, 9, 7),
                    (129, 28, 28), (255, 3, 3), (1023, 6, 5), (300, 31, 33))],
    st.fixed_dictionaries({"train": st.integers(1, 600), "rows": st.integers(1, 33),
                           "columns": st.integers(1, 33)}),
    blocks=(1, 32, 96, 1024), arguments=mnist_arguments)
