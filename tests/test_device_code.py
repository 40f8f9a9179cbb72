"""What the compilers make of the kernels: make resources and make asm, and what the kernels are held to.

The parsers are tested on excerpts of real output (tests/device_code/), and every program of the project for spills.
What needs a compiler or the disassembler is skipped where it is missing.
"""
import functools
import json
import os
import random
import re
import shutil
import sys
from collections import Counter

import pytest

from support import ROOT, assert_fails, make, run, said

sys.path.insert(0, str(ROOT / "tools"))
import device_code      # noqa: E402
import listing          # noqa: E402
import nvdisasm         # noqa: E402
import occupancy        # noqa: E402

SAMPLES = ROOT / "tests" / "device_code"
SAMPLE = "tests/device_code/sample.hip"
LOOP, SPILLS, UNBOUNDED = "sample_loop<128,false>", "sample_spills", "sample_unbounded"

# Kernels that may spill or use local memory, with the reason: a lesson about spills, for example.
MAY_USE_LOCAL_MEMORY = {}


def sample(name):
    return (SAMPLES / name).read_text()


def needs_compiler(arch):
    if not device_code.compiler_of(arch):
        pytest.skip(f"no compiler for {arch} here")


@functools.cache
def missing_disassembler():
    """Why sm_ code cannot be shown here; installs nvdisasm where make asm would."""
    try:
        nvdisasm.required()
        return ""
    except device_code.Failure as failure:
        return str(failure)


@pytest.fixture
def own_source(tmp_path):
    """A function that says where a source of one's own is; what was made of it goes away with the test."""
    made = []

    def source(name):
        made.append(tmp_path / name)
        return made[-1]

    yield source
    for path in made:
        for program in device_code.find_programs(str(path)) if path.exists() else []:
            shutil.rmtree(device_code.folder_of(program), ignore_errors=True)


def tool(name, *words, **more):
    return run(sys.executable, ROOT / "tools" / name, *words, **more)


# ---- names ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("demangled,short", [
    ("gemm_naive(Gemm)", "gemm_naive"),
    ("plain", "plain"),
    ("void gemm<128, 8, true, Plain>(Gemm, Plain)", "gemm<128,8,true,Plain>"),
    ("void outer::f<Pair<float, 2>, -3>(Pair<float, 2>*)", "outer::f<Pair<float,2>,-3>"),
    ("(anonymous namespace)::hidden(float*)", "hidden"),
    ("void k<(Kind)1, unsigned long>(void (*)(int))", "k<(Kind)1,unsigned long>"),
])
def test_short_names(demangled, short):
    assert device_code.short_name(demangled) == short


# ---- parsers --------------------------------------------------------------------------------------------------------
def test_reads_what_nvcc_says():
    said_by_nvcc = device_code.parse_nvidia(sample("sample.sm_90.ptx"), sample("sample.sm_90.log"), "sm_90")
    kernels = {kernel.name: kernel for kernel in said_by_nvcc}
    assert set(kernels) == {LOOP, SPILLS, UNBOUNDED}
    loop, spills, unbounded = kernels[LOOP], kernels[SPILLS], kernels[UNBOUNDED]
    assert (loop.threads, loop.registers, loop.shared_bytes, loop.stack_bytes) == (128, 32, 2048, 0) and loop.clean()
    assert (unbounded.threads, unbounded.registers, unbounded.shared_bytes) == (None, 10, 0) and unbounded.clean()
    assert (spills.threads, spills.registers, spills.stack_bytes) == (1024, 64, 688)
    assert (spills.spill_store_bytes, spills.spill_load_bytes) == (1216, 1316) and not spills.clean()


