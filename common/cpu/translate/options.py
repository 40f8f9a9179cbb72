"""The driver's command line: which words are sources, which are ours, and which go on to the compiler or the linker."""

import os
from dataclasses import dataclass, field

TRANSLATED = {".hip", ".cu", ".cpp", ".cc", ".cxx", ".c++", ".cp", ".C"}
LANGUAGES = {"hip": "hip", "cuda": "hip", "cu": "hip", "c++": "hip", "c": "c", "none": None}

# Options of the compiler whose argument is the next word.
WITH_ARGUMENT = {
    "-I",
    "-iquote",
    "-isystem",
    "-idirafter",
    "-include",
    "-imacros",
    "-D",
    "-U",
    "-Xpreprocessor",
    "-Xcompiler",
    "-isysroot",
    "--sysroot",
    "-target",
    "--param",
    "-Xclang",
    "-mllvm",
    "-MQ",
}
LINKER_WITH_ARGUMENT = {"-L", "-l", "-Xlinker", "-T", "-u", "-z"}
LINKER = ("-L", "-l", "-Wl,", "-shared", "-static", "-rdynamic", "-pie", "-no-pie", "-nostdlib", "-nodefaultlibs", "-s")
# What concerns real devices only.
IGNORED = (
    "--offload-arch",
    "--amdgpu-target",
    "-fno-gpu-rdc",
    "--rocm-path",
    "--hip-path",
    "--rocm-device-lib-path",
    "--gpu-max-threads",
    "-munsafe-fp-atomics",
    "-mno-unsafe-fp-atomics",
    "-parallel-jobs",
    "--hip-link",
    "--offload-device-only",
    "-fgpu-default-stream",
    "-mwavefrontsize64",
    "-mno-wavefrontsize64",
    "-mcumode",
    "-amdgpu-",
    "--hip-device-lib",
    "-nogpulib",
    "-nogpuinc",
    "--no-offload-arch",
    "--hip-version",
    "--offload-host-only",
    "-famd-opt",
)
IGNORED_WITH_ARGUMENT = ("-Xarch_device", "--offload", "-Xoffload-linker")


class Usage(Exception):
    pass


@dataclass
class Input:
    path: str
    language: str  # hip (to be translated), c, or object


@dataclass
class Options:
    inputs: list = field(default_factory=list)
    output: str = None
    mode: str = "link"  # or -c, -S, -E
    compile_flags: list = field(default_factory=list)
    link_flags: list = field(default_factory=list)
    folders: list = field(default_factory=list)  # -I
    quote_folders: list = field(default_factory=list)  # -iquote
    dependencies: bool = False  # -MMD, -MD
    dependency_file: str = None
    dependency_targets: list = field(default_factory=list)
    phony: bool = False  # -MP
    compiler: str = None
    c_compiler: str = None
    generated: str = None  # --gen-dir
    linked_on_device: bool = False  # -fgpu-rdc
    verbose: bool = False
    dry_run: bool = False
    action: str = None  # help, version, runtime, explain, print-python

    def defines(self):
        """What -D defines: NAME or NAME=VALUE."""
        flags, found = self.compile_flags, []
        for i, flag in enumerate(flags):
            if flag == "-D" and i + 1 < len(flags):
                found.append(flags[i + 1])
            elif flag.startswith("-D") and flag != "-D":
                found.append(flag[2:])
        return found

    @property
    def checks(self):
        """A checking build: -DGPU_CHECK_UNIFORM."""
        return any(define.split("=")[0] == "GPU_CHECK_UNIFORM" for define in self.defines())

    def has(self, *beginnings):
        return any(flag.startswith(beginnings) for flag in self.compile_flags)


def language_of(path):
    ending = os.path.splitext(path)[1]
    if ending in TRANSLATED:
        return "hip"
    return "c" if ending == ".c" else "object"


def read(arguments):
    options, rest, language = Options(), list(arguments), None

    def argument_of(word):
        if not rest:
            raise Usage(f"{word} wants an argument")
        return rest.pop(0)

    while rest:
        word = rest.pop(0)
        if word.startswith("@") and os.path.isfile(word[1:]):
            raise Usage(f"{word}: files of options are not supported")
        if word == "-x" or (word.startswith("-x") and word[2:] in LANGUAGES):
            name = argument_of(word) if word == "-x" else word[2:]
            if name not in LANGUAGES:
                raise Usage(f"-x {name}: the language must be hip, c++, c or none")
            language = LANGUAGES[name]
        elif not word.startswith("-") or word == "-":
            if word == "-":
                raise Usage("a program cannot come from standard input")
            options.inputs.append(Input(word, language or language_of(word)))
        elif not _own(options, word, argument_of):
            _forward(options, word, argument_of)
    return options


def _own(options, word, argument_of):
    """Options that the driver itself acts on. False if this is none of them."""
    name, has_value, value = word.partition("=")
    if word in ("-c", "-S", "-E"):
        options.mode = word
    elif word == "-o":
        options.output = argument_of(word)
    elif word.startswith("-o") and word[2:3] != "-" and not word.startswith("-openmp"):
        options.output = word[2:]
    elif name in ("--cxx", "--cc", "--gen-dir"):
        attribute = {"--cxx": "compiler", "--cc": "c_compiler", "--gen-dir": "generated"}[name]
        setattr(options, attribute, value if has_value else argument_of(word))
    elif word in ("-save-temps", "--save-temps", "-save-temps=cwd"):
        options.generated = options.generated or "hip-generated"
    elif word in ("-MMD", "-MD"):
        options.dependencies = True
    elif word in ("-MF", "-MT", "-MQ"):
        value = argument_of(word)
        if word == "-MF":
            options.dependency_file = value
        else:
            options.dependency_targets.append(value)
    elif word == "-MP":
        options.phony = True
    elif word in ("-M", "-MM"):
        raise Usage(f"{word} is not supported: use -MMD -MF FILE beside the compilation")
    elif word == "-fgpu-rdc":
        options.linked_on_device = True
    elif word in ("-v", "--verbose"):
        options.verbose = True
    elif word == "-###":
        options.verbose = options.dry_run = True
    elif word in ("-h", "--help"):
        options.action = "help"
    elif word in ("--version", "-dumpversion"):
        options.action = "version"
    elif word in ("--runtime", "--print-python", "--make-venv", "--explain"):
        options.action = word[2:]
    elif word in IGNORED_WITH_ARGUMENT:
        argument_of(word)
    elif not word.startswith(IGNORED):
        return False
    return True


def _forward(options, word, argument_of):
    """Options of the compiler and the linker, handed on in their order."""
    if word.startswith("-I") or word.startswith("-iquote"):
        flag = "-iquote" if word.startswith("-iquote") else "-I"
        folder = word[len(flag) :] or argument_of(word)
        (options.folders if flag == "-I" else options.quote_folders).append(folder)
        options.compile_flags += [flag, folder]
    elif word in LINKER_WITH_ARGUMENT:
        options.link_flags += [word, argument_of(word)]
    elif word.startswith(LINKER) and not word.startswith("-std") and word not in ("-save-temps",):
        options.link_flags.append(word)
    elif word in WITH_ARGUMENT:
        options.compile_flags += [word, argument_of(word)]
    elif word in ("-use_fast_math", "--use_fast_math"):
        options.compile_flags.append("-ffast-math")
    else:
        options.compile_flags.append(word)
