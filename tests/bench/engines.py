"""make bench-cpu: the kernels of this tree on the simulated GPU, beside loops in C with OpenMP by the same compiler.

    engines.py [--rounds N] [--only BEGINNING]

Builds cpu_engine.hip with loops.c and stage3_engine.hip with stage3_loops.c, and runs each with its engines (CPU_ENGINE)
in turn, several times; in each run every kernel takes turns with its loop. Prints medians: what a kernel does, what the
loop does, and the ratios.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "tests" / "bench"
ENGINES = {"auto": 5, "fibres": 1}          # and how often a kernel is repeated in a run: fibres are slow
# The loops that a program is linked with, and its engines. Stage 3 by fibres takes minutes, and says nothing new.
PROGRAMS = {"cpu_engine": ("loops", ENGINES), "stage3_engine": ("stage3_loops", {"auto": ENGINES["auto"]})}

sys.path.insert(0, str(ROOT / "common" / "cpu" / "translate"))
from compiler import find_compiler          # noqa: E402  (the flags that the kernels get)


def run(command, **options):
    """The standard output of a command; ends the benchmark with its error if it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(compiler, folder):
    """The programs. Loops are compiled as a C program would be; those of stage 3, which call mathematical functions, with
    the flags of the kernels (-fno-math-errno and so on), without which they would not be vectorised."""
    flags = {"loops": ["-march=native"], "stage3_loops": find_compiler(compiler).tuning_flags(["-fopenmp"])}
    c_compiler = compiler.replace("clang++", "clang").replace("g++", "gcc")
    for name, (loops, _) in PROGRAMS.items():
        run([c_compiler, "-std=c11", "-O3", *flags[loops], "-fopenmp", "-c", BENCH / f"{loops}.c", "-o", folder / f"{loops}.o"])
        run([ROOT / "common/cpu/hipcc", f"--cxx={compiler}", "-O3", BENCH / f"{name}.hip", folder / f"{loops}.o",
             "-fopenmp", "-o", folder / name])


def measure(folder, rounds, only):
    """name -> {"amount", "unit", "loop": [seconds], engine: [seconds]}"""
    rows = {}
    # Without this OpenMP's threads stay awake for a while after each loop and hold up the kernel that comes next.
    quiet = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    for program, (_, engines) in PROGRAMS.items():
        for _ in range(rounds):
            for engine, repeats in engines.items():
                for line in run([folder / program, repeats, only], env={**quiet, "CPU_ENGINE": engine}).splitlines():
                    name, amount, unit, loop, kernel = line.split(";")
                    row = rows.setdefault(name, {"amount": float(amount), "unit": unit, "loop": []})
                    row["loop"].append(float(loop))
                    row.setdefault(engine, []).append(float(kernel))
    return rows


def rate(row, seconds):
    """2^30 is no unit here: GB/s are 10^9 bytes a second."""
    return f"{row['amount'] / seconds / 1e9:.3g} {row['unit']}"


def table(rows):
    head = ["kernel", "loop in C", "kernel", "loop / kernel", "by fibres", "kernel / fibres"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in rows.items():
        if row["unit"] == "events":
            continue
        loop, auto = median(row["loop"]), median(row["auto"])
        cells = [name, rate(row, loop), rate(row, auto), f"{loop / auto:.2f}", "-", "-"]
        if "fibres" in row:
            fibres = median(row["fibres"])
            cells[4:] = [rate(row, fibres), f"{fibres / auto:.3g}"]
        lines.append("| " + " | ".join(cells) + " |")
    for name, row in rows.items():
        if row["unit"] == "events":
            costs = ", ".join(f"{median(row[engine]) / row['amount'] * 1e9:.3g} ns ({engine})" for engine in ENGINES)
            lines.append(f"\n{name}: {costs}")
    return "\n".join(lines)


def compare(compiler, rounds=5, only=""):
    """The whole of it, as text."""
    with tempfile.TemporaryDirectory() as folder:
        build(compiler, Path(folder))
        return table(measure(Path(folder), rounds, only))


def main():
    parser = argparse.ArgumentParser(description="Kernels on the simulated GPU beside loops in C.")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each engine (default: 5)")
    parser.add_argument("--only", default="", help="the kernels whose names begin like this")
    options = parser.parse_args()
    print(compare(os.environ.get("CXX") or "g++", options.rounds, options.only))


if __name__ == "__main__":
    main()
