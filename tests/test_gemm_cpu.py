"""The matrix product in plain C, stage2_matrix/reference/gemm_cpu: every version against numpy over ragged shapes, with
each compiler that is here, each width of vectors, one thread and several; and a check that notices what is broken."""
import fcntl
import functools
import json
import platform
import re
import shutil

import numpy as np
import pytest

from support import ROOT, assert_fails, leftovers, make, on_cpu, run, said, succeed

NAME = "stage2_matrix/reference/gemm_cpu"
SOURCE = ROOT / f"{NAME}.c"
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
VERSIONS = ["ijk", "ikj", "blocked", "register_tile", "threads", "packed", "vector_kernel", "prefetch"]
# Around the tiles of 4 x 32, 6 x 8, 6 x 16, 14 x 32 and their blocks; one row, one column, one product.
SHAPES = [(1, 1, 1), (7, 3, 5), (33, 17, 65), (129, 63, 127), (1, 1, 1000), (1, 1000, 1), (1000, 1, 1), (4, 32, 128),
          (14, 32, 512), (28, 64, 513), (29, 65, 129), (13, 31, 1), (15, 33, 2), (5, 515, 257), (231, 47, 530)]
HARD = "--m=61 --n=75 --k=45 --mc=20 --kc=16 --nc=40 --repeat=1 --threads=2".split()

pytestmark = [on_cpu, pytest.mark.skipif(not COMPILERS, reason="neither gcc nor clang is here")]


