"""Writes compile_commands.json, from which editors (clangd) learn how to read our sources.

    python tools/compile_commands.py

The commands are for reading, not for building: the same for every backend, with clang's own flags, because clangd
does not know those of nvcc or of our driver. See tools/editor.h.
"""
import json
import os
import sys

READ_HIP = ["clang++", "-x", "hip", "--cuda-host-only", "-nogpuinc", "-nogpulib", "-std=c++17", "-Wall", "-Wextra",
            "-isystem", "common/cpu", "-include", "tools/editor.h"]
COMMANDS = {
    ".hip": READ_HIP,
    ".cpp": ["clang++", "-std=c++17", "-Wall", "-Wextra", "-I", "common/cpu"],
    ".c": ["clang", "-std=c11", "-Wall", "-Wextra", "-isystem", "common/cpu"],
}


def sources(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in ("build", "data"))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            kind = os.path.splitext(name)[1]
            if kind in COMMANDS:                # a header is read as the source that includes it
                yield path, COMMANDS[kind]


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    entries = [{"directory": root, "file": path, "arguments": command + ["-c", path]}
               for path, command in sources(root)]
    target = os.path.join(root, "compile_commands.json")
    if os.path.lexists(target) and not os.path.isfile(target):
        print(f"compile_commands.py: {target} is there and is not a regular file", file=sys.stderr)
        return 1
    try:
        with open(target + ".new", "w", encoding="utf-8") as stream:
            json.dump(entries, stream, indent=1)
            stream.write("\n")
        os.replace(target + ".new", target)
    except OSError as fault:
        print(f"compile_commands.py: {fault}", file=sys.stderr)
        return 1
    print(f"editor     compile_commands.json, {len(entries)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
