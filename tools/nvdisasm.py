"""Finds NVIDIA's disassembler, nvdisasm, and runs it.

It belongs to the CUDA toolkit, but many installations leave it out. It also comes as a Python package: by itself
(tools/requirements-device-code.txt) and within triton. Looked for beside nvcc, in the PATH, and among the packages of
the Python that runs this and of build/venv. Where it is nowhere, it is installed into build/venv; but not when PYTHON=
names another Python, into which we put nothing.
"""
import glob
import os
import shutil
import subprocess
import sys

from device_code import FAILED, ROOT, Failure, compiler_of, locked

REQUIREMENTS = ROOT / "tools" / "requirements-device-code.txt"
VENV = ROOT / "build" / "venv"
INSIDE_PACKAGES = ("nvidia/*/bin/nvdisasm", "triton/backends/nvidia/bin/nvdisasm")


def candidates():
    nvcc = compiler_of("sm_90")
    if nvcc:
        yield os.path.join(os.path.dirname(os.path.realpath(nvcc)), "nvdisasm")
    yield shutil.which("nvdisasm") or ""
    folders = [folder for folder in sys.path if folder.endswith(("site-packages", "dist-packages"))]
    folders += glob.glob(f"{glob.escape(str(VENV))}/lib/python3*/site-packages")
    for folder in folders:
        for pattern in INSIDE_PACKAGES:
            yield from sorted(glob.glob(os.path.join(glob.escape(folder), pattern)))


def find():
    """The path of nvdisasm; None: it is not here."""
    return next((path for path in candidates() if path and os.access(path, os.X_OK)), None)


def may_install():
    return not os.environ.get("PYTHON") or os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def install():
    """Into build/venv, which is made first where it is missing. Returns why it failed, or nothing."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHON"}
    made = subprocess.run([ROOT / "tools" / "python_env.sh"], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        return made.stderr.strip().splitlines()[-1] if made.stderr.strip() else "tools/python_env.sh failed"
    with locked(ROOT / "build" / "venv-device-code.lock"):
        if find():
            return ""
        print("python     installing nvdisasm into build/venv (once)", flush=True)
        done = subprocess.run([made.stdout.strip(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
                               "--retries", "2", "--timeout", "20", "-r", REQUIREMENTS], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    reasons = [line.strip() for line in done.stdout.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else (reasons or ["pip failed"])[-1]


def required():
    """The path of nvdisasm, installed if need be."""
    reason = ""
    if not find() and may_install():
        reason = install()
    path = find()
    if path is None:
        raise Failure(FAILED, "nvdisasm is not here, and sm_ code cannot be shown without it: install CUDA's binary "
                              f"utilities, or `pip install -r tools/{REQUIREMENTS.name}` (or triton) for the Python "
                              f"that make uses{f' ({reason})' if reason else ''}")
    return path


def disassemble(cubin):
    done = subprocess.run([required(), "-c", cubin], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it says nothing"]
        raise Failure(FAILED, f"nvdisasm fails for {cubin}: {lines[-1]}")
    return done.stdout
