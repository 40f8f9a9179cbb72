"""Fixtures that compile and run programs for the simulated GPU, and the marks of the tests.

core: what `make test` runs with clang++ too (pytest -m core, CXX=clang++). full: only with KERNELS_TEST=full.
"""
import fcntl
import hashlib
import os
import shutil
import sys

import pytest

import support


def pytest_configure(config):
    config.addinivalue_line("markers", "core: also run with the second compiler")
    config.addinivalue_line("markers", "full: only in make test-full")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("full") and not support.FULL:
            item.add_marker(pytest.mark.skip(reason="only in make test-full"))


def pytest_terminal_summary(terminalreporter):
    """Which check caught which mutant (test_mutants.py)."""
    rows = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    caught = sorted((row["caught by"], row["mutant"]) for row in rows if "mutant" in row)
    if caught:
        terminalreporter.section(f"{len(caught)} mutants caught, and by which check")
        for check, mutant in caught:
            terminalreporter.write_line(f"{check:<16} {mutant}")


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return support.ROOT


@pytest.fixture(scope="session")
def cxx():
    """The compiler below the driver."""
    if not shutil.which(support.CXX):
        pytest.skip(f"{support.CXX} is not installed")
    return support.CXX


@pytest.fixture(scope="session")
def compile_hip(cxx, tmp_path_factory):
    """compile_hip(sources, *flags) -> program. One source, several, or the text of one; compiled once a session."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent      # shared by the workers

    def compile_once(sources, *flags):
        if isinstance(sources, str) and "\n" in sources:
            text = folder / (hashlib.sha256(sources.encode()).hexdigest()[:16] + ".hip")
            text.write_text(sources)
            sources = text
        if not isinstance(sources, (list, tuple)):
            sources = [sources]
        words = [cxx, *map(str, sources), *flags]
        program = folder / hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
        with open(f"{program}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not program.exists():
                done = support.run(support.HIPCC, f"--cxx={cxx}", *flags, *sources, "-o", program,
                                   env={"PYTHON": os.environ.get("PYTHON") or sys.executable})
                if done.stderr:     # no warnings either, and for no test that uses the program
                    program.unlink(missing_ok=True)
                assert done.returncode == 0 and not done.stderr, support.said(done)
        return program

    return compile_once


@pytest.fixture(scope="session")
def run():
    """run(program, *arguments, warp=, env=, timeout=) -> CompletedProcess with stdout and stderr as text."""
    return support.run


@pytest.fixture(params=[32, 64], ids=["warp32", "warp64"])
def warp(request):
    """Lanes in a warp: the test runs with both."""
    return request.param


@pytest.fixture(params=["auto", "fibres"])
def engine(request):
    """CPU_ENGINE: what the translator chose for each kernel, and fibres for all. The results are the same."""
    return request.param
