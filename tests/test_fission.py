"""The fission engine: which kernels it cuts, and that they compute then what the fibre engine computes, to the bit."""
import re
import sys

import pytest

from support import ROOT, on_cpu, said, succeed

pytestmark = on_cpu
FISSION = ROOT / "tests" / "fission"
FIBRES = {
    "barrier_for_some": "a barrier that not all threads come to",
    "shadowing": "t is declared twice",
    "jumps": "__syncthreads is not understood where it stands",
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
    assert len(lines) == 8 * 30 and all(line.endswith(" hipSuccess") for line in lines)
    different = [a for a, b in zip(lines, outputs["fibres"].stdout.splitlines()) if a != b]
    assert not different


def test_fission_refuses_with_the_reason(program, run):
    done = run(program, env={"CPU_ENGINE": "fission"})
    failed = {line.split()[0] for line in done.stdout.splitlines() if not line.endswith(" hipSuccess")}
    assert failed == set(FIBRES)
    for name, reason in FIBRES.items():
        assert re.search(rf"^simulated GPU: kernel {name}, which CPU_ENGINE=fission cannot run: .*{reason}", done.stderr, re.M)