def test_reads_what_hipcc_writes():
    kernels = {k.name.split("<")[0]: k for k in device_code.parse_amd(sample("sample.gfx90a.s"), "gfx90a")}
    loop, spills, unbounded = (kernels[name.split("<")[0]] for name in (LOOP, SPILLS, UNBOUNDED))
    assert (loop.threads, loop.registers, loop.scalar_registers, loop.shared_bytes) == (128, 22, 22, 2048)
    assert loop.clean() and unbounded.clean() and unbounded.threads is None
    assert (spills.threads, spills.registers, spills.stack_bytes, spills.spilled_registers) == (1024, 128, 1780, 576)
    assert not spills.clean()


def summary(instructions):
    return {(share.kind, share.width): share.count for share in listing.mix(instructions)}


def test_main_loop_of_sass():
    symbol = "_Z11sample_loopILi128ELb0EEvPK6float4PKfPfi"
    instructions = listing.read_sass(sample("sample.sm_90.sass"), symbol)
    assert len(instructions) == 72 and instructions[-1].opcode == "EXIT"        # neither the endless loop nor the NOPs
    loop, = listing.find_loops(instructions)
    body = [instructions[i] for i in loop.body]
    assert loop.label == ".L_x_1" and (body[0].address, body[-1].address) == ("0220", "0450") and len(body) == 36
    assert summary(body) == {
        (listing.FMA, 0): 8, (listing.SHARED_LOAD, 32): 8, (listing.SHARED_STORE, 128): 1,
        (listing.GLOBAL_LOAD, 128): 1,
        (listing.GLOBAL_LOAD, 32): 8, (listing.CONSTANT, 0): 1, (listing.BARRIER, 0): 2, (listing.INTEGER, 0): 6,
        (listing.BRANCH, 0): 1}
    assert len(listing.read_sass(sample("sample.sm_90.sass"), "_Z16sample_unboundedPf")) == 8
    assert listing.read_sass(sample("sample.sm_90.sass"), "_Z16sample_unbounded") == []


def test_main_loop_of_amd():
    symbol = "_Z11sample_loopILi128ELb0EEvPK15HIP_vector_typeIfLj4EEPKfPfi"
    instructions = listing.read_amd(sample("sample.gfx90a.s"), symbol)
    loop, = listing.find_loops(instructions)
    assert len(instructions) == 82 and loop.label == ".LBB2_4"
    assert summary([instructions[i] for i in loop.body]) == {
        (listing.FMA, 0): 8, (listing.SHARED_LOAD, 32): 8, (listing.SHARED_STORE, 128): 1,
        (listing.GLOBAL_LOAD, 128): 1,
        (listing.CONSTANT, 0): 1, (listing.BARRIER, 0): 2, (listing.WAIT, 0): 6, (listing.INTEGER, 0): 6,
        (listing.BRANCH, 0): 1}


