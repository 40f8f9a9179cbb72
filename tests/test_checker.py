"""The checker of common/program.h, on a program whose versions are wrong in one way each (probes/checker.hip): what it
must let pass, what it must find, and what it writes with --dump and --json."""
import json
import re

import numpy as np
import pytest

from reference import TYPES, Dump
from support import ROOT, WARPS, compile_program, run, said

pytestmark = pytest.mark.core
PROBE = ROOT / "tests" / "probes" / "checker.hip"

# version -> (exit status, what the line on stderr says, what the table says)
VERDICTS = {
    "right": (0, None, "ok"),
    "dead": (1, r"y\[.*\] is .*; 210 of 210 elements are wrong", "WRONG"),
    "forgets_last": (1, r"y\[6,4,2,1\] is .*; 1 of 210", "WRONG"),
    "off_by_one_step": (1, r"y\[0,0,0,0\] is .*; 1 of 210", "WRONG"),
    "not_a_number": (1, r"y\[3,2,1,1\] is nan", "WRONG"),
    "infinite": (1, r"y\[3,2,1,1\] is inf", "WRONG"),
    "past_the_end": (1, r"wrote outside y: byte 1 past its end", "OUTSIDE"),
    "before_the_start": (1, r"wrote outside .*: byte 4 before its start", "OUTSIDE"),
    "only_once": (1, r"y\[.*\] is .*; 210 of 210", "WRONG"),
    "stale_scratch": (1, r"y\[.*\] is nan.*; 210 of 210", "WRONG"),
    "wrong_integer": (1, r"index\[0,0,0\] is -1, expected -5; 1 of 210", "WRONG"),
    "wrong_byte": (1, r"low\[0\] is 1, expected 0; 1 of 210", "WRONG"),
    "wrong_double": (1, r"half\[0,0\] is .*; 1 of 210", "WRONG"),
    "bad_launch": (3, r"hip(ErrorInvalidConfiguration|ErrorInvalidValue)", None),
}


def verdict(executable, version, folder, warp=None):
    """What is not as VERDICTS has it, as text; None if all is. Also used on mutants of common/."""
    status, line, word = VERDICTS[version]
    done = run(executable, f"--version={version}", "--repeat=2", cwd=folder, warp=warp)
    if done.returncode != status:
        return f"{version}: exit status {done.returncode}, not {status}\n{said(done)}"
    if line and not re.fullmatch(rf"checker: {version}: .*{line}.*\n", done.stderr):
        return f"{version}: another message\n{said(done)}"
    if not line and done.stderr:
        return f"{version}: a message where none belongs\n{said(done)}"
    if word and not re.search(rf"^{version} .* {word}$", done.stdout, re.MULTILINE):
        return f"{version}: no {word} in the table\n{said(done)}"
    return None


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    return compile_program(PROBE, tmp_path_factory.mktemp("checker") / "checker")


@pytest.mark.parametrize("warp", WARPS)
@pytest.mark.parametrize("version", VERDICTS)
def test_verdict(checker, version, warp, tmp_path):
    fault = verdict(checker, version, tmp_path, warp)
    assert not fault, fault


def test_one_line_a_version(checker, tmp_path):
    """All versions in one run: each wrong one is named once, and a guard zone that one broke is not held against the
    next. (The last version, the bad launch, ends the program.)"""
    done = run(checker, "--repeat=3", cwd=tmp_path)
    named = [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert named == [version for version in VERDICTS if version != "right"], said(done)


def test_dump(checker, tmp_path):
    """Every type and every rank, before-images, and what the program kept besides."""
    folder = tmp_path / "a" / "b"
    done = run(checker, "--version=right", "--rows=3", "--block=37", f"--dump={folder}", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    dump = Dump(folder)
    assert dump.info["program"] == "checker" and dump.versions == ["right"] and dump.sizes == {"rows": 3}
    assert (dump.info["block"], dump.seed, dump.info["flops"], dump.info["bytes"]) == (37, 1, 180, 1080)
    roles = {array["name"]: (array["role"], array["type"], tuple(array["shape"])) for array in dump.info["arrays"]}
    assert roles == {"x": ("in", "f32", (90,)), "y": ("inout", "f32", (3, 5, 3, 2)), "half": ("out", "f64", (15, 6)),
                     "index": ("out", "i32", (3, 15, 2)), "low": ("out", "u8", (90,))}
    assert set(dump.inputs) == {"x", "y"} and set(dump.kept) == {"host.x", "device.low"}
    x, before, got = dump.inputs["x"], dump.inputs["y"], dump.outputs["right"]
    assert np.array_equal(got["y"], 2 * x.reshape(3, 5, 3, 2) + before)     # 2x is exact: one rounding, as in numpy
    assert np.array_equal(got["half"].ravel(), 0.5 * x.astype(np.float64))
    assert np.array_equal(got["index"].ravel(), np.arange(90) - 5)
    assert np.array_equal(got["low"], np.arange(90) % 256)
    assert np.array_equal(dump.kept["host.x"], x) and dump.kept["device.low"].shape == (45, 2)
    assert dump.info["results"] == {"answer": 42.5, "unknown": None}        # NaN is no JSON
    assert {path.suffix for path in folder.iterdir()} == {".npy", ".json"}  # no temporary is left


def test_npy_data_is_aligned(checker, tmp_path):
    run(checker, "--version=right", "--dump=d", cwd=tmp_path)
    for path in (tmp_path / "d").glob("*.npy"):
        raw, data = path.read_bytes(), np.load(path)
        assert raw[:8] == b"\x93NUMPY\x01\x00"
        start = 10 + int.from_bytes(raw[8:10], "little")
        assert start % 64 == 0 and len(raw) == start + data.nbytes, path.name
        assert data.dtype in TYPES.values()


@pytest.mark.parametrize("version,told,cell", [("right", 2100000, "2.10 MB"), ("only_once", 12, "12 bytes"),
                                               ("dead", None, "-")])
def test_bytes_of_a_version(checker, version, told, cell, tmp_path):
    done = run(checker, f"--version={version}", "--json=out.json", "--repeat=2", cwd=tmp_path)
    info = json.loads((tmp_path / "out.json").read_text())
    assert info["bytes_of_versions"] == "moved" and info["versions"][0]["bytes"] == told
    head, row = done.stdout.splitlines()[-3:-1] if "roof of this machine" in done.stdout else done.stdout.splitlines()[-2:]
    heading = re.split(r" {2,}", head.strip())
    assert heading[:3] == ["version", "time (median)", "moved"], said(done)
    assert re.split(r" {2,}", row.strip())[2] == cell, said(done)
    assert len(heading) == len(re.split(r" {2,}", row.strip()))


@pytest.mark.parametrize("version", ["right", "not_a_number", "past_the_end"])
def test_json_says_what_the_table_says(checker, version, tmp_path):
    run(checker, f"--version={version}", "--json=out.json", "--repeat=2", cwd=tmp_path)
    row, = json.loads((tmp_path / "out.json").read_text())["versions"]
    assert row["check"] == {"right": "ok", "not_a_number": "wrong", "past_the_end": "outside"}[version]
    assert row["repeats"] == 2 and row["min_ms"] <= row["median_ms"] <= row["max_ms"]
    assert (row["max_error_over_bound"] is None) == (version == "not_a_number")    # infinitely far off
    if version == "not_a_number":
        assert row["worst"] == "y[3,2,1,1]"
