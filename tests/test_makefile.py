"""The Makefile: what changed is built anew and nothing else, a new file is built and run by the same verbs, and
mistakes get an answer that helps. What touches sources works in a copy of the tree."""
import os
import re
import shutil
import time

import pytest

from support import BACKEND, ROOT, build_folder, help_of, make, on_cpu, program, run, said

COPIED = ["Makefile", "requirements.txt", "tools", "common", "stage1_vector"]
OWN = """// mine: somebody's own program.
#include <hip/hip_runtime.h>
#include "mine.h"

__global__ void twice(int *x)
{
    x[threadIdx.x] *= 2;
}

int main()
{
    int h[32], *d;
    for (int i = 0; i < 32; ++i)
        h[i] = i;
    if (hipMalloc((void **)&d, sizeof h) != hipSuccess)
        return 3;
    (void)hipMemcpy(d, h, sizeof h, hipMemcpyHostToDevice);
    twice<<<1, 32>>>(d);
    (void)hipMemcpy(h, d, sizeof h, hipMemcpyDeviceToHost);
    (void)hipFree(d);
    printf("mine says %d\\n", h[31] + ADDED);
    return STATUS;
}
"""
OWN_HEADER = "#include <stdio.h>\n#define ADDED 0\n#define STATUS 0\n"

in_a_copy = pytest.mark.skipif(BACKEND != "cpu", reason="the Makefile's rules, shown on the cpu backend")


# ---- the copy of the tree -------------------------------------------------------------------------------------------
def copy_tree(source, target):
    """What make needs to build stage 1."""
    target.mkdir()
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source / name, target / name)
    return target


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tree with one stage, its programs built."""
    tree = copy_tree(ROOT, tmp_path_factory.mktemp("tree") / "kernels")
    program("stage1_vector/vector_add")
    shutil.copytree(ROOT / build_folder() / "runtime", tree / build_folder() / "runtime")
    done = make("build", cwd=tree)
    assert done.returncode == 0, said(done)
    return tree


def stage1():
    return sorted(path.stem for path in (ROOT / "stage1_vector").glob("*.hip") if not path.stem.endswith("_amd"))


def compiled(done):
    """The programs that this make compiled."""
    assert done.returncode == 0, said(done)
    return sorted(re.findall(r"^compile +stage1_vector/(\w+)\.hip$", done.stdout, re.MULTILINE))


def touch(path):
    assert path.exists()
    os.utime(path)


def settle(tree):
    """Builds, and moves every source into the past, so that the next touch is news and nothing else is."""
    make("build", cwd=tree)
    past = time.time() - 1000
    for name in COPIED:
        for path in [tree / name, *(tree / name).rglob("*")]:
            os.utime(path, (past, past))


@in_a_copy
def test_nothing_is_built_twice(copy):
    done = make("build", cwd=copy)
    assert compiled(done) == [] and len(done.stdout.splitlines()) == 1, said(done)


@in_a_copy
@pytest.mark.parametrize("changed,again", [
    ("common/compare.h", True), ("common/cpu/gpu/warp.h", True), ("common/cpu/translate/kernel.py", True),
    ("common/idx.h", False), ("common/cuda/hip/hip_runtime.h", False), ("tools/plots.py", False),
])
def test_a_change_reaches_what_depends_on_it(changed, again, copy):
    settle(copy)
    touch(copy / changed)
    assert compiled(make("build", cwd=copy)) == (stage1() if again else [])
    settle(copy)
    assert compiled(make("build", cwd=copy)) == []


@in_a_copy
def test_other_flags_build_anew(copy):
    settle(copy)
    assert compiled(make("build", "OPT=-O1", cwd=copy)) == stage1()
    assert compiled(make("build", "OPT=-O1", cwd=copy)) == []
    assert compiled(make("build", cwd=copy)) == stage1()


@pytest.fixture
def mine(copy):
    """A newcomer's file, and a header of its own, dropped into the folder."""
    source, header = copy / "stage1_vector" / "mine.hip", copy / "stage1_vector" / "mine.h"
    source.write_text(OWN)
    header.write_text(OWN_HEADER)
    yield header
    source.unlink()
    header.unlink()


@in_a_copy
def test_a_new_file_is_a_program(mine, copy):
    assert compiled(make("build", cwd=copy)) == ["mine"]
    for target in ("stage1/mine", "stage1_vector/mine"):
        assert make(target, cwd=copy).stdout.splitlines()[1:] == ["mine says 62"]
    done = make("stage1", "ARGS=--n=1000 --repeat=1", cwd=copy)
    assert done.returncode == 0 and "\nmine says 62\n" in done.stdout, said(done)
    assert done.stdout.count("stage1_vector/vector_add ") == 1
    mine.write_text(OWN_HEADER.replace("ADDED 0", "ADDED 100"))
    touch(mine)
    assert "mine says 162" in make("stage1/mine", cwd=copy).stdout


