"""tools/fetch_data.py and tools/synthetic_digits.py. The real files come from data/ where make data has put them, the
only server is one of our own, on this machine."""
import gzip
import hashlib
import http.server
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from digits import FILES, read_idx
from support import ROOT, assert_fails, environment, full, leftovers, run, said

FETCH = ROOT / "tools" / "fetch_data.py"
SYNTHETIC = ROOT / "tools" / "synthetic_digits.py"
REAL = ROOT / "data" / "mnist"
SIZES = {FILES[0]: 47040016, FILES[1]: 60008, FILES[2]: 7840016, FILES[3]: 10008}
with_mnist = pytest.mark.skipif(not all((REAL / name).is_file() for name in FILES), reason="no MNIST in data/mnist")


def fetch(root, *arguments, source=None, **more):
    """Offline, with MNIST_DIR=source."""
    env = {"MNIST_DIR": str(source or ""), "FASHION_MNIST_DIR": ""}
    return run(sys.executable, FETCH, f"--root={root}", "--offline", *arguments, env=env, cwd=root.parent, **more)


def pretend_synthetic(root):
    """Synthetic digits that look complete by their sizes (holes cost nothing): drawing 70,000 takes a while."""
    folder = root / "synthetic"
    folder.mkdir(parents=True)
    (folder / "SYNTHETIC").write_text("SYNTHETIC digits\n")
    for name, size in SIZES.items():
        with open(folder / name, "wb") as stream:
            stream.truncate(size)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The real files as .gz."""
    folder = tmp_path_factory.mktemp("packed")
    for name in FILES:
        (folder / f"{name}.gz").write_bytes(gzip.compress((REAL / name).read_bytes(), 1))
    return folder


def check_complete(root, done):
    assert done.returncode == 0, said(done)
    assert "MNIST is in" in done.stdout and "all four checksums are right" in done.stdout
    assert digests(root / "mnist") == digests(REAL)
    assert sorted(leftovers(root)) == sorted(f"mnist/{name}" for name in FILES)     # no part, no lock, no synthetic


@with_mnist
@pytest.mark.parametrize("form", ["plain", "packed", "other spelling", "mixed"])
def test_from_a_folder(form, packed, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for number, name in enumerate(FILES):
        if form == "plain" or form == "mixed" and number % 2:
            (source / name).symlink_to(REAL / name)
        elif form == "other spelling":
            (source / name.replace("-idx", ".idx")).symlink_to(REAL / name)
        else:
            (source / f"{name}.gz").symlink_to(packed / f"{name}.gz")
    check_complete(tmp_path / "data", fetch(tmp_path / "data", source=source))


@with_mnist
def test_second_run_does_nothing(tmp_path):
    root = tmp_path / "data"
    check_complete(root, fetch(root, source=REAL))
    before = {path.name: path.stat().st_mtime_ns for path in (root / "mnist").iterdir()}
    check_complete(root, fetch(root))           # with no source at all
    assert {path.name: path.stat().st_mtime_ns for path in (root / "mnist").iterdir()} == before
    assert fetch(root, "--if-missing").stdout == ""


@with_mnist
def test_what_is_spoilt_is_fetched_anew(tmp_path):
    root = tmp_path / "data"
    fetch(root, source=REAL)
    with open(root / "mnist" / FILES[3], "r+b") as stream:
        stream.seek(100)
        stream.write(b"\x42")
    (root / "mnist" / FILES[1]).unlink()
    check_complete(root, fetch(root, source=REAL))


@with_mnist
@pytest.mark.parametrize("spoilt", [FILES[1], FILES[3]])
def test_wrong_checksum_is_refused(spoilt, packed, tmp_path):
    """Then the synthetic digits step in, and every line says so."""
    root, source = tmp_path / "data", tmp_path / "source"
    source.mkdir()
    pretend_synthetic(root)
    for name in FILES:
        if name != spoilt:
            (source / name).symlink_to(REAL / name)
    raw = bytearray((REAL / spoilt).read_bytes())
    raw[-1] ^= 1
    (source / spoilt).write_bytes(raw)
    done = fetch(root, source=source)
    assert done.returncode == 0, said(done)
    assert f"{spoilt} has the wrong checksum" in done.stdout + done.stderr
    assert "*** MNIST IS OUT OF REACH: programs will use SYNTHETIC digits" in done.stdout
    assert not (root / "mnist" / spoilt).exists()
    assert not (root / "mnist" / FILES[0]).exists(), "programs would take this folder for MNIST"


SPOILT_ARCHIVES = {
    "empty": b"",
    "not gzip": b"not a gzip file",
    "cut short": gzip.compress(b"something else")[:-4],
}


# By name: gzip writes the time of day into what it packs, and a test's name must be the same in every worker.
@pytest.mark.parametrize("case", SPOILT_ARCHIVES)
def test_a_spoilt_archive_is_refused(case, tmp_path):
    root, source = tmp_path / "data", tmp_path / "source"
    source.mkdir()
    pretend_synthetic(root)
    for name in FILES:
        (source / f"{name}.gz").write_bytes(SPOILT_ARCHIVES[case])
    done = fetch(root, source=source)
    assert done.returncode == 0 and "SYNTHETIC" in done.stdout, said(done)
    assert not (root / "mnist").exists(), leftovers(root)


def test_out_of_reach(tmp_path):
    """No source: said loudly, and no folder that looks like MNIST."""
    root = tmp_path / "data"
    pretend_synthetic(root)
    for arguments in ([], ["--dataset=fashion"]):
        done = fetch(root, *arguments)
        assert done.returncode == 0, said(done)
        assert re.search(r"\*\*\* (Fashion-)?MNIST IS OUT OF REACH", done.stdout), said(done)
        assert "MNIST_DIR=FOLDER make data" in done.stdout
    assert [path.name for path in root.iterdir()] == ["synthetic"]
    done = fetch(root, "--if-missing")
    assert done.returncode == 0 and "SYNTHETIC" in done.stdout and done.stdout.count("\n") == 1


@full
def test_out_of_reach_draws_digits(tmp_path):
    root = tmp_path / "data"
    done = fetch(root, source=tmp_path / "nowhere")
    assert done.returncode == 0 and "drawing SYNTHETIC digits" in done.stdout, said(done)
    assert {name: (root / "synthetic" / name).stat().st_size for name in FILES} == SIZES
    assert "SYNTHETIC" in (root / "synthetic" / "SYNTHETIC").read_text()


class SlowMirror(http.server.BaseHTTPRequestHandler):
    """Serves the .gz files of server.folder, with ranges; stops in the middle of one while server.stuck is set."""

    def do_GET(self):
        path = self.server.folder / self.path.rpartition("/")[2]
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        start = int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[1])
        self.server.asked.append((path.name, start))
        if start >= len(content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        half = len(content) // 2
        stuck = self.server.stuck.is_set() and path.name.startswith(FILES[0])
        self.wfile.write(content[start:half] if stuck else content[start:])
        self.wfile.flush()
        if stuck:
            self.server.reached.set()
            self.server.free.wait(60)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(packed):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowMirror)
    server.folder, server.asked = packed, []
    server.stuck, server.reached, server.free = threading.Event(), threading.Event(), threading.Event()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.free.set()
    server.shutdown()
    server.server_close()


def from_mirror(root, mirror):
    return [sys.executable, str(FETCH), f"--root={root}", f"--mirror=http://127.0.0.1:{mirror.server_address[1]}/m"]


NO_PROXY = {"MNIST_DIR": "", "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


@with_mnist
def test_from_a_mirror(mirror, tmp_path):
    root = tmp_path / "data"
    check_complete(root, run(*from_mirror(root, mirror), env=NO_PROXY))
    assert sorted(mirror.asked) == sorted((f"{name}.gz", 0) for name in FILES)


@with_mnist
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_resumed(how, mirror, tmp_path):
    """Stopped in the middle of the largest file: nothing under its final name, and the next run asks for the rest."""
    root = tmp_path / "data"
    mirror.stuck.set()
    process = subprocess.Popen(from_mirror(root, mirror), env=environment(**NO_PROXY), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,       # a job in the background ignores Ctrl-C
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert mirror.reached.wait(60)
    part = None
    for _ in range(200):        # until what was sent has arrived
        part = next((root / "mnist" / ".download").glob(f"*{FILES[0]}.gz"), None)
        if part and part.stat().st_size > 1 << 20:
            break
        time.sleep(0.02)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0 and "Traceback" not in errors, errors
    assert not (root / "mnist" / FILES[0]).exists()
    kept = part.stat().st_size
    assert kept > 1 << 20
    mirror.stuck.clear()
    mirror.asked.clear()
    check_complete(root, run(*from_mirror(root, mirror), env=NO_PROXY))
    assert (f"{FILES[0]}.gz", kept) in mirror.asked, mirror.asked


@with_mnist
def test_two_at_once(tmp_path):
    root = tmp_path / "data"
    command = [sys.executable, str(FETCH), f"--root={root}", "--offline"]
    both = [subprocess.Popen(command, env=environment(MNIST_DIR=str(REAL)), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    for process in both:
        text, _ = process.communicate(timeout=120)
        assert process.returncode == 0 and "all four checksums are right" in text, text
    assert digests(root / "mnist") == digests(REAL)


def test_data_cannot_be_written(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    done = fetch(tmp_path / "data")
    assert done.returncode == 1 and "Traceback" not in done.stderr, said(done)
    assert done.stderr.startswith("fetch_data.py: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--dataset=letters"], ["--bogus"], ["stray"]])
def test_wrong_usage(arguments, tmp_path):
    done = run(sys.executable, FETCH, f"--root={tmp_path / 'data'}", "--offline", *arguments)
    assert done.returncode == 2 and done.stderr.startswith("fetch_data.py: error: "), said(done)
    assert not (tmp_path / "data").exists()


# ---- the synthetic digits -------------------------------------------------------------------------------------------
def test_synthetic_digits(tmp_path):
    """Right format, reproducible, marked, and digits enough that a nearest mean tells them apart."""
    for folder in ("a", "b"):
        done = run(sys.executable, SYNTHETIC, "--train=600", "--test=200", f"--into={tmp_path / folder}")
        assert done.returncode == 0, said(done)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert sorted(digests(tmp_path / "a")) == sorted([*FILES, "SYNTHETIC"])
    X, y, test_X, test_y = (read_idx(tmp_path / "a" / name).astype(int) for name in FILES)
    assert X.shape == (600, 28, 28) and y.shape == (600,) and test_X.shape == (200, 28, 28)
    assert set(y) == set(range(10)) and X.max() > 200 and 0.05 < (X > 0).mean() < 0.4
    means = np.array([X[y == c].mean(axis=0).ravel() for c in range(10)])
    nearest = ((test_X.reshape(200, 1, -1) - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == test_y).mean() > 0.6
    assert not np.array_equal(X[:200], test_X)


@pytest.mark.parametrize("option", ["--train=0", "--test=-1", "--seed=-1", "--train=x"])
def test_synthetic_wrong_usage(option, tmp_path):
    done = run(sys.executable, SYNTHETIC, option, f"--into={tmp_path / 'a'}")
    assert done.returncode == 2 and not (tmp_path / "a").exists(), said(done)


def test_synthetic_only_over_regular_files(tmp_path):
    (tmp_path / "a" / FILES[3]).mkdir(parents=True)
    done = run(sys.executable, SYNTHETIC, "--train=20", "--test=20", f"--into={tmp_path / 'a'}")
    assert_fails(done, 1, "not a regular file")
    assert leftovers(tmp_path) == ["a/SYNTHETIC"]
