"""The simulated GPU on another processor: compiled for aarch64, run by qemu's user-mode emulation. Fibres switch their
stacks in assembly, and vectors and atomics are others there, so this is more than a compile check."""
import os
import re
import shutil
import sys

import pytest

from reference import Dump, compare
from references import find
from support import HIPCC, ROOT, on_cpu, run, said
from test_checker import VERDICTS, verdict

CROSS = "aarch64-linux-gnu-g++"
EMULATOR = next((name for name in ("qemu-aarch64", "qemu-aarch64-static") if shutil.which(name)), None)
SYSTEM = "/usr/aarch64-linux-gnu"
SEMANTICS = ROOT / "tests" / "semantics"
SOME = {"barriers", "shuffles", "divergence", "atomics"}        # the others in make test-full

pytestmark = [on_cpu, pytest.mark.skipif(not shutil.which(CROSS), reason=f"{CROSS} is not installed"),
              pytest.mark.skipif(not EMULATOR, reason="qemu-aarch64 is not installed")]


def cross_compile(source, program, *flags):
    done = run(HIPCC, f"--cxx={CROSS}", *flags, source, "-o", program, env={"PYTHON": sys.executable}, timeout=900)
    assert done.returncode == 0 and not done.stderr, said(done)
    return program


def emulate(program, *arguments, **more):
    return run(EMULATOR, "-L", SYSTEM, program, *arguments, **more)


@pytest.mark.parametrize("warp", [32, 64])
def test_vector_add(warp, tmp_path):
    program = cross_compile(ROOT / "stage1_vector" / "vector_add.hip", tmp_path / "vector_add", "-O3")
    for n in (1, 63, 1025):
        done = emulate(program, f"--n={n}", "--repeat=1", f"--dump={tmp_path / 'd'}", warp=warp)
        assert done.returncode == 0 and f"warp {warp}" in done.stdout, said(done)
        dump = Dump(tmp_path / "d")
        assert not compare(dump, find()["stage1_vector/vector_add"].compute(dump))


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in SOME else pytest.mark.full)
                                  for name in sorted(path.stem for path in SEMANTICS.glob("*.hip"))
                                  if name not in ("faults", "printing")])       # these end in faults on purpose
def test_semantics(name, tmp_path):
    program = cross_compile(SEMANTICS / f"{name}.hip", tmp_path / name, "-O3" if name == "math_special" else "-O1")
    for warp in (32, 64):
        for engine in ("auto", "fibres"):
            done = emulate(program, warp=warp, env={"CPU_ENGINE": engine})
            assert done.returncode == 0, said(done)
            assert re.search(r"^[1-9]\d* checks, 0 failed$", done.stdout, re.MULTILINE), said(done)


def test_checker(tmp_path):
    """Wrong kernels are found there, too. The emulator is reached by a script: verdict() wants one program."""
    program = cross_compile(ROOT / "tests" / "probes" / "checker.hip", tmp_path / "checker.aarch64", "-O1")
    script = tmp_path / "checker"
    script.write_text(f'#!/bin/sh\nexec {EMULATOR} -0 checker -L {SYSTEM} {program} "$@"\n')
    os.chmod(script, 0o755)
    for version in VERDICTS:
        fault = verdict(script, version, tmp_path)
        assert not fault, fault
