"""The loop engine: no thread waits for another, so a block is a loop over its threads, each running to its end.

What makes the compiler vectorise it: the indices are plain numbers in registers that never escape, the ranges of
blockDim and blockIdx are known (a copy of the function for grids so large that index arithmetic could overflow),
and GPU_INDEPENDENT promises that no iteration needs what another one writes, which the meaning of a kernel without
barriers allows.
"""


def open_blocks(writer, pieces, suffix, comment, small=None):
    """The head of NAME__blocks or NAME__fission, and of its loop over the blocks. small: what is to be assumed of a
    grid; without it there are two instantiations."""
    blocks, block = pieces.free("blocks"), pieces.free("block")
    writer.add(f"// {comment}")
    writer.add(*[pieces.template_with("bool SMALL_GRID")] if small is None else [pieces.template] * bool(pieces.template))
    writer.add_list(
        f"static void {pieces.helper}__{suffix}(", [f"const ::gpu::Blocks &{blocks}"] + pieces.parameters, ")"
    )
    writer.add(
        "{",
        f"    const uint3 blockDim = {blocks}.blockDim, gridDim = {blocks}.gridDim;",
        "    ::gpu::assume(blockDim.x >= 1 && blockDim.x <= 1024);",
        "    ::gpu::assume(blockDim.y >= 1 && blockDim.y <= 1024);",
        "    ::gpu::assume(blockDim.z >= 1 && blockDim.z <= 1024);",
    )
    if pieces.shared:
        writer.add(f"    {pieces.shared} &shared__ = *({pieces.shared} *){blocks}.shared;")
    writer.add(
        f"    uint3 blockIdx = {blocks}.index({blocks}.first);",
        f"    for (unsigned long {block} = {blocks}.first; {block} < {blocks}.last;"
        f" ++{block}, blockIdx = {blocks}.after(blockIdx)) {{",
    )
    if small is None:
        writer.add("        if (SMALL_GRID)", "            ::gpu::assume(blockIdx.x < 1u << 20);")
    else:
        writer.add(f"        ::gpu::assume({small});")
    writer.add(
        "        ::gpu::set_block_index(blockIdx); // for the functions that the kernel calls, and for messages",
    )


def emit_blocks(writer, kernel, pieces):
    x, y, z = (pieces.free(name) for name in "xyz")
    arguments = [f"{{{x}, {y}, {z}}}", "blockIdx", "blockDim", "gridDim"]
    arguments += (["shared__"] if pieces.shared else []) + pieces.arguments
    tell = kernel.choice.function_indices
    comment = "A block is a loop over its threads: no thread waits for another, so each runs to its end."
    open_blocks(writer, pieces, "blocks", comment)
    writer.add(
        f"        for (unsigned {z} = 0; {z} < blockDim.z; ++{z})",
        f"            for (unsigned {y} = 0; {y} < blockDim.y; ++{y})",
    )
    threads = f"                for (unsigned {x} = 0; {x} < blockDim.x; ++{x})"
    if tell:
        writer.add(threads + " {", f"                    ::gpu::set_thread_index({arguments[0]});")
    else:
        writer.add(f"                {kernel.choice.pragma}", threads)
    writer.add_list(f"                    {pieces.helper}__thread{pieces.angle}(", arguments, ");")
    writer.add(*["                }"] * tell, "    }", "}")


def call_blocks(writer, pieces, both):
    """The part of the launch that gives the runtime NAME__blocks. both: an instantiation of its own for small grids."""
    blocks = pieces.free("blocks")
    indent = " " * 12
    writer.add(f"        [=](const ::gpu::Blocks &{blocks}){pieces.mutable} {{")
    if both:
        writer.add(f"{indent}if ({blocks}.small_grid)")
        writer.add_list(f"{indent}    {pieces.helper}__blocks{pieces.angle_with('true')}(", [blocks] + pieces.arguments, ");")
        writer.add(f"{indent}else")
        indent += "    "
    writer.add_list(f"{indent}{pieces.helper}__blocks{pieces.angle_with('false')}(", [blocks] + pieces.arguments, ");")
    writer.add("        },")


def call_fission(writer, pieces):
    blocks = pieces.free("blocks")
    writer.add(f"        [=](const ::gpu::Blocks &{blocks}){pieces.mutable} {{")
    writer.add_list(f"            {pieces.helper}__fission{pieces.angle}(", [blocks] + pieces.arguments, ");")
    writer.add("        },")