@pytest.mark.parametrize("arch,text,kind,width", [
    ("sm", "FFMA.FTZ R1, R2, R3, R4", listing.FMA, 0),
    ("sm", "@!P0 DFMA R2, R4, R6, R8", listing.FMA, 0),
    ("sm", "HFMA2.MMA R1, -RZ, RZ, 0, 0", listing.MOVE, 0),
    ("sm", "HFMA2.MMA R1, R2, R3, R4", listing.FMA, 0),
    ("sm", "HMMA.1684.F32.TF32 R60, R146, R203, R60", listing.MATRIX, 0),
    ("sm", "LDS.U.64 R2, [R3]", listing.SHARED_LOAD, 64),
    ("sm", "LDSM.16.M88.4 R4, [R2]", listing.SHARED_LOAD, 128),
    ("sm", "STS.U8 [R2], R3", listing.SHARED_STORE, 8),
    ("sm", "LDG.E.128.CONSTANT R4, desc[UR8][R2.64]", listing.GLOBAL_LOAD, 128),
    ("sm", "LDG.E.U16 R4, desc[UR8][R2.64]", listing.GLOBAL_LOAD, 16),
    ("sm", "LD.E.64 R4, desc[UR8][R2.64]", listing.GENERIC_LOAD, 64),
    ("sm", "LDGSTS.E.BYPASS.128 [R1], desc[UR4][R2.64]", listing.GLOBAL_TO_SHARED, 128),
    ("sm", "RED.E.ADD.F32.FTZ.RN.STRONG.GPU desc[UR4][R2.64], R5", listing.GLOBAL_ATOMIC, 32),
    ("sm", "LDGDEPBAR", listing.WAIT, 0),
    ("sm", "REDUX.SUM UR4, R3", listing.SHUFFLE, 0),
    ("sm", "ATOMS.ADD R0, [R2], R3", listing.SHARED_ATOMIC, 32),
    ("sm", "LDL.LU R24, [R1+0x8c]", listing.LOCAL, 32),
    ("sm", "SHFL.DOWN PT, R5, R4, 0x10, 0x1f", listing.SHUFFLE, 0),
    ("sm", "BAR.SYNC.DEFER_BLOCKING 0x0", listing.BARRIER, 0),
    ("sm", "MUFU.EX2 R2, R3", listing.FLOAT, 0),
    ("sm", "FLO.U32 R2, R3", listing.INTEGER, 0),
    ("sm", "IMAD.MOV.U32 R4, RZ, RZ, R6", listing.MOVE, 0),
    ("sm", "IMAD.WIDE R4, R5, 0x4, R6", listing.INTEGER, 0),
    ("sm", "F2I.TRUNC.NTZ R1, R2", listing.CONVERT, 0),
    ("sm", "F2FP.BF16.F32.PACK_AB R1, R2, R3", listing.CONVERT, 0),
    ("sm", "BSSY B0, `(.L_x_4)", listing.BRANCH, 0),
    ("gfx", "v_pk_fma_f32 v[0:1], v[2:3], v[4:5], v[0:1]", listing.FMA, 0),
    ("gfx", "v_fmac_f32_e32 v1, s12, v2", listing.FMA, 0),
    ("gfx", "v_mad_u32_u24 v1, v2, v3, v4", listing.INTEGER, 0),
    ("gfx", "v_mfma_f32_32x32x2bf16 a[0:31], v0, v1, a[0:31]", listing.MATRIX, 0),
    ("gfx", "ds_read_b128 v[0:3], v4", listing.SHARED_LOAD, 128),
    ("gfx", "ds_read2_b32 v[0:1], v4 offset1:1", listing.SHARED_LOAD, 64),
    ("gfx", "ds_write2st64_b64 v4, v[0:1], v[2:3]", listing.SHARED_STORE, 128),
    ("gfx", "ds_add_u32 v1, v2", listing.SHARED_ATOMIC, 32),
    ("gfx", "ds_bpermute_b32 v1, v2, v3", listing.SHUFFLE, 0),
    ("gfx", "global_load_dwordx4 v[0:3], v[4:5], off", listing.GLOBAL_LOAD, 128),
    ("gfx", "global_load_ubyte v1, v[4:5], off", listing.GLOBAL_LOAD, 8),
    ("gfx", "flat_store_dword v[0:1], v2", listing.GENERIC_STORE, 32),
    ("gfx", "buffer_store_dword v1, off, s[0:3], 0 offset:4", listing.LOCAL, 32),
    ("gfx", "s_load_dwordx2 s[0:1], s[4:5], 0x0", listing.CONSTANT, 0),
    ("gfx", "s_and_saveexec_b64 s[0:1], vcc", listing.BRANCH, 0),
    ("gfx", "s_or_b64 exec, exec, s[0:1]", listing.BRANCH, 0),
    ("gfx", "s_or_b64 s[2:3], exec, s[0:1]", listing.INTEGER, 0),
    ("gfx", "v_cvt_f32_i32_e32 v1, v2", listing.CONVERT, 0),
    ("gfx", "v_add_f32_e32 v1, v2, v3", listing.FLOAT, 0),
    ("gfx", "v_cndmask_b32_e32 v1, v2, v3, vcc", listing.MOVE, 0),
    ("gfx", "s_waitcnt vmcnt(0)", listing.WAIT, 0),
])
def test_kinds(arch, text, kind, width):
    opcode, _, operands = text.partition(" ")
    one = listing.sass_instruction("0000", text, []) if arch == "sm" else listing.amd_instruction(opcode, operands, [])
    assert (one.kind, one.width) == (kind, width)


