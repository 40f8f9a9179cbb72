"""Pictures of what the trainers wrote: the loss, the accuracy, and a sheet of digits with the network's answers. And of
what make bench wrote: how fast the versions of a program are.

    python tools/plots.py [--results build/results] [--data data] [--copy-to docs/img]

Reads, for every trainer that has them under build/results/STAGE/PROGRAM/:
    loss.csv         iteration,loss,train_accuracy,test_accuracy    (an accuracy may be empty; # starts a note)
    predictions.csv  index,label,prediction                         (index: position in the test set)
    bench.json       a program's own --json
and writes loss.png, accuracy.png, digits.png and speed.png beside them. The images come from the folder of data/ whose
labels are those of predictions.csv, so digits are never shown beside the answers for another data set.
"""
import argparse
import csv
import gzip
import json
import os
import shutil
import struct
import sys
import textwrap

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt                             # noqa: E402  (after the backend is chosen)
import numpy as np                                          # noqa: E402

# Two colours of the Okabe-Ito palette, which colour-blind readers can tell apart; lines differ in style as well.
BLUE, VERMILLION = "#0072B2", "#D55E00"
DRAWN = ("loss.csv", "predictions.csv", "bench.json")
COLUMNS, ROWS_FIRST, ROWS_WRONG = 10, 4, 2                  # the sheet: the first digits, then the first wrong ones


class Unusable(Exception):
    """An input that is missing or damaged; its text says what to do."""


def read_table(path, header):
    """The columns of a csv file as lists of text, and the notes in its lines that start with #."""
    with open(path, newline="", encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    notes = [line[1:].strip() for line in lines if line.startswith("#")]
    rows = list(csv.reader(line for line in lines if line and not line.startswith("#")))
    if not rows or rows[0] != header:
        raise Unusable(f"{path}: the first line should be {','.join(header)}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise Unusable(f"{path}: row {number} has {len(row)} columns, not {len(header)}")
    if len(rows) == 1:
        raise Unusable(f"{path} has no rows")
    return [list(column) for column in zip(*rows[1:])], notes


def numbers(path, column, kind=float):
    """A column as an array; an empty cell becomes NaN."""
    try:
        return np.array([kind(cell) if cell else np.nan for cell in column])
    except ValueError as fault:
        raise Unusable(f"{path}: {fault}") from None


def read_idx(path, rank):
    """An IDX file of bytes, plain or .gz."""
    if not os.path.isfile(path):
        path += ".gz"
    with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as stream:
        content = stream.read()
    shape = struct.unpack(f">{rank}I", content[4:4 + 4 * rank]) if len(content) >= 4 + 4 * rank else ()
    if content[:4] != bytes([0, 0, 8, rank]) or len(content) != 4 + 4 * rank + int(np.prod(shape, dtype=np.int64)):
        raise Unusable(f"{path} is not an IDX file of bytes with {rank} dimensions: make data brings it back")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def test_images(data, index, label):
    """The test images that predictions.csv speaks of: of the data set whose labels are the same."""
    folders = [os.path.join(data, name) for name in sorted(os.listdir(data))] if os.path.isdir(data) else []
    for folder in folders:
        names = [os.path.join(folder, name) for name in ("t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte")]
        if not all(os.path.isfile(name) or os.path.isfile(name + ".gz") for name in names):
            continue
        labels = read_idx(names[0], 1)
        if index.max() < len(labels) and (labels[index] == label).all():
            return read_idx(names[1], 3)
    raise Unusable(f"no folder in {data}/ has the test set of these predictions: run make data, then make stage6")


def save(figure, path):
    """Beside it first, then renamed, and only over a regular file. No date inside: same numbers, same bytes."""
    if os.path.lexists(path) and not os.path.isfile(path):
        raise Unusable(f"{path} is there and is not a regular file")
    temporary = f"{path}.{os.getpid()}.new"
    try:
        figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})
        os.replace(temporary, path)
    finally:
        plt.close(figure)
        if os.path.exists(temporary):
            os.remove(temporary)


def titled(figure, title, notes):
    figure.suptitle("\n".join([title] + [line for note in notes for line in textwrap.wrap(note, 64)]), fontsize=11)


