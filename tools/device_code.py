"""What nvcc and hipcc make of a program for a GPU, with no GPU at hand: shared by resources.py and asm.py.

A program is compiled for one architecture at a time, its device code alone: nvcc to PTX and from there to a cubin,
hipcc to assembly. Everything is kept below build/device_code/ and made anew only where a source, the compiler or the
flags are new. From it come the kernels: their names as a person writes them, and the resources that each needs.
"""
import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "device_code"
USAGE, FAILED = 2, 3        # exit statuses, as those of the programs

DEFAULT_ARCHS = ("sm_80", "sm_90", "gfx906", "gfx90a")

# hipcc gives kernels without __launch_bounds__ a maximum of 1024 threads, and its output does not tell that from a
# __launch_bounds__(1024). With this default it does; the code is the same, because either means 16 waves of 64.
NO_BOUND = 1023


class Failure(Exception):
    """One line for the user, and the exit status."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Source:
    """A program: its file, and its name (stage2_matrix/gemm_blocked)."""
    path: Path
    name: str

    def builds_for(self, arch):
        """A .cu is for nvcc, a _amd.hip for hipcc, everything else for both."""
        if is_nvidia(arch):
            return not self.name.endswith("_amd")
        return self.path.suffix != ".cu"


@dataclass(frozen=True)
class Kernel:
    """What one kernel needs on one architecture. None: the compiler says nothing of the kind."""
    name: str                       # gemm_tiled<16>
    symbol: str                     # _Z10gemm_tiledILi16EEv4Gemm
    arch: str
    threads: Optional[int]          # the maximum of __launch_bounds__; None: it has none
    registers: int                  # a thread; AMD: vector registers, accumulation registers included
    scalar_registers: Optional[int]     # AMD: a wave
    shared_bytes: int               # a block, static; what a launch adds is not known here
    stack_bytes: int                # a thread, in local memory (NVIDIA) or scratch (AMD)
    spill_store_bytes: Optional[int]    # NVIDIA: how many bytes the spills write and read, a thread
    spill_load_bytes: Optional[int]
    spilled_registers: Optional[int]    # AMD: how many vector and scalar registers were spilled

    def clean(self):
        """Nothing lives in memory that should live in registers."""
        return not (self.stack_bytes or self.spill_store_bytes or self.spill_load_bytes or self.spilled_registers)


# ---- a tool's frame --------------------------------------------------------------------------------------------------
def complain(message):
    """One line on stderr, after the tool's name."""
    print(f"{Path(sys.argv[0]).name}: {message}", file=sys.stderr)


def parser_of(description):
    """For the tool's arguments; wrong ones are answered by one line and exit status 2."""
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name, description=description)
    parser.error = lambda message: (complain(message), sys.exit(USAGE))
    return parser


def run_tool(main):
    """Ends with main's exit status, with a Failure's line, or quietly where nobody reads on (make asm | head)."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except Failure as failure:
        complain(failure)
        status = failure.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 0
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


# ---- names ----------------------------------------------------------------------------------------------------------
def is_nvidia(arch):
    return arch.startswith("sm_")


def read_archs(text):
    """sm_90,gfx90a (or with blanks) as a tuple; the default where the text is empty."""
    archs = tuple(text.replace(",", " ").split())
    for arch in archs:
        if not re.fullmatch(r"sm_[0-9]+[a-z]?|gfx[0-9a-f]+", arch):
            raise Failure(USAGE, f"ARCH={arch}: wanted are names like sm_90 and gfx90a")
    return archs or DEFAULT_ARCHS


def all_programs():
    """Every .hip and .cu that is a direct child of a stage's folder."""
    files = [path for path in ROOT.glob("stage[0-9]*_*/*") if path.suffix in (".hip", ".cu")]
    return [Source(path, str(path.relative_to(ROOT).with_suffix(""))) for path in sorted(files)]


def find_programs(wanted):
    """stage2/gemm_blocked, stage2_matrix/gemm_blocked, a whole stage, or the path of a source file."""
    if wanted.endswith((".hip", ".cu")):
        path = Path(wanted).resolve()
        if not path.is_file():
            raise Failure(USAGE, f"PROGRAM={wanted}: there is no such file")
        inside = ROOT in path.parents
        return [Source(path, str(path.relative_to(ROOT).with_suffix("")) if inside else path.stem)]
    programs = all_programs()
    found = []
    for program in programs:
        folder, name = program.name.split("/")
        stage = folder.split("_")[0]
        if wanted in (stage, folder, f"{stage}/{name}", f"{folder}/{name}"):
            found.append(program)
    if not found:
        names = " ".join(program.name for program in programs) or "none"
        raise Failure(USAGE, f"PROGRAM={wanted}: there is no such program or stage; programs: {names}")
    return found


