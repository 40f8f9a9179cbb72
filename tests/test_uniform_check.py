"""The checking build (GPU_CHECK_UNIFORM): a translator that takes something wrongly for the same in all threads is told so,
with the line; one that is right computes what it computes always.

To see that it can fail, the translator is made wrong: a copy of it, with one of its tests taken out.
"""
import re
import shutil
import sys

import pytest

from reference import Dump, compare
from references import find
from support import FULL, HIPCC, ROOT, built, make, on_cpu, run, said, succeed

pytestmark = on_cpu
FISSION = ROOT / "tests" / "fission"
TRANSLATE = ROOT / "common" / "cpu" / "translate"
CHECK = "-DGPU_CHECK_UNIFORM"
REFERENCES = find()

# kernel of fission/uniform.hip, file of the translator, what is taken out of it, what stands there then, the message
WRONG = {
    "threadIdx": (
        "value", "expressions.py", 'return self.rows and unit.text(node.child_by_field_name("field")) in ("y", "z")',
        "return True", r"`shift` is taken as the same in all threads, but is \d here and \d in thread \(\d+,\d,0\)"),
    "threadIdx.y of a row": (
        "value", "expressions.py", "return self.rows and unit", "return unit",
        r"`shift` is taken as the same in all threads, but is 1 here and 0 in thread \(\d+,0,0\)"),
    "a load": (
        "condition", "expressions.py", 'if kind == "subscript_expression" or kind in VALUES:',
        'if kind == "subscript_expression":\n            return True\n        if kind in VALUES:',
        r"`s\[T\] % 2 == 0` is taken as the same in all threads, but is [01] here and [01] in thread"),
    "a change for some": (
        "change_for_some", "uniform.py", "if context != var.context or (right", "if (right",
        r"`found` is taken as the same in all threads, but is [07] here and [07] in thread"),
    "a branch": (
        "change_for_some", "uniform.py", "inner = context if stmt.uniform else context + ((stmt.node.id, i),)",
        "inner = context", r"`found` is taken as the same in all threads, but is [07] here and [07] in thread"),
    "the lanes of a branch": (
        "condition", "uniform.py", "inner = context if stmt.uniform else context + ((stmt.node.id, i),)",
        "inner = context", r"all lanes are taken to come here, but thread \(\d+,\d,0\) did not"),
    "rounds for some": (
        "rounds_for_some", "uniform.py", "if context != var.context or (right", "if (right",
        r"`sum` is taken as the same in all threads, but is \d here and \d in thread"),
    "a loop": (
        "rounds_for_some", "uniform.py", "inner = context if uniform else context + ((stmt.node.id, 0),)",
        "inner = context", r"`sum` is taken as the same in all threads, but is \d here and \d in thread"),
    "an address": (
        "by_address", "uniform.py", "                if var.escapes:\n                    var.uniform = False\n", "                pass\n",
        r"`sum` is taken to stay 1, but is \d+ now"),
    "inside an expression": (
        "in_one_statement", "uniform.py",
        "            if parent != top:\n                var.writers.append(stmt)\n                var.uniform = False\n        elif kind == \"update",
        "            if parent != top:\n                var.writers.append(stmt)\n        elif kind == \"update",
        r"`last` is taken to stay 0, but is 3 now"),
    "computed again": (
        "again", "uniform.py", "return not any(_is_below(w, var.scope) for w in other.writers)", "return True",
        r"`threadIdx.x \+ shift` is taken to stay \d+, but is \d+ now"),
    "who has returned": (
        "returned", "regions.py", "stable = self.facts.stable_for(_Everywhere(self.facts.root))", "stable = None",
        r"`\(int\)threadIdx.x >= n / 2` is taken to stay 0, but is 1 now"),
    "side by side": (
        "side_by_side", "strides.py", 'if operator == "-" and b == 0:', 'if operator == "-":',
        r"`i - 3 \* \(int\)threadIdx\.x` is taken as the same in all threads, but is"),
    "a limit": (
        "narrowed", "narrow.py", "or not _fixed(right, stmt, facts):", "or False:",
        r"`3 \+ threadIdx\.y` is taken as the same in all threads, but is [34] here and [34] in thread"),
}
OFTEN = ("threadIdx", "a change for some", "a branch", "an address", "computed again", "side by side")


def translator_with(folder, file, old, new):
    """A copy of the translator with one place changed."""
    copy = shutil.copytree(TRANSLATE, folder / "translate", ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / file).read_text()
    assert text.count(old) == 1, f"{file} has no longer one place with: {old}"
    (copy / file).write_text(text.replace(old, new))
    return copy


def checking_program(translator, folder, cxx):
    """uniform.hip, translated for a checking build by that translator."""
    source, program = folder / "uniform.cpp", folder / "uniform"
    succeed(sys.executable, translator, "--check-uniform", FISSION / "uniform.hip", "-o", source)
    succeed(HIPCC, f"--cxx={cxx}", CHECK, "-O0", source, "-o", program, env={"PYTHON": sys.executable})
    return program


@pytest.fixture(scope="module")
def right(compile_hip):
    return compile_hip(FISSION / "uniform.hip", "-O0", CHECK)


