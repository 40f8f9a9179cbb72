"""The simulated GPU does what the manuals of HIP and CUDA say: each program of tests/semantics checks one topic by
itself, and the tests here run them with both warp sizes and both engines, and read what faults print."""
import re
import signal
import subprocess

import pytest

from support import ROOT, environment, on_cpu, said

pytestmark = on_cpu
SEMANTICS = ROOT / "tests" / "semantics"
STRICT = ("-O1", "-Wall", "-Wextra")

# Program: flags. Only the vector forms of the math functions need an optimising compiler.
TOPICS = {
    "atomics": STRICT, "barriers": STRICT, "bits": STRICT, "cooperative": STRICT, "device": STRICT,
    "divergence": STRICT, "graphs": STRICT, "half": STRICT, "host_threads": STRICT, "indices": STRICT,
    "kernels": STRICT, "launch_errors": STRICT, "math": STRICT, "math_special": ("-O3", "-Wall", "-Wextra"),
    "memory": STRICT, "reconvergence": STRICT, "shared": STRICT, "shuffles": STRICT, "spin": STRICT,
    "streams": STRICT, "symbols": STRICT, "vectors": STRICT, "votes": STRICT,
}
CORE = {"atomics", "barriers", "divergence", "half", "kernels", "math_special", "reconvergence", "shared", "shuffles",
        "symbols", "votes"}


def good(done):
    """A self-checking program ended well: it made checks, and none failed."""
    assert done.returncode == 0, said(done)
    assert re.search(r"^[1-9]\d* checks, 0 failed$", done.stdout, re.M), said(done)
    return done


@pytest.fixture
def program(compile_hip):
    """program(name) -> the program of tests/semantics, compiled."""
    return lambda name: compile_hip(SEMANTICS / f"{name}.hip", *TOPICS.get(name, STRICT))


def test_every_source_is_run():
    run_elsewhere = {"faults", "printing"}
    assert {source.stem for source in SEMANTICS.glob("*.hip")} == set(TOPICS) | run_elsewhere


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.core if n in CORE else ()) for n in TOPICS])
def test_topic(name, program, run, warp, engine):
    done = good(run(program(name), warp=warp, env={"CPU_ENGINE": engine}))
    assert not done.stderr, said(done)


@pytest.mark.core
def test_two_translation_units(compile_hip, run, warp, engine):
    sources = [SEMANTICS / "two_files" / "main.hip", SEMANTICS / "two_files" / "other.hip"]
    good(run(compile_hip(sources, *STRICT, "-fgpu-rdc"), warp=warp, env={"CPU_ENGINE": engine}))


@pytest.mark.parametrize("workers", ["1", "3"])
def test_number_of_workers_changes_nothing(workers, program, run):
    for name in ("atomics", "barriers", "cooperative"):
        good(run(program(name), env={"GPU_WORKERS": workers}))


# ---- faults: the error is checked by the program, the message here ----

# Kind: kernel, block, thread and text of the message.
FAULTS = {
    "assert": ("broken_assert", "2,0,0", "6,0,0",
               r"\S*faults\.hip:\d+: assertion `data\[i\] == 0 && \"data must be zero\"' failed"),
    "assert_in_function": ("assert_in_function", "0,0,0", "37,0,0", r"\S*faults\.hip:\d+: assertion `x != 37' failed"),
    "null": ("null_pointer", "0,0,0", "3,0,0", "invalid access at address 0xc"),
    "wild": ("wild_pointer", "0,0,0", "0,0,0", r"invalid access at address 0x\w+"),
    "divide": ("divide", "0,0,0", "4,0,0", "integer division by zero"),
    "overflow": ("overflow", "0,0,0", "5,0,0", "stack overflow: needs more than the 64 KiB of a thread.*"),
    "deeper": ("deeper_stack", "0,0,0", "0,0,0", "stack overflow: needs more than the 64 KiB of a thread.*"),
    "trap": ("trap", "0,0,0", "9,0,0", r"__trap\(\) was called"),
    "mask": ("impossible_mask", "0,0,0", "0,0,0",
             r"\S*faults\.hip:\d+: waits for ever: its mask 0x3 names lanes that never come here"),
    "width": ("bad_width", "0,0,0", "0,0,0",
              "shuffle width 128 is not a power of two from 1 to the warp size, (32|64)"),
}