def short_name(demangled):
    """'void f<128, 8, Plain>(Gemm, Plain)' -> 'f<128,8,Plain>': without the result, the parameters and blanks."""
    name = demangled.replace("(anonymous namespace)::", "")
    depth, end = 0, len(name)
    for i, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0:
            end = i
            break
    name = name[:end].strip()
    head = name.split("<")[0]
    if " " in head:                     # a template's name starts with the type of its result
        name = name[head.rindex(" ") + 1:]
    return name.replace(", ", ",")


def short_names(symbols):
    """{symbol: short name}. With no c++filt at hand the symbols themselves."""
    tool = next(filter(None, map(shutil.which, ("c++filt", "llvm-cxxfilt", "llvm-cxxfilt-14"))), None)
    if not tool or not symbols:
        return {symbol: symbol for symbol in symbols}
    done = subprocess.run([tool], input="\n".join(symbols) + "\n", capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(symbols):
        return {symbol: symbol for symbol in symbols}
    return {symbol: short_name(line) for symbol, line in zip(symbols, lines)}


# ---- compiling ------------------------------------------------------------------------------------------------------
def compiler_of(arch):
    """Where the compiler for this architecture is; None: not installed. NVCC and HIPCC name others."""
    variable, name, home = (("NVCC", "nvcc", "/usr/local/cuda/bin/nvcc") if is_nvidia(arch) else
                            ("HIPCC", "hipcc", "/opt/rocm/bin/hipcc"))
    if os.environ.get(variable):
        return shutil.which(os.environ[variable])
    return shutil.which(name) or shutil.which(home)


def present(archs):
    """(those that can be compiled for, one line for each compiler that is missing)"""
    missing = {}
    for arch in archs:
        if not compiler_of(arch):
            missing.setdefault("nvcc" if is_nvidia(arch) else "hipcc", []).append(arch)
    lines = [f"{name} is not installed: nothing for {', '.join(without)}" for name, without in missing.items()]
    return [arch for arch in archs if compiler_of(arch)], lines


def commands(source, arch, base):
    """The compiler's commands, with the flags of tools/make/backend.mk, for the device code alone."""
    optimize = shlex.split(os.environ.get("OPT") or "-O3")
    compiler = compiler_of(arch)
    if is_nvidia(arch):     # in two steps, because the launch bounds are in the PTX
        return [[compiler, "-x", "cu", "-std=c++17", *optimize, f"-arch={arch}", "-I", str(ROOT / "common" / "cuda"),
                 "-ptx", "-MD", "-MF", f"{base}.d", str(source.path), "-o", f"{base}.ptx"],
                [compiler, *optimize, f"-arch={arch}", "-cubin", "-Xptxas", "-v", f"{base}.ptx", "-o", f"{base}.cubin"]]
    return [[compiler, "-std=c++17", *optimize, f"--offload-arch={arch}", "--cuda-device-only", "-S",
             f"--gpu-max-threads-per-block={NO_BOUND}", "-Wno-unused-command-line-argument",
             "-MD", "-MF", f"{base}.d", str(source.path), "-o", f"{base}.s"]]


def is_fresh(base, stamp):
    """The last compilation had this stamp, and no file that it read is newer."""
    done = Path(f"{base}.done")
    try:
        if done.read_text(encoding="utf-8") != stamp:
            return False
        made = done.stat().st_mtime_ns
        text = Path(f"{base}.d").read_text(encoding="utf-8").replace("\\\n", " ").replace("\\ ", "\0")
        files = [word.replace("\0", " ") for word in text.split(":", 1)[1].split()]
        return all(os.stat(name).st_mtime_ns <= made for name in files)
    except (OSError, IndexError):
        return False


@contextlib.contextmanager
def locked(path):
    """Only one process at a time."""
    with open(path, "w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def folder_of(source):
    """Where its outputs are kept."""
    if ROOT in source.path.parents:
        return FOLDER / source.name
    # Two files of one name are two programs.
    return FOLDER / "elsewhere" / f"{source.name}-{hashlib.sha256(str(source.path).encode()).hexdigest()[:12]}"


def compile_device(source, arch, report=lambda line: None):
    """Compiles where needed; returns the outputs' path without its ending (.ptx and .cubin, or .s; .log)."""
    folder = folder_of(source)
    base = folder / arch
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(f"{base}.lock"):
            steps = commands(source, arch, base)
            stamp = f"{os.stat(steps[0][0]).st_mtime_ns}\n{steps}\n"
            if not is_fresh(base, stamp):
                report(f"{'compile':<10} {source.name}{source.path.suffix} for {arch}")
                run_steps(source, arch, base, steps, stamp)
    except OSError as fault:
        raise Failure(FAILED, f"{folder}: {fault}") from None
    return base


def run_steps(source, arch, base, steps, stamp):
    log, done = Path(f"{base}.log"), Path(f"{base}.done")
    done.unlink(missing_ok=True)
    done_new = Path(f"{base}.done.new")
    done_new.write_text(stamp, encoding="utf-8")    # now: a source that is changed while the compiler runs is newer
    before = done_new.stat().st_mtime_ns
    said = ""
    for step in steps:
        result = subprocess.run(step, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, errors="replace", check=False)
        said += result.stdout
        log.write_text(said, encoding="utf-8")
        if result.returncode:
            lines = [line for line in said.splitlines() if "error" in line] or said.splitlines()[-1:] or ["no reason"]
            raise Failure(FAILED, f"{Path(step[0]).name} cannot compile {source.name} for {arch}: {lines[0].strip()} "
                                  f"(all it said: {log})")
    os.utime(done_new, ns=(before, before))
    os.replace(done_new, done)


# ---- the kernels ----------------------------------------------------------------------------------------------------
def read_text(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")


def kernels_of(source, arch, report=lambda line: None):
    """The kernels of a program in the order in which the compiler met them."""
    base = compile_device(source, arch, report)
    if is_nvidia(arch):
        return parse_nvidia(read_text(f"{base}.ptx"), read_text(f"{base}.log"), arch)
    return parse_amd(read_text(f"{base}.s"), arch)


def parse_nvidia(ptx, log, arch):
    """From PTX (.entry, .maxntid) and from what `ptxas -v` printed."""
    bounds = {}
    for piece in re.split(r"(?m)^.*\.entry ", ptx)[1:]:
        symbol = re.match(r"[\w$]+", piece)[0]
        bound = re.search(r"^\.maxntid (\d+)(?:, (\d+))?(?:, (\d+))?", piece.split("\n{", 1)[0], re.MULTILINE)
        bounds[symbol] = int(bound[1]) * int(bound[2] or 1) * int(bound[3] or 1) if bound else None
    facts = {}
    for piece in log.split("Compiling entry function '")[1:]:
        symbol = piece.split("'", 1)[0]

        def number(pattern, text=piece):
            found = re.search(pattern, text)
            return int(found[1]) if found else 0

        # The stack of a kernel that calls functions is the cumulative one, where ptxas knows how deep they go.
        stack = max(number(rf"properties for {re.escape(symbol)}\n +(\d+) bytes stack frame"),
                    number(r"(\d+) bytes cumulative stack size"))
        spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", piece)    # its functions' too
        facts[symbol] = dict(
            registers=number(r"Used (\d+) registers"), shared_bytes=number(r"(\d+) bytes smem"), stack_bytes=stack,
            spill_store_bytes=sum(int(s) for s, _ in spills), spill_load_bytes=sum(int(l) for _, l in spills))
    if set(bounds) != set(facts):
        raise Failure(FAILED, f"for {arch} nvcc's PTX and ptxas -v name different kernels: {set(bounds) ^ set(facts)}")
    names = short_names(list(bounds))
    return [Kernel(names[symbol], symbol, arch, threads, scalar_registers=None, spilled_registers=None, **facts[symbol])
            for symbol, threads in bounds.items()]


def parse_amd(assembly, arch):
    """From the metadata at the end of hipcc's assembly, which the loader reads too."""
    found = re.search(r"^\s*\.amdgpu_metadata\n(.*?)^\s*\.end_amdgpu_metadata", assembly, re.MULTILINE | re.DOTALL)
    entries = re.split(r"(?m)^  - ", found[1].split("\namdhsa.target")[0])[1:] if found else []
    facts = {}
    for entry in entries:
        values = dict(re.findall(r"^(?:    )?\.(\w+): +'?([^'\n]+)'?$", entry, re.MULTILINE))
        facts[values["name"]] = {key: int(value) for key, value in values.items() if value.isdecimal()}
    names = short_names(list(facts))
    return [Kernel(names[symbol], symbol, arch,
                   threads=None if fact["max_flat_workgroup_size"] == NO_BOUND else fact["max_flat_workgroup_size"],
                   registers=fact["vgpr_count"], scalar_registers=fact["sgpr_count"],
                   shared_bytes=fact["group_segment_fixed_size"], stack_bytes=fact["private_segment_fixed_size"],
                   spill_store_bytes=None, spill_load_bytes=None,
                   spilled_registers=fact["vgpr_spill_count"] + fact["sgpr_spill_count"])
            for symbol, fact in facts.items()]
