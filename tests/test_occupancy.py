"""The arithmetic of occupancy: by hand, and against NVIDIA's own header (AMD's compiler: test_device_code.py)."""
import os
import random
import shutil
import sys

import pytest

from support import CXX, ROOT, succeed

sys.path.insert(0, str(ROOT / "tools"))
import device_code      # noqa: E402
import occupancy        # noqa: E402


@pytest.mark.parametrize("arch,threads,registers,scalars,shared,blocks,warps,limit", [
    ("sm_90", 128, 227, None, 16896, 2, 8, "registers"),
    ("sm_80", 1024, 64, None, 0, 1, 32, "registers"),
    ("sm_80", 32, 16, None, 0, 32, 32, "blocks"),
    ("sm_80", 64, 32, None, 9216, 16, 32, "shared memory"),         # 10240 with the system's own, of 167936
    ("sm_90", 768, 40, None, 0, 2, 48, "block size"),
    ("sm_90", 512, 255, None, 0, 0, 0, "registers"),
    ("sm_90", 256, 32, None, 0, 8, 64, ""),
    ("gfx906", 256, 25, 30, 0, 9, 36, "registers"),
    ("gfx906", 128, 24, 30, 0, 16, 32, "blocks"),
    ("gfx906", 64, 24, 30, 0, 40, 40, ""),
    ("gfx90a", 256, 129, 30, 0, 3, 12, "registers"),
    ("gfx90a", 128, 64, 102, 0, 14, 28, "scalar registers"),
    ("gfx90a", 64, 64, 30, 9216, 7, 7, "shared memory"),
])
def test_occupancy(arch, threads, registers, scalars, shared, blocks, warps, limit):
    found = occupancy.occupancy(arch, threads, registers, scalars, shared)
    assert (found.blocks, found.warps, found.limited_by) == (blocks, warps, limit)


def test_occupancy_of_what_is_not_known():
    assert occupancy.occupancy("gfx1030", 256, 32, 32, 0) is None


def test_occupancy_agrees_with_nvidias_header(tmp_path):
    nvcc = device_code.compiler_of("sm_90")
    folders = [os.path.join(os.path.dirname(os.path.realpath(nvcc)), "..", "include")] if nvcc else []
    folder = next((f for f in [*folders, "/usr/local/cuda/include"] if os.path.exists(f"{f}/cuda_occupancy.h")), None)
    if not folder or not shutil.which(CXX):
        pytest.skip("no cuda_occupancy.h or no C++ compiler here")
    source = ROOT / "tests" / "device_code" / "occupancy_header.c"
    succeed(CXX, "-x", "c++", "-w", "-isystem", folder, source, "-o", tmp_path / "header")
    draw = random.Random(1)
    cases = []
    for arch in (arch for arch in occupancy.CHIPS if device_code.is_nvidia(arch)):
        for _ in range(4000):
            shared = draw.choice([0, draw.randint(0, 49152), draw.randint(0, 6000)])
            cases.append((arch, draw.randint(1, 1024), draw.randint(16, 255), shared))
    lines = []
    for arch, threads, registers, shared in cases:
        chip = occupancy.CHIPS[arch]
        lines.append(f"{arch[3]} {arch[4]} {chip.warps * 32} {chip.shared} {chip.reserved} "
                     f"{threads} {registers} {shared}")
    blocks = succeed(tmp_path / "header", input="\n".join(lines)).stdout.split()
    assert len(blocks) == len(cases)
    for (arch, threads, registers, shared), expected in zip(cases, blocks):
        found = occupancy.occupancy(arch, threads, registers, None, shared)
        assert found.blocks == int(expected), f"{arch} {threads} threads {registers} registers {shared} bytes: {found}"
