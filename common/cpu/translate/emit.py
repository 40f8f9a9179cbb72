"""Writes the plain C++ that a kernel becomes.

For a kernel NAME: NAME__shared, its shared memory; NAME__thread, its own text, as what one thread does;
NAME__blocks, the loop over the threads of a block (loop engine only, see loop.py); NAME__kernel, what the runtime
needs to know; and NAME, the function that a launch calls.
"""

import emit_check
import emit_cut
import loop
from writer import Writer, quoted


class Pieces:
    """The recurring pieces of a kernel's text, written once."""

    def __init__(self, kernel):
        self.kernel = kernel
        named = [p for p in kernel.parameters if p.name]
        self.helper = kernel.helper
        self.template = "template <" + ", ".join(p.text for p in kernel.template) + ">" if kernel.is_template else ""
        self.template_arguments = ", ".join(p.argument for p in kernel.template) if kernel.is_template else ""
        self.angle = f"<{self.template_arguments}>" if kernel.is_template else ""
        self.shared = f"{self.helper}__shared{self.angle}" if kernel.shared.names else ""
        self.parameters = [p.text for p in named]
        # A parameter that is a reference: the launch holds a copy, which the kernel may change.
        self.mutable = " mutable" if any("&" in p.type for p in named) else ""
        self.taken = {p.name for p in named} | {p.name for p in kernel.template or []}
        self.arguments = [p.argument for p in named]

    def free(self, name):
        """A name for a variable of ours that is none of the kernel's parameters."""
        while name in self.taken:
            name += "_"
        return name

    def template_with(self, parameter):
        """The template header with one more parameter in front."""
        return f"template <{parameter}{', ' + self.template[10:-1] if self.template else ''}>"

    def angle_with(self, argument):
        return f"<{argument}{', ' + self.template_arguments if self.template else ''}>"


def emit_kernel(kernel, body):
    """All of a kernel. body: its text after translation, braces included."""
    writer, pieces = Writer(kernel.source), Pieces(kernel)
    wrap = kernel.outer.type == "linkage_specification" or kernel.in_extern_c_block
    writer.add(f"// {kernel.name}, {kernel.choice.engine} engine: {kernel.choice.reason}.")
    if kernel.namespace:
        writer.add(f"namespace {kernel.namespace}", "{")
    if wrap:
        writer.add('extern "C++" {')
    if kernel.shared.names:
        _emit_shared(writer, kernel, pieces)
    _emit_thread(writer, kernel, pieces, body)
    if kernel.choice.loop:
        writer.add("")
        writer.line(kernel.line)
        loop.emit_blocks(writer, kernel, pieces)
    if kernel.choice.plan is not None:
        writer.add("")
        writer.line(kernel.line)
        emit_cut.emit(writer, kernel, pieces, kernel.choice.plan)
    _emit_kernel_facts(writer, kernel, pieces)
    if wrap:
        writer.add("}")
    _emit_launcher(writer, kernel, pieces)
    if kernel.namespace:
        writer.add("}")
    end = kernel.end
    writer.line(kernel.source.line(end))
    column = end - kernel.source.line_starts[kernel.source.line(end) - 1]
    return "\n".join(writer.lines) + "\n" + " " * (column if kernel.source.data[end : end + 1] not in b"\r\n" else 0)


def _emit_shared(writer, kernel, pieces):
    writer.line(kernel.line)
    writer.add("// The shared memory of one block.")
    writer.add(*([pieces.template] if pieces.template else []))
    writer.add(f"struct {pieces.helper}__shared {{")
    writer.add(*[text if text.startswith("#") else "    " + text for text in kernel.shared.lines])
    writer.add("};")


def _emit_thread(writer, kernel, pieces, body):
    writer.add(*[""] * bool(pieces.shared))
    if kernel.choice.checked is not None:
        writer.add("// What one thread does; what fission takes as the same in all threads is held against the others'.")
        body = emit_check.body(kernel, kernel.choice.checked)
    else:
        writer.add("// What one thread does: the kernel's own text.")
    writer.add(*([pieces.template] if pieces.template else []))
    parameters = ["GPU_INDICES"] + ([f"[[maybe_unused]] {pieces.shared} &shared__"] if pieces.shared else [])
    writer.line(kernel.line)
    writer.add_list(f"static inline GPU_INLINE void {pieces.helper}__thread(", parameters + pieces.parameters, ")")
    writer.line(kernel.source.line(kernel.body.start_byte))
    writer.add(body)


def _emit_kernel_facts(writer, kernel, pieces):
    writer.add("")
    writer.line(kernel.line)
    writer.add("// What the runtime knows about it.")
    writer.add(*([pieces.template] if pieces.template else []))
    size = f"sizeof({pieces.shared})" if pieces.shared else "0"
    writer.add(f"[[maybe_unused]] static constexpr ::gpu::Kernel {pieces.helper}__kernel = {{")
    uncut = "" if kernel.choice.plan or kernel.choice.loop else kernel.choice.refusal
    engine = f"::gpu::Engine::{kernel.choice.engine}"
    writer.add(f'    "{kernel.name}", __FILE__, {kernel.line}, {engine}, {size}, {kernel.max_threads}, {quoted(uncut)}}};')


def _emit_launcher(writer, kernel, pieces):
    source = kernel.source
    writer.add("")
    writer.line(kernel.line)
    writer.add("// What a launch calls: the host's side of the kernel.")
    if kernel.template_node is not None:
        # The template header as the program wrote it, defaults included, but every parameter with a name.
        writer.add_list("template <", [" ".join([p.text, p.default]).strip() for p in kernel.template], ">")
    tail = " ".join([")", source.plain(kernel.parameters_node.end_byte, kernel.body.start_byte)]).rstrip()
    writer.add_list(f"{kernel.prefix} {kernel.name}{kernel.specialised}(", kernel.whole_parameters, tail)
    writer.add("{")
    if kernel.is_template:
        facts = f"&{pieces.helper}__kernel{pieces.angle}"
        writer.add_list("    (void)::gpu::registered<", [_address(kernel, pieces), facts], ">;")
    writer.add(f"    ::gpu::launch({pieces.helper}__kernel{pieces.angle},")
    if kernel.choice.loop:  # where fission is better the loop is for grids that are too large for it
        loop.call_blocks(writer, pieces, both=kernel.choice.plan is None)
    else:
        writer.add("        nullptr,")
    if kernel.choice.plan is not None:
        loop.call_fission(writer, pieces)
    else:
        writer.add("        nullptr,")
    t = pieces.free("t")
    arguments = [f"{t}.threadIdx", f"{t}.blockIdx", f"{t}.blockDim", f"{t}.gridDim"]
    arguments += [f"*({pieces.shared} *){t}.shared"] if pieces.shared else []
    writer.add(f"        [=](const ::gpu::Thread &{t}){pieces.mutable} {{")
    writer.add_list(f"            {pieces.helper}__thread{pieces.angle}(", arguments + pieces.arguments, ");")
    writer.add("        });", "}")
    if not kernel.is_template:
        head = f"static const bool {pieces.helper}__registered = ::gpu::register_kernel("
        writer.add_list(head, [_address(kernel, pieces), f"&{pieces.helper}__kernel"], ");")


def _address(kernel, pieces):
    """The kernel's address; its parameters say which one, should there be several of the name."""
    types = ", ".join(p.type for p in kernel.parameters)
    return f"(void (*)({types})){kernel.name}{pieces.angle or kernel.specialised}"