def loops_of(text):
    code = "k: ; @k\n" + "\n".join(line if line.endswith(":") else f"  {line}" for line in text.split("; "))
    instructions = listing.read_amd(f"{code}\n.Lfunc_end0:\n", "k")
    return [(loop.label, len(loop.body), loop.inside, loop.around) for loop in listing.find_loops(instructions)]


def test_loops():
    fma, load, back = "v_fmac_f32 v0, v1, v2", "global_load_dword v1, v[2:3], off", "s_cbranch_scc1"
    # The inner one has the multiply-adds; then the outer one has all of them, and then so many more that it counts.
    both = loops_of(f".L1:; {load}; .L2:; {fma}; {back} .L2; {back} .L1; s_endpgm")
    assert both == [(".L2", 2, 0, 1), (".L1", 4, 1, 0)]
    assert loops_of(f".L1:; {fma}; .L2:; {load}; {back} .L2; {back} .L1; s_endpgm")[0] == (".L1", 4, 1, 0)
    nested = ".L1:; " + "{0}; " * 5 + f".L2:; {fma}; {back} .L2; {back} .L1; s_endpgm"
    assert loops_of(nested.format(fma))[0][0] == ".L2"
    assert loops_of((nested.replace("{0}; ", "{0}; {0}; {0}; ")).format(fma))[0][0] == ".L1"
    # Of two equal ones the inner one; with nothing to multiply the one that loads.
    two = f".L0:; {fma}; {back} .L0; .L1:; s_nop 0; .L2:; {fma}; {back} .L2; {back} .L1; s_endpgm"
    assert loops_of(two)[0][0] == ".L2"
    assert loops_of(f".L1:; s_nop 0; s_nop 0; {back} .L1; .L2:; {load}; {back} .L2; s_endpgm")[0][0] == ".L2"
    # Two ways back to the same place are one loop.
    assert loops_of(f".L1:; {fma}; {back} .L1; s_nop 0; {back} .L1; s_endpgm") == [(".L1", 4, 0, 0)]
    # A part that was moved behind the end belongs to the loop; a way back that is not run twice is none.
    assert loops_of(f".L1:; {fma}; s_cbranch_vccz .L3; .L2:; {back} .L1; s_endpgm; .L3:; {load}; s_branch .L2") == \
        [(".L1", 5, 0, 0)]
    assert loops_of("s_cbranch_vccz .L3; .L2:; s_nop 0; s_endpgm; .L3:; s_branch .L2") == []


# ---- occupancy: the rest of it is in test_occupancy.py --------------------------------------------------------------
@pytest.mark.parametrize("arch", ["gfx906", "gfx90a"])
def test_occupancy_agrees_with_amds_compiler(arch, own_source):
    """Kernels that claim so many registers, and the waves a SIMD that the compiler notes for them."""
    needs_compiler(arch)
    draw = random.Random(2)
    counts = [(draw.randint(1, 256), draw.randint(8, 100)) for _ in range(60)]
    source = own_source("claims.hip")
    source.write_text("#include <hip/hip_runtime.h>\n" + "".join(
        f'extern "C" __global__ __launch_bounds__(64) void k{i}(void) '
        f'{{ asm volatile("" ::: "v{v - 1}", "s{s - 7}"); }}\n' for i, (v, s) in enumerate(counts)))
    base = device_code.compile_device(device_code.find_programs(str(source))[0], arch)
    text = device_code.read_text(f"{base}.s")
    notes = dict(re.findall(r"^(k\d+):.*?^; Occupancy: (\d+)", text, re.MULTILINE | re.DOTALL))
    kernels = device_code.parse_amd(text, arch)
    assert len(kernels) == len(notes) == len(counts)
    for kernel in kernels:
        waves = min(occupancy.waves_by_vector_registers(occupancy.CHIPS[arch], kernel.registers),
                    occupancy.waves_by_scalar_registers(kernel.scalar_registers))
        assert waves == int(notes[kernel.name]), kernel


