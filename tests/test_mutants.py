"""Is the checker worth anything? Each patch in mutants/ breaks something on purpose, and a check has to catch it.

A patch opens with comment lines: what is broken, then
    # run: stage1_vector/vector_add --n=1003     the program and its arguments, or tests/probes/checker.hip
    # warp: 32                                   on which warp size
    # unseen with warp: 32                       (if so) with this one nothing is wrong to see
    # caught by: guard                           the check that has to catch it; "a or b" where either may
The checks, in the order in which they are tried:
    error           the GPU reported a fault: exit status 3
    guard           the program: something wrote outside an array
    poison          the program: an element that no thread has written (it still holds the bytes 0xFF)
    own check       the program: an element beyond its bound
    numpy           the program was content, numpy is not
    numpy, training the same for the training after the checked steps (losses, weights, accuracies)
    checker's test  for what breaks the checker itself: test_checker.py's expectations of probes/checker.hip
"""
import re
import shutil

import numpy as np
import pytest

from digits import small_set, write_set
from reference import Dump, compare
from references import find
from support import FULL, ROOT, compile_hip, run, said
from test_checker import VERDICTS, verdict
from test_mnist import check_training

REFERENCES = find()
PATCHES = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
# Each is a program to compile. make test-full tries all of them, make test every third one, and those of the checker.
TRIED = [path for i, path in enumerate(PATCHES) if FULL or i % 3 == 0 or path.stem.startswith("checker")]
CHECKS = ("error", "guard", "poison", "own check", "numpy", "numpy, training", "checker's test")
PROBE = "tests/probes/checker.hip"
OPTIMIZE = "-O0"    # the compiler takes a third of the time of -O1, and what is wrong is wrong
ENGINES = ("auto", "fibres")
DIGITS = dict(train=333, test=50, rows=9, columns=5)        # for mnist_linear: 46 features, which are not its ldx


class Mutant:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        opening = [line[2:] for line in path.read_text().partition("\n\n")[0].splitlines() if line.startswith("# ")]
        self.what = opening[0]
        fields = dict(line.split(": ", 1) for line in opening[1:])
        self.program, *self.arguments = fields.pop("run").split()
        self.warp, self.unseen = int(fields.pop("warp")), int(fields.pop("unseen with warp", 0))
        self.caught_by = fields.pop("caught by").split(" or ")
        assert not fields and set(self.caught_by) <= set(CHECKS), f"{path.name}: {fields or self.caught_by}"


def sources(folder):
    """A copy of what a program is built from; the simulated GPU itself stays where it is."""
    for path in [*ROOT.glob("common/*.h"), *ROOT.glob("stage[0-9]*_*/*"), *ROOT.glob("tests/probes/*")]:
        if path.is_file():
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    return folder


def apply(patch, tree):
    no_repository = {"GIT_CEILING_DIRECTORIES": str(tree.parent)}       # should tmp lie inside of one
    done = run("git", "apply", "--whitespace=nowarn", patch, cwd=tree, env=no_repository)
    assert done.returncode == 0, f"{patch.name} does not apply any more\n{said(done)}"


def source_of(program):
    return program if program.endswith(".hip") else f"{program}.hip"


def compile_in(tree, program):
    source = source_of(program)
    done = compile_hip([source], tree / "program", OPTIMIZE, "-lz", cwd=tree)
    assert done.returncode == 0, f"{source} does not compile\n{said(done)}"
    return tree / "program"


def is_poisoned(array):
    """Does it hold an element of 0xFF bytes?"""
    return (array.reshape(-1).view(np.uint8).reshape(array.size, array.itemsize) == 0xFF).all(axis=1).any()


