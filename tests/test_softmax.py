"""What softmax and cross_entropy promise beyond their tables: the inputs that break careless formulas, labels that are no
class, samples that are left out, and a loss that is the same to the last bit."""
import numpy as np
import pytest

from reference import Dump
from support import assert_fails, on_cpu, program, programs, run, said

SOFTMAX, CROSS_ENTROPY = "stage3_ml_ops/softmax", "stage3_ml_ops/cross_entropy"
pytestmark = pytest.mark.skipif(not {SOFTMAX, CROSS_ENTROPY} <= set(programs()), reason="not all programs are here")


def dump_of(name, folder, *arguments, **more):
    done = run(program(name), *arguments, "--repeat=1", f"--dump={folder}", cwd=folder.parent, **more)
    assert done.returncode == 0 and not done.stderr, said(done)
    return Dump(folder)


@pytest.mark.parametrize("log", [[], ["--log"]])
def test_rows_that_break_things(log, tmp_path):
    x = dump_of(SOFTMAX, tmp_path / "d", "--rows=33", "--columns=79", *log).inputs["x"]
    for value in (80, -80, 1e38):
        assert np.float32(value) in x, value
    assert x.max(axis=1).min() < -9000 and np.median(x, axis=1).max() > 9000
    assert np.isneginf(x).any() != bool(log)
    assert (x == x[:, :1]).all(axis=1).any()


def test_softmax_is_a_distribution(tmp_path):
    dump = dump_of(SOFTMAX, tmp_path / "d", "--rows=33", "--columns=1003")
    for version in dump.versions:
        y = dump.outputs[version]["y"].astype(np.float64)
        assert (y >= 0).all() and np.abs(y.sum(axis=1) - 1).max() < 1e-5
        assert (y[np.isneginf(dump.inputs["x"])] == 0).all()


@pytest.mark.parametrize("label", [10, 11, -2, 2 ** 31 - 1, -2 ** 31])
def test_a_label_that_is_no_class(label, tmp_path):
    done = run(program(CROSS_ENTROPY), "--rows=5", "--columns=10", f"--label={label}", "--json=out.json", cwd=tmp_path)
    assert_fails(done, 2, rf"^cross_entropy: sample 0 has label {label}, and the 10 classes are 0 to 9")
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)


def test_samples_that_are_left_out(tmp_path):
    dump = dump_of(CROSS_ENTROPY, tmp_path / "d", "--rows=100", "--columns=10", "--label=-1")
    out = dump.inputs["labels"] == -1
    assert out[0] and 2 <= out.sum() < 10 and np.isnan(dump.inputs["x"][out]).any()
    for version in dump.versions:
        outputs = dump.outputs[version]
        assert (outputs["losses"][out] == 0).all() and (outputs["dx"][out] == 0).all()
        assert (outputs["losses"][~out] != 0).any()
        assert np.abs(outputs["dx"].astype(np.float64).sum(axis=1)).max() < 1e-6    # what one class gains others lose


@on_cpu
def test_the_mean_has_the_same_bits_in_every_run(tmp_path):
    dumps = [dump_of(CROSS_ENTROPY, tmp_path / f"d{workers}", "--rows=4099", "--columns=10",
                     env={"GPU_WORKERS": str(workers)}) for workers in (1, 2, 3)]
    for version in dumps[0].versions:
        assert len({dump.outputs[version]["loss"].tobytes() for dump in dumps}) == 1, version
