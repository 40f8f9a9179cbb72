"""Draws digits in the manner of MNIST, for machines that cannot get MNIST: same sizes, same IDX format.

    python tools/synthetic_digits.py [--into data/synthetic] [--train 60000] [--test 10000] [--seed 1]

A digit is a few strokes, each a smooth curve through control points. Every sample moves the control points, turns,
shears and scales the whole, picks a pen's width, and takes for each pixel the distance to the nearest piece of a
stroke: inside the pen's radius it is ink, with a soft edge. The result is easier than real handwriting, so accuracies
on it say nothing about MNIST; the file SYNTHETIC beside the images lets programs say so.
"""
import argparse
import os
import sys

import numpy as np

SIDE = 28               # pixels
PIECES = 5              # straight pieces between two control points
BATCH = 500             # samples drawn at once: the arrays of one batch stay in the cache
MARKER = "SYNTHETIC"
NOTICE = "SYNTHETIC digits, drawn by tools/synthetic_digits.py: not MNIST, accuracies do not compare\n"

# Control points (x to the right, y down, the digit fills about 0..1 in y), several ways to write each digit.
_LOOP = [(0.55, 0.0), (0.22, 0.15), (0.15, 0.5), (0.22, 0.85), (0.5, 1.0), (0.78, 0.85), (0.85, 0.5), (0.78, 0.15),
         (0.5, 0.0)]
GLYPHS = [
    (0, [_LOOP]),
    (0, [[(0.6, 0.03), (0.35, 0.1), (0.2, 0.45), (0.25, 0.9), (0.5, 1.0), (0.7, 0.75), (0.75, 0.35), (0.6, 0.03),
          (0.45, 0.1)]]),
    (1, [[(0.5, 0.0), (0.5, 0.35), (0.5, 0.7), (0.5, 1.0)]]),
    (1, [[(0.3, 0.22), (0.42, 0.12), (0.52, 0.0)], [(0.52, 0.0), (0.52, 0.5), (0.52, 1.0)]]),
    (2, [[(0.2, 0.25), (0.35, 0.03), (0.65, 0.03), (0.78, 0.28), (0.6, 0.6), (0.2, 1.0)],
         [(0.2, 1.0), (0.5, 0.97), (0.85, 1.0)]]),
    (2, [[(0.22, 0.2), (0.45, 0.0), (0.75, 0.15), (0.65, 0.5), (0.4, 0.85), (0.2, 0.97), (0.15, 0.82), (0.35, 0.8),
          (0.6, 0.97), (0.88, 0.92)]]),
    (3, [[(0.2, 0.12), (0.45, 0.0), (0.75, 0.12), (0.7, 0.38), (0.42, 0.48)],
         [(0.42, 0.48), (0.75, 0.55), (0.82, 0.8), (0.55, 1.0), (0.18, 0.9)]]),
    (3, [[(0.2, 0.03), (0.5, 0.02), (0.78, 0.03)], [(0.78, 0.03), (0.6, 0.22), (0.45, 0.42)],
         [(0.45, 0.42), (0.78, 0.5), (0.8, 0.82), (0.5, 1.0), (0.18, 0.9)]]),
    (4, [[(0.25, 0.0), (0.2, 0.3), (0.2, 0.55)], [(0.2, 0.55), (0.5, 0.57), (0.85, 0.52)],
         [(0.72, 0.0), (0.7, 0.5), (0.68, 1.0)]]),
    (4, [[(0.62, 0.0), (0.4, 0.35), (0.15, 0.68)], [(0.15, 0.68), (0.5, 0.68), (0.88, 0.66)],
         [(0.62, 0.0), (0.63, 0.5), (0.62, 1.0)]]),
    (5, [[(0.82, 0.02), (0.55, 0.0), (0.3, 0.03)], [(0.3, 0.03), (0.28, 0.25), (0.25, 0.45)],
         [(0.25, 0.45), (0.55, 0.38), (0.82, 0.6), (0.7, 0.92), (0.42, 1.0), (0.18, 0.9)]]),
    (6, [[(0.68, 0.0), (0.42, 0.18), (0.25, 0.5), (0.25, 0.82), (0.48, 1.0), (0.75, 0.85), (0.72, 0.6), (0.48, 0.52),
          (0.27, 0.7)]]),
    (7, [[(0.18, 0.05), (0.5, 0.03), (0.82, 0.03)], [(0.82, 0.03), (0.62, 0.45), (0.45, 1.0)]]),
    (7, [[(0.18, 0.05), (0.5, 0.03), (0.82, 0.03)], [(0.82, 0.03), (0.62, 0.45), (0.45, 1.0)],
         [(0.35, 0.5), (0.55, 0.49), (0.78, 0.48)]]),
    (8, [[(0.68, 0.1), (0.42, 0.02), (0.25, 0.2), (0.42, 0.42), (0.68, 0.6), (0.75, 0.85), (0.5, 1.0), (0.25, 0.85),
          (0.32, 0.6), (0.6, 0.4), (0.75, 0.2), (0.66, 0.08)]]),
    (9, [[(0.72, 0.22), (0.5, 0.02), (0.25, 0.18), (0.28, 0.42), (0.52, 0.48), (0.72, 0.22)],
         [(0.72, 0.22), (0.72, 0.6), (0.66, 1.0)]]),
    (9, [[(0.72, 0.22), (0.5, 0.02), (0.25, 0.18), (0.28, 0.42), (0.52, 0.48), (0.72, 0.22)],
         [(0.72, 0.22), (0.74, 0.65), (0.55, 0.98), (0.25, 0.95)]]),
]