def own_verdicts(done, folder):
    """What the program itself found, from its exit status and its messages."""
    if done.returncode == 3:
        return {"error"}
    found = set()
    for line in done.stderr.splitlines():
        if "wrote outside" in line:
            found.add("guard")
        elif output := re.match(r"\w+: (\w+): (\w+)\[[\d,]*\] is .* elements are wrong$", line):
            array = np.load(folder / "d" / f"{output[1]}.{output[2]}.npy")
            found.add("poison" if array.dtype != np.uint8 and is_poisoned(array) else "own check")
        else:
            found.add("own check")
    return found


def verdicts(program, name, arguments, warp, folder):
    """The checks that are not content, and what there was to read. On the cpu backend with each engine: a missing barrier
    changes nothing where all threads pass a line before any passes the next one, as fission may have it."""
    found, text = set(), ""
    for engine in ENGINES:
        shutil.rmtree(folder / "d", ignore_errors=True)
        with_engine, text = verdicts_of(engine, program, name, arguments, warp, folder)
        found |= with_engine
    return found, text


def verdicts_of(engine, program, name, arguments, warp, folder):
    env = {"CPU_ENGINE": engine}
    if name == PROBE:
        faults = [fault for version in VERDICTS if (fault := verdict(program, version, folder, warp))]
        done = run(program, "--repeat=3", cwd=folder, warp=warp, env=env)
        named = [line.split(": ")[1] for line in done.stderr.splitlines()]
        if named != [version for version in VERDICTS if version != "right"]:
            faults.append(f"named as wrong: {named}")
        return {"checker's test"} if faults else set(), "\n".join(faults)
    options = []
    if name == "stage6_mnist/mnist_linear":
        options = [f"--data={write_set(folder / 'set', small_set(**DIGITS))}"]
    done = run(program, *arguments, *options, "--repeat=2", "--dump=d", cwd=folder, warp=warp, timeout=60, env=env)
    if done.returncode != 0:
        found = own_verdicts(done, folder)
        return found, said(done)
    dump = Dump(folder / "d")
    if faults := compare(dump, REFERENCES[name].compute(dump)):
        return {"numpy"}, "\n".join(faults)
    if "losses" in dump.kept:
        try:
            check_training(folder, folder / "set", dump.sizes["iterations"], dump.scalars["lr"])
        except AssertionError as fault:
            return {"numpy, training"}, str(fault)
    return set(), said(done)


@pytest.mark.parametrize("path", TRIED, ids=lambda path: path.stem)
def test_mutant(path, tmp_path, record_property):
    mutant = Mutant(path)
    tree = sources(tmp_path / "tree")
    apply(path, tree)
    program = compile_in(tree, mutant.program)
    found, text = verdicts(program, mutant.program, mutant.arguments, mutant.warp, tmp_path)
    assert found, f"not caught: {mutant.what}\n{text}"
    assert found & set(mutant.caught_by), f"caught by {found}, not by {mutant.caught_by}\n{text}"
    record_property("mutant", mutant.name)
    record_property("caught by", next(check for check in CHECKS if check in found & set(mutant.caught_by)))
    if mutant.unseen:
        shutil.rmtree(tmp_path / "d", ignore_errors=True)
        found, text = verdicts(program, mutant.program, mutant.arguments, mutant.unseen, tmp_path)
        assert not found, f"seen with warp {mutant.unseen}, too: {found}\n{text}"


@pytest.mark.parametrize("name", sorted({(mutant.program, *mutant.arguments) for mutant in map(Mutant, TRIED)}))
@pytest.mark.parametrize("warp", [32, 64])
def test_without_a_mutant_nothing_is_caught(name, warp, tmp_path, compile_hip):
    """The control: the same checks, no patch."""
    program = compile_hip(ROOT / source_of(name[0]), OPTIMIZE, "-lz")
    found, text = verdicts(program, name[0], name[1:], warp, tmp_path)
    assert not found, text


def test_there_are_mutants():
    assert len(PATCHES) >= 15
    mutants = [Mutant(path) for path in PATCHES]
    assert {check for mutant in mutants for check in mutant.caught_by} == set(CHECKS)
    assert any(mutant.unseen for mutant in mutants), "none that only a warp of 64 shows"
