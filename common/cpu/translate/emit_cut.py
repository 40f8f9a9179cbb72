"""Writes a kernel that was cut: NAME__cut, what a block (or a row of one, or a piece of a row) does, and NAME__fission,
the loop over the blocks.

A kernel without barriers is cut row by row. Where its loops go outside, a row goes in pieces of WIDTH threads, so that
a variable of each thread is a short array of fixed length: the compiler keeps it in vector registers.
"""

import loop
from emit_fission import Cut
from lines import STEP

WIDTH = 32
# What the runtime makes sure of (launch.cpp): even with 1024 threads a block, blockIdx.x * blockDim.x + threadIdx.x is an
# int, so that the compiler sees that neighbouring threads have neighbouring elements.
SMALL = "blockIdx.x < (1u << 21) - 1"
# Rows of threads that blocks of two dimensions mostly have: for these the length of the loops is a constant.
WIDTHS = (32, 16)


def emit(writer, kernel, pieces, plan):
    cut = Cut(kernel, plan, pieces, kernel.choice.cut_indices)
    lines = cut.write()
    what = "A piece of a row of threads" if plan.chunks else "A row of threads" if plan.rows else "A block"
    writer.add(f"// {what}, cut into regions: in each of them every thread does its part, one after the other.")
    if plan.chunks:
        writer.add(pieces.template_with("unsigned COUNT__"))
    else:
        writer.add(*([pieces.template] if pieces.template else []))
    head = [f"[[maybe_unused]] const uint3 {name}" for name in ("blockIdx", "blockDim", "gridDim")]
    if plan.rows:
        head += [f"const unsigned {cut.y}", f"const unsigned {cut.z}"]
    if plan.chunks:
        head += ["const unsigned first__", "[[maybe_unused]] const unsigned count__"]
    head += [f"[[maybe_unused]] {pieces.shared} &shared__"] if pieces.shared else []
    head += [f"[[maybe_unused]] {p}" for p in pieces.parameters]
    writer.add_list(f"static inline GPU_INLINE void {pieces.helper}__cut(", head, ")")
    writer.add("{")
    if plan.chunks:
        writer.add("    const unsigned many__ = COUNT__ ? COUNT__ : count__;")
    limit = str(WIDTH) if plan.chunks else f"::gpu::most_threads({kernel.max_threads})"
    if any("MOST__" in line for line in lines):
        writer.add(f"    constexpr unsigned MOST__ = {limit}; // threads")
    if plan.rows:
        writer.add(f"    [[maybe_unused]] const uint3 threadIdx = {{0, {cut.y}, {cut.z}}}; // x differs")
    if any("warpSize" in line for line in lines) and not _hides_warp_size(kernel, plan):
        writer.add("    [[maybe_unused]] const int warpSize = 1 << ::gpu::warp_bits; // division by a power of two is a shift")
    writer.add(*lines)
    writer.add("}", "")
    writer.line(kernel.line)
    loop.open_blocks(writer, pieces, "fission", f"A block is what {kernel.helper}__cut makes of it.", SMALL)
    arguments = ["blockIdx", "blockDim", "gridDim"]
    indent = STEP * 2
    if plan.rows:
        writer.add(f"{indent}for (unsigned {cut.z} = 0; {cut.z} < blockDim.z; ++{cut.z})")
        writer.add(f"{indent}    for (unsigned {cut.y} = 0; {cut.y} < blockDim.y; ++{cut.y})")
        arguments += [cut.y, cut.z]
        indent += STEP * 2
    rest = (["shared__"] if pieces.shared else []) + pieces.arguments
    if plan.chunks:
        _emit_pieces(writer, kernel, pieces, cut, arguments, rest)
    else:
        call = f"{pieces.helper}__cut{pieces.angle}("
        if not plan.rows and "threadIdx.y" in kernel.source.plain(kernel.body.start_byte, kernel.body.end_byte):
            word = "if"
            for width in WIDTHS:
                writer.add(f"{indent}{word} (blockDim.x == {width}) // a length that the compiler knows")
                known = ["blockIdx", f"{{{width}, blockDim.y, blockDim.z}}", "gridDim"]
                writer.add_list(f"{indent}    {call}", known + rest, ");")
                word = "else if"
            writer.add(f"{indent}else")
            indent += STEP
        writer.add_list(f"{indent}{call}", arguments + rest, ");")
    writer.add("    }", "}")


def _hides_warp_size(kernel, plan):
    """Does the kernel, or a macro, use this name for something else?"""
    own = kernel.source.locals_in(kernel.node) | {p.name for p in (kernel.template or []) + kernel.parameters}
    return "warpSize" in own or "warpSize" in plan.layout.names.definitions


def _emit_pieces(writer, kernel, pieces, cut, arguments, rest):
    indent = STEP * 4
    writer.add(
        f"{indent}for (unsigned first__ = 0; first__ < blockDim.x; first__ += {WIDTH}) {{",
        f"{indent}    const unsigned count__ = blockDim.x - first__ < {WIDTH} ? blockDim.x - first__ : {WIDTH};",
    )
    there = "count__"
    if cut.entry:
        writer.add(*cut.guarded(5))
        writer.add(f"{indent}    if (there__ == 0)", f"{indent}        continue;")
        there = "there__"
    whole = pieces.angle_with(str(WIDTH))
    some = pieces.angle_with("0")
    writer.add(f"{indent}    if ({there} == {WIDTH})")
    writer.add_list(f"{indent}        {pieces.helper}__cut{whole}(", arguments + ["first__", str(WIDTH)] + rest, ");")
    if not cut.entry:
        writer.add(f"{indent}    else")
    else:
        writer.add(f"{indent}    else if (there__ == end__) // the first ones of the piece")
    writer.add_list(f"{indent}        {pieces.helper}__cut{some}(", arguments + ["first__", there] + rest, ");")
    if cut.entry:
        x, y, z = cut.x, cut.y, cut.z
        writer.add(f"{indent}    else", f"{indent}        for (unsigned {x} = 0; {x} < count__; ++{x}) {{")
        if cut.tell:
            writer.add(f"{indent}            ::gpu::set_thread_index({{first__ + {x}, {y}, {z}}});")
        one = [f"{{first__ + {x}, {y}, {z}}}", "blockIdx", "blockDim", "gridDim"]
        writer.add_list(f"{indent}            {pieces.helper}__thread{pieces.angle}(", one + rest, ");")
        writer.add(f"{indent}        }}")
    writer.add(f"{indent}}}")
