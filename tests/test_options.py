"""The command line of the programs: what is wrong ends with exit status 2 and one line that says what is wrong, before
anything is computed; --help lists the options and versions and ends with 0."""
import re

import pytest

from support import assert_fails, help_of, program, programs, run, said, versions

VECTOR_ADD = "stage1_vector/vector_add"

# Arguments, and what the line has to mention.
WRONG = {
    "unknown option": (["--bogus"], ["--bogus", "--help"]),
    "unknown option with a value": (["--bogus=3"], ["--bogus"]),
    "unknown short option": (["-z"], ["-z"]),
    "stray argument": (["stray"], ["'stray'"]),
    "stray argument after options": (["--n", "5", "stray"], ["'stray'"]),
    "stray argument after --": (["--", "stray"], ["'stray'"]),
    "value missing": (["--n"], ["--n", "value"]),
    "value empty": (["--n="], ["--n", "''"]),
    "value a word": (["--n=abc"], ["--n", "'abc'", "from 1 to"]),
    "value with a tail": (["--n=12x"], ["'12x'"]),
    "value with a space": (["--n= 12"], ["' 12'"]),
    "value a fraction": (["--n=1.5"], ["'1.5'"]),
    "value in hexadecimal": (["--n=0x10"], ["'0x10'"]),
    "size zero": (["--n=0"], ["--n", "from 1 to"]),
    "size negative": (["--n=-5"], ["--n", "from 1 to"]),
    "beyond int": (["--n=2147483648"], ["--n"]),
    "beyond long": (["--n=99999999999999999999"], ["--n", "99999999999999999999"]),
    "below long": (["--n=-99999999999999999999"], ["--n"]),
    "beyond 32 bits, small in the low ones": (["--n=4294967301"], ["--n"]),
    "block zero": (["--block=0"], ["--block", "from 1 to 1024"]),
    "block too large": (["--block=1025"], ["--block", "from 1 to 1024"]),
    "seed negative": (["--seed=-1"], ["--seed"]),
    "repeat negative": (["--repeat=-1"], ["--repeat"]),
    "print zero": (["--print=0"], ["--print"]),
    "unknown version": (["--version=fastest"], ["'fastest'", "per_thread, grid_stride, float4"]),
    "part of a version's name": (["--version=grid"], ["'grid'"]),
    "version empty": (["--version="], ["--version"]),
    "file name empty": (["--json="], ["--json"]),
    "folder name empty": (["--dump="], ["--dump"]),
    "one right, one wrong": (["--n=100", "--repeat=zero"], ["--repeat", "'zero'"]),
    "twice, the second wrong": (["--n=100", "--n=none"], ["'none'"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage(case, tmp_path):
    arguments, patterns = WRONG[case]
    done = run(program(VECTOR_ADD), *arguments, cwd=tmp_path)
    assert_fails(done, 2, "^vector_add: ", *map(re.escape, patterns))
    assert not done.stdout and not list(tmp_path.iterdir()), said(done)


@pytest.mark.parametrize("name", programs())
def test_every_program_refuses(name, tmp_path):
    for arguments in (["--no-such-option"], ["stray"], ["--help=1"], ["-q"]):
        done = run(program(name), *arguments, cwd=tmp_path)
        assert_fails(done, 2, f"^{name.rpartition('/')[2]}: ")
        assert not done.stdout, said(done)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", programs())
def test_help(name, tmp_path):
    for option in ("--help", "-h"):
        done = run(program(name), option, cwd=tmp_path, timeout=20)
        assert done.returncode == 0 and not done.stderr, said(done)
        assert done.stdout == help_of(name)
    assert re.match(rf"{name.rpartition('/')[2]}: \S.*\n\nusage: ", help_of(name)), help_of(name)
    assert re.search(r"^  --help ", help_of(name), re.MULTILINE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [name for name in programs() if not name.startswith("stage0_")])
def test_kernel_programs_have_the_usual_options(name):
    options = re.findall(r"^  (--[a-z-]+)", help_of(name), re.MULTILINE)
    for option in ("--seed", "--repeat", "--version", "--print", "--dump", "--json", "--help"):
        assert option in options, f"{name} has no {option}"
    assert versions(name), f"{name} lists no versions"
    for version in versions(name):
        assert re.fullmatch(r"[a-z][a-z0-9_]+", version), f"{name}: {version} is no identifier"


def test_help_wins(tmp_path):
    """Whoever asks for help gets it, whatever else stands on the line."""
    done = run(program(VECTOR_ADD), "--n=1000000000", "--version=nope", "--help", cwd=tmp_path, timeout=20)
    assert done.returncode == 0 and done.stdout == help_of(VECTOR_ADD), said(done)


@pytest.mark.parametrize("arguments", [["--n", "70"], ["--n=70"], ["--n=5", "--n=70"], ["--n=+70"], ["--n", "070"]])
def test_right_usage(arguments, tmp_path):
    done = run(program(VECTOR_ADD), *arguments, "--repeat=1", cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr, said(done)
    assert " n=70 " in done.stdout


@pytest.mark.parametrize("version", ["per_thread", "grid_stride", "float4"])
def test_version_runs_this_one_only(version, tmp_path):
    done = run(program(VECTOR_ADD), f"--version={version}", "--n=100", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    table = done.stdout.partition("\nversion ")[2].splitlines()[1:]
    assert [line.split()[0] for line in table if not line.startswith("(")] == [version]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6, 12, 13, 100])
def test_print_shows_so_many_elements(count, tmp_path):
    """First, some in the middle, last; never more than there are; the worst one besides."""
    done = run(program(VECTOR_ADD), f"--print={count}", "--n=13", "--repeat=1", cwd=tmp_path)
    head = done.stdout.partition("\nversion ")[0]
    shown = [int(i) for i in re.findall(r"(?<!worst: )\bc\[(\d+)\]", head)]
    assert len(shown) == min(count, 13) and shown == sorted(set(shown)), done.stdout
    assert shown[0] == 0 and (count == 1 or shown[-1] == 12)
    assert len(re.findall(r"worst: c\[\d+\]", head)) == 1
    for line in head.splitlines():
        assert len(line) < 140
