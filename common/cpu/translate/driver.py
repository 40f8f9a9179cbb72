"""hipcc for the simulated GPU: translates, compiles and links a HIP program.

    common/cpu/hipcc FILE... -o PROGRAM [options]

FILE            .hip .cu .cpp .cc .cxx .C (translated if they hold device code), .c, .o, .a, .so
-c -S -E        stop after compiling, with assembly, after the preprocessor
-o FILE         the output (default: a.out, or the source's name with .o or .s)
-I -D -U -O -g -f... -m... -W... -std= -include -isystem -l -L -Wl, -pthread -shared ...
                as for the compiler; without -O the program is built with -O3, without -std= as C++17
-MMD -MF FILE   writes a dependency file for make (-MD, -MT, -MP too)
-x LANGUAGE     hip, c++, c or none, for the files that follow
-fgpu-rdc       device functions and variables are shared between the source files
--cxx=COMPILER  the host compiler (default: $HIPCC_CXX, else g++, else clang++); --cc= for .c files
--gen-dir=DIR   keeps the generated C++ below DIR; -save-temps keeps it in hip-generated
-DGPU_CHECK_UNIFORM  a slow program that verifies what the translator takes as the same in all threads of a block
--runtime       builds the runtime library if it is out of date, and prints its path
--explain       prints, for each kernel of the FILEs, the engine that runs it (loop, fission or fibres), and why
--print-python  prints the Python that runs the translator
-v, -###        shows the commands; -### does not run them
--version --help

Options for real devices (--offload-arch=...) are accepted and mean nothing here.
Exit status: that of the compiler; 1 if the translation fails, 2 for wrong usage.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runtime
from compiler import CompilerError, find_compiler, standard
from files import CPU, REPOSITORY, write_beside
from options import TRANSLATED, Usage, read
from tokens import Fault
from translator import Translation, mirrored
from writer import quoted

# What a program may ask before it includes any of our headers.
PREDEFINED = ("__HIPCC__", "__HIP__", "__HIP_PLATFORM_AMD__", "__HIP_PLATFORM_HCC__")


class Failed(Exception):
    """A command has failed and said why itself."""

    def __init__(self, status):
        self.status = status


class Driver:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.compiler = find_compiler(options.compiler)
        self.originals = {}  # generated file -> its source
        self.sources = []  # the user's files that were read
        self.dependency_files = []

    def run(self, command):
        if self.options.verbose:
            print(shlex.join(command), file=sys.stderr, flush=True)
        if self.options.dry_run:
            return
        try:
            status = subprocess.run(command).returncode
        except OSError as error:
            raise CompilerError(f"{command[0]}: {error.strerror}") from None
        if status != 0:
            raise Failed(status if status > 0 else 128 - status)

    def go(self):
        options = self.options
        if options.action == "runtime":
            print(runtime.build_runtime(self.compiler, self.run))
            return
        if not options.inputs:
            raise Usage("no input file")
        for item in options.inputs:
            if not os.path.isfile(item.path):
                raise Usage(f"{item.path}: " + ("not a file" if os.path.exists(item.path) else "no such file"))
        sources = [i for i in options.inputs if i.language != "object"]
        if options.action == "explain":
            for item in sources:
                sys.stdout.writelines(line + "\n" for line in self._translation(item).explanation())
            return
        if options.mode != "link":
            if options.output and len(sources) > 1:
                raise Usage(f"-o with {options.mode} and several source files")
            for item in sources:
                self.compile(item, self._output_of(item))
        else:
            self.link()
        if options.dependencies:
            self.write_dependencies()

    def _output_of(self, item):
        if self.options.output:
            return self.options.output
        if self.options.mode == "-E":
            return None
        return os.path.splitext(os.path.basename(item.path))[0] + (".o" if self.options.mode == "-c" else ".s")

    def link(self):
        library = None
        if not self.options.dry_run:
            library = runtime.build_runtime(self.compiler, self.run)
        pieces = []
        for number, item in enumerate(self.options.inputs):
            if item.language == "object":
                pieces.append(item.path)
                continue
            stem = os.path.splitext(os.path.basename(item.path))[0]
            pieces.append(os.path.join(self.work, f"{number}-{stem}.o"))
            self.compile(item, pieces[-1], "-c")
        output = self.options.output or "a.out"
        command = self.compiler.words + self._link_flags() + pieces + self._libraries(library)
        self.produce(command, output)

    def _link_flags(self):
        """The compiler's flags matter to the linker too: -g, -fsanitize=, -m32, -O (for LTO)."""
        kinds = ("-g", "-O", "-f", "-m", "--sysroot", "-target", "-p")
        return [flag for flag in self.options.compile_flags if flag.startswith(kinds)]

    def _libraries(self, library):
        # The user's libraries first: they may be static, and call the runtime.
        words = [f for f in self.options.link_flags]
        words += [library] if library else ["libgpu.a"]
        words.append("-pthread")
        return words + [f"-l{name}" for name in ("mvec", "m") if self.compiler.has_library(name)]

    def compile(self, item, output, mode=None):
        mode = mode or self.options.mode
        command = self._c_command(item) if item.language == "c" else self._cpp_command(item)
        command.append(mode)
        if self.options.dependencies:
            path = os.path.join(self.work, f"{len(self.dependency_files)}.d")
            self.dependency_files.append(path)
            command += ["-MMD", "-MF", path, "-MT", "output"]
        command.append(self._translated(item) if item.language == "hip" else item.path)
        if command[-1] != item.path:
            # The file that the compiler was called for, as with any compiler.
            name = f"-D__BASE_FILE__={quoted(item.path)}"
            command[len(self.compiler.words) : -1] += ["-Wno-builtin-macro-redefined", name]
        if output is None:
            self.run(command)
        else:
            self.produce(command, output)

    def produce(self, command, output):
        """Runs a command whose output appears under its final name only when it is whole."""
        if os.path.exists(output) and not os.path.isfile(output):
            self.run(command + ["-o", output])  # /dev/null
            return
        folder, name = os.path.split(output)
        beside = os.path.join(folder, f".{os.getpid()}.{name}")
        try:
            self.run(command + ["-o", beside])
            if os.path.exists(beside):  # not with -fsyntax-only
                os.replace(beside, output)
        finally:
            if os.path.exists(beside):
                os.unlink(beside)

    def _cpp_command(self, item):
        flags = self.options.compile_flags
        rest = [f for f in flags if not f.startswith(("-std=", "--std="))]
        command = self.compiler.words + [standard(flags)]
        if not self.options.has("-O"):
            command.append("-O3")
        command += self.compiler.tuning_flags(flags)
        # Quoted includes that the translator left alone (a macro for a name) start from the source's folder.
        command += [f"-D{name}=1" for name in PREDEFINED]
        rest += ["-Wno-unused-function"] * self.options.checks  # their text stands in the place of their calls
        command += ["-I", CPU] + rest + ["-iquote", os.path.dirname(item.path) or ".", "-pthread"]
        return command

    def _c_command(self, item):
        flags = [f for f in self.options.compile_flags if "++" not in f or not f.startswith(("-std=", "--std="))]
        command = self.compiler.c_compiler(self.options.c_compiler)
        return command + ([] if self.options.has("-O") else ["-O3"]) + ["-I", CPU] + flags + ["-pthread"]

    def _translation(self, item):
        options = self.options
        return Translation(
            item.path, options.quote_folders, options.folders, options.linked_on_device, options.defines(), options.checks
        )

    def _translated(self, item):
        """Translates a source; gives the file to compile."""
        options = self.options
        translation = self._translation(item)
        keep = os.path.abspath(options.generated) if options.generated else os.path.join(self.work, "generated")
        stem, ending = os.path.splitext(mirrored(item.path, REPOSITORY))
        # a.hip and a.cpp in one folder: each has a place of its own.
        keep = keep if ending == ".hip" else os.path.join(keep, "from" + ending.replace(".", "-"))
        result = translation.generate(os.path.join(keep, stem + ".cpp"), REPOSITORY)
        self.sources += result.sources
        if result.main is None:
            return item.path if ending in TRANSLATED - {".hip", ".cu"} else self._as_cpp(item.path, keep, stem)
        for path, text in result.files.items():
            write_beside(path, text)
            self.originals[path] = result.copies[path]
        return result.main

    def _as_cpp(self, path, keep, stem):
        """A .hip file without device code: a copy by whose name the compiler knows it for C++."""
        generated = os.path.join(keep, stem + ".cpp")
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            write_beside(generated, f'#line 1 "{path}"\n' + source.read())
        self.originals[generated] = path
        return generated

    def write_dependencies(self):
        options = self.options
        output = options.output or ("a.out" if options.mode == "link" else self._output_of(options.inputs[0]))
        path = options.dependency_file or os.path.splitext(output or "a.out")[0] + ".d"
        names = [i.path for i in options.inputs] + self.sources
        for file in self.dependency_files:
            names += read_dependencies(file)
        names = [self.originals.get(name, name) for name in names]
        names += runtime.translator_files()
        if options.mode == "link":
            names += runtime.headers() + runtime.runtime_sources()
        names = list(dict.fromkeys(os.path.normpath(name) for name in names))
        targets = options.dependency_targets or [output]
        lines = [" ".join(escaped(t) for t in targets) + ": \\"] + [f"  {escaped(n)} \\" for n in names]
        lines[-1] = lines[-1][:-2]
        if options.phony:  # a header that was deleted is no error then
            lines += [f"{escaped(n)}:" for n in names[len(options.inputs) :]]
        if not options.dry_run:
            write_beside(path, "\n".join(lines) + "\n")