@pytest.mark.core
@pytest.mark.parametrize("kind", FAULTS)
def test_fault(kind, program, run, warp, engine):
    kernel, block, thread, text = FAULTS[kind]
    done = good(run(program("faults"), kind, warp=warp, env={"CPU_ENGINE": engine}))
    named = rf"kernel {kernel}, block \({block}\), thread \({thread}\): {text}\n"
    by_loop = rf"kernel {kernel}, block \({block}\): {text} \(CPU_ENGINE=fibres tells the thread\)\n"
    message = named if engine == "fibres" else f"({named}|{by_loop})"
    assert re.fullmatch(message, done.stderr), said(done)


def test_many_faults_at_once_give_one_line(program, run, engine):
    done = good(run(program("faults"), "many", env={"CPU_ENGINE": engine, "GPU_WORKERS": "4"}))
    assert done.stderr.count("\n") == 1 and "kernel broken_assert, block (" in done.stderr, said(done)


def test_second_fault_is_told_again(program, run, engine):
    done = good(run(program("faults"), "again", env={"CPU_ENGINE": engine}))
    assert [line.split(",")[0] for line in done.stderr.splitlines()] == ["kernel null_pointer", "kernel trap_at_once"]


def test_grid_barrier_in_an_ordinary_launch(program, run):
    done = good(run(program("cooperative"), "outside"))
    assert done.stderr == ("kernel grid_sync_outside, block (0,0,0), thread (0,0,0): "
                           "a barrier of the whole grid needs hipLaunchCooperativeKernel\n"), said(done)


def test_stacks(program, run, engine):
    good(run(program("faults"), "stack", env={"CPU_ENGINE": engine}))


def test_host_faults_stay_what_they_are(program, run):
    done = run(program("faults"), "host_assert")
    assert done.returncode == -signal.SIGABRT and "Assertion" in done.stderr, said(done)
    done = run(program("faults"), "host_fault")
    assert done.returncode == -signal.SIGSEGV and not done.stderr, said(done)


def test_watchdog(program):
    """A kernel that waits for ever is not ended, but it is named."""
    with subprocess.Popen([program("faults"), "spin"], env=environment(GPU_PATIENCE="1"), stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True) as process:
        try:
            line = process.stderr.readline()
        finally:
            process.kill()
    assert line.startswith("kernel spin_for_ever has come to no barrier and finished no block for 1 s. "), line


# ---- printing, engines, environment ----

def test_printing(program, run, warp, engine):
    lines = good(run(program("printing"), warp=warp, env={"CPU_ENGINE": engine})).stdout.splitlines()
    first, second, last = lines.index("before"), lines.index("between"), lines.index("after")
    assert sorted(lines[first + 1:second]) == sorted([
        *(f"thread {t} of 4: {'odd' if t % 2 else 'even'}" for t in range(4)),
        "[   42|42   |00042|+42|ff|FF|10|z|%]",
        "[-1234567890123|18446744073709551615|99|-3|7]",
        "[1.500000|2.35|  -3.142|1.234568e+04|1e-10|0x1p-1]",
        "[from memory|     right|left  |tru]",
        "[(nil)]",
        "no arguments",
        "[     7]",
        "function called 5",
    ])
    assert sorted(lines[second + 1:last]) == sorted([
        "sum 100 of 100",
        *(f"line {i:04} with some text behind it, to see that lines are not torn" for i in range(2000)),
    ])


def test_loop_engine_refuses_barriers(program, run):
    done = good(run(program("faults"), "barrier", env={"CPU_ENGINE": "loop"}))
    assert done.stderr == ("simulated GPU: kernel null_pointer has a barrier or a warp operation, "
                           "which CPU_ENGINE=loop cannot run\n"), said(done)
    good(run(program("faults"), "good", env={"CPU_ENGINE": "loop"}))


@pytest.mark.parametrize("setting, message", [
    ("GPU_WARP=17", "GPU_WARP=17: must be one of 32, 64"),
    ("GPU_WARP=", None),
    ("CPU_ENGINE=x", "CPU_ENGINE=x: must be one of auto, loop, fission, fibres"),
    ("GPU_WORKERS=0", "GPU_WORKERS=0: must be a whole number from 1 to 1024"),
    ("GPU_WORKERS=2x", "GPU_WORKERS=2x: must be a whole number from 1 to 1024"),
    ("GPU_WORKERS=2", None),
])
def test_environment(setting, message, program, run):
    name, value = setting.split("=")
    done = run(program("faults"), "good", env={name: value})
    if message is None:
        good(done)
    else:
        assert (done.returncode, done.stdout, done.stderr) == (2, "", message + "\n"), said(done)
