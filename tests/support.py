"""What the tests share: where things are, how make and the programs are run, what a good message looks like.

Environment: BACKEND (cpu, cuda or hip; default cpu) and CXX (default g++) say which programs are tested, and
KERNELS_TEST=full asks for the whole matrix. `make test` sets them.
"""
import fcntl
import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HIPCC = ROOT / "common" / "cpu" / "hipcc"
BACKEND = os.environ.get("BACKEND") or "cpu"
CXX = os.environ.get("CXX") or "g++"
FULL = os.environ.get("KERNELS_TEST") == "full"
SECONDS = 240       # far above what any run here needs: a hang is to fail, a busy machine is not

# The simulated GPU has both warp sizes; a real one has its own.
WARPS = (32, 64) if BACKEND == "cpu" else (None,)

full = pytest.mark.full     # only in make test-full (conftest.py skips it otherwise)
on_cpu = pytest.mark.skipif(BACKEND != "cpu", reason="about the cpu backend")


def environment(warp=None, **more):
    """The environment without what an outer make or GPU_WARP left in it; then GPU_WARP=warp and `more`."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKE_RESTARTS", "ARGS", "GPU_WARP", "KERNELS_SYNC")
    result = {key: value for key, value in os.environ.items() if key not in outer}
    if warp:
        result["GPU_WARP"] = str(warp)
    return {**result, **more}


def run(*command, warp=None, env=None, timeout=SECONDS, **more):
    """Runs a command and returns its CompletedProcess, output as text. Standard input is empty unless given."""
    if "input" not in more:
        more.setdefault("stdin", subprocess.DEVNULL)
    for stream in ("stdout", "stderr"):
        more.setdefault(stream, subprocess.PIPE)
    return subprocess.run([str(word) for word in command], env=environment(warp, **(env or {})), timeout=timeout,
                          text=True, errors="replace", **more)


def said(done):
    """What a finished command was and said, for messages of assert."""
    return f"{' '.join(done.args)}\nexit status {done.returncode}\n{done.stdout or ''}{done.stderr or ''}"


def succeed(*command, **more):
    """Runs a command that has to work."""
    done = run(*command, **more)
    assert done.returncode == 0, said(done)
    return done


def assert_fails(done, status, *patterns):
    """The program ended with `status` and one line "NAME: ..." on stderr, in which every pattern is found."""
    assert done.returncode == status, said(done)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, f"{len(lines)} lines on stderr where one is wanted\n{said(done)}"
    assert re.match(r"[\w.]+: \S", lines[0]), f"the line does not start with the program's name\n{said(done)}"
    for pattern in patterns:
        assert re.search(pattern, lines[0]), f"no /{pattern}/ in: {lines[0]}"


def make(*arguments, cwd=ROOT, backend=BACKEND, cxx=CXX, **more):
    """make with this backend and compiler, and with the Python that runs the tests."""
    return run("make", f"BACKEND={backend}", f"CXX={cxx}", f"PYTHON={sys.executable}", *arguments, cwd=cwd,
               timeout=900, **more)


@functools.cache
def build_folder():
    """The folder that the Makefile builds into for this backend and compiler."""
    info = make("info")
    folder = re.search(r"^programs +\d+ in (\S+)$", info.stdout, re.MULTILINE)
    assert folder, said(info)
    return folder[1]


@functools.cache
def built(target):
    """What make said when it built a target; the test processes take turns."""
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / "tests.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make(target)


def program(name):
    """The executable of "stage1_vector/vector_add", built by the Makefile."""
    target = f"{build_folder()}/{name}"
    done = built(target)
    assert done.returncode == 0, said(done)
    return ROOT / target


@functools.cache
def programs():
    """The names of all programs of this backend, found as the Makefile finds them."""
    endings = [".hip", ".cu"] if BACKEND == "cuda" else [".hip"]
    found = [path.relative_to(ROOT).with_suffix("") for path in sorted(ROOT.glob("stage[0-9]*_*/*"))
             if path.suffix in endings]
    return [str(name) for name in found if BACKEND == "hip" or not name.name.endswith("_amd")]


@functools.cache
def help_of(name):
    return succeed(program(name), "--help").stdout


def versions(name):
    """The versions that --help lists; none for a program without a table of versions."""
    text = help_of(name).partition("\nversions:\n")[2]
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def compile_hip(sources, executable, *options, cwd=None):
    """Compiles with the driver of the cpu backend, for CXX where that is meant for it."""
    compiler = CXX if BACKEND == "cpu" else "g++"
    return run(HIPCC, f"--cxx={compiler}", *sources, "-o", executable, *options, cwd=cwd,
               env={"PYTHON": sys.executable})


def compile_program(source, executable, *options):
    """Compiles one file of the test suite with the backend's own compiler."""
    if BACKEND == "cpu":
        done = compile_hip([source], executable, "-O1", "-Wall", "-Wextra", "-Werror", *options)
    elif BACKEND == "cuda":
        done = run("nvcc", "-x", "cu", "-std=c++17", "-I", ROOT / "common" / "cuda", source, "-o", executable, *options)
    else:
        done = run("hipcc", "-std=c++17", source, "-o", executable, *options)
    assert done.returncode == 0, said(done)
    return executable


def leftovers(folder):
    """Every file below a folder, relative to it: what a program that failed must not have added to."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if not path.is_dir())