@in_a_copy
def test_a_program_that_fails(mine, copy):
    """The others run, make fails, and its last words say which one it was."""
    mine.write_text(OWN_HEADER.replace("STATUS 0", "STATUS 1"))
    touch(mine)
    done = make("stage1", "ARGS=--n=1000 --repeat=1", cwd=copy)
    assert done.returncode == 2 and "make stage1: failed: stage1_vector/mine\n" in done.stderr, said(done)
    assert "stage1_vector/vector_add " in done.stdout


@in_a_copy
def test_a_program_that_does_not_compile(mine, copy):
    mine.write_text(OWN_HEADER.replace("ADDED 0", "ADDED nonsense"))
    executable = copy / build_folder() / "stage1_vector" / "mine"
    executable.unlink(missing_ok=True)
    done = make("stage1/mine", cwd=copy)
    assert done.returncode == 2 and re.search(r"stage1_vector/mine\.h(ip)?:\d+:.*nonsense", done.stderr), said(done)
    assert not executable.exists()
    assert make("stage1/vector_add", "ARGS=--help", cwd=copy).returncode == 0


@in_a_copy
@pytest.mark.parametrize("name", ["mine_amd.hip", "mine.cu"])
def test_what_belongs_to_one_vendor_is_built_there_only(name, copy):
    path = copy / "stage1_vector" / name
    path.write_text("#error another vendor's\n")
    try:
        assert compiled(make("build", cwd=copy)) == []
    finally:
        path.unlink()


@in_a_copy
def test_folders_in_a_stage_are_not_run(copy):
    folder = copy / "stage1_vector" / "parts"
    folder.mkdir()
    (folder / "part.hip").write_text("#error no program\n")
    try:
        assert compiled(make("build", cwd=copy)) == []
    finally:
        shutil.rmtree(folder)


@in_a_copy
def test_in_parallel(mine, copy):
    shutil.rmtree(copy / build_folder() / "stage1_vector")
    done = make("-j4", "stage1", "ARGS=--n=1000 --repeat=1", cwd=copy)
    assert compiled(done) == sorted([*stage1(), "mine"])
    lines = done.stdout.splitlines()
    assert max(i for i, line in enumerate(lines) if line.startswith("compile")) < lines.index("mine says 62")


@in_a_copy
def test_clean(copy):
    (copy / "build" / "venv").mkdir(exist_ok=True)
    (copy / "data").mkdir(exist_ok=True)
    kept = copy.parent / "kept"
    shutil.copytree(copy / build_folder() / "runtime", kept)
    assert make("clean", cwd=copy).returncode == 0
    assert [path.name for path in (copy / "build").iterdir()] == ["venv"] and (copy / "data").is_dir()
    assert make("distclean", cwd=copy).returncode == 0
    assert not (copy / "build").exists() and not (copy / "data").exists()
    shutil.copytree(kept, copy / build_folder() / "runtime")


@in_a_copy
def test_dry_run_does_nothing(copy, tmp_path):
    tree = copy_tree(copy, tmp_path / "fresh")
    done = make("-n", "all", cwd=tree)
    assert done.returncode == 0 and "common/cpu/hipcc" in done.stdout and "vector_add.hip -o" in done.stdout, said(done)
    assert not (tree / "build").exists()


# ---- answers --------------------------------------------------------------------------------------------------------
def test_unknown_backend():
    done = make("build", backend="bogus")
    assert done.returncode == 2 and "BACKEND=bogus: unknown; it is cpu, cuda or hip" in done.stderr, said(done)
    done = make("build", backend="cpu cuda")
    assert done.returncode == 2 and "name one of cpu, cuda, hip" in done.stderr, said(done)


@on_cpu
def test_missing_compiler():
    done = make("build", cxx="no-such-compiler")
    assert done.returncode == 2 and "the compiler no-such-compiler is not installed" in done.stderr, said(done)


@on_cpu
def test_missing_python():
    done = run("make", "CXX=g++", "BACKEND=cpu", "PYTHON=/no/such/python", "build", cwd=ROOT)
    assert done.returncode == 2 and "PYTHON=/no/such/python: there is no such program" in done.stderr, said(done)


@pytest.mark.parametrize("goal", ["stage99", "stage1/none", "stage1_vektor", "stage1_vector/none"])
def test_unknown_program(goal):
    done = make(goal)
    assert done.returncode == 2 and f"{goal}: no such stage or program here" in done.stderr, said(done)
    assert "stage1_vector/vector_add" in done.stderr


def test_help():
    done = make("help")
    assert done.returncode == 0 and not done.stderr, said(done)
    for verb in ("make ", "make stageN", "make test", "make test-full", "make bench", "make data", "make plots",
                 "make info", "make build", "make format", "make clean", "make compile_commands.json", "ARGS"):
        assert verb in done.stdout, verb


def test_first_line_says_backend_compiler_device_and_why():
    line = make("info").stdout.splitlines()[0]
    assert re.match(rf"backend +{BACKEND}: \S+ [\d.]+.*, .+; because: asked for by BACKEND={BACKEND}$", line), line


def test_programs_know_their_names():
    """`make stage1/vector_add ARGS=--help` shows what the program itself says."""
    done = make("stage1/vector_add", "ARGS=--help")
    assert done.stdout.endswith(help_of("stage1_vector/vector_add")), said(done)
