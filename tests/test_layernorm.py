"""What layernorm promises beyond its table: what each way of computing the variance loses, and that the bound tells
them apart; any epsilon; rows that are all alike."""
import json

import numpy as np
import pytest

from reference import Dump, compare
from references import find
from support import WARPS, assert_fails, program, programs, run, said

NAME = "stage3_ml_ops/layernorm"
pytestmark = pytest.mark.skipif(NAME not in programs(), reason="the program is not here")


def dump_of(folder, *arguments, **more):
    done = run(program(NAME), *arguments, "--repeat=1", f"--dump={folder}", cwd=folder.parent, **more)
    assert done.returncode == 0 and not done.stderr, said(done)
    return Dump(folder)


def test_what_the_variance_loses(tmp_path):
    done = run(program(NAME), "--m=4", "--n=33", "--repeat=1", "--json=out.json", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    lost = json.loads((tmp_path / "out.json").read_text())["results"]
    for mean in (0, 10, 100, 1000):             # two passes do not mind the mean, Welford's loss grows with it
        assert lost[f"two_passes_warp_{mean}"] < 1e-5 and lost[f"two_passes_thread_{mean}"] < 1e-4
        assert lost[f"welford_{mean}"] < 1e-6 * max(mean, 1)
    assert lost["welford_1000"] > 10 * lost["welford_0"]
    assert lost["one_pass_10"] > 1e-4 and lost["one_pass_100"] > 1e-2 and lost["one_pass_1000"] > 0.1
    assert lost["one_pass_10000"] is None or lost["one_pass_10000"] > 1     # NaN is no JSON
    for mean in ("0", "10", "100", "1000", "10000"):
        assert f"\n{mean} " in done.stdout


def test_one_pass_would_be_refused(tmp_path):
    """The bound, which every honest version keeps, is narrower than what one pass loses where the mean is large."""
    dump = dump_of(tmp_path / "d", "--m=16", "--n=1000", "--version=welford")
    X = dump.inputs["X"]
    far = np.arange(16) % 4 == 3
    assert (X[far].mean(axis=1) > 999).all() and (abs(X[~far]) < 12).all()
    mean = X.sum(axis=1, dtype=np.float32) / np.float32(1000)   # numpy adds in pairs: the best that one pass can be
    variance = (X * X).sum(axis=1, dtype=np.float32) / np.float32(1000) - mean * mean
    with np.errstate(invalid="ignore"):
        dump.outputs["welford"]["rstd"] = (1 / np.sqrt(variance + np.float32(1e-5))).astype(np.float32)
    faults = compare(dump, find()[NAME].compute(dump))
    assert len(faults) == 1 and "rstd" in faults[0]


@pytest.mark.parametrize("epsilon", ["1e-30", "1e-5", "1", "1e9"])
@pytest.mark.parametrize("warp", WARPS)
def test_epsilon(epsilon, warp, tmp_path):
    dump = dump_of(tmp_path / "d", "--m=9", "--n=79", f"--epsilon={epsilon}", warp=warp)
    assert not compare(dump, find()[NAME].compute(dump))


@pytest.mark.parametrize("warp", WARPS)
def test_a_row_of_one_element_has_variance_0(warp, tmp_path):
    dump = dump_of(tmp_path / "d", "--m=7", "--n=1", warp=warp)
    for version in dump.versions:
        assert np.array_equal(dump.outputs[version]["mean"], dump.inputs["X"][:, 0]), version
        assert np.allclose(dump.outputs[version]["Y"], dump.inputs["beta"]), version


def test_mean_and_rstd_are_those_of_y(tmp_path):
    """What is kept for the way back gives Y again."""
    dump = dump_of(tmp_path / "d", "--m=9", "--n=79")
    for version in dump.versions:
        got = dump.outputs[version]
        again = dump.inputs["gamma"] * (dump.inputs["X"] - got["mean"][:, None]) * got["rstd"][:, None]
        assert np.abs(again + dump.inputs["beta"] - got["Y"]).max() < 1e-5, version


@pytest.mark.parametrize("arguments,word", [(["--epsilon=0"], "--epsilon"), (["--epsilon=nan"], "--epsilon"),
                                            (["--n=0"], "--n"), (["--m=65536", "--n=65536"], "M times N")])
def test_bad_arguments(arguments, word, tmp_path):
    done = run(program(NAME), *arguments, "--json=out.json", cwd=tmp_path)
    assert_fails(done, 2, f"^layernorm: .*{word}")
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)
