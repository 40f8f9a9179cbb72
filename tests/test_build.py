"""The other backends compile, the README's commands work, and the backend is chosen by the device that is there."""
import os
import re
import shutil

import pytest

from support import CXX, FULL, ROOT, make, on_cpu, programs, run, said

HAVE = {"cuda": shutil.which("nvcc") or os.path.exists("/usr/local/cuda/bin/nvcc"),
        "hip": shutil.which("hipcc") or os.path.exists("/opt/rocm/bin/hipcc")}


# ---- backends -------------------------------------------------------------------------------------------------------
def check_compiles(backend, names):
    """Built anew, without a word from the compiler."""
    if not HAVE[backend]:
        pytest.skip(f"no compiler for {backend} here")
    folder = build_folder_of(backend)
    for name in names:
        (ROOT / folder / name).unlink(missing_ok=True)
    done = make("-j2", *(f"{folder}/{name}" for name in names), backend=backend)
    assert done.returncode == 0, said(done)
    lines = done.stdout.splitlines()[1:]
    assert sorted(lines) == [f"compile    {name}.hip" for name in sorted(names)] and not done.stderr, said(done)


def build_folder_of(backend):
    done = make("info", backend=backend)
    found = re.search(r"^programs +\d+ in (\S+)$", done.stdout, re.MULTILINE)
    assert found, said(done)
    return found[1]


@pytest.mark.parametrize("backend", ["cuda", "hip"])
def test_compiles_for(backend):
    some = ("stage1_vector/vector_add", programs()[-1])
    check_compiles(backend, [name for name in programs() if FULL or name in some])


@pytest.mark.full
@pytest.mark.parametrize("arch", ["sm_80", "sm_75,sm_90"])
def test_cuda_for_one_architecture(arch):
    if not HAVE["cuda"]:
        pytest.skip("no nvcc here")
    done = make("info", f"ARCH={arch}", backend="cuda")
    assert done.returncode == 0 and f"({arch.replace(',', ' ')})" in done.stdout.splitlines()[0], said(done)


@pytest.mark.parametrize("backend,arch", [("cuda", "gfx906"), ("hip", "sm_80")])
def test_wrong_architecture(backend, arch):
    if not HAVE[backend]:
        pytest.skip(f"no compiler for {backend} here")
    done = make("info", f"ARCH={arch}", backend=backend)
    assert done.returncode == 2 and f"ARCH={arch}: the {backend} backend wants names like" in done.stderr, said(done)


def by_hand():
    """The commands for one program in the README: {compiler: words}."""
    lines = re.findall(r"^(\S*(?:hipcc|nvcc) .*stage1_vector/vector_add\.hip .*)$", (ROOT / "README.md").read_text(),
                       re.MULTILINE)
    return {line.split()[0]: line.split() for line in lines}


def test_readme_has_three_commands():
    assert set(by_hand()) == {"hipcc", "nvcc", "common/cpu/hipcc"}


@pytest.mark.parametrize("compiler", ["hipcc", "nvcc", "common/cpu/hipcc"])
def test_by_hand(compiler, tmp_path):
    """As the README has them, but for where the program goes. hipcc and nvcc: to compile is enough."""
    if not shutil.which(compiler) and "/" not in compiler:
        pytest.skip(f"{compiler} is not installed")
    words = by_hand()[compiler]
    words[words.index("-o") + 1] = str(tmp_path / "vector_add")
    done = run(*words, cwd=ROOT)
    assert done.returncode == 0 and not done.stderr, said(done)
    if "/" in compiler:
        done = run(tmp_path / "vector_add", "--n=1000", "--repeat=1", cwd=tmp_path)
        assert done.returncode == 0 and "stage1_vector/vector_add " in done.stdout, said(done)


ALONE = """#include <hip/hip_runtime.h>
#include <stdio.h>
__global__ void count(int *blocks) { atomicAdd(blocks, 1); }
int main()
{
    int *blocks;
    if (hipMallocManaged((void **)&blocks, sizeof *blocks) != hipSuccess)
        return 3;
    *blocks = 0;
    count<<<31, 1>>>(blocks);
    (void)hipDeviceSynchronize();
    printf("%d blocks\\n", *blocks);
    return hipFree(blocks) != hipSuccess;
}
"""


