"""The fission engine: which kernels it cuts, and that they compute then what the fibre engine computes, to the bit."""
import re
import sys

import pytest

from support import ROOT, make, on_cpu, said, succeed

pytestmark = on_cpu
FISSION = ROOT / "tests" / "fission"
FIBRES = {
    "barrier_for_some": "a barrier that perhaps not all threads come to",
    "shadowing": "t is declared twice",
    "jumps": "__syncthreads is not understood where it stands",
    "continue_in_a_switch": "a continue of a loop that is cut, inside a switch, in line",
    "macro_that_changes": "macro DOUBLE_IT may change more than it shows",
    "hidden_name": "average uses a length that is not the kernel's length, called",
    "hidden_by_a_macro": "weighted uses a length that is not the kernel's length, called",
    "looks_like_a_function": "what may be the declaration of a function",
    "type_of_a_variable": "a type or an assertion that depends on a variable of each thread",
    "functor_with_a_state": "draw lives across a barrier, and its type Generator is not known to be plain",
    "call_in_a_switch": "a function with a barrier or warp operation in a part of a statement",
    "call_before_a_comma": "a function with a barrier or warp operation in a part of a statement",
    "macro_of_a_local": "by_lane, in which the macro LANE names a local variable, called",
    "const_member": "fixed lives across a barrier, and its type Fixed is not known to be plain",
    "of_another_namespace": "farther uses far, of its namespace, called",
}


@pytest.fixture(scope="module")
def program(compile_hip):
    # No fused multiply-adds: they are a freedom of the compiler's, which it uses differently in the two texts.
    return compile_hip(FISSION / "program.hip", "-O2", "-ftree-vectorize", "-ffp-contract=off", "-Wall", "-Wextra")


@pytest.fixture(scope="module")
def chosen():
    done = succeed(sys.executable, ROOT / "common/cpu/translate", "--explain", FISSION / "program.hip")
    lines = [re.fullmatch(r"\S+:\d+ (\w+): (\w+): (.*)", line) for line in done.stdout.splitlines()]
    return {line[1]: (line[2], line[3]) for line in lines}


def test_engines(chosen):
    wrong = {name: found for name, found in chosen.items() if (found[0] != "fission") != (name in FIBRES)}
    assert not wrong
    for name, reason in FIBRES.items():
        assert chosen[name][0] == "fibres" and reason in chosen[name][1]


def test_same_bits(program, run, warp):
    outputs = {engine: run(program, warp=warp, env={"CPU_ENGINE": engine}) for engine in ("auto", "fibres")}
    for done in outputs.values():
        assert done.returncode == 0 and not done.stderr, said(done)
    lines = outputs["auto"].stdout.splitlines()
    assert len(lines) == 8 * 75 - 1 and all(line.endswith(" hipSuccess") for line in lines)
    different = [a for a, b in zip(lines, outputs["fibres"].stdout.splitlines()) if a != b]
    assert not different


def test_fission_refuses_with_the_reason(program, run):
    done = run(program, env={"CPU_ENGINE": "fission"})
    failed = {line.split()[0] for line in done.stdout.splitlines() if not line.endswith(" hipSuccess")}
    assert failed == set(FIBRES)
    for name, reason in FIBRES.items():
        assert re.search(rf"^simulated GPU: kernel {name}, which CPU_ENGINE=fission cannot run: .*{reason}", done.stderr, re.M)


# ---- make explain ---------------------------------------------------------------------------------------------------
def explained(done):
    """(program, kernel) -> (where, engine, reason), from the tables."""
    assert done.returncode == 0 and not done.stderr, said(done)
    rows, name = {}, None
    for line in done.stdout.splitlines():
        cells = re.split(r"  +", line)
        if re.fullmatch(r"stage\d_\w+/\w+", line):
            name = line
        elif len(cells) == 4 and cells[0] != "kernel":
            assert (name, cells[0]) not in rows, line
            rows[name, cells[0]] = tuple(cells[1:])
    return rows


def test_make_explain_has_every_kernel_of_the_tree():
    done = make("explain")
    rows = explained(done)
    found = {(where.split(":")[0], kernel) for (_, kernel), (where, _, _) in rows.items()}
    wanted = set()
    for path in [p for p in ROOT.glob("stage*/*") if p.suffix in (".hip", ".h") and not p.stem.endswith("_amd")]:
        names = re.findall(r"__global__ void\s+(?:__launch_bounds__\([^{]*?\)\s+)?(\w+)\(", path.read_text())
        assert len(names) == path.read_text().count("__global__ void"), path
        wanted |= {(str(path.relative_to(ROOT)), name) for name in names}
    assert found == wanted
    where, engine, reason = rows["stage2_matrix/gemm_tiled", "gemm_tiled"]
    barrier = re.fullmatch(r"__syncthreads\(\) in line (\d+)", reason)
    assert engine == "fission" and barrier, (engine, reason)
    source = (ROOT / where.split(":")[0]).read_text().splitlines()
    assert "gemm_tiled(Gemm g)" in source[int(where.split(":")[1]) - 1]
    assert "__syncthreads();" in source[int(barrier[1]) - 1]
    kernels = {(where, engine) for where, engine, _ in rows.values()}
    counts = [sum(engine == name for _, engine in kernels) for name in ("loop", "fission", "fibres")]
    last = f"{len(kernels)} kernels: {counts[0]} loop, {counts[1]} fission, {counts[2]} fibres"
    assert done.stdout.splitlines()[-1] == last


def test_make_explain_of_one_program():
    for name in ("stage1/dot", "stage1_vector/dot", "stage1_vector/dot.hip"):
        rows = explained(make("explain", f"PROGRAM={name}"))
        assert {program for program, _ in rows} == {"stage1_vector/dot"} and ("stage1_vector/dot", "dot_shared") in rows


@pytest.mark.parametrize("name", ["stage2/nothing", "stage99", "gemm_tiled", "no/such.hip"])
def test_make_explain_of_an_unknown_program(name):
    done = make("explain", f"PROGRAM={name}")
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and not done.stdout and lines[0].startswith(f"explain.py: PROGRAM={name}: there is no such")
    assert [line for line in lines[1:] if not line.startswith("make: ***")] == [], said(done)