def plain_axes(axes, x, y):
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def plot_curves(folder, program):
    """loss.png and accuracy.png; returns their names."""
    path = os.path.join(folder, "loss.csv")
    columns, notes = read_table(path, ["iteration", "loss", "train_accuracy", "test_accuracy"])
    iteration, loss, train, test = (numbers(path, column) for column in columns)
    if not np.isfinite(loss).all():
        raise Unusable(f"{path}: a loss is missing or not finite, the training has gone wrong")

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(iteration, loss, color=BLUE)
    axes.annotate(f"{loss[-1]:.4f}", (iteration[-1], loss[-1]), textcoords="offset points", xytext=(0, 6), ha="right")
    axes.set_ylim(bottom=0)
    plain_axes(axes, "iteration", "loss")
    titled(figure, f"{program}: loss", notes)
    save(figure, os.path.join(folder, "loss.png"))
    written = ["loss.png"]

    if np.isfinite(train).any() or np.isfinite(test).any():
        figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
        for name, values, color, style in (("train", train, BLUE, "-o"), ("test", test, VERMILLION, "--s")):
            known = np.isfinite(values)
            if known.any():
                axes.plot(iteration[known], 100 * values[known], style, color=color, markersize=3,
                          markevery=max(1, known.sum() // 25),
                          label=f"{name}, {100 * values[known][-1]:.1f} % at the end")
        axes.legend(frameon=False, loc="lower right")
        plain_axes(axes, "iteration", "accuracy, %")
        titled(figure, f"{program}: accuracy", notes)
        save(figure, os.path.join(folder, "accuracy.png"))
        written.append("accuracy.png")
    return written


def plot_digits(folder, program, data):
    """digits.png: the first test digits and, below, the first that the network got wrong."""
    path = os.path.join(folder, "predictions.csv")
    columns, notes = read_table(path, ["index", "label", "prediction"])
    index, label, prediction = (numbers(path, column, int) for column in columns)
    if index.dtype.kind != "i" or label.dtype.kind != "i" or prediction.dtype.kind != "i" or index.min() < 0:
        raise Unusable(f"{path}: a cell is empty or negative")
    images = test_images(data, index, label)

    wrong = np.flatnonzero(label != prediction)
    first = np.arange(min(len(index), ROWS_FIRST * COLUMNS))
    shown = wrong[:ROWS_WRONG * COLUMNS]
    rows = -(-len(first) // COLUMNS) + -(-len(shown) // COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(9, 1.12 * rows + 0.6), layout="constrained", squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    begin_wrong = -(-len(first) // COLUMNS) * COLUMNS
    for place, i in [*enumerate(first), *enumerate(shown, begin_wrong)]:
        axes = grid.flat[place]
        axes.axis("on")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.imshow(images[index[i]], cmap="gray_r", vmin=0, vmax=255)
        right = label[i] == prediction[i]
        # Wrong ones differ by frame and by words, not by colour alone.
        axes.set_title(str(prediction[i]) if right else f"{prediction[i]}, is {label[i]}", fontsize=9, pad=2,
                       color="black" if right else VERMILLION, fontweight="normal" if right else "bold")
        for spine in axes.spines.values():
            spine.set_color("#bbbbbb" if right else VERMILLION)
            spine.set_linewidth(0.6 if right else 2.5)
    accuracy = 100 * (1 - len(wrong) / len(index))
    text = f"{program}: the first {len(first)} of {len(index)} test images with the network's answer"
    if len(shown):
        text += f",\nbelow them the first {len(shown)} that it got wrong"
    titled(figure, f"{text} ({accuracy:.1f} % are right)", notes)
    save(figure, os.path.join(folder, "digits.png"))
    return ["digits.png"]


def plot_speed(folder, program):
    """speed.png: a bar a version, in GFLOP/s, or in GB/s where there is no arithmetic worth the name."""
    path = os.path.join(folder, "bench.json")
    with open(path, encoding="utf-8") as stream:
        try:
            report = json.load(stream)
            versions, sizes = report["versions"], report["sizes"]
            unit = "gflop_per_s" if report["flops"] > 4 * report["bytes"] else "gb_per_s"
            names, rates = [v["name"] for v in versions], [v[unit] for v in versions]
            library = [v["library"] for v in versions]
            where = f"{report['device']}, {report['backend']} backend"
        except (ValueError, KeyError, TypeError):
            raise Unusable(f"{path} is not what --json writes: make bench brings it back") from None
    if not rates or None in rates:
        return []
    figure, axes = plt.subplots(figsize=(7, 0.42 * len(rates) + 1.3), layout="constrained")
    bars = axes.barh(names, rates, color=[VERMILLION if own else BLUE for own in library])
    axes.bar_label(bars, labels=[f"{rate:.3g}" for rate in rates], padding=3, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    plain_axes(axes, "GFLOP/s" if unit == "gflop_per_s" else "GB/s", "")
    titled(figure, program + "  " + " ".join(f"{name}={value}" for name, value in sizes.items()), [where])
    save(figure, os.path.join(folder, "speed.png"))
    return ["speed.png"]


def found_results(results):
    """(folder, program's name) of everything that wrote a file that we can draw."""
    found = []
    for stage in sorted(os.listdir(results)) if os.path.isdir(results) else []:
        for program in sorted(os.listdir(os.path.join(results, stage))) if os.path.isdir(f"{results}/{stage}") else []:
            folder = os.path.join(results, stage, program)
            if any(os.path.isfile(os.path.join(folder, name)) for name in DRAWN):
                found.append((folder, program))
    return found


def main():
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, description=__doc__.split("\n\n")[0])
    parser.add_argument("--results", default=os.path.join("build", "results"), help="(default: build/results)")
    parser.add_argument("--data", default="data", help="the folder of the data sets (default: data)")
    parser.add_argument("--copy-to", metavar="DIR", help="also put the pictures there, as PROGRAM_loss.png and so on")
    options = parser.parse_args()
    found = found_results(options.results)
    if not found:
        print(f"plots.py: no {' or '.join(DRAWN)} in {options.results}: run make stage6 or make bench first", file=sys.stderr)
        return 3
    try:
        for folder, program in found:
            written = []
            if os.path.isfile(os.path.join(folder, "loss.csv")):
                written += plot_curves(folder, program)
            if os.path.isfile(os.path.join(folder, "predictions.csv")):
                written += plot_digits(folder, program, options.data)
            if os.path.isfile(os.path.join(folder, "bench.json")):
                written += plot_speed(folder, program)
            for name in written:
                print(f"plot       {os.path.join(folder, name)}")
                if options.copy_to:
                    os.makedirs(options.copy_to, exist_ok=True)
                    copy = os.path.join(options.copy_to, f"{program}_{name}")
                    shutil.copyfile(os.path.join(folder, name), copy + ".new")
                    os.replace(copy + ".new", copy)
                    print(f"plot       {copy}")
    except (Unusable, OSError, UnicodeDecodeError, EOFError) as fault:
        print(f"plots.py: {fault}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
