"""The kernels once more, in numpy and float64: what test_reference.py and the mutants are held against.

A program with a table of versions has a file of its own here, STAGE/PROGRAM.py, and a program without one fails
test_reference.py::test_every_program_has_a_reference. The file ends with REFERENCE = Reference(...): a function that
takes a Dump and returns {output: (values, bound)} for every output that the program declares, from the dumped inputs
alone, with a bound from rounding theory (None for whole numbers), and the sizes to run it with.
"""
import importlib
from pathlib import Path
from typing import Callable, NamedTuple

from hypothesis import strategies as st

# Around a warp of 32 and of 64, around a block, around a power of two.
EDGES = (1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257, 1000, 1023, 1024, 1025, 4099)


def options(sizes, folder):
    """{"n": 5} as --n=5. `folder` is empty, for programs whose sizes are those of files."""
    return [f"--{option}={value}" for option, value in sizes.items()]


class Reference(NamedTuple):
    compute: Callable                       # Dump -> {output: (values, bound)}
    edges: list                             # sizes that are always run, as {name: value}
    drawn: st.SearchStrategy                # sizes that hypothesis draws, in the same form
    blocks: tuple = (32, 96, 256, 1024)     # values for --block; empty: the program has none
    arguments: Callable = options           # sizes, empty folder -> the program's arguments


def find():
    """Program -> its Reference, from the files beside this one."""
    here = Path(__file__).parent
    names = sorted(path.relative_to(here).with_suffix("").as_posix() for path in here.glob("stage*/*.py"))
    return {name: importlib.import_module(f"references.{name.replace('/', '.')}").REFERENCE for name in names}
