"""python common/cpu/translate FILE: shows what a HIP source file becomes.

    python common/cpu/translate FILE [-o OUTPUT | --gen-dir DIR] [-I DIR]... [-iquote DIR]...
    python common/cpu/translate --explain FILE... [-I DIR]...

Without -o and --gen-dir the translation goes to standard output. --explain prints, for each kernel, the engine
that runs it, and why. With --check-uniform all is as in a build with -DGPU_CHECK_UNIFORM. The driver beside this
folder (common/cpu/hipcc) does all of it in one command.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from files import REPOSITORY, write_beside
from tokens import Fault
from translator import Translation, mirrored


class Usage(Exception):
    pass


def read_options(arguments):
    options = {
        "-I": [],
        "-iquote": [],
        "--gen-dir": None,
        "-o": None,
        "--explain": False,
        "--check-uniform": False,
        "-fgpu-rdc": False,
        "files": [],
    }
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, value = argument, None
        if argument.startswith("-I") and argument != "-I":
            name, value = "-I", argument[2:]
        elif argument.startswith("--gen-dir="):
            name, value = argument.split("=", 1)
        if name in ("-I", "-iquote", "--gen-dir", "-o"):
            if value is None and not rest:
                raise Usage(f"{name} wants an argument")
            value = rest.pop(0) if value is None else value
            if isinstance(options[name], list):
                options[name].append(value)
            else:
                options[name] = value
        elif name in ("--explain", "--check-uniform", "-fgpu-rdc"):
            options[name] = True
        elif name.startswith("-"):
            raise Usage(f"unknown option {name}")
        else:
            options["files"].append(name)
    if not options["files"]:
        raise Usage("no source file")
    if len(options["files"]) > 1 and not options["--explain"]:
        raise Usage("one source file at a time")
    return options


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    try:
        options = read_options(arguments)
        for file in options["files"]:
            check = options["--check-uniform"]
            translation = Translation(file, options["-iquote"], options["-I"], options["-fgpu-rdc"], check=check)
            if options["--explain"]:
                sys.stdout.writelines(line + "\n" for line in translation.explanation())
            else:
                write(translation, file, options)
    except Usage as error:
        print(f"translate: {error} (see --help)", file=sys.stderr)
        return 2
    except Fault as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"translate: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def write(translation, file, options):
    folder = options["--gen-dir"]
    output = options["-o"]
    if output is None and folder is not None:
        output = os.path.join(folder, os.path.splitext(mirrored(file, REPOSITORY))[0] + ".cpp")
    result = translation.generate(output or os.path.splitext(file)[0] + ".cpp", REPOSITORY)
    if output is None:
        sys.stdout.write(result.files.get(result.main) or open(file).read())
        return
    if result.main is None:
        print(f"translate: {file} holds nothing to translate", file=sys.stderr)
        return
    for path, text in result.files.items():
        write_beside(path, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
