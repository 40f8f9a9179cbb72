"""The sources as such: laid out by clang-format, readable everywhere, and about no particular machine."""
import json
import re
import shutil

import pytest

from support import ROOT, make, run, said


def sources_of_the_project():
    """Every file that is the project's: what git knows or would take, else all but what is made."""
    done = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT) if shutil.which("git") else None
    if done and done.returncode == 0:
        return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]
    made = {"build", "data", ".git", "__pycache__", ".hypothesis", ".pytest_cache"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


@pytest.mark.skipif(not shutil.which("clang-format"), reason="clang-format is not installed")
def test_format():
    done = make("format-check")
    assert done.returncode == 0, f"`make format` lays the sources out\n{said(done)[:4000]}"


def test_no_paths_of_one_machine():
    """Nor hosts from which packages come: a mirror is configured by whoever has one."""
    words = ["/" + "root/", "/" + "work/", "pypi" + ".org", "python" + "hosted"]
    pattern = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" for word in words))
    found = []
    for path in sources_of_the_project():
        text = path.read_bytes()
        if b"\0" in text:
            continue
        found += [f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
                  for number, line in enumerate(text.decode(errors="replace").splitlines(), 1) if pattern.search(line)]
    assert not found, "\n".join(found)


def test_sources_are_text_that_everyone_can_read():
    """UTF-8, no tabs but in makefiles, no blanks at line ends, a line end at the end."""
    found = []
    for path in sources_of_the_project():
        name = str(path.relative_to(ROOT))
        if path.suffix in (".png", ".svg", ".patch") or b"\0" in path.read_bytes():
            continue
        text = path.read_bytes().decode()
        if text and not text.endswith("\n"):
            found.append(f"{name}: no line end at its end")
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip() or "\t" in line and path.suffix not in (".mk", "") or "\r" in line:
                found.append(f"{name}:{number}: a blank at the end, a tab or a carriage return")
    assert not found, "\n".join(found[:40])


def test_compile_commands(tmp_path):
    """Editors get one entry a source, and clang reads a program by its entry."""
    tree = tmp_path / "tree"
    for name in ("tools", "common", "stage1_vector"):
        shutil.copytree(ROOT / name, tree / name)
    done = run("python3", "tools/compile_commands.py", cwd=tree)
    assert done.returncode == 0, said(done)
    entries = {entry["file"]: entry for entry in json.loads((tree / "compile_commands.json").read_text())}
    assert "stage1_vector/vector_add.hip" in entries
    if shutil.which("clang++"):
        entry = entries["stage1_vector/vector_add.hip"]
        done = run(*entry["arguments"], "-fsyntax-only", cwd=entry["directory"])
        assert done.returncode == 0 and "error" not in done.stderr, said(done)
