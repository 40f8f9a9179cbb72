"""The loop engine: no thread waits for another, so a block is a loop over its threads, each running to its end.

What makes the compiler vectorise it: the indices are plain numbers in registers that never escape, the ranges of blockDim and
blockIdx are known (a copy of the function for grids so large that index arithmetic could overflow), and GPU_INDEPENDENT promises that no
iteration needs what another one writes, which the meaning of a kernel without barriers allows.
"""


def emit_blocks(writer, kernel, pieces):
    blocks, block, x, y, z = (pieces.free(name) for name in ("blocks", "block", "x", "y", "z"))
    parameters = ", ".join([f"const ::gpu::Blocks &{blocks}"] + pieces.parameters)
    arguments = [f"{{{x}, {y}, {z}}}", "blockIdx", "blockDim", "gridDim"] + (["shared__"] if pieces.shared else []) + pieces.arguments
    tell = kernel.choice.function_indices
    writer.add(
        "// A block is a loop over its threads: no thread waits for another, so each runs to its end.",
        pieces.template_with("bool SMALL_GRID"),
        f"static void {pieces.helper}__blocks({parameters})",
        "{",
        f"    const uint3 blockDim = {blocks}.blockDim, gridDim = {blocks}.gridDim;",
        "    ::gpu::assume(blockDim.x >= 1 && blockDim.x <= 1024);",
        "    ::gpu::assume(blockDim.y >= 1 && blockDim.y <= 1024);",
        "    ::gpu::assume(blockDim.z >= 1 && blockDim.z <= 1024);")
    if pieces.shared:
        writer.add(f"    {pieces.shared} &shared__ = *({pieces.shared} *){blocks}.shared;")
    writer.add(
        f"    uint3 blockIdx = {blocks}.index({blocks}.first);",
        f"    for (unsigned long {block} = {blocks}.first; {block} < {blocks}.last; ++{block}, blockIdx = {blocks}.after(blockIdx)) {{",
        "        if (SMALL_GRID)",
        "            ::gpu::assume(blockIdx.x < 1u << 20);")
    if tell:
        writer.add("        ::gpu::set_block_index(blockIdx); // for the functions that the kernel calls")
    writer.add(
        f"        for (unsigned {z} = 0; {z} < blockDim.z; ++{z})",
        f"            for (unsigned {y} = 0; {y} < blockDim.y; ++{y})")
    threads = f"                for (unsigned {x} = 0; {x} < blockDim.x; ++{x})"
    call = f"{pieces.helper}__thread{pieces.angle}({', '.join(arguments)});"
    if tell:
        writer.add(threads + " {",
                   f"                    ::gpu::set_thread_index({arguments[0]});",
                   f"                    {call}",
                   "                }")
    else:
        writer.add("                GPU_INDEPENDENT",
                   threads,
                   f"                    {call}")
    writer.add("    }", "}")


def call_blocks(pieces):
    blocks = pieces.free("blocks")
    arguments = ", ".join([blocks] + pieces.arguments)
    indent = " " * 20
    return [
        f"                [=](const ::gpu::Blocks &{blocks}){pieces.mutable} {{",
        f"{indent}if ({blocks}.small_grid)",
        f"{indent}    {pieces.helper}__blocks{pieces.angle_with('true')}({arguments});",
        f"{indent}else",
        f"{indent}    {pieces.helper}__blocks{pieces.angle_with('false')}({arguments});",
        "                },",
    ]
