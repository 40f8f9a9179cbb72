"""The device code of one kernel: its main loop, and what kinds of instructions that loop is made of. Needs no GPU.

    make asm PROGRAM=stage2/gemm_blocked [KERNEL=part_of_its_name] [ARCH=sm_90|gfx90a] [FULL=1]
    python tools/asm.py PROGRAM [--kernel PART] [--arch ARCH] [--full]

With no KERNEL it lists the kernels, or shows the only one. The whole listing goes to build/asm/; FULL=1 prints it, too.
Exit status: 0; 2 wrong usage, or KERNEL fits none or several; 3 a compiler or the disassembler is missing or fails.
"""
import os
import re

import device_code
import nvdisasm
from device_code import FAILED, ROOT, USAGE, Failure, parser_of, run_tool
from listing import FMA, MATRIX, find_loops, mix, read_listing

FOLD = 4        # so many instructions of one kind in a row become one line
MOST = 200      # lines of code on the screen


def arguments(words):
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", help="stage2/gemm_blocked, or the path of a source file")
    parser.add_argument("--kernel", default="", help="a part of the kernel's name")
    parser.add_argument("--arch", default="", help="default: sm_90, or gfx90a where nvcc is missing")
    parser.add_argument("--full", action="store_true", help="print the whole kernel, its main loop marked")
    return parser.parse_args(words)


# ---- which one ------------------------------------------------------------------------------------------------------
def choose_arch(text, program):
    archs = device_code.read_archs(text) if text.strip() else [a for a in ("sm_90", "gfx90a") if program.builds_for(a)]
    if text.strip() and len(archs) != 1:
        raise Failure(USAGE, f"ARCH={text}: one architecture at a time")
    archs = [arch for arch in archs if program.builds_for(arch)]
    if not archs:
        raise Failure(USAGE, f"{program.name} is not built for {text}")
    found, missing = device_code.present(archs)
    if not found:
        raise Failure(FAILED, "; ".join(missing))
    return found[0]


def names(kernels):
    return ", ".join(kernel.name for kernel in kernels)


def choose_kernel(kernels, part, program):
    """The kernel meant; None: none is named and there are several."""
    if not kernels:
        raise Failure(USAGE, f"{program.name} has no kernels")
    if not part:
        return kernels[0] if len(kernels) == 1 else None
    part = part.replace(" ", "")
    fitting = [k for k in kernels if k.name == part] or [k for k in kernels if part in k.name]
    if not fitting:
        raise Failure(USAGE, f"KERNEL={part} fits none of: {names(kernels)}")
    if len(fitting) > 1:
        raise Failure(USAGE, f"KERNEL={part} fits {len(fitting)} kernels: {names(fitting)}")
    return fitting[0]


def device_text(program, arch):
    base = device_code.compile_device(program, arch)
    if not device_code.is_nvidia(arch):
        return device_code.read_text(f"{base}.s")
    return nvdisasm.disassemble(f"{base}.cubin")


# ---- showing it -----------------------------------------------------------------------------------------------------
def line_of(instruction, mark):
    address = f"{instruction.address:>6}" if instruction.address else ""
    return f"{mark}{address}  {instruction.text}"


def label_lines(instruction, mark):
    return [f"{mark}{label}:" for label in instruction.labels]


def whole(instructions, loop):
    """Every instruction; those of the main loop after a bar."""
    lines = []
    inside = set(loop.body) if loop else set()
    for i, one in enumerate(instructions):
        mark = "| " if i in inside else "  "
        lines += label_lines(one, mark) + [line_of(one, mark)]
    return lines


def folded(instructions, body):
    """The instructions at these places; one line for several of the same kind in a row."""
    lines, at = [], 0
    while at < len(body):
        first = instructions[body[at]]
        end = at + 1
        while end < len(body) and body[end] == body[end - 1] + 1 and instructions[body[end]].kind == first.kind and \
                not instructions[body[end]].labels:
            end += 1
        if at and body[at] != body[at - 1] + 1:
            lines.append("  ...")
        lines += label_lines(first, "| ")
        if end - at < FOLD:
            lines += [line_of(instructions[i], "| ") for i in body[at:end]]
        else:
            lines.append(f"{line_of(first, '| '):<60}  ... and {end - at - 1} more {first.kind}")
        at = end
    return lines


