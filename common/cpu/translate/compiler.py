"""The host compiler: which one it is, what it can do, and the flags that suit generated code."""

import functools
import os
import platform
import re
import shutil
import subprocess


class CompilerError(Exception):
    pass


def find_compiler(asked):
    """--cxx=, else $HIPCC_CXX, else the first that is installed."""
    for name in [asked] if asked else [os.environ.get("HIPCC_CXX")] if os.environ.get("HIPCC_CXX") else []:
        words = name.split()
        if not words or not shutil.which(words[0]):
            raise CompilerError(f"{name}: there is no such compiler")
        return Compiler(words)
    for name in ("g++", "clang++", "c++"):
        if shutil.which(name):
            return Compiler([name])
    raise CompilerError("no C++ compiler found: install g++ or clang++, or name one with --cxx=")


class Compiler:
    def __init__(self, words):
        self.words = words  # the program and, perhaps, options: ccache g++

    @property
    def name(self):
        return os.path.basename(self.words[-1])

    def c_compiler(self, asked):
        """The C compiler that belongs to it: g++-12 -> gcc-12."""
        name = asked or os.environ.get("HIPCC_CC")
        if name:
            return name.split()
        folder, base = os.path.split(self.words[-1])
        for cxx, c in (("clang++", "clang"), ("g++", "gcc"), ("c++", "cc")):
            if cxx in base:
                sibling = os.path.join(folder, base.replace(cxx, c))
                return self.words[:-1] + [sibling if shutil.which(sibling) else "cc"]
        return ["cc"]

    def _ask(self, *flags, text=""):
        try:
            done = subprocess.run(self.words + list(flags), input=text, capture_output=True, text=True)
        except OSError as error:
            raise CompilerError(f"{self.words[0]}: {error.strerror}") from None
        return done.stdout if done.returncode == 0 else None

    @functools.cached_property
    def version(self):
        return self._ask("--version") or "unknown"

    @functools.cached_property
    def is_clang(self):
        return "clang" in self.version.lower()

    @functools.cached_property
    def target(self):
        return (self._ask("-dumpmachine") or "").strip()

    @property
    def is_cross(self):
        """Does it compile for another kind of machine than this one?"""
        names = {"amd64": "x86_64", "arm64": "aarch64", "i386": "i686"}
        machine = platform.machine().lower()
        there = self.target.split("-")[0]
        return names.get(machine, machine) != names.get(there, there)

    def tuning_flags(self, user):
        """For speed, unless the user's own flags say otherwise."""
        flags = ["-fno-math-errno", "-fno-trapping-math"]
        x86 = self.target.startswith(("x86_64", "amd64"))
        if not self.is_cross and not any(f.startswith(("-march", "-mcpu", "-mtune")) for f in user):
            if x86:
                flags.append("-march=native")
            elif self.target.startswith(("aarch64", "arm64")):
                flags.append("-mcpu=native")
        if "-march=native" in flags + user and x86 and has_avx512() and not any("vector-width" in f for f in user):
            flags.append("-mprefer-vector-width=512")
            if not self.is_clang:
                flags.append("-mmove-max=512")  # a struct is copied in such pieces, too
        if not any(f.startswith("-fopenmp") for f in user):
            flags.append("-fopenmp-simd")
        if self.is_clang and x86 and "linux" in self.target and "musl" not in self.target:
            flags.append("-fveclib=libmvec")
        flags.append("-fstack-clash-protection")  # a large frame must not reach over the guard page of a fibre's stack
        if self.is_clang:
            flags.append("-Wno-pass-failed")  # not every loop over threads can be vectorised
        else:
            flags.append("-Wno-unknown-pragmas")  # #pragma unroll, which only GPU compilers know
            # A kernel for blocks of 16 x 16 is compiled for rows of 32 threads as well (emit_cut.py), and never run so.
            flags.append("-Wno-aggressive-loop-optimizations")
        return flags

    def has_library(self, name):
        """Does the linker have lib`name`?"""
        found = self._ask(f"-print-file-name=lib{name}.so") or ""
        return os.path.isabs(found.strip())


def has_avx512():
    try:
        with open("/proc/cpuinfo") as file:
            return " avx512f" in file.read()
    except OSError:
        return False


def standard(flags):
    """The -std= that generated code needs: C++17 or newer."""
    given = [f for f in flags if f.startswith(("-std=", "--std="))]
    if not given:
        return "-std=c++17"
    name = given[-1].split("=", 1)[1]
    if re.fullmatch(r"(c|gnu)\+\+(98|03|0x|11|1y|14)", name):
        return "-std=" + name.split("+")[0] + "++17"
    return "-std=" + name
