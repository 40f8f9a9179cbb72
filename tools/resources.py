"""What each kernel needs on a GPU, by the compilers alone: registers, shared memory, spills, theoretical occupancy.

    make resources [PROGRAM=stage2/gemm_blocked] [ARCH=sm_90,gfx90a] [ARGS="--block 128 --json FILE"]
    python tools/resources.py [PROGRAM ...] [--arch LIST] [--block N] [--json FILE]

PROGRAM is one program, one stage or a source file; default: all. Compiles with nvcc and hipcc, whichever is there, and
needs no GPU. Exit status: 0; 2 wrong usage; 3 no compiler, or a program does not compile.
"""
import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import device_code
from device_code import FAILED, USAGE, Failure, complain, parser_of, run_tool
from occupancy import occupancy

COLUMNS = ("kernel", "arch", "threads", "registers", "scalar", "shared", "spills", "stack", "warps", "occupancy",
           "limited by")


def block_size(text):
    number = int(text) if text.isdecimal() and text.isascii() else 0
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError(f"{text} is not a number of threads from 1 to 1024")
    return number


def arguments(words):
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument("program", nargs="*", help="a program, a stage or a source file; default: all programs")
    parser.add_argument("--arch", default="", help=f"default: {','.join(device_code.DEFAULT_ARCHS)}")
    parser.add_argument("--block", type=block_size, default=256,
                        help="threads a block of the kernels that have no __launch_bounds__ (default 256)")
    parser.add_argument("--json", metavar="FILE", help="the same as numbers")
    return parser.parse_args(words)


# ---- one row --------------------------------------------------------------------------------------------------------
def measure(program, kernel, block):
    """A kernel and its occupancy as one flat record."""
    row = {"program": program.name, **asdict(kernel)}
    row["threads_assumed"] = kernel.threads is None
    row["threads"] = kernel.threads or block
    fits = occupancy(kernel.arch, row["threads"], kernel.registers, kernel.scalar_registers, kernel.shared_bytes)
    row.update(blocks=fits and fits.blocks, warps=fits and fits.warps, most_warps=fits and fits.most,
               occupancy=fits and fits.warps / fits.most, limited_by=fits and fits.limited_by)
    return row


def spills_text(row):
    if row["spilled_registers"] is not None:
        return f"{row['spilled_registers']} registers" if row["spilled_registers"] else "0"
    if row["spill_store_bytes"] or row["spill_load_bytes"]:
        return f"{row['spill_store_bytes']}+{row['spill_load_bytes']} B"
    return "0"


def limit_text(row):
    if not row["limited_by"]:
        return "-"
    return row["limited_by"] if row["warps"] else f"does not fit: {row['limited_by']}"


def cells(row):
    known = row["occupancy"] is not None
    return (row["name"], row["arch"], f"{row['threads']}{'?' if row['threads_assumed'] else ''}",
            str(row["registers"]), "-" if row["scalar_registers"] is None else str(row["scalar_registers"]),
            str(row["shared_bytes"]), spills_text(row), str(row["stack_bytes"]),
            f"{row['warps']}/{row['most_warps']}" if known else "-",
            f"{100 * row['occupancy']:.0f} %" if known else "-",
            limit_text(row))


# ---- the table ------------------------------------------------------------------------------------------------------
def print_table(rows, block):
    """A table a program; the rows of one kernel together, its name in the first."""
    table = [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in [COLUMNS, *table]) for i in range(len(COLUMNS))]

    def show(line):
        left = (0, 1, len(COLUMNS) - 1)
        words = [word.ljust(widths[i]) if i in left else word.rjust(widths[i]) for i, word in enumerate(line)]
        print("  ".join(words).rstrip())

    program = name = None
    for row, line in zip(rows, table):
        if row["program"] != program:
            print(f"\n{row['program']}")
            show(COLUMNS)
            program, name = row["program"], None
        show(("" if row["name"] == name else line[0], *line[1:]))
        name = row["name"]
    print("\nthreads: the maximum of __launch_bounds__", end="")
    print(f"; ?: it has none, and {block} are assumed (--block N)" if any(r["threads_assumed"] for r in rows) else "")
    print("registers: of a thread; scalar: of a wave (AMD); shared: static bytes of a block, not what a launch adds")
    print("spills: bytes written + read (NVIDIA), registers (AMD); stack: bytes of a thread in local memory or scratch")
    print("warps: those that fit a multiprocessor at a time, of how many (AMD: waves of 64, a compute unit)")


def grouped(rows):
    """By program, then kernel by kernel in the order of the source; architectures side by side."""
    place = {}
    for row in rows:
        place.setdefault((row["program"], row["name"]), len(place))
    return sorted(rows, key=lambda row: place[row["program"], row["name"]])


def write_json(path, rows):
    new = f"{path}.{os.getpid()}.new"
    try:
        with open(new, "w", encoding="utf-8") as stream:
            json.dump({"kernels": rows}, stream, indent=1)
            stream.write("\n")
        os.replace(new, path)
    except OSError as fault:
        if os.path.exists(new):
            os.unlink(new)
        raise Failure(FAILED, f"cannot write {path}: {fault.strerror}") from None


def check_target(path):
    """Before minutes of compiling: can this file be written?"""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        raise Failure(FAILED, f"--json {path}: {folder} is not a folder that can be written to")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise Failure(FAILED, f"--json {path}: that is there and is not a regular file")


def main(words):
    options = arguments(words)
    archs = device_code.read_archs(options.arch)
    programs = [p for name in options.program for p in device_code.find_programs(name)] or device_code.all_programs()
    if options.json:
        check_target(options.json)
    archs, missing = device_code.present(archs)
    if not archs:
        raise Failure(FAILED, "; ".join(missing))
    for line in missing:
        complain(line)
    jobs = [(program, arch) for program in programs for arch in archs if program.builds_for(arch)]

    def work(job):
        try:
            return device_code.kernels_of(*job, report=lambda line: print(line, flush=True))
        except Failure as fault:
            return fault

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = list(pool.map(work, jobs))
    faults = [result for result in results if isinstance(result, Failure)]
    rows = grouped([measure(program, kernel, options.block) for (program, _), result in zip(jobs, results)
                    if not isinstance(result, Failure) for kernel in result])
    if rows:
        print_table(rows, options.block)
    elif not faults:
        print("no kernels")
    for fault in faults:
        complain(fault)
    if faults:
        return FAILED
    if options.json:
        write_json(options.json, rows)
    return 0


if __name__ == "__main__":
    run_tool(main)
