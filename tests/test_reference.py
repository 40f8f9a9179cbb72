"""Every version of every program against numpy: the inputs and outputs that --dump writes, recomputed in float64 over
edge sizes, sizes that hypothesis draws, both warp sizes and several block sizes. And the test of the test: a dump in
which one bit is wrong must be refused."""
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference import Dump, compare, fault
from references import find
from support import BACKEND, FULL, WARPS, program, programs, said, run, versions

pytestmark = pytest.mark.core
REFERENCES = find()
# Fibres understand nothing of a kernel and so can misunderstand nothing: what `auto` takes is held against numpy always,
# fibres too in make test-full.
ENGINES = ("auto", "fibres") if FULL and BACKEND == "cpu" else ("auto",)
NAMES = [name for name in programs() if name in REFERENCES]


def dump_of(name, folder, sizes, warp, *arguments, engine="auto"):
    """Runs all versions once and returns the dump."""
    shutil.rmtree(folder, ignore_errors=True)
    own = REFERENCES[name].arguments(sizes, folder / "data")
    done = run(program(name), *own, *arguments, "--repeat=1", f"--dump={folder}", warp=warp, cwd=folder.parent,
               env={"CPU_ENGINE": engine})
    assert done.returncode == 0, said(done)
    assert not done.stderr, said(done)
    return Dump(folder)


def check(name, dump):
    faults = compare(dump, REFERENCES[name].compute(dump))
    assert not faults, "\n".join(faults)
    assert dump.versions == versions(name)


def test_every_program_has_a_reference():
    """Stage 0 measures the machine; from stage 1 on, what has versions computes something that numpy can check."""
    lacking = [name for name in programs()
               if not name.startswith("stage0_") and versions(name) and name not in REFERENCES]
    assert not lacking, f"no numpy function in tests/references/ for: {', '.join(lacking)}"


def test_no_reference_without_a_program():
    unknown = [name for name in REFERENCES if name not in programs() and not name.endswith(("_amd", "_cuda"))]
    assert not unknown, f"tests/references/ has functions for programs that do not exist: {', '.join(unknown)}"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("name", NAMES)
def test_edge_sizes(name, warp, engine, tmp_path):
    for sizes in REFERENCES[name].edges:
        check(name, dump_of(name, tmp_path / "dump", sizes, warp, engine=engine))


@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("name", NAMES)
def test_block_sizes(name, warp, tmp_path):
    edges = REFERENCES[name].edges
    for block in REFERENCES[name].blocks:
        for sizes in edges if FULL else edges[::3]:
            check(name, dump_of(name, tmp_path / "dump", sizes, warp, f"--block={block}"))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60 if FULL else 12, deadline=None, derandomize=not FULL,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_drawn_sizes(name, tmp_path, data):
    sizes = data.draw(REFERENCES[name].drawn, label="sizes")
    blocks = REFERENCES[name].blocks
    block = data.draw(st.sampled_from(blocks), label="block") if blocks else None
    warp = data.draw(st.sampled_from(WARPS), label="warp")
    seed = data.draw(st.integers(0, 2**31 - 1), label="seed")
    with_block = [] if block is None else [f"--block={block}"]
    dump = dump_of(name, tmp_path / "dump", sizes, warp, *with_block, f"--seed={seed}")
    check(name, dump)
    assert dump.seed == seed and (block is None or dump.info["block"] == block) and (warp is None or dump.info["warp"] == warp)
    for option, value in dump.sizes.items():
        assert value == sizes.get(option.lower(), value)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_not_constant(name, tmp_path):
    """A kernel that mixes up elements must not go unnoticed because they are all alike."""
    largest = max(REFERENCES[name].edges, key=lambda sizes: max(sizes.values()))
    for array, data in dump_of(name, tmp_path / "dump", largest, WARPS[0]).inputs.items():
        assert np.unique(data).size > min(data.size, 256) / 4, f"{array}: hardly any different values"
        assert np.nanmin(data) < 0 < np.nanmax(data), f"{array}: one sign only"


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_dump_is_refused(name, tmp_path):
    """One element of one output, moved past its bound, or NaN: each must be found."""
    dump = dump_of(name, tmp_path / "dump", REFERENCES[name].edges[-1], WARPS[0])
    expected = REFERENCES[name].compute(dump)
    for version in dump.versions:
        for output, got in dump.outputs[version].items():
            values, bound = (None if part is None else np.broadcast_to(part, got.shape) for part in expected[output])
            last = tuple(length - 1 for length in got.shape)
            right = got[last]
            step = 1 if bound is None else 1.01 * bound[last] + abs(float(np.spacing(right)))
            got[last] = values[last] + step
            assert any(text.startswith(f"{version}: {output}[") for text in compare(dump, expected)), (version, output)
            if got.dtype.kind == "f":
                got[last] = np.nan
                assert compare(dump, expected), f"{version}: NaN in {output} passes"
            got[last] = right
    assert not compare(dump, expected)


def test_comparison_knows_its_rules():
    one = np.ones(3, np.float32)
    assert fault(one, np.ones(3), 0) is None
    assert fault(one, np.ones(4), 1)                                        # another shape
    assert fault(one, np.array([1, 1, 1.5]), 0.4)
    assert fault(one, np.array([1, 1, 1.5]), 0.5) is None                   # on the bound is within
    assert fault(np.array([np.nan], np.float32), np.array([1.0]), np.inf)   # NaN passes under no bound
    assert fault(np.array([np.nan], np.float32), np.array([np.nan]), 1)
    assert fault(np.array([3], np.int32), np.array([4]), None)