# ---- the commands ---------------------------------------------------------------------------------------------------
def rows_of(tmp_path, *words, **more):
    done = tool("resources.py", *words, "--json", tmp_path / "rows.json", **more)
    assert done.returncode == 0, said(done)
    rows = json.loads((tmp_path / "rows.json").read_text())["kernels"]
    return {(row["name"].split("<")[0], row["arch"]): row for row in rows}, done


def test_resources(tmp_path):
    needs_compiler("sm_90")
    needs_compiler("gfx90a")
    rows, done = rows_of(tmp_path, SAMPLE, "--arch", "sm_90,gfx90a", "--block", "96", cwd=ROOT)
    assert len(rows) == 6 and not done.stderr, said(done)
    for arch in ("sm_90", "gfx90a"):
        loop, spills, free = (rows[name, arch] for name in ("sample_loop", "sample_spills", "sample_unbounded"))
        assert loop["shared_bytes"] == 2048 and loop["threads"] == 128 and not loop["threads_assumed"]
        assert free["threads"] == 96 and free["threads_assumed"]
        assert spills["threads"] == 1024 and spills["stack_bytes"] > 0 and not loop["stack_bytes"]
        assert spills["spill_store_bytes"] if arch == "sm_90" else spills["spilled_registers"]
        assert loop["occupancy"] == loop["warps"] / loop["most_warps"] > 0
    for row in rows.values():       # the table says the same
        pattern = (rf"{row['arch']} +{row['threads']}\??  +{row['registers']} .* {row['shared_bytes']} .* "
                   rf"{row['stack_bytes']} +{row['warps']}/{row['most_warps']} +{100 * row['occupancy']:.0f} %")
        assert re.search(pattern, done.stdout), f"{pattern}\n{said(done)}"
    assert re.search(r"96\?", done.stdout) and "96 are assumed" in done.stdout


def test_a_missing_compiler(tmp_path):
    needs_compiler("gfx90a")
    rows, done = rows_of(tmp_path, SAMPLE, "--arch", "sm_90 gfx90a", cwd=ROOT, env={"NVCC": "/nowhere/nvcc"})
    assert {arch for _, arch in rows} == {"gfx90a"}
    assert done.stderr == "resources.py: nvcc is not installed: nothing for sm_90\n", said(done)
    done = tool("resources.py", env={"NVCC": "/nowhere/nvcc", "HIPCC": "/nowhere/hipcc"})
    assert_fails(done, 3, "nvcc is not installed: nothing for sm_80, sm_90; hipcc .* gfx906, gfx90a")
    done = tool("asm.py", SAMPLE, cwd=ROOT, env={"NVCC": "/nowhere/nvcc", "HIPCC": "/nowhere/hipcc"})
    assert_fails(done, 3, "nvcc is not installed")


def test_compiles_only_what_is_new(tmp_path, own_source):
    needs_compiler("gfx90a")
    header, source = tmp_path / "number.h", own_source("own.hip")
    header.write_text("#define NUMBER 1\n")
    source.write_text('#include <hip/hip_runtime.h>\n#include "number.h"\n'
                      'extern "C" __global__ void mine(int *p) { __shared__ int s[NUMBER]; s[threadIdx.x] = p[0]; '
                      '__syncthreads(); p[1] = s[0]; }\n')
    words = (str(source), "--arch", "gfx90a")
    rows, done = rows_of(tmp_path, *words)
    assert "compile    own.hip for gfx90a" in done.stdout and rows["mine", "gfx90a"]["shared_bytes"] == 4
    assert "compile" not in rows_of(tmp_path, *words)[1].stdout
    header.write_text("#define NUMBER 10\n")
    rows, done = rows_of(tmp_path, *words)
    assert "compile" in done.stdout and rows["mine", "gfx90a"]["shared_bytes"] == 40
    assert "compile" in rows_of(tmp_path, *words, env={"OPT": "-O1"})[1].stdout

    source.write_text("this is no program\n")
    (tmp_path / "rows.json").unlink()
    done = tool("resources.py", *words, "--json", tmp_path / "rows.json")
    assert_fails(done, 3, r"hipcc cannot compile own for gfx90a: .*own\.hip:1:1: error")
    assert not list(tmp_path.glob("rows.json*"))


