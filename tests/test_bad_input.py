"""What cannot be read and what cannot be written: one line that says so, exit status 3, and nothing half-written left.
A full disk is played by a limit on file size (RLIMIT_FSIZE), which makes write() fail in the same way."""
import gzip
import json
import os
import resource
import signal
import socket

import numpy as np
import pytest

from digits import FILES, idx_bytes, small_set, spoilt_sets, write_set
from support import ROOT, assert_fails, compile_hip, leftovers, on_cpu, program, programs, run, said

VECTOR_ADD = "stage1_vector/vector_add"
MNIST_LINEAR = "stage6_mnist/mnist_linear"
ROOFLINE = "stage0_infra/roofline"


def disk_with(room):
    """For preexec_fn: no file of this process can grow beyond `room` bytes. SIGXFSZ gets its default back, which
    Python changes: it kills a program that does not mind it."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    return limit


# ---- writing --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("room", [0, 1, 700])
def test_full_disk_json(room, tmp_path):
    old = tmp_path / "out.json"
    for before in ([], ["out.json"]):
        if before:
            old.write_text("old")
        done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", "--json=out.json", cwd=tmp_path,
                   preexec_fn=disk_with(room))
        assert_fails(done, 3, "out.json: cannot be written: File too large")
        assert leftovers(tmp_path) == before, said(done)
    assert old.read_text() == "old"


@pytest.mark.parametrize("room", [0, 100, 4096])
def test_full_disk_dump(room, tmp_path):
    done = run(program(VECTOR_ADD), "--n=10000", "--repeat=1", "--dump=d", cwd=tmp_path, preexec_fn=disk_with(room))
    assert_fails(done, 3, r"d/in\.a\.npy: cannot be written: File too large")
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(MNIST_LINEAR not in programs(), reason="no mnist_linear here")
@pytest.mark.parametrize("room,victim", [(0, "loss.csv"), (60, "loss.csv"), (700, "predictions.csv")])
def test_full_disk_trainer(room, victim, tmp_path):
    write_set(tmp_path / "set", small_set(train=50, test=200))
    before = leftovers(tmp_path)
    done = run(program(MNIST_LINEAR), "--data=set", "--iterations=3", "--repeat=1", cwd=tmp_path,
               preexec_fn=disk_with(room))
    assert_fails(done, 3, rf"build/results/{MNIST_LINEAR}/{victim}: cannot be written: File too large")
    written = ["loss.csv"] if victim == "predictions.csv" else []
    assert leftovers(tmp_path) == sorted(before + [f"build/results/{MNIST_LINEAR}/{name}" for name in written])


@pytest.mark.skipif(ROOFLINE not in programs(), reason="no roofline here")
def test_full_disk_roofline(tmp_path):
    done = run(program(ROOFLINE), "--repeat=1", cwd=tmp_path, preexec_fn=disk_with(20))
    assert_fails(done, 3, r"build/roof/.*\.json: cannot be written: File too large")
    assert leftovers(tmp_path) == []


@pytest.fixture
def no_files(tmp_path):
    """name -> a path that is there and is no regular file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)      # the path of a socket is at most 108 characters long
        listener.bind("socket")
        os.chdir(ROOT)
    return tmp_path


@pytest.mark.parametrize("path", ["folder", "link", "broken", "pipe", "socket", "/dev/null", "/dev/full",
                                  "/dev/stdout"])
def test_only_over_a_regular_file(path, no_files):
    before = leftovers(no_files)
    done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", f"--json={path}", cwd=no_files)
    assert_fails(done, 3, f"{path}: not a regular file")
    assert not done.stdout, "refused only after the work was done"
    assert leftovers(no_files) == before and (no_files / "target").read_text() == "old"


def test_dump_folder_holds_something_else(tmp_path):
    """Where an output of the dump would go there is a folder; and where the folder would go there is a file."""
    (tmp_path / "d" / "in.a.npy").mkdir(parents=True)
    done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", "--dump=d", cwd=tmp_path)
    assert_fails(done, 3, r"d/in\.a\.npy: not a regular file")
    (tmp_path / "file").write_text("old")
    for folder in ("file", "file/below"):
        done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", f"--dump={folder}", cwd=tmp_path)
        assert_fails(done, 3, "file: the folder cannot be made")
    assert leftovers(tmp_path) == ["file"] and (tmp_path / "file").read_text() == "old"


def test_json_into_a_folder_that_is_not_there(tmp_path):
    done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", "--json=none/out.json", cwd=tmp_path)
    assert_fails(done, 3, "none/out.json: cannot be created: No such file or directory")
    assert leftovers(tmp_path) == []


def test_json_replaces_a_regular_file(tmp_path):
    (tmp_path / "out.json").write_text("old" * 10000)
    done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", "--json=out.json", cwd=tmp_path)
    assert done.returncode == 0 and leftovers(tmp_path) == ["out.json"], said(done)
    assert (tmp_path / "out.json").read_text().startswith("{\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_standard_output_is_full(tmp_path):
    with open("/dev/full", "w") as stream:
        done = run(program(VECTOR_ADD), "--n=100", "--repeat=1", cwd=tmp_path, stdout=stream)
    assert_fails(done, 3, "standard output cannot be written: No space left on device")


def test_standard_output_is_closed(tmp_path):
    command = [str(program(VECTOR_ADD)), "--n=100", "--repeat=1"]
    done = run("sh", "-c", '"$@" >&-', "sh", *command, cwd=tmp_path)
    assert_fails(done, 3, "standard output cannot be written")


def test_reader_goes_away(tmp_path):
    """`vector_add | head -1` ends quietly, by SIGPIPE, and not in a loop."""
    done = run("sh", "-c", '"$@" | head -n 1', "sh", program(VECTOR_ADD), "--n=1000", "--print=5000", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("stage1_vector/vector_add "), said(done)


@on_cpu
def test_more_memory_than_there_is(tmp_path):
    done = run(program(VECTOR_ADD), "--n=2000000000", "--repeat=1", cwd=tmp_path,
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)))
    assert_fails(done, 3, "memory|hipErrorOutOfMemory")