@on_cpu
def test_by_hand_from_elsewhere(tmp_path):
    """A copy of a program alone, compiled in another folder with the driver's full name and no flags at all."""
    (tmp_path / "a.hip").write_text(ALONE)
    done = run(ROOT / "common" / "cpu" / "hipcc", "a.hip", "-o", "a", cwd=tmp_path, env={"HIPCC_CXX": CXX})
    assert done.returncode == 0 and not done.stderr, said(done)
    assert run(tmp_path / "a").stdout == "31 blocks\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.hip"]


@pytest.mark.skipif(not HAVE["cuda"], reason="no nvcc here")
def test_cuda_with_the_shared_runtime(tmp_path):
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    done = run(nvcc, "-x", "cu", "-std=c++17", "-cudart", "shared", "-I", "common/cuda",
               "stage1_vector/vector_add.hip", "-o", tmp_path / "vector_add", cwd=ROOT)
    assert done.returncode == 0 and not done.stderr, said(done)


# ---- which backend --------------------------------------------------------------------------------------------------
@pytest.fixture
def machine(tmp_path):
    """machine(devices, tools) -> the four words of detect_backend.sh on a machine that has these."""
    def detect(devices=(), tools=(), **env):
        home, tool_folder = tmp_path / "root", tmp_path / "bin"
        for folder in (home / "dev", tool_folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for device in devices:
            (home / "dev" / device).touch()
        for name, text in dict(tools).items():
            (tool_folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (tool_folder / name).chmod(0o755)
        compilers = {"NVCC": str(tool_folder / "nvcc"), "HIPCC": str(tool_folder / "hipcc")}
        hide = {"CUDA_VISIBLE_DEVICES": "0", "HIP_VISIBLE_DEVICES": "0", "ROCR_VISIBLE_DEVICES": "0"}
        done = run(ROOT / "tools" / "detect_backend.sh", env={**hide, **compilers, "DETECT_ROOT": str(home),
                                                              "PATH": f"{tool_folder}:/usr/bin:/bin", **env})
        assert done.returncode == 0 and not done.stderr, said(done)
        return done.stdout.replace("~", "_").split()
    return detect


NVIDIA = {"nvcc": "exit 0", "nvidia-smi": 'case $1 in -L) echo "GPU 0: NVIDIA H100 (UUID: GPU-1)";; *) echo 9.0;; esac'}
AMD = {"hipcc": "exit 0", "rocm_agent_enumerator": "echo gfx000; echo gfx90a", "rocminfo": "exit 1"}


def test_a_compiler_alone_is_no_device(machine):
    backend, arch, _, why = machine(tools={"nvcc": "exit 0", "hipcc": "exit 0", "nvidia-smi": "exit 9"})
    assert (backend, arch) == ("cpu", "-")
    assert "nvcc_is_here,_but_no_NVIDIA_GPU" in why and "hipcc_is_here,_but_no_AMD_GPU" in why


def test_a_device_is_found(machine):
    assert machine(tools=NVIDIA)[:3] == ["cuda", "sm_90", "NVIDIA_H100"]
    assert machine(["kfd"], AMD)[:2] == ["hip", "gfx90a"]
    assert machine(["kfd"], {**AMD, **NVIDIA})[0] == "cuda"
    assert machine([], AMD)[0] == "cpu"                                                 # no driver
    assert machine(["kfd"], {**AMD, "rocm_agent_enumerator": "echo gfx000"})[0] == "cpu"   # the CPU is no GPU


def test_a_device_without_its_compiler(machine):
    backend, *_, why = machine(tools={"nvidia-smi": NVIDIA["nvidia-smi"]})
    assert backend == "cpu" and "an_NVIDIA_GPU_is_here,_but_no_nvcc" in why


def test_hidden_devices(machine):
    assert machine(tools=NVIDIA, CUDA_VISIBLE_DEVICES="")[0] == "cpu"
    assert machine(["kfd"], AMD, HIP_VISIBLE_DEVICES="-1")[0] == "cpu"