@pytest.mark.parametrize("name,words,status,pattern", [
    ("resources.py", ["stage9/nothing"], 2, "PROGRAM=stage9/nothing: there is no such program.*vector_add"),
    ("resources.py", ["nothing.hip"], 2, "there is no such file"),
    ("resources.py", ["--arch", "sm90"], 2, "ARCH=sm90: wanted are names like"),
    ("resources.py", ["--block", "0"], 2, "0 is not a number of threads"),
    ("resources.py", ["--block", "1025"], 2, "1025 is not a number of threads"),
    ("resources.py", ["--what"], 2, "unrecognized arguments: --what"),
    ("resources.py", ["--json", "/nowhere/rows.json"], 3, "/nowhere is not a folder"),
    ("resources.py", ["--json", "/dev/null"], 3, "/dev|regular"),
    ("asm.py", [], 2, "PROGRAM= is wanted, one of .*stage1_vector/vector_add"),
    ("asm.py", ["stage2"], 2, "one program of .*stage2_matrix/gemm_tiled"),
    ("asm.py", [SAMPLE, "--arch", "sm_80,sm_90"], 2, "one architecture at a time"),
    ("asm.py", ["stage2/gemm_tensor_core", "--arch", "gfx90a"], 2, "is not built for gfx90a"),
    ("asm.py", [SAMPLE, "--arch", "gfx90a", "--kernel", "nothing"], 2, "KERNEL=nothing fits none of: .*sample_loop"),
    ("asm.py", [SAMPLE, "--arch", "gfx90a", "--kernel", "s_l"], 2, "fits none of"),
    ("asm.py", [SAMPLE, "--arch", "gfx90a", "--kernel", "sample_"], 2, "fits 3 kernels: .*sample_spills"),
])
def test_bad_usage(name, words, status, pattern):
    if "--kernel" in words:
        needs_compiler("gfx90a")
        tool(name, SAMPLE, "--arch", "gfx90a", cwd=ROOT)
    assert_fails(tool(name, *words, cwd=ROOT), status, pattern)


def test_make_knows_both():
    """Without a backend: not even its line is printed."""
    needs_compiler("gfx90a")
    done = make("resources", f"PROGRAM={SAMPLE}", "ARCH=gfx90a", "ARGS=--block 64")
    assert done.returncode == 0 and "64 are assumed" in done.stdout and "backend" not in done.stdout, said(done)
    done = make("asm", f"PROGRAM={SAMPLE}", "ARCH=gfx90a")
    assert done.returncode == 0 and re.search("has 3 kernels for gfx90a", done.stdout), said(done)
    done = make("asm", f"PROGRAM={SAMPLE}", "ARCH=gfx90a", "KERNEL=sample_loop<128")
    assert done.returncode == 0 and re.search(r"multiply-adds +8 +23\.5 %  v_fmac_f32_e32", done.stdout), said(done)
    path = re.search(r"The whole listing: (build/asm/\S+)", done.stdout)[1]
    full = make("asm", f"PROGRAM={SAMPLE}", "ARCH=gfx90a", "KERNEL=sample_loop<128", "FULL=1").stdout
    marked = [line for line in (ROOT / path).read_text().splitlines() if line.startswith("|   ")]
    assert len(marked) == 34 and all(line in full for line in marked)
    assert done.stdout.count("\n| ") < 34 and "and 7 more fused multiply-adds" in done.stdout


