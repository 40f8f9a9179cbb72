"""Builds the runtime library, libgpu.a: once for each compiler, and again when its sources or the flags change."""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile

from compiler import CompilerError
from files import CPU, REPOSITORY


def runtime_sources():
    return _files("runtime", (".cpp", ".S"))


def headers():
    return _files("hip", (".h",)) + _files("gpu", (".h",))


def translator_files():
    return [os.path.join(CPU, "hipcc")] + _files("translate", (".py",))


def _files(folder, endings):
    folder = os.path.join(CPU, folder)
    return sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(endings))


def runtime_flags(compiler):
    tuning = [f for f in compiler.tuning_flags([]) if f.startswith(("-march", "-mcpu"))]
    return ["-std=c++17", "-O2", "-g", "-fPIC", "-pthread", "-I", CPU] + tuning


def build_runtime(compiler, run):
    """The path of an up-to-date libgpu.a. run(command) runs a compiler, and raises when it fails."""
    sources = runtime_sources()
    if not sources:
        raise CompilerError("common/cpu/runtime holds no source file")
    stamp = _stamp(compiler, sources)
    folder = _folder(compiler)
    library = os.path.join(folder, "libgpu.a")
    if _read(os.path.join(folder, "stamp")) == stamp and os.path.isfile(library):
        return library
    with _locked(os.path.join(folder, "lock")):
        if _read(os.path.join(folder, "stamp")) == stamp and os.path.isfile(library):
            return library  # another one has built it meanwhile
        _build(compiler, sources, folder, library, run)
        with open(os.path.join(folder, "stamp.new"), "w") as file:
            file.write(stamp)
        os.replace(file.name, os.path.join(folder, "stamp"))
    return library


def _build(compiler, sources, folder, library, run):
    with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as work:
        archive = os.path.join(work, "libgpu.a")
        objects = [os.path.join(work, os.path.basename(source) + ".o") for source in sources]
        command = compiler.words + runtime_flags(compiler)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda pair: run(command + ["-c", pair[0], "-o", pair[1]]), zip(sources, objects)))
        run(_archiver(compiler) + ["rcs", archive] + objects)
        os.replace(archive, library)


def _archiver(compiler):
    """ar, or the one for the compiler's target: aarch64-linux-gnu-ar."""
    if compiler.is_cross:
        prefix = compiler.name.rsplit("-", 1)[0]
        for name in (f"{prefix}-ar", f"{compiler.target}-ar", "llvm-ar"):
            if shutil.which(name):
                return [name]
    if not shutil.which("ar"):
        raise CompilerError("ar is missing: install binutils")
    return ["ar"]


def _stamp(compiler, sources):
    """Everything that the library depends on, as one number."""
    digest = hashlib.sha256()
    digest.update(repr((compiler.words, compiler.version, runtime_flags(compiler))).encode())
    for path in sources + _files("runtime", (".h",)) + headers():
        digest.update(os.path.basename(path).encode())
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def _folder(compiler):
    """build/cpu-g++/runtime; where that cannot be written, a folder in the user's cache."""
    wanted = os.path.join(REPOSITORY, "build", f"cpu-{compiler.name}", "runtime")
    try:
        os.makedirs(wanted, exist_ok=True)
        if os.access(wanted, os.W_OK):
            return wanted
    except OSError:
        pass
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(REPOSITORY.encode()).hexdigest()[:12]
    folder = os.path.join(cache, "kernels-from-scratch", name, f"cpu-{compiler.name}")
    os.makedirs(folder, exist_ok=True)
    return folder


def _read(path):
    with contextlib.suppress(OSError), open(path) as file:
        return file.read()
    return None


@contextlib.contextmanager
def _locked(path):
    """Only one process builds; the others wait. The lock ends with the process, whatever becomes of it."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