def spline_matrix(points):
    """Catmull-Rom: the curve's points as a fixed linear map of its control points, [pieces + 1, points].

    Source: E. Catmull, R. Rom, A class of local interpolating splines, 1974."""
    matrix = np.zeros(((points - 1) * PIECES + 1, points), np.float32)
    for row in range(matrix.shape[0]):
        span = min(row // PIECES, points - 2)
        t = row / PIECES - span
        weights = (-0.5 * t + t * t - 0.5 * t ** 3, 1 - 2.5 * t * t + 1.5 * t ** 3,
                   0.5 * t + 2 * t * t - 1.5 * t ** 3, -0.5 * t * t + 0.5 * t ** 3)
        for offset, weight in enumerate(weights):
            matrix[row, min(max(span - 1 + offset, 0), points - 1)] += weight
    return matrix


def distort(rng, strokes, count):
    """`count` variants of a glyph in pixels: a list of curves, each [count, points, 2]."""
    angle = rng.normal(0, 0.12, count)
    shear = rng.normal(-0.12, 0.18, count)              # handwriting leans to the right
    height = rng.uniform(17, 21, count)
    width = height * rng.uniform(0.65, 1.05, count)
    cos, sin = np.cos(angle), np.sin(angle)
    # x' = A x, with A = rotation · shear · scale
    a = np.empty((count, 2, 2), np.float32)
    a[:, 0, 0], a[:, 0, 1] = cos * width, (cos * shear - sin) * height
    a[:, 1, 0], a[:, 1, 1] = sin * width, (sin * shear + cos) * height
    ends = {}                                           # strokes that meet in a point still meet when it has moved
    curves = []
    for stroke in strokes:
        moved = np.empty((count, len(stroke), 2), np.float32)
        for i, point in enumerate(stroke):
            if point not in ends:
                ends[point] = rng.normal(0, 0.035, (count, 2))
            moved[:, i] = np.asarray(point) - 0.5 + ends[point]
        curves.append(spline_matrix(len(stroke)) @ (moved @ a.transpose(0, 2, 1)))
    # As in MNIST, the middle of the ink is the middle of the picture, here up to a pixel or so.
    middle = np.concatenate(curves, axis=1).mean(axis=1)
    shift = (SIDE - 1) / 2 - middle + rng.normal(0, 0.7, (count, 2))
    return [curve + shift[:, None].astype(np.float32) for curve in curves]


def draw(rng, strokes, count):
    """[count, 28, 28] bytes, 255 is full ink."""
    curves = distort(rng, strokes, count)
    y, x = np.divmod(np.arange(SIDE * SIDE, dtype=np.float32), np.float32(SIDE))
    nearest = np.full((count, SIDE * SIDE), np.inf, np.float32)         # squared distance to the nearest piece
    for curve in curves:
        for begin, end in zip(curve.transpose(1, 0, 2)[:-1], curve.transpose(1, 0, 2)[1:]):
            dx, dy = (end - begin).T
            px, py = x - begin[:, :1], y - begin[:, 1:]
            length2 = np.maximum(dx * dx + dy * dy, 1e-6)
            along = np.clip((px * (dx / length2)[:, None] + py * (dy / length2)[:, None]), 0, 1)
            px -= along * dx[:, None]
            py -= along * dy[:, None]
            np.minimum(nearest, px * px + py * py, out=nearest)
    radius = rng.uniform(0.7, 1.6, (count, 1)).astype(np.float32)
    soft = rng.uniform(0.8, 1.4, (count, 1)).astype(np.float32)         # width of the soft edge, in pixels
    ink = np.clip((radius - np.sqrt(nearest)) / soft + 0.5, 0, 1)
    ink *= rng.uniform(0.85, 1.0, (count, 1))
    ink += (ink > 0) * rng.normal(0, 0.05, ink.shape)                   # paper and pen: noise where there is ink
    return (np.clip(ink, 0, 1) * 255 + 0.5).astype(np.uint8).reshape(count, SIDE, SIDE)


def generate(count, seed):
    """Images [count, 28, 28] and labels [count], both uint8."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    ways = [[strokes for digit, strokes in GLYPHS if digit == d] for d in range(10)]
    way = rng.integers(0, 1 << 16, count)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for digit in range(10):
        for number, strokes in enumerate(ways[digit]):
            where = np.flatnonzero((labels == digit) & (way % len(ways[digit]) == number))
            for first in range(0, len(where), BATCH):
                batch = where[first:first + BATCH]
                images[batch] = draw(rng, strokes, len(batch))
    return images, labels


def idx_bytes(array):
    """The IDX format: two zero bytes, 8 for unsigned bytes, the rank, each dimension as a big-endian 32-bit number."""
    header = bytes([0, 0, 8, array.ndim]) + np.asarray(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def write_file(path, content):
    """Beside it first, then renamed, and only over a regular file."""
    if os.path.lexists(path) and not os.path.isfile(path):
        raise OSError(0, "is there and is not a regular file", path)
    temporary = f"{path}.{os.getpid()}.new"
    try:
        with open(temporary, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


def complete(folder, train=60000, test=10000):
    """True if `folder` holds the marker and four files of the right sizes."""
    sizes = {"train-images-idx3-ubyte": 16 + train * SIDE * SIDE, "train-labels-idx1-ubyte": 8 + train,
             "t10k-images-idx3-ubyte": 16 + test * SIDE * SIDE, "t10k-labels-idx1-ubyte": 8 + test}
    return os.path.isfile(os.path.join(folder, MARKER)) and all(
        os.path.isfile(os.path.join(folder, name)) and os.path.getsize(os.path.join(folder, name)) == size
        for name, size in sizes.items())


def write(folder, train=60000, test=10000, seed=1):
    """Writes the four files, after the marker: digits without it would pass for MNIST."""
    os.makedirs(folder, exist_ok=True)
    write_file(os.path.join(folder, MARKER), NOTICE.encode())
    images, labels = generate(train + test, seed)
    # The training images come last: where they are, the rest is too.
    for name, part in (("t10k", slice(train, None)), ("train", slice(0, train))):
        write_file(os.path.join(folder, f"{name}-labels-idx1-ubyte"), idx_bytes(labels[part]))
        write_file(os.path.join(folder, f"{name}-images-idx3-ubyte"), idx_bytes(images[part]))


def main():
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, description=__doc__.split("\n\n")[0])
    parser.add_argument("--into", default="data/synthetic", help="folder (default: data/synthetic)")
    parser.add_argument("--train", type=int, default=60000, help="training samples (default: 60000)")
    parser.add_argument("--test", type=int, default=10000, help="test samples (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="(default: 1)")
    options = parser.parse_args()
    if options.train < 1 or options.test < 1 or options.seed < 0:
        parser.error("--train and --test are at least 1, --seed at least 0")
    try:
        write(options.into, options.train, options.test, options.seed)
    except OSError as fault:
        print(f"synthetic_digits.py: {fault.filename or options.into}: {fault.strerror or fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