def test_no_disassembler(tmp_path):
    """One line that says how to get it; nothing is installed into a Python that the user named."""
    needs_compiler("sm_90")
    toolkit = os.path.join(os.path.dirname(os.path.realpath(device_code.compiler_of("sm_90"))), "nvdisasm")
    if shutil.which("nvdisasm") or os.path.exists(toolkit):
        pytest.skip("the toolkit has brought nvdisasm")
    for name in ("tools", "common"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(SAMPLES, tmp_path / "samples")
    done = run(sys.executable, "-S", "tools/asm.py", "samples/sample.hip", "--kernel", "unbounded", "--arch", "sm_90",
               cwd=tmp_path, env={"PYTHON": sys.executable})
    assert_fails(done, 3, r"nvdisasm is not here.*pip install -r tools/requirements-device-code\.txt")
    assert not (tmp_path / "build" / "venv").exists() and not (tmp_path / "build" / "asm").exists()


# ---- what the kernels are held to -----------------------------------------------------------------------------------
ALWAYS, IN_FULL = ("sm_90", "gfx90a"), ("sm_80", "gfx906")


@pytest.mark.parametrize("arch", [*ALWAYS, *(pytest.param(arch, marks=pytest.mark.full) for arch in IN_FULL)])
@pytest.mark.parametrize("program", device_code.all_programs(), ids=lambda program: program.name)
def test_nothing_spills(program, arch):
    """No spills, no local memory, no scratch; and a block fits on a multiprocessor."""
    needs_compiler(arch)
    if not program.builds_for(arch):
        pytest.skip(f"not built for {arch}")
    kernels = device_code.kernels_of(program, arch)
    wrong = [kernel.name for kernel in kernels if not kernel.clean() and kernel.name not in MAY_USE_LOCAL_MEMORY]
    assert not wrong, f"make resources PROGRAM={program.name} ARCH={arch} shows spills or stack of {', '.join(wrong)}"
    for kernel in kernels:
        fits = occupancy.occupancy(arch, kernel.threads or 256, kernel.registers, kernel.scalar_registers,
                                   kernel.shared_bytes)
        assert fits.blocks > 0, kernel


def test_main_loop_of_the_best_gemm():
    """What gemm_blocked launches where nothing has been tuned: its default tile, quads, no epilogue."""
    needs_compiler("sm_90")
    if missing_disassembler():
        pytest.skip(missing_disassembler())
    program, = device_code.find_programs("stage2_matrix/gemm_blocked")
    source = program.path.read_text()
    tiles = re.findall(r"tile_(\d+)x(\d+)x(\d+)_(\d+)x(\d+)", source)
    tile = tiles[int(re.search(r"GEMM_DEFAULT = (\d+)", source)[1])]
    name = f"gemm_warp_tile<{','.join(tile)},4,GemmPlain>"
    kernel, = (k for k in device_code.kernels_of(program, "sm_90") if k.name == name)
    sass = nvdisasm.disassemble(f"{device_code.compile_device(program, 'sm_90')}.cubin")
    instructions = listing.read_sass(sass, kernel.symbol)
    assert not [one for one in instructions if one.kind in (listing.LOCAL, listing.GENERIC_LOAD, listing.GENERIC_STORE)]
    body = [instructions[i] for i in listing.find_loops(instructions)[0].body]
    kinds = Counter(one.kind for one in body)
    assert sum(one.opcode.startswith("FFMA") for one in body) == kinds[listing.FMA]
    assert kinds[listing.FMA] >= 0.85 * len(body), f"{kinds}"
    depth, rows, columns = map(int, tile[2:])
    assert kinds[listing.FMA] >= depth * rows * columns         # the whole of a tile, and not a remainder's loop
    loads = [one for one in body if one.kind in (listing.SHARED_LOAD, listing.GLOBAL_LOAD)]
    assert {one.kind for one in loads} == {listing.SHARED_LOAD, listing.GLOBAL_LOAD}
    assert {one.width for one in loads} == {128}, Counter(one.opcode for one in loads)