def loop_lines(instructions, loops):
    """Where the main loop is, and why this one."""
    if not loops:
        return [f"no loop; all {len(instructions)} instructions:"]
    loop = loops[0]
    first, last = (instructions[loop.body[i]].address for i in (0, -1))
    text = f"main loop: {loop.label}{f', 0x{first} to 0x{last}' if first else ''}, "
    text += f"{len(loop.body)} of {len(instructions)} instructions"
    for count, how in ((loop.inside, "within"), (loop.around, "around")):
        text += f", {count} {'loop' if count == 1 else 'loops'} {how} it" if count else ""
    lines = [text]
    if len(loops) > 1:
        what, attribute = ("multiply-adds", "multiply_adds") if loop.multiply_adds else ("loads and stores", "accesses")
        others = ", ".join(f"{other.label} ({getattr(other, attribute)})" for other in loops[1:4])
        nested = ", each loop around it counting tenfold" if any(other.around for other in loops) else ""
        lines.append(f"of {len(loops)} loops the one with the most {what} of its own ({getattr(loop, attribute)})"
                     f"{nested}; the others: {others}{', ...' if len(loops) > 4 else ''}")
    return lines


def mix_lines(instructions):
    shares = mix(instructions)
    rows = [(f"{share.kind}{f', {share.width} bits' if share.width else ''}", str(share.count),
             f"{share.percent:.1f} %", share.opcodes) for share in shares]
    rows.append(("all", str(len(instructions)), "", ""))
    wide = [max(len(row[i]) for row in rows) for i in range(3)]
    return [f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d}".rstrip() for a, b, c, d in rows]


def save(program, kernel, lines):
    """The listing's path below the root."""
    name = re.sub(r"\W+", "_", kernel.name).strip("_")
    path = ROOT / "build" / "asm" / f"{program.name}.{kernel.arch}.{name}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        new.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.replace(new, path)
    except OSError as fault:
        raise Failure(FAILED, f"cannot write {path}: {fault.strerror}") from None
    return path.relative_to(ROOT)


def show(program, kernel, text, full):
    instructions = read_listing(text, kernel.symbol, kernel.arch)
    if not instructions:
        raise Failure(FAILED, f"no code of {kernel.name} in what was disassembled for {kernel.arch}")
    loops = find_loops(instructions)
    loop = loops[0] if loops else None
    places = loop.body if loop else list(range(len(instructions)))
    body = [instructions[i] for i in places]
    title = f"{program.name}   {kernel.name}   {kernel.arch}"
    about = loop_lines(instructions, loops)
    table = mix_lines(body)
    path = save(program, kernel, [title, *about, "", *table, "", *whole(instructions, loop)])
    print(title)
    print("\n".join(about))
    code = whole(instructions, loop) if full else folded(instructions, places)
    if not full and len(code) > MOST:
        code = [*code[:MOST], f"... and {len(code) - MOST} more lines: FULL=1 shows them, or {path}"]
    print("\n" + "\n".join(code) + "\n")
    print("\n".join(table))
    multiply = sum(one.kind in (FMA, MATRIX) for one in body)
    print(f"\n{multiply} of {len(body)} instructions are multiply-adds. The whole listing: {path}")


def main(words):
    options = arguments(words)
    if not options.program:
        raise Failure(USAGE, f"PROGRAM= is wanted, one of {' '.join(one.name for one in device_code.all_programs())}")
    programs = device_code.find_programs(options.program)
    if len(programs) != 1:
        raise Failure(USAGE, f"PROGRAM={options.program}: one program of {' '.join(p.name for p in programs)}")
    program = programs[0]
    arch = choose_arch(options.arch, program)
    kernels = device_code.kernels_of(program, arch, report=lambda line: print(line, flush=True))
    kernel = choose_kernel(kernels, options.kernel, program)
    if kernel is None:
        print(f"{program.name} has {len(kernels)} kernels for {arch}; KERNEL= takes a part of a name:")
        print("\n".join(f"  {one.name}" for one in kernels))
        return 0
    show(program, kernel, device_text(program, arch), options.full)
    return 0


if __name__ == "__main__":
    run_tool(main)