@pytest.fixture(autouse=True)
def patient_threads(monkeypatch):
    """Threads that wait asleep: on a machine that is busy with other tests, spinning costs seconds."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")


@functools.cache
def binary(compiler):
    """The program as make builds it."""
    (ROOT / "build").mkdir(exist_ok=True)
    with open(ROOT / "build" / "tests.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = make(f"CC={compiler}", "stage2/reference/gemm_cpu", "ARGS=--help")
    if "OpenMP" in done.stderr and compiler != COMPILERS[0]:
        pytest.skip(f"{compiler} without OpenMP")
    assert done.returncode == 0 and not done.stderr, said(done)
    assert "usage: gemm_cpu" in done.stdout
    return ROOT / "build" / f"reference-{compiler}" / NAME


@pytest.fixture(params=COMPILERS)
def gemm(request):
    return binary(request.param)


def table(done):
    """{version: check} of the table printed."""
    rows = re.findall(r"^(\w+) +[\d.]+ ms .* (\w+)$", done.stdout, re.MULTILINE)
    return dict(rows)


def assert_right(done):
    assert done.returncode == 0, said(done)
    checks = table(done)
    checks.pop("openblas", None)
    assert checks == dict.fromkeys(VERSIONS, "ok"), said(done)


def compare_with_numpy(folder):
    a, b = (np.load(folder / f"in.{name}.npy").astype(np.float64) for name in "AB")
    expected, size = a @ b, np.abs(a) @ np.abs(b)
    for version in VERSIONS:
        got = np.load(folder / f"{version}.C.npy")
        assert got.dtype == np.float32 and got.shape == expected.shape
        wrong = ~(np.abs(got - expected) <= a.shape[1] * 2.0**-24 * size)
        assert not wrong.any(), f"{version}: {wrong.sum()} elements, the first at {np.argwhere(wrong)[0]}"


# ---- right ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("m,n,k", SHAPES)
def test_shapes(gemm, m, n, k, tmp_path):
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        assert_right(succeed(gemm, f"--m={m}", f"--n={n}", f"--k={k}", f"--threads={threads}", "--repeat=1",
                             f"--dump={folder}"))
        compare_with_numpy(folder)


@pytest.mark.parametrize("sizes", ["1 1 1", "3 7 5", "14 512 32", "15 7 33", "1000 1000 1000"])
def test_blocks(gemm, sizes, tmp_path):
    """Any block sizes: several blocks each way, more threads than blocks."""
    blocks = [f"--{name}={value}" for name, value in zip(("mc", "kc", "nc"), sizes.split())]
    for threads in (1, 5):
        assert_right(succeed(gemm, "--m=61", "--n=37", "--k=20", "--repeat=1", f"--threads={threads}", *blocks,
                             f"--dump={tmp_path}"))
        compare_with_numpy(tmp_path)


@pytest.mark.parametrize("flags", ["", "-mavx2 -mfma"])
def test_width_of_vectors(flags, tmp_path):
    """Without -march=native vectors have 16 bytes; without OpenBLAS its row is missing."""
    if flags and platform.machine() != "x86_64":
        pytest.skip("x86 only")
    if flags and "avx2" not in open("/proc/cpuinfo").read():
        pytest.skip("no AVX2 here")
    program = tmp_path / "gemm_cpu"
    done = succeed(COMPILERS[0], "-std=c11", "-O2", "-fopenmp", "-Wall", "-Wextra", "-Werror", *flags.split(), SOURCE,
                   "-o", program, "-lm")
    done = succeed(program, *HARD)
    assert_right(done)
    assert f"vectors of {8 if flags else 4} floats" in done.stdout
    assert "openblas" not in table(done)


def test_json_and_seed(gemm, tmp_path):
    file = tmp_path / "out.json"
    done = succeed(gemm, "--m=40", "--n=50", "--k=60", "--repeat=3", "--version=ikj,packed", f"--json={file}")
    written = json.loads(file.read_text())
    assert [row["version"] for row in written["versions"]] == ["ikj", "packed"] == list(table(done))
    assert (written["M"], written["N"], written["K"]) == (40, 50, 60)
    for row in written["versions"]:
        assert row["ok"] is True and row["median_ms"] > 0 and 0 < row["error_over_bound"] <= 1
        assert row["gflop_per_s"] == pytest.approx(2e-6 * 40 * 50 * 60 / row["median_ms"], rel=1e-6)
    for seed in (1, 2):
        succeed(gemm, "--m=5", "--n=6", "--k=7", "--repeat=1", f"--seed={seed}", f"--dump={tmp_path / str(seed)}")
    assert (np.load(tmp_path / "1" / "in.A.npy") != np.load(tmp_path / "2" / "in.A.npy")).any()


# ---- wrong ----------------------------------------------------------------------------------------------------------
# (file, what stands there, what is put in its place)
MUTANTS = {
    "edge_taken_for_a_whole_tile": ("gemm_cpu_loops.h", "rows == TILE_ROWS && columns == TILE_COLUMNS",
                                    "rows == TILE_ROWS"),
    "last_block_of_k_left_out": ("gemm_cpu_loops.h", "k0 < p->k; k0 += BLOCK_K", "k0 + BLOCK_K <= p->k; k0 += BLOCK_K"),
    "first_product_not_taken": ("gemm_cpu_loops.h", "for (long k = 0; k < p->k; ++k)", "for (long k = 1; k < p->k; ++k)"),
    "adds_to_what_was_there": ("gemm_cpu_packed.h", "k0 > 0)", "true)"),
    "forgets_earlier_blocks": ("gemm_cpu_packed.h", "k0 > 0)", "false)"),
    "columns_beyond_the_edge": ("gemm_cpu_packed.h", "least(tile_columns, columns - j), add", "tile_columns, add"),
    "rows_beyond_the_edge": ("gemm_cpu_packed.h", "least(tile_rows, rows - i)", "tile_rows"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutants_are_caught(mutant, tmp_path):
    name, right, wrong = MUTANTS[mutant]
    folder = tmp_path / "stage" / "reference"
    shutil.copytree(SOURCE.parent, folder)
    shutil.copytree(ROOT / "common", tmp_path / "common", ignore=shutil.ignore_patterns("cpu", "cuda"))
    text = (folder / name).read_text()
    assert right in text, f"{name} no longer has: {right}"
    (folder / name).write_text(text.replace(right, wrong))
    program = tmp_path / "gemm_cpu"
    succeed(COMPILERS[0], "-std=c11", "-O1", "-fopenmp", folder / SOURCE.name, "-o", program, "-lm")
    done = run(program, *HARD)
    assert done.returncode == 1, said(done)
    assert {"WRONG", "OUTSIDE"} & set(table(done).values()), said(done)


@pytest.mark.parametrize("arguments,pattern", [
    (["--m=0"], "--m takes a whole number from 1"), (["--n=x"], "--n takes"), (["--k=99999999999"], "--k takes"),
    (["--threads=0"], "--threads takes"), (["--repeat=-1"], "--repeat takes"), (["--kc"], "--kc needs a value"),
    (["--version=nope"], "nope"), (["--version=ikj,nope"], "nope"), (["--version=ikj,ikj"], "ikj,ikj"),
    (["--version=ik"], "--version ik:"), (["--version=ikj,"], "--version ikj,"), (["--what"], "unknown option --what"),
    (["7"], "'7' belongs to no option"),
])
def test_bad_usage(arguments, pattern, tmp_path):
    assert_fails(run(binary(COMPILERS[0]), *arguments, cwd=tmp_path), 2, re.escape(pattern))
    assert leftovers(tmp_path) == []


def test_files_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("old")
    small = ["--m=5", "--n=5", "--k=5", "--repeat=1", "--version=ikj"]
    for option, pattern in (("--json=no/out.json", "no/out.json: cannot be created"), ("--json=.", "not a regular file"),
                            ("--dump=file", "file: the folder cannot be made")):
        assert_fails(run(binary(COMPILERS[0]), *small, option, cwd=tmp_path), 3, re.escape(pattern))
        assert leftovers(tmp_path) == ["file"]
    with open("/dev/full", "w") as full:
        done = run(binary(COMPILERS[0]), *small, stdout=full)
    assert_fails(done, 3, "standard output cannot be written")


def test_make_does_not_run_it_with_its_stage():
    done = make("-n", "stage2", "V=1")
    assert done.returncode == 0 and "gemm_cpu" not in done.stdout, said(done)
    assert "reference/PROGRAM" in make("help").stdout
    done = make("stage2/reference/nope")
    assert done.returncode == 2 and "stage2/reference/nope: no such stage or program" in done.stderr, said(done)
