"""What the programs of stage 1 promise beyond their tables: the choice of a function, limits at infinity and NaN, sums
that are the same to the last bit, and the errors that dot prints."""
import json

import numpy as np
import pytest

from reference import Dump, compare
from references import find
from support import WARPS, assert_fails, on_cpu, program, programs, run, said

AXPY, DOT, ACTIVATIONS = (f"stage1_vector/{name}" for name in ("axpy", "dot", "activations"))
REFERENCES = find()
pytestmark = pytest.mark.skipif(not {AXPY, DOT, ACTIVATIONS} <= set(programs()), reason="not all programs are here")


def dump_of(name, folder, *arguments, **more):
    done = run(program(name), *arguments, "--repeat=1", f"--dump={folder}", cwd=folder.parent, **more)
    assert done.returncode == 0 and not done.stderr, said(done)
    return Dump(folder)


@pytest.mark.parametrize("alpha", ["0", "1", "-1e30", "1e-30", "1e-45"])
def test_axpy_alpha(alpha, tmp_path):
    dump = dump_of(AXPY, tmp_path / "d", "--n=1003", f"--alpha={alpha}")
    values, bound = REFERENCES[AXPY].compute(dump)["y"]
    assert not compare(dump, {"y": (values, bound + 2.0 ** -149)})     # products below the smallest normal number


@pytest.mark.parametrize("function", ["relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "softplus"])
def test_one_function(function, tmp_path):
    dump = dump_of(ACTIVATIONS, tmp_path / "d", "--n=1003", f"--function={function}")
    faults = compare(dump, REFERENCES[ACTIVATIONS].compute(dump))
    assert not faults, "\n".join(faults)
    assert set(dump.outputs["float4"]) == {f"{function}_y", f"{function}_dx"}
    assert set(dump.info["results"]) == {function}


@pytest.mark.parametrize("function", ["", "swish", "GELU", "gelu ", "relu,tanh"])
def test_unknown_function(function, tmp_path):
    done = run(program(ACTIVATIONS), f"--function={function}", "--json=out.json", cwd=tmp_path)
    assert_fails(done, 2, "^activations: .*--function")
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)


def test_inputs_have_the_values_that_break_things(tmp_path):
    x = dump_of(ACTIVATIONS, tmp_path / "d", "--n=1003").inputs["x"]
    for value in (0.0, 88.0, 89.0, 104.0, 1e-40, np.finfo(np.float32).max):
        assert {np.float32(value), -np.float32(value)} <= set(x), value
    assert np.signbit(x[x == 0]).any() and not np.signbit(x[x == 0]).all()
    assert np.isfinite(x).all()             # infinities and NaN have a check of their own in the program


def test_gelu_in_its_tanh_form_is_close_to_the_exact_one(tmp_path):
    dump = dump_of(ACTIVATIONS, tmp_path / "d", "--n=20000")
    exact, other = (dump.outputs["float4"][name] for name in ("gelu_y", "gelu_tanh_y"))
    assert 3e-4 < np.abs(exact.astype(float) - other).max() < 5e-4     # the number in activation_functions.h


@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("block", [1, 96, 256])
def test_two_pass_has_the_same_bits_in_every_run(block, warp, tmp_path):
    sums = set()
    for turn in range(3):
        dump = dump_of(DOT, tmp_path / f"d{turn}", "--n=200003", f"--block={block}", "--version=two_pass", warp=warp)
        sums.add(dump.outputs["two_pass"]["sum"].tobytes())
    assert len(sums) == 1


@on_cpu
def test_two_pass_has_the_same_bits_on_one_worker(tmp_path):
    """The number of blocks is that of the device; how many of them run at a time must not matter."""
    sums = {dump_of(DOT, tmp_path / workers, "--n=200003", "--version=two_pass", env={"GPU_WORKERS": workers})
            .outputs["two_pass"]["sum"].tobytes() for workers in ("1", "2", "5")}
    assert len(sums) == 1


def test_dot_says_what_each_version_lost(tmp_path):
    done = run(program(DOT), "--n=300007", "--repeat=1", "--dump=d", "--json=out.json", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    dump = Dump(tmp_path / "d")
    x, y = (dump.inputs[name].astype(np.float64) for name in "xy")
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert list(results) == ["atomic", "shared", "shuffle", "two_pass"]
    # Atomics add in another order in each of the launches, and the largest error of them is kept.
    got = float(dump.outputs["two_pass"]["sum"][0])
    assert results["two_pass"] == pytest.approx(abs(got - (x * y).sum()) / np.abs(x * y).sum(), rel=1e-6)
    assert results["two_pass"] < 2.0 ** -22 < results["atomic"]        # a chain of 300007 roundings against one of 100
