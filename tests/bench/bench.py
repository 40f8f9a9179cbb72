"""make bench: how fast the programs are, and (cpu backend) how the simulated GPU compares with loops in C.

    bench.py [--write FOLDER] [--repeat N]

Where the backend is cpu, compares the engines of the simulated GPU with loops in C (engines.py). Then runs every program
with a table of versions, and prints one table, and one of PyTorch's operations where that is installed (torch_rows.py).
--write also leaves FOLDER/BACKEND-DEVICE.md and .json, with the device's name and the compiler's version in them: what
docs/results/ holds.
"""
import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import engines
import torch_rows
from engines import run

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "tests" / "bench"

# Sizes for programs whose default is too small to measure, by the beginning of their names. On a GPU the arrays of what
# memory limits have to be far larger than its caches: 800 MB each.
SIZES = {
    "cpu": {
        "stage2_matrix/gemm_": [["--m=1024", "--n=1024", "--k=1024"]],
        "stage3_ml_ops/softmax": [["--rows=4096", "--columns=4096"]],
        "stage3_ml_ops/cross_entropy": [["--rows=4096", "--columns=4096"]],
        "stage3_ml_ops/conv2d": [["--numpy"], ["--numpy", "--r=5", "--s=5", "--pad=2"]],
        "stage3_ml_ops/attention": [["--heads=1", "--n=2048"], ["--heads=1", "--n=2048", "--causal"]],
    },
    "gpu": {
        "stage1_vector/": [["--n=200000003"]],
        "stage2_matrix/transpose": [["--m=16384", "--n=16384"], ["--m=16383", "--n=16385"]],
        "stage2_matrix/gemv": [["--m=16384", "--n=16384"], ["--m=1000", "--n=262147"], ["--m=2000003", "--n=100"]],
        "stage3_ml_ops/bias_activation": [["--m=16384", "--n=16384"], ["--m=16383", "--n=16385", "--function=relu"]],
        "stage3_ml_ops/softmax": [["--rows=32768", "--columns=4096"], ["--rows=131072", "--columns=1003"],
                                  ["--rows=1300", "--columns=100003"]],
        "stage3_ml_ops/cross_entropy": [["--rows=131072", "--columns=1003"], ["--rows=10000000", "--columns=10"]],
        "stage3_ml_ops/layernorm": [["--m=16384", "--n=16384"], ["--m=262147", "--n=1024"]],
        "stage3_ml_ops/dropout": [["--n=200000003"]],
        "stage3_ml_ops/conv2d": [["--n=64", "--c=64", "--h=56", "--w=56", "--k=64"],
                                 ["--n=64", "--c=61", "--h=28", "--w=28", "--k=131"]],
        "stage3_ml_ops/pooling": [["--n=64", "--c=256", "--h=112", "--w=112"],
                                  ["--n=64", "--c=256", "--h=111", "--w=111", "--window=3", "--pad=1"]],
        "stage3_ml_ops/attention": [["--heads=16", "--n=4096"], ["--heads=16", "--n=4096", "--causal"]],
        "stage2_matrix/gemm_": [[f"--m={n}", f"--n={n}", f"--k={n}"] for n in (4096, 4095)],
    },
}


def compiler_version(backend, compiler):
    tool = {"cpu": compiler, "cuda": "nvcc", "hip": "hipcc"}[backend]
    lines = run([tool, "--version"]).splitlines()
    return next((line for line in lines if re.search(r"\d+\.\d+", line)), lines[0]).strip()


def sizes_of(name, backend):
    table = SIZES["cpu" if backend == "cpu" else "gpu"]
    return next((sizes for start, sizes in table.items() if name.startswith(start)), [[]])


def programs(backend, compiler, arguments):
    """What each built program with a table of versions wrote as JSON, in the order of the stages. The files stay in
    build/results/STAGE/PROGRAM/, from where make plots takes them."""
    binaries = ROOT / "build" / f"{backend}-{ {'cpu': compiler, 'cuda': 'nvcc', 'hip': 'hipcc'}[backend] }"
    sources = [path for path in sorted(ROOT.glob("stage[0-9]*_*/*")) if path.suffix in (".hip", ".cu")]
    for name in (path.relative_to(ROOT).with_suffix("").as_posix() for path in sources):
        if not (binaries / name).exists() or "--json" not in run([binaries / name, "--help"]):
            continue
        folder = ROOT / "build" / "results" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number_of_file, sizes in enumerate(sizes_of(name, backend)):
            print(f"bench: {name} {' '.join(sizes)}", file=sys.stderr)
            result = folder / ("bench.json" if number_of_file == 0 else f"bench{number_of_file + 1}.json")
            run([binaries / name, "--json", result, *sizes, *arguments])
            report = json.loads(result.read_text())
            if report.get("versions"):
                yield report
            else:
                result.unlink()


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}g}" if abs(value) < 100 else f"{value:.0f}"


def bytes_text(count, what):
    """What a program tells of its versions: bytes moved, or memory needed."""
    return "-" if count is None else f"{count / 1e6:.4g} MB {what}"


def table(reports):
    """A Markdown table, one row a version."""
    rows = [["program", "sizes", "version", "time", "GB/s", "GFLOP/s", "% of roof", "vs library", "bytes"]]
    for report in reports:
        sizes = " ".join(f"{name}={value}" for name, value in report.get("sizes", {}).items())
        for version in report["versions"]:
            rows.append([report["program"], sizes, version["name"], number(version["median_ms"], 4) + " ms",
                         number(version.get("gb_per_s")), number(version.get("gflop_per_s")),
                         number(version.get("roof_percent")), number(version.get("vs_library_percent")),
                         bytes_text(version.get("bytes"), report.get("bytes_of_versions"))])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write_beside_and_rename(path, text):
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)


def main():
    parser = argparse.ArgumentParser(description="Runs the benchmarks; see the top of this file.")
    parser.add_argument("--write", metavar="FOLDER", help="also write the tables there")
    parser.add_argument("--repeat", type=int, help="runs of each version (default: the program's own choice)")
    options = parser.parse_args()
    backend, compiler = os.environ.get("BACKEND") or "cpu", os.environ.get("CXX") or "g++"
    engine = engines.compare(compiler) if backend == "cpu" else ""
    if engine:
        print(engine + "\n")
    repeat = ["--repeat", options.repeat] if options.repeat else []
    reports = list(programs(backend, compiler, repeat))
    print(table(reports))
    torch = torch_rows.table(backend)
    if torch:
        print(f"\n{torch}")
    if options.write and reports:
        device = reports[0]["device"]
        slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{backend}-{device}").strip("-")
        target = Path(options.write)
        target.mkdir(parents=True, exist_ok=True)
        text = f"# {device}\n\nMeasured by `make bench` on the {backend} backend, {compiler_version(backend, compiler)}.\n\n"
        if engine:
            text += f"{engine}\n\n"
        text += table(reports) + (f"\n\n{torch}" if torch else "")
        write_beside_and_rename(target / f"{slug}.md", text + "\n")
        write_beside_and_rename(target / f"{slug}.json", json.dumps(reports, indent=1) + "\n")
        print(f"\nwritten: {target / slug}.md, .json")


if __name__ == "__main__":
    main()
