"""Theoretical occupancy: how many warps (waves) a multiprocessor (compute unit) holds at most, and what forbids more.

A multiprocessor hides the latency of memory by having other warps ready. How many it can hold follows from what a block
needs: registers, shared memory, warps, and a slot for the block itself; the scarcest of them decides. This says what
fits, not how fast it is: a kernel with much independent work in each thread (gemm's register tiles) is at its best with
few warps.

Where the numbers are from:
NVIDIA  CUDA C++ Programming Guide, "Compute Capabilities", table "Technical Specifications per Compute Capability";
        the rounding from the toolkit's cuda_occupancy.h, against which tests/test_occupancy.py compares this file.
AMD     "Vega 7nm" (gfx906) and "AMD Instinct MI200" (gfx90a) Instruction Set Architecture reference guides: 256 and 512
        vector registers a lane, 64 KiB of LDS; LLVM's "User Guide for AMDGPU Backend" for the granularity of each;
        LLVM's AMDGPUSubtarget for the waves that so many scalar registers leave, and for 16 blocks of several waves a
        compute unit (it has 16 barriers). For kernels without shared memory compared with the "Occupancy" in the
        comments of hipcc's assembly, which is then about registers alone.
"""
from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True)
class Nvidia:
    shared: int             # bytes a multiprocessor
    warps: int = 64
    blocks: int = 32
    shared_step: int = 128
    reserved: int = KIB     # bytes of shared memory that the system takes for each block
    warp: int = 32
    registers: int = 65536  # a multiprocessor, in four equal parts
    parts: int = 4
    register_step: int = 256    # registers are handed to whole warps, so many at a time


@dataclass(frozen=True)
class Amd:
    vector_registers: int   # a lane of a SIMD
    register_step: int
    waves: int              # a SIMD; a compute unit has four
    warp: int = 64
    parts: int = 4
    shared: int = 64 * KIB
    shared_step: int = 512
    barriers: int = 16      # so many blocks of more than one wave


CHIPS = {
    "sm_75": Nvidia(shared=64 * KIB, warps=32, blocks=16, shared_step=256, reserved=0),
    "sm_80": Nvidia(shared=164 * KIB),
    "sm_86": Nvidia(shared=100 * KIB, warps=48, blocks=16),
    "sm_89": Nvidia(shared=100 * KIB, warps=48, blocks=24),
    "sm_90": Nvidia(shared=228 * KIB),
    "gfx906": Amd(vector_registers=256, register_step=4, waves=10),
    "gfx90a": Amd(vector_registers=512, register_step=8, waves=8),
}


@dataclass(frozen=True)
class Occupancy:
    blocks: int             # on one multiprocessor
    warps: int
    most: int               # warps that it could hold
    limited_by: str         # "" where it is full

    @property
    def percent(self):
        return 100.0 * self.warps / self.most


def round_up(value, step):
    return -(-value // step) * step


def occupancy(arch, threads, registers, scalar_registers, shared_bytes):
    """None: an architecture whose rules are not here."""
    chip = CHIPS.get(arch)
    if chip is None:
        return None
    warps = round_up(threads, chip.warp) // chip.warp       # of one block
    rules = nvidia_blocks if isinstance(chip, Nvidia) else amd_blocks
    most, limits = rules(chip, warps, registers, scalar_registers, shared_bytes)
    blocks = min(limits.values())
    full = blocks * warps == most
    scarcest = [name for name, limit in limits.items() if limit == blocks]
    if "block size" in scarcest:    # so many warps a block that one block more would not fit whatever else it needs
        scarcest = ["block size"]
    return Occupancy(blocks, blocks * warps, most, "" if full else ", ".join(scarcest))


def nvidia_blocks(chip, warps, registers, _, shared_bytes):
    """How many blocks fit, by each resource."""
    limits = {"registers": 10 ** 9, "shared memory": 10 ** 9, "block size": chip.warps // warps, "blocks": chip.blocks}
    of_a_warp = round_up(registers * chip.warp, chip.register_step)
    if of_a_warp:
        fitting = chip.registers // chip.parts // of_a_warp * chip.parts
        # A block's registers are checked as if each of the four parts had as many of its warps as the fullest.
        too_many = of_a_warp * round_up(warps, chip.parts) > chip.registers
        limits["registers"] = 0 if too_many else fitting // warps
    of_a_block = round_up(shared_bytes + chip.reserved, chip.shared_step)
    if of_a_block:
        limits["shared memory"] = chip.shared // of_a_block
    return chip.warps, limits


def amd_blocks(chip, warps, registers, scalar_registers, shared_bytes):
    slots = chip.waves * chip.parts
    limits = {"registers": waves_by_vector_registers(chip, registers) * chip.parts // warps,
              "scalar registers": waves_by_scalar_registers(scalar_registers or 0) * chip.parts // warps,
              "shared memory": 10 ** 9, "block size": slots // warps}
    if shared_bytes:
        limits["shared memory"] = chip.shared // round_up(shared_bytes, chip.shared_step)
    if warps > 1:
        limits["blocks"] = chip.barriers
    return slots, limits


def waves_by_vector_registers(chip, count):
    """Waves a SIMD."""
    return min(chip.waves, chip.vector_registers // round_up(max(count, 1), chip.register_step))


def waves_by_scalar_registers(count):
    """The same, of the 10 that a gfx9 has at most."""
    return 10 if count <= 80 else 9 if count <= 88 else 8 if count <= 100 else 7