# ---- reading --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    done = compile_hip([ROOT / "tests" / "probes" / "read_idx.c"], folder / "read_idx", "-O1", "-std=c11", "-Wall",
                       "-Wextra", "-Werror", "-lz")
    assert done.returncode == 0, said(done)
    return folder / "read_idx"


DIGITS = small_set()
ONE_FILE = {case: (files, text) for case, (files, text) in spoilt_sets(DIGITS).items()
            if len(files) == 1 and FILES[0] in files and text.startswith((FILES[0], "has ", "its ", "ends"))}


@pytest.mark.parametrize("packed", [False, True])
def test_idx(reader, packed, tmp_path):
    write_set(tmp_path, DIGITS, packed)
    for name, array in DIGITS.items():
        done = run(reader, name, array.ndim, cwd=tmp_path)
        assert done.returncode == 0 and not done.stderr, said(done)
        assert done.stdout == " ".join(map(str, array.shape)) + f" sum {int(array.sum(dtype=np.int64))}\n"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", ONE_FILE)
def test_idx_refuses(reader, case, packed, tmp_path):
    spoilt, text = ONE_FILE[case]
    write_set(tmp_path, spoilt, packed)
    text = text.replace(f"{FILES[0]}:", rf"{FILES[0]}(\.gz)?:")
    done = run(reader, FILES[0], 3, cwd=tmp_path)
    assert_fails(done, 3, f"^read_idx: {FILES[0]}", text)
    assert not done.stdout


def test_idx_all_dimensions(reader, tmp_path):
    for shape in ((7,), (3, 5), (2, 3, 4), (2, 3, 4, 5)):
        write_set(tmp_path, {"a": np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)})
        done = run(reader, "a", len(shape), cwd=tmp_path)
        assert done.stdout.split()[:len(shape)] == [str(n) for n in shape], said(done)


def damaged(packed, position, byte=0x55):
    return packed[:position] + bytes([packed[position] ^ byte]) + packed[position + 1:]


RAW = idx_bytes(DIGITS[FILES[0]])
GZ = gzip.compress(RAW, 6)
DAMAGED_GZ = {
    "checksum wrong": damaged(GZ, -8 % len(GZ)),
    "length wrong": damaged(GZ, -1 % len(GZ)),
    "a byte in the middle": damaged(GZ, len(GZ) // 2),
    "trailer missing": GZ[:-8],
    "half of it": GZ[:len(GZ) // 2],
    "header only": GZ[:10],
}


@pytest.mark.parametrize("case", DAMAGED_GZ)
def test_damaged_gz(reader, case, tmp_path):
    (tmp_path / "a.gz").write_bytes(DAMAGED_GZ[case])
    for name in ("a", "a.gz"):
        done = run(reader, name, 3, cwd=tmp_path)
        assert_fails(done, 3, r"^read_idx: a(\.gz)?: .*; fetch it again with make data")
        assert not done.stdout


def test_plain_file_wins_over_gz(reader, tmp_path):
    write_set(tmp_path, {"a": np.ones((1, 2, 3), np.uint8)})
    write_set(tmp_path, {"a": np.zeros((4, 5, 6), np.uint8)}, packed=True)
    assert run(reader, "a", 3, cwd=tmp_path).stdout == "1 2 3 sum 6\n"


def test_idx_not_a_file(reader, tmp_path):
    (tmp_path / "folder").mkdir()
    assert_fails(run(reader, "missing", 3, cwd=tmp_path), 3, "missing: cannot be opened: No such file or directory")
    assert_fails(run(reader, "folder", 3, cwd=tmp_path), 3, "folder: cannot be (opened|read): Is a directory")


@on_cpu
@pytest.mark.parametrize("content", ["", "{", "\0" * 100, '{"copy_gb_per_s": "fast"}',
                                     '{"copy_gb_per_s": -1, "fma_gflop_per_s": 5}',
                                     '{"copy_gb_per_s": 1e999, "fma_gflop_per_s": 5}'])
def test_a_spoilt_roof_is_no_roof(content, tmp_path):
    """build/roof/*.json that cannot be used counts as not measured."""
    device = run(program(VECTOR_ADD), "--n=9", "--repeat=1", "--json=out.json", cwd=tmp_path)
    name = json.loads((tmp_path / "out.json").read_text())["device"]
    slug = "-".join(filter(None, "".join(c if c.isascii() and c.isalnum() else "-" for c in name).split("-")))
    roof = tmp_path / "build" / "roof" / f"cpu-{slug}.json"
    roof.parent.mkdir(parents=True)
    assert "% of roof" in device.stdout and "not known" in device.stdout
    roof.write_text('{"copy_gb_per_s": 10, "fma_gflop_per_s": 5}')
    assert "not known" not in run(program(VECTOR_ADD), "--n=9", "--repeat=1", cwd=tmp_path).stdout
    roof.write_text(content)
    done = run(program(VECTOR_ADD), "--n=9", "--repeat=1", cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr and "not known" in done.stdout, said(done)
