"""What dropout promises beyond its table: one mask for all versions, block sizes, warps and engines; a mask that is random
(how much is kept, and that steps, seeds and neighbours know nothing of each other); p at its ends."""
import math

import numpy as np
import pytest

from reference import Dump, compare
from references import find
from references.stage3_ml_ops.dropout import kept, philox
from support import assert_fails, on_cpu, program, programs, run, said
from test_random import philox as philox_of_python

NAME = "stage3_ml_ops/dropout"
pytestmark = pytest.mark.skipif(NAME not in programs(), reason="the program is not here")


def dump_of(folder, *arguments, **more):
    done = run(program(NAME), *arguments, "--repeat=1", f"--dump={folder}", cwd=folder.parent, **more)
    assert done.returncode == 0 and not done.stderr, said(done)
    return Dump(folder)


def mask_of(dump, version="float4"):
    return dump.outputs[version]["y"] != 0


def count_bound(n, q):
    """How far a count of n events of probability q may be from n q, in all but one case of 10^9 (Bernstein)."""
    length = math.log(2e9)
    return length / 3 + math.sqrt(length ** 2 / 9 + 2 * n * q * (1 - q) * length)


def assert_count(events, q):
    assert abs(int(events.sum()) - events.size * q) <= count_bound(events.size, q)


@pytest.mark.parametrize("warp", [32, 64])
@pytest.mark.parametrize("block", [1, 96, 1024])
@pytest.mark.parametrize("engine", ["auto", "fibres"])
def test_one_mask(warp, block, engine, tmp_path):
    """The same bits of y and dx in every version and in every shape of launch."""
    arguments = ["--n=4099", "--seed=5", "--step=9"]
    first = dump_of(tmp_path / "first", *arguments).outputs["per_element"]
    other = dump_of(tmp_path / "other", *arguments, f"--block={block}", warp=warp, env={"CPU_ENGINE": engine})
    for version in other.versions:
        for name in ("y", "dx"):
            assert other.outputs[version][name].tobytes() == first[name].tobytes(), (version, name)


def test_the_same_mask_forward_and_backward(tmp_path):
    dump = dump_of(tmp_path / "d", "--n=100003", "--step=3")
    for version in dump.versions:
        assert np.array_equal(dump.outputs[version]["y"] != 0, dump.outputs[version]["dx"] != 0), version


@on_cpu
def test_the_mask_is_that_of_any_number_of_workers(tmp_path):
    masks = {dump_of(tmp_path / workers, "--n=20003", env={"GPU_WORKERS": workers}).outputs["mask_bits"]["dx"].tobytes()
             for workers in ("1", "2", "5")}
    assert len(masks) == 1


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5, 0.9, 0.9999])
def test_how_much_is_kept(p, tmp_path):
    for seed in (1, 2, 3):
        mask = mask_of(dump_of(tmp_path / f"d{seed}", "--n=200003", f"--p={p}", f"--seed={seed}"))
        assert_count(mask, 1 - p)
        for part in (mask[::4], mask[3::4], mask[:50000], mask[-50000:]):       # in any word of a block, anywhere
            assert_count(part, 1 - p)


def test_steps_seeds_and_neighbours_know_nothing_of_each_other(tmp_path):
    """Two masks that are independent agree in q^2 + (1-q)^2 of their elements; so do neighbours."""
    q = 0.7
    settings = [(seed, step) for seed in (1, 2, 2 ** 31 - 1) for step in (0, 1, 2, 2 ** 31 - 1)]
    masks = [mask_of(dump_of(tmp_path / f"{seed},{step}", "--n=100003", "--p=0.3", f"--seed={seed}", f"--step={step}"))
             for seed, step in settings]
    agree = q * q + (1 - q) * (1 - q)
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            assert_count(mask == other, agree)
        for distance in (1, 2, 4, 32, 256):
            pairs = mask[:mask.size // (2 * distance) * 2 * distance].reshape(-1, 2, distance)
            assert_count(pairs[:, 0] == pairs[:, 1], agree)                     # no element is in two pairs
    assert_count(masks[0][:-1][masks[1][1:]], q)                                # nor are they the same, moved by one


def test_layers_know_nothing_of_each_other(tmp_path):
    masks = [mask_of(dump_of(tmp_path / f"{layer}", "--n=100003", f"--layer={layer}")) for layer in (0, 1, 2, 65535)]
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            assert_count(mask == other, 0.7 * 0.7 + 0.3 * 0.3)


def test_the_reference_is_philox():
    """The philox of the reference against the one that is held against the known answers of the paper's authors."""
    got = philox([np.uint64(word) for word in (7, 8, 9, 0x7D50F)], (np.uint64(1), np.uint64(2)))
    assert [int(word) for word in got] == philox_of_python((7, 8, 9, 0x7D50F), (1, 2))
    words = [word for block in range(3) for word in philox_of_python((block, 0, 9, 0x7D50F), (5, 0))]
    assert [word >> 8 >= 0.3 * 2 ** 24 for word in words] == kept(5, 9, 0.3, 12, layer=7).tolist()


def test_p_0_keeps_everything_as_it_is(tmp_path):
    dump = dump_of(tmp_path / "d", "--n=4099", "--p=0")
    for version in dump.versions:
        assert dump.outputs[version]["y"].tobytes() == dump.inputs["x"].tobytes(), version
        assert dump.outputs[version]["dx"].tobytes() == dump.inputs["dy"].tobytes(), version


def test_p_1_drops_everything(tmp_path):
    dump = dump_of(tmp_path / "d", "--n=4099", "--p=1")
    for version in dump.versions:
        assert not dump.outputs[version]["y"].any() and not dump.outputs[version]["dx"].any(), version


@pytest.mark.parametrize("p", ["0.99999994", "0.9999", "1e-8", "5e-8", "1e-45"])
def test_p_near_its_ends(p, tmp_path):
    """Next to 1 two of 2^24 elements or fewer are kept, times 2^24; next to 0 the threshold is 0 or 1."""
    dump = dump_of(tmp_path / "d", "--n=200003", f"--p={p}")
    assert not compare(dump, find()[NAME].compute(dump))
    assert np.isfinite(dump.outputs["float4"]["y"]).all()


@pytest.mark.parametrize("arguments,word", [(["--p=-0.1"], "--p"), (["--p=1.01"], "--p"), (["--p=nan"], "--p"),
                                            (["--step=-1"], "--step"), (["--layer=65536"], "--layer"),
                                            (["--n=0"], "--n")])
def test_bad_arguments(arguments, word, tmp_path):
    done = run(program(NAME), *arguments, "--json=out.json", cwd=tmp_path)
    assert_fails(done, 2, f"^dropout: .*{word}")
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)
