"""y = f(x) and dx = dy f'(x) for each function, as NAME_y and NAME_dx."""
import math

import numpy as np
from hypothesis import strategies as st

from reference import EPS
from references import EDGES, Reference

# Units in the last place by which expf, log1pf, tanhf or erfcf may be off: CUDA's table says 4 of erfcf (and less of the
# others) against the rounded result, which is half a unit off itself; glibc's vector functions are within 4.
ULP = 4.5
erfc = np.vectorize(math.erfc, otypes=[np.float64])

# Each function: x -> f, f', and their errors in units of 2^-23, with half a unit for every operation.


def sigmoid(x):
    f = 1 / (1 + np.exp(-x))
    grad = np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2
    return f, grad, (ULP + 1) * f, (ULP + 2) * grad


def relu(x):
    return np.maximum(x, 0), np.where(x > 0, 1.0, 0.0), 0 * x, 0 * x


def tanh(x):
    grad = 4 * sigmoid(2 * x)[1]
    return np.tanh(x), grad, ULP * np.abs(np.tanh(x)), (ULP + 2) * grad


def gelu(x):
    below = 0.5 * erfc(-x / math.sqrt(2))                   # the normal distribution function
    moved = np.abs(x) * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)   # by one unit of erfc's argument
    f, grad = x * below, below + np.sign(x) * moved
    return (f, grad, (ULP + 0.5) * np.abs(f) + np.abs(x) * moved,
            ULP * below + (ULP + 2.5 + 0.25 * x * x) * moved + 0.5 * np.abs(grad))


def gelu_tanh(x):
    k = 2 * math.sqrt(2 / math.pi)
    v, dv = k * (x + 0.044715 * x ** 3), k * (1 + 3 * 0.044715 * x ** 2)
    s, ds, _, _ = sigmoid(v)
    second = np.where(ds > 0, x * ds * dv, 0)
    moved = np.where(ds > 0, 2.5 * np.abs(v) * ds, 0)
    f, grad = x * s, s + second
    relative = np.where(ds > 0, ULP + 6 + 2.5 * np.abs(v), 0)
    return (f, grad, np.abs(x) * moved + (ULP + 1.5) * np.abs(f),
            (ULP + 1) * s + moved + relative * np.abs(second) + 0.5 * np.abs(grad))


def softplus(x):
    log_part = np.log1p(np.exp(-np.abs(x)))
    f = np.maximum(x, 0) + log_part
    grad, _, error, _ = sigmoid(x)
    return f, grad, 2 * ULP * log_part + 0.5 * f, error


FUNCTIONS = {f.__name__: f for f in (relu, sigmoid, tanh, gelu, gelu_tanh, softplus)}


def activations(dump):
    x, dy = (dump.inputs[name].astype(np.float64) for name in ("x", "dy"))
    chosen = dump.info["texts"]["function"]
    expected = {}
    for name in FUNCTIONS if chosen == "all" else [chosen]:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            f, grad, f_error, grad_error = FUNCTIONS[name](x)
        exact = name == "relu"
        least = 0 if exact else 2.0 ** -139                 # denormal numbers have fewer digits
        dx = dy * grad
        dx_error = np.abs(dy) * grad_error + (0 if exact else 0.5) * np.abs(dx)
        expected[f"{name}_y"] = f, 1.001 * EPS * f_error + least
        expected[f"{name}_dx"] = dx, 1.001 * EPS * dx_error + least
    return expected


REFERENCE = Reference(activations, [{"n": n} for n in EDGES], st.fixed_dictionaries({"n": st.integers(1, 20000)}),
                      blocks=(1, 7, 32, 96, 256, 1024))