@pytest.mark.parametrize("what", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.full) for name in WRONG])
def test_a_wrong_assumption_is_reported(what, tmp_path, right, cxx):
    kernel, file, old, new, message = WRONG[what]
    program = checking_program(translator_with(tmp_path, file, old, new), tmp_path, cxx)
    for warp in (32, 64):
        good = succeed(right, kernel, warp=warp)
        assert good.stdout.endswith(" hipSuccess\n") and not good.stderr, said(good)
        done = run(program, kernel, warp=warp)
        assert done.returncode == 3 and done.stdout.endswith(" hipErrorLaunchFailure\n"), said(done)
        place = re.fullmatch(rf"kernel {kernel}, block \(\d,0,0\), thread \(\d+,\d,0\): (\S+):(\d+): {message}.*\n", done.stderr)
        assert place, said(done)
        assert place[1].endswith("tests/fission/uniform.hip")
        assert kernel in lines_before((FISSION / "uniform.hip").read_text(), int(place[2])), said(done)


def lines_before(text, number):
    """The kernel that a line belongs to: from its head on."""
    lines = text.splitlines()[:number]
    heads = [i for i, line in enumerate(lines) if line.startswith("__global__")]
    return lines[heads[-1]]


def test_all_threads_meet_at_one_barrier(tmp_path, cxx):
    """A barrier in a branch that not all threads take: refused as a rule; here the translator is made to believe it."""
    old = "if stmt.context != () and not stmt.warp:"
    translator = translator_with(tmp_path, "regions.py", old, "if False:")
    source = tmp_path / "a.hip"
    source.write_text(APART)
    succeed(sys.executable, translator, "--check-uniform", source, "-o", tmp_path / "a.cpp")
    succeed(HIPCC, f"--cxx={cxx}", CHECK, "-O0", "-w", tmp_path / "a.cpp", "-o", tmp_path / "a",
            env={"PYTHON": sys.executable})
    done = run(tmp_path / "a")
    assert re.search(r"^kernel apart, block .*a\.hip:\d+: all threads are taken to meet at this barrier, but thread "
                     r"\(\d+,0,0\) waits in line \d+$", done.stderr, re.M), said(done)


APART = """#include <hip/hip_runtime.h>
__global__ void apart(int *out)
{
    if (threadIdx.x % 2) {
        __syncthreads();
        out[threadIdx.x] = 1;
    } else {
        __syncthreads();
        out[threadIdx.x] = 2;
    }
}
int main()
{
    int *out;
    (void)hipMalloc((void **)&out, 256);
    apart<<<1, 64>>>(out);
    return hipDeviceSynchronize() == hipSuccess ? 0 : 3;
}
"""


@pytest.mark.core
def test_the_table_of_kernels(compile_hip, run, warp):
    """What fission is tested with (fission/kernels.h): no false alarm, and the same bits as ever."""
    flags = ("-O2", "-ftree-vectorize", "-ffp-contract=off", "-Wall", "-Wextra")
    plain = run(compile_hip(FISSION / "program.hip", *flags), warp=warp, env={"CPU_ENGINE": "fibres"})
    done = run(compile_hip(FISSION / "program.hip", *flags, CHECK), warp=warp)
    assert done.returncode == 0 and not done.stderr, said(done)
    assert done.stdout == plain.stdout


def test_how_it_says_what_it_does(right):
    done = run(right, "value", env={"CPU_ENGINE": "fission"})
    assert done.returncode == 0 and "hipSuccess" in done.stdout  # the launch itself failed: see stderr
    assert re.fullmatch(r"simulated GPU: kernel value, which CPU_ENGINE=fission cannot run: it was built to check .*\n",
                        done.stderr)
    table = make("explain", "PROGRAM=stage1/dot", "CHECK_UNIFORM=1").stdout
    assert re.search(r"^dot_shared .* fibres +__syncthreads\(\) in line \d+; checks what fission takes as uniform$", table, re.M)
    assert re.search(r"^dot_atomic .* loop +no barrier", table, re.M)
    done = make("info", "CHECK_UNIFORM=1")
    assert "checking what is uniform" in done.stdout and re.search(r"in build/cpu-\S+-check$", done.stdout, re.M)


FEW = ("stage1_vector/dot", "stage2_matrix/gemm_tiled", "stage6_mnist/mnist_linear")


@pytest.mark.parametrize("name", [name if name in FEW else pytest.param(name, marks=pytest.mark.full) for name in REFERENCES])
def test_programs_of_the_stages(name, tmp_path, monkeypatch):
    """Every kernel of the stages, built to check: no alarm, and what numpy computes."""
    monkeypatch.setenv("CHECK_UNIFORM", "1")
    folder = re.search(r"^programs +\d+ in (\S+)$", make("info").stdout, re.MULTILINE)[1]
    target = f"{folder}/{name}"
    assert target.startswith("build/cpu-") and "-check/" in target
    done = built(target)
    assert done.returncode == 0, said(done)
    reference = REFERENCES[name]
    edges = reference.edges if FULL else reference.edges[1::5]
    for number, sizes in enumerate(edges):
        blocks = [f"--block={block}" for block in reference.blocks]
        for warp in (32, 64):
            own = blocks[(number + warp // 64) % len(blocks):][:1] if blocks and number % 3 else []
            dump = tmp_path / "dump"
            shutil.rmtree(dump, ignore_errors=True)
            words = [*reference.arguments(sizes, dump / "data"), *own, "--repeat=1", f"--dump={dump}"]
            done = run(ROOT / target, *words, warp=warp, cwd=tmp_path)
            assert done.returncode == 0 and not done.stderr, said(done)
            data = Dump(dump)
            faults = compare(data, reference.compute(data))
            assert not faults, "\n".join(faults)
