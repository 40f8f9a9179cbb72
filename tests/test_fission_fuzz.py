"""Random kernels (tests/fission/grammar.py): what fission makes of them computes what fibres compute, to the bit."""
import re
import sys

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fission import grammar
from support import FULL, ROOT, on_cpu, said, succeed

pytestmark = on_cpu
FISSION = ROOT / "tests" / "fission"
BATCH = 40  # kernels in a program: one compilation takes seconds
BATCHES = 10 if FULL else 1
SHAPES = 7  # of blocks, in fuzz.h


@pytest.fixture(scope="module")
def kernels():
    """The same ones in each run."""
    found = []

    @settings(max_examples=BATCH * BATCHES, derandomize=True, database=None, phases=[Phase.generate], deadline=None,
              suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True))
    def collect(random):
        found.append(grammar.kernel(random.randrange, len(found)))

    collect()
    return found


def check_uniform(kernels, compile_hip, run):
    """What fission takes as the same in all threads is the same (test_uniform_check.py)."""
    text = grammar.program(kernels.items(), FISSION)
    program = compile_hip(text, "-O0", "-w", "-Wno-narrowing", "-DGPU_CHECK_UNIFORM")
    for warp in (32, 64):
        done = run(program, warp=warp)
        assert done.returncode == 0 and not done.stderr, said(done) + "\n\n".join(kernels.values())
        assert done.stdout.count(" hipSuccess\n") == SHAPES * len(kernels), said(done)


@pytest.mark.core
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_kernels(batch, kernels, compile_hip, run, tmp_path):
    some = dict(kernels[batch * BATCH:(batch + 1) * BATCH])
    text = grammar.program(some.items(), FISSION)
    # No fused multiply-adds: they are a freedom of the compiler's, which it uses differently in the two texts.
    # No warnings: who writes at random leaves variables unused.
    program = compile_hip(text, "-O1", "-w", "-Wno-narrowing", "-ffp-contract=off")
    for warp in (32, 64):
        auto, fibres = (run(program, warp=warp, env={"CPU_ENGINE": engine}) for engine in ("auto", "fibres"))
        for done in (auto, fibres):
            assert done.returncode == 0 and not done.stderr, said(done)
        pairs = list(zip(auto.stdout.splitlines(), fibres.stdout.splitlines(), strict=True))
        assert len(pairs) == SHAPES * len(some) and all(line.endswith(" hipSuccess") for pair in pairs for line in pair)
        different = [f"warp {warp}: {a}\n     fibres: {b}" for a, b in pairs if a != b]
        assert not different, "\n".join(different[:5]) + "\n\n" + some[different[0].split()[2]]
    check_uniform(some if FULL else dict(list(some.items())[::4]), compile_hip, run)

    source = tmp_path / "random.hip"
    source.write_text(text)
    done = succeed(sys.executable, ROOT / "common/cpu/translate", "--explain", source)
    engines = re.findall(r"^\S+:\d+ \w+: (\w+): ", done.stdout, re.M)
    assert len(engines) == len(some) and engines.count("fission") >= 0.7 * len(some), done.stdout