def escaped(name):
    return name.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")


def read_dependencies(path):
    """The names in a dependency file of the compiler's."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        return []
    names, name = [], ""
    text = text.partition(":")[2].replace("\\\n", " ")
    i = 0
    while i < len(text):
        if text[i] == "\\" and text[i + 1 : i + 2] in (" ", "#"):
            name += text[i + 1]
            i += 1
        elif text[i].isspace():
            names += [name] if name else []
            name = ""
        else:
            name += text[i]
        i += 1
    return [n.replace("$$", "$") for n in names + ([name] if name else [])]


def version():
    with open(os.path.join(CPU, "hip", "hip_version.h")) as file:
        lines = [line.split() for line in file]
    numbers = {
        line[1].removeprefix("HIP_VERSION_"): line[2] for line in lines if line[:1] == ["#define"] and len(line) > 2
    }
    return ".".join(numbers.get(part, "0") for part in ("MAJOR", "MINOR", "PATCH"))


def stop(number, frame):
    raise SystemExit(128 + number)  # by way of an exception, so that temporary files go away


def main(arguments):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    try:
        options = read(arguments)
        if options.action == "help":
            print(__doc__.strip())
        elif options.action == "version":
            print(f"HIP version: {version()} (simulated GPU)")
            print(find_compiler(options.compiler).version.splitlines()[0])
        elif options.action in ("print-python", "make-venv"):
            if options.action == "print-python":  # for --make-venv the environment is there by now
                print(sys.executable)
        else:
            with tempfile.TemporaryDirectory(prefix="hipcc-") as work:
                Driver(options, work).go()
    except Usage as error:
        print(f"hipcc: {error} (see --help)", file=sys.stderr)
        return 2
    except (Fault, CompilerError) as error:
        print(error if isinstance(error, Fault) else f"hipcc: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"hipcc: {error.filename or 'file'}: {error.strerror}", file=sys.stderr)
        return 1
    except Failed as failed:
        return failed.status
    except RecursionError:
        print("hipcc: the source is nested too deeply for the translator", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
