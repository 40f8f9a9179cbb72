"""conv2d and pooling beyond their tables of versions: numpy's rows, the scripts behind them, sizes that cannot be."""
import importlib
import json
import sys

import numpy as np
import pytest

from references.stage3_ml_ops.conv2d import NAMES, SHAPES
from support import ROOT, assert_fails, leftovers, program, programs, run, said

CONV2D, POOLING = "stage3_ml_ops/conv2d", "stage3_ml_ops/pooling"
SCRIPTS = ROOT / "stage3_ml_ops" / "reference"
SMALL = "--n=2 --c=3 --h=7 --w=9 --k=4 --stride=2 --repeat=1".split()


@pytest.fixture(scope="module", params=["conv2d", "conv2d_im2col"])
def script(request):
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield importlib.import_module(request.param).conv2d
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.mark.parametrize("shape", SHAPES)
def test_scripts_against_the_definition(script, shape):
    """Seven loops in float64, on whole numbers: nothing is rounded anywhere."""
    o = dict(zip(NAMES, shape))
    rng = np.random.default_rng(1)
    x = rng.integers(-4, 5, [o[d] for d in "nchw"]).astype(np.float32)
    w = rng.integers(-4, 5, [o[d] for d in "kcrs"]).astype(np.float32)
    bias = rng.integers(-4, 5, o["k"]).astype(np.float32)
    out_h, out_w = (1 + (o[size] + 2 * o["pad"] - o[window]) // o["stride"] for size, window in ("hr", "ws"))
    expected = np.zeros((o["n"], o["k"], out_h, out_w)) + bias[:, None, None].astype(np.float64)
    for r in range(o["r"]):
        for s in range(o["s"]):
            for p in range(out_h):
                for q in range(out_w):
                    row, column = p * o["stride"] + r - o["pad"], q * o["stride"] + s - o["pad"]
                    if 0 <= row < o["h"] and 0 <= column < o["w"]:
                        expected[:, :, p, q] += x[:, :, row, column].astype(np.float64) @ w[:, :, r, s].T
    for b in (bias, None):
        y = script(x, w, b, o["stride"], o["pad"])
        wanted = expected if b is not None else expected - bias[:, None, None]
        assert y.dtype == np.float32 and y.shape == wanted.shape
        assert (y == wanted).all()


@pytest.mark.skipif(CONV2D not in programs(), reason="no conv2d here")
@pytest.mark.parametrize("bias", [[], ["--no-bias"]])
def test_rows_of_numpy(bias, tmp_path):
    (tmp_path / "stage3_ml_ops").mkdir()
    (tmp_path / "stage3_ml_ops" / "reference").symlink_to(SCRIPTS)
    done = run(program(CONV2D), *SMALL, *bias, "--numpy", "--json=out.json", cwd=tmp_path, env={"PYTHON": sys.executable})
    assert done.returncode == 0 and not done.stderr, said(done)
    rows = {row["name"]: row for row in json.loads((tmp_path / "out.json").read_text())["versions"]}
    for name in ("direct", "numpy_loops", "numpy_im2col"):
        assert rows[name]["check"] == "ok" and rows[name]["median_ms"] > 0, said(done)
        assert f"\n{name} " in done.stdout
    assert leftovers(tmp_path / "build") == []


@pytest.mark.skipif(CONV2D not in programs(), reason="no conv2d here")
def test_without_numpy_there_are_no_rows(tmp_path):
    for folder, python, text in ((tmp_path, sys.executable, "reference is not below this folder"),
                                 (ROOT, "false", "no Python that can import numpy")):
        done = run(program(CONV2D), *SMALL, "--numpy", cwd=folder, env={"PYTHON": python})
        assert done.returncode == 0 and not done.stderr, said(done)
        assert text in done.stdout and "\nnumpy_" not in done.stdout


@pytest.mark.skipif(CONV2D not in programs(), reason="no conv2d here")
@pytest.mark.parametrize("answer", ["", "echo", "echo 1 1 1", "echo 1 1 1 1", "head -c 5000 /dev/zero", "exit 3"])
def test_a_script_that_does_not_deliver(answer, tmp_path):
    """A Python that can import numpy, and then writes something else."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then exit 0; fi\n{answer}\n')
    python.chmod(0o755)
    done = run(program(CONV2D), *SMALL, "--numpy", "--json=" + str(tmp_path / "out.json"), cwd=ROOT,
               env={"PYTHON": str(python)})
    assert_fails(done, 3, "the script did not deliver its result")
    assert leftovers(tmp_path) == ["python"]


@pytest.mark.skipif(CONV2D not in programs(), reason="no conv2d here")
@pytest.mark.parametrize("name,arguments,text", [
    (CONV2D, "--h=2 --r=5", "a filter of 5 x 3 has no room in an image of 2 x 31 with a padding of 1"),
    (CONV2D, "--w=1 --s=4", "has no room"), (CONV2D, "--stride=0", "--stride takes"), (CONV2D, "--pad=-1", "--pad takes"),
    (CONV2D, "--c=2000000000", "too large"), (CONV2D, "--n=2000000000 --k=2 --h=1 --w=1", "too large"),
    (CONV2D, "--version=winograd", "no version is called 'winograd'"), (CONV2D, "--bias", "unknown option --bias"),
    (POOLING, "--window=2 --pad=2", "--pad has to be smaller than --window"),
    (POOLING, "--window=61", "a window of 61 x 61 has no room in an image of 57 x 60 with a padding of 0"),
    (POOLING, "--window=0", "--window takes"), (POOLING, "--stride=0", "--stride takes"),
    (POOLING, "--n=2000000000 --c=2", "too large"), (POOLING, "--h=1000000 --w=1000000", "too large"),
])
def test_sizes_that_cannot_be(name, arguments, text, tmp_path):
    assert_fails(run(program(name), *arguments.split(), cwd=tmp_path), 2, text)
    assert leftovers(tmp_path) == []
