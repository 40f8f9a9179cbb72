"""What bias_activation promises beyond its table: every function of stage 1, and what each version moves."""
import json

import pytest

from reference import Dump, compare
from references import find
from references.stage1_vector.activations import FUNCTIONS
from support import assert_fails, program, programs, run, said

NAME = "stage3_ml_ops/bias_activation"
pytestmark = pytest.mark.skipif(NAME not in programs(), reason="the program is not here")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("engine", ["auto", "fibres"])
def test_one_function(function, engine, tmp_path):
    done = run(program(NAME), "--m=35", "--n=79", f"--function={function}", "--repeat=1", "--dump=d", cwd=tmp_path,
               env={"CPU_ENGINE": engine})
    assert done.returncode == 0 and not done.stderr, said(done)
    dump = Dump(tmp_path / "d")
    faults = compare(dump, find()[NAME].compute(dump))
    assert not faults, "\n".join(faults)


def test_separate_moves_twice_as_much(tmp_path):
    done = run(program(NAME), "--m=35", "--n=79", "--repeat=1", "--json=out.json", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    info = json.loads((tmp_path / "out.json").read_text())
    moved = {version["name"]: version["bytes"] for version in info["versions"]}
    assert info["bytes_of_versions"] == "moved" and info["bytes"] == moved["fused_columns"]
    for name, bytes_ in moved.items():
        passes = 2 if name.startswith("separate") else 1
        assert bytes_ == passes * 8 * 35 * 79 + 4 * 79, name
    assert set(info["results"]) == {"fusion_relu", "fusion_gelu"}


@pytest.mark.parametrize("arguments,word", [(["--function=swish"], "--function"), (["--function="], "--function"),
                                            (["--m=0"], "--m"), (["--m=65536", "--n=65536"], "M times N")])
def test_bad_arguments(arguments, word, tmp_path):
    done = run(program(NAME), *arguments, "--json=out.json", cwd=tmp_path)
    assert_fails(done, 2, f"^bias_activation: .*{word}")
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)
