"""Programs in the usual styles of other people's HIP code, unchanged on the simulated GPU.

Every .hip file in tests/programs/ is a program, and so is each folder there. A program checks itself against
the host, prints PASSED in its last line and exits with 0. A line "// build: ..." in its first comment
holds the arguments of the compiler, relative to its folder, where the file's own name is not enough.
"""
import shlex

import pytest

from support import CXX, HIPCC, ROOT, on_cpu, run, said, succeed

pytestmark = on_cpu
PROGRAMS = ROOT / "tests" / "programs"


def build_line(source):
    """The arguments in the "// build:" line of the opening comment, or None."""
    with source.open() as lines:
        for line in lines:
            if not line.startswith("//"):
                return None
            if line.startswith("// build:"):
                return shlex.split(line.removeprefix("// build:"))
    return None


def all_programs():
    """name -> (folder, arguments of the compiler)"""
    programs = {}
    for source in sorted(PROGRAMS.glob("*.hip")):
        programs[source.stem] = (PROGRAMS, build_line(source) or [source.name])
    for folder in sorted(path for path in PROGRAMS.iterdir() if path.is_dir()):
        lines = [line for line in map(build_line, sorted(folder.glob("*.*"))) if line]
        assert len(lines) == 1, f"{folder}: one file must have a line '// build:', {len(lines)} have"
        programs[folder.name] = (folder, lines[0])
    return programs


ALL = all_programs()


@pytest.fixture(scope="module", params=ALL)
def program(request, tmp_path_factory):
    """One program, built once for all the ways in which it is run."""
    folder, arguments = ALL[request.param]
    executable = tmp_path_factory.mktemp(request.param) / request.param
    succeed(HIPCC, f"--cxx={CXX}", "-O2", *arguments, "-o", executable, cwd=folder)
    return executable


@pytest.mark.parametrize("engine", ["auto", "fibres"])
@pytest.mark.parametrize("warp", [32, 64])
def test_program(program, warp, engine, tmp_path):
    done = run(program, warp=warp, env={"CPU_ENGINE": engine}, cwd=tmp_path)
    assert done.returncode == 0, said(done)
    assert done.stdout.splitlines()[-1:] == ["PASSED"], said(done)
    assert not done.stderr, said(done)
