"""What conv2d.py and conv2d_im2col.py share: the command line, the data, the clock.

    conv2d.py [--n N --c C --h H --w W --k K --r R --s S] [--stride N] [--pad N] [--repeat N]
    conv2d.py --inputs FOLDER [--stride N] [--pad N] [--repeat N]

The first form times the function on random numbers and prints a line. The second one is for the program conv2d
(--numpy): it reads x.npy, w.npy and, if there is one, bias.npy from FOLDER, and writes to standard output a line with
the median, smallest and largest time in milliseconds and the number of runs, and behind it y as raw float32.
"""
import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def windows_that_fit(size, window, stride, pad):
    return (size + 2 * pad - window) // stride + 1


def measure(function, repeat):
    """Its result and the times of its runs in milliseconds, by the rule of the kernels: `repeat` runs, or for 0 at least
    three and 0.2 s; what takes over a second is not repeated. No warm-up: nothing here is compiled or sent anywhere."""
    times = []
    while len(times) < repeat or repeat == 0 and sum(times) < 1000 and (len(times) < 3 or sum(times) < 200):
        start = time.perf_counter()
        result = function()
        times.append(1e3 * (time.perf_counter() - start))
    return result, times


def main(conv2d):
    parser = argparse.ArgumentParser(description="A convolution in numpy; see the top of yardstick.py.")
    for name, size in zip("nchwkrs", (2, 5, 13, 11, 7, 3, 3)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--pad", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=0)
    parser.add_argument("--inputs", type=Path)
    o = parser.parse_args()
    if o.inputs:
        x, w = np.load(o.inputs / "x.npy"), np.load(o.inputs / "w.npy")
        bias = np.load(o.inputs / "bias.npy") if (o.inputs / "bias.npy").exists() else None
    else:
        rng = np.random.default_rng(1)
        shapes = (o.n, o.c, o.h, o.w), (o.k, o.c, o.r, o.s), (o.k,)
        x, w, bias = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes)
    if min(windows_that_fit(x.shape[d], w.shape[d], o.stride, o.pad) for d in (2, 3)) < 1:
        parser.error("the filter has no room in the image")
    y, times = measure(lambda: conv2d(x, w, bias, o.stride, o.pad), o.repeat)
    median = statistics.median(times)
    if o.inputs:
        sys.stdout.buffer.write(f"{median} {min(times)} {max(times)} {len(times)}\n".encode())
        sys.stdout.buffer.write(np.ascontiguousarray(y, np.float32).tobytes())
    else:
        print(f"{median:.4g} ms, {2e-6 * y.size * w[0].size / median:.3g} GFLOP/s")
