"""How the simulated GPU runs each kernel: as a loop, cut into loops (fission), or with fibres; and why.

    make explain [PROGRAM=stage2/gemm_tiled] [CHECK_UNIFORM=1]
    python tools/explain.py [--check-uniform] [PROGRAM ...]

PROGRAM is one program, one stage or a source file; default: all. Nothing is compiled: this is what the translator of
common/cpu finds out. Exit status: 0; 2 wrong usage; 3 a program does not translate.
"""
import os
import sys
from collections import Counter

import device_code
from device_code import FAILED, ROOT, USAGE, Failure, parser_of, run_tool

sys.path.insert(0, str(ROOT / "common" / "cpu" / "translate"))
from tokens import Fault                # noqa: E402
from translator import Translation      # noqa: E402

COLUMNS = ("kernel", "declared in", "engine", "reason")


def arguments(words):
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument("program", nargs="*", help="a program, a stage or a source file; default: all programs")
    parser.add_argument("--check-uniform", action="store_true", help="in a build with CHECK_UNIFORM=1")
    return parser.parse_args(words)


def rows_of(program, check):
    """A row of the table for each kernel, those in headers that the program includes as well."""
    try:
        translation = Translation(os.path.relpath(program.path), check=check)
    except Fault as fault:
        raise Failure(FAILED, str(fault)) from None
    except OSError as fault:
        raise Failure(FAILED, f"{fault.filename}: {fault.strerror}") from None
    except RecursionError:
        raise Failure(FAILED, f"{program.name}: the source is nested too deeply for the translator") from None
    return [(kernel.helper, f"{os.path.normpath(kernel.source.display)}:{kernel.line}", kernel.choice.engine, kernel.choice.reason)
            for source in translation.program.order for kernel in translation.kernels[source]]


def print_table(tables):
    """A table a program, all with the same widths."""
    rows = [row for _, table in tables for row in table]
    widths = [max(len(row[i]) for row in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
    for name, table in tables:
        print(f"\n{name}")
        for row in [COLUMNS, *table]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    # A header's kernels stand under each of its programs.
    engines = Counter(engine for _, engine in {(where, engine) for _, where, engine, _ in rows})
    print(f"\n{sum(engines.values())} kernels:", ", ".join(f"{engines[e]} {e}" for e in ("loop", "fission", "fibres")))


def main(words):
    asked = arguments(words)
    names = asked.program
    programs = [p for name in names for p in device_code.find_programs(name)] or device_code.all_programs()
    own = [p for p in programs if not (p.name.endswith("_amd") or p.path.suffix == ".cu")]
    if not own and programs:
        raise Failure(USAGE, f"PROGRAM={names[0]}: one vendor's GPUs only; the simulated GPU does not build it")
    tables = [(program.name, rows_of(program, asked.check_uniform)) for program in own]
    tables = [(name, table) for name, table in tables if table]
    if tables:
        print_table(tables)
    else:
        print("no kernels")
    return 0


if __name__ == "__main__":
    run_tool(main)
