"""gemm_blocked --tune, and what the gemm programs say to sizes and options that make no sense."""
import re

import pytest

from support import assert_fails, leftovers, program, run, said, versions

BLOCKED = "stage2_matrix/gemm_blocked"
GEMMS = ("stage2_matrix/gemm_naive", "stage2_matrix/gemm_tiled", BLOCKED)
LARGE = ("--m=520", "--n=516", "--k=8")       # enough tiles of 256 x 128 for two cores
SMALL = ("--m=70", "--n=60", "--k=8")


def tune(folder, *arguments, **more):
    return run(program(BLOCKED), "--tune", *arguments, "--repeat=1", cwd=folder, **more)


def tuned_file(folder):
    (path,) = (folder / "build" / "tuned").iterdir()
    return path


def wins(done):
    """The tile that the next ordinary run takes."""
    assert done.returncode == 0 and not done.stderr, said(done)
    return re.search(r"\(warp_tile here: (\w+); by_shape: \w+\)", done.stdout)[1]


def test_tuning_is_remembered(tmp_path):
    done = tune(tmp_path, *LARGE, "--json=tune.json")
    assert done.returncode == 0 and not done.stderr, said(done)
    fastest = re.search(r"^(tile_\w+) is the fastest: written to (build/tuned/gemm_blocked\.\S+)$", done.stdout, re.M)
    assert tuned_file(tmp_path) == tmp_path / fastest[2]
    assert tuned_file(tmp_path).read_text() == fastest[1] + "\n"
    times = dict(re.findall(r"^(tile_\w+) +([\d.]+ \S+) ", done.stdout, re.M))
    assert len(times) >= 4 and fastest[1] in times
    seconds = {name: float(time.split()[0]) * {"ms": 1e-3, "µs": 1e-6, "s": 1}[time.split()[1]]
               for name, time in times.items()}
    assert seconds[fastest[1]] == min(seconds.values())
    assert wins(run(program(BLOCKED), *SMALL, "--repeat=1", cwd=tmp_path)) == fastest[1]


@pytest.mark.parametrize("name", ["tile_32x32x16_4x4", "tile_256x128x8_16x8"])
def test_what_was_noted_is_read(name, tmp_path):
    tune(tmp_path, *LARGE)
    tuned_file(tmp_path).write_text(name + "\n")
    assert wins(run(program(BLOCKED), *SMALL, "--repeat=1", cwd=tmp_path)) == name


@pytest.mark.parametrize("text", ["", "tile_1x1x1_1x1\n", "tile_32x32x16_4x4 and more\n"])
def test_a_spoilt_note(text, tmp_path):
    """One line, and the default is used."""
    default = wins(run(program(BLOCKED), *SMALL, "--repeat=1", cwd=tmp_path))
    tune(tmp_path, *LARGE)
    tuned_file(tmp_path).write_text(text)
    done = run(program(BLOCKED), *SMALL, "--repeat=1", cwd=tmp_path)
    assert done.returncode == 0 and f"warp_tile here: {default};" in done.stdout, said(done)
    assert re.fullmatch(r"gemm_blocked: build/tuned/\S+: names no tile of gemm_blocked; .*\n", done.stderr), said(done)


def test_too_small_to_tune(tmp_path):
    done = tune(tmp_path, *SMALL)
    assert done.returncode == 0 and "Nothing is remembered" in done.stdout, said(done)
    assert leftovers(tmp_path) == []


def test_tuning_needs_all_versions(tmp_path):
    assert_fails(tune(tmp_path, "--version=tile_32x32x16_4x4"), 2, "--tune .* --version")
    assert leftovers(tmp_path) == []


def test_no_place_for_the_note(tmp_path):
    """Found out before the work is done and not after it."""
    (tmp_path / "build").write_text("a file where a folder should be")
    done = tune(tmp_path, *LARGE)
    assert_fails(done, 3, "build")
    assert not done.stdout, said(done)


@pytest.mark.parametrize("name", GEMMS)
@pytest.mark.parametrize("arguments", [["--m=0"], ["--k=-1"], ["--n=x"], ["--alpha=nan"], ["--beta=inf"], ["--pad=-1"],
                                       ["--m=2000000001"], ["--transa=1"], ["--n=2000000000", "--pad=100000", "-5"]])
def test_bad_options(name, arguments, tmp_path):
    assert_fails(run(program(name), *arguments, cwd=tmp_path), 2)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", GEMMS)
def test_too_large_for_any_memory(name, tmp_path):
    done = run(program(name), "--m=2000000000", "--n=2000000000", "--k=1", cwd=tmp_path)
    assert_fails(done, 3, "choose smaller sizes")
    assert leftovers(tmp_path) == []


def test_the_ladder_is_whole():
    steps = ["naive", "tiled", "register_1d", "register_2d", "float4", "double_buffer", "warp_tile", "by_shape"]
    assert versions(BLOCKED)[: len(steps)] == steps
