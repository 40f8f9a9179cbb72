"""__device__ functions, and the words inside device code that need another spelling for a host compiler."""

from captures import translate_captures
from kernel import CLASSES
from shared import Declaration, enclosing_function
from source import is_word
from syntax import enclosing, nodes

# A function with one of these may stand in a header as it is.
SHAREABLE = {"static", "inline", "constexpr", "consteval", "__inline__", "__inline", "__forceinline__", "friend"}


def is_device_function(source, node):
    return node.type == "function_definition" and "__device__" in source.qualifiers(node)


def translate_functions(source, edits, kernels, external, declared_names):
    """declared_names: device functions that are declared somewhere before they are defined."""
    for mark in source.marks:
        node = mark.owner
        if node is None or not is_device_function(source, node) or source.marks_of(node)[0] is not mark:
            continue
        _make_linkable(source, edits, node, external, declared_names)
        _rename_assert(source, edits, node)
    for kernel in kernels:
        _rename_assert(source, edits, kernel.body)


def _make_linkable(source, edits, node, external, declared_names):
    """Device functions of several files may share a name, for on a device each file is linked alone (-fgpu-rdc aside);
    and headers with such functions are included in several files."""
    words = {source.text_of(c) for c in node.children if c.type in ("storage_class_specifier", "type_qualifier")}
    words |= {w for m in source.marks_of(node) for w in m.words} | set(source.plain(
        node.start_byte, node.child_by_field_name("declarator").start_byte).split())
    if words & SHAREABLE or enclosing(node, CLASSES) is not None or node.child_by_field_name("body") is None:
        return
    template = node.parent if node.parent.type == "template_declaration" else None
    if template is not None and template.child_by_field_name("parameters").named_child_count:
        return
    declarator = node.child_by_field_name("declarator")
    head = declarator
    while head is not None and head.type != "function_declarator":
        head = head.child_by_field_name("declarator") or (head.named_children[0] if head.named_children else None)
    name = head.child_by_field_name("declarator") if head is not None else None
    plain = name is not None and name.type == "identifier" and template is None
    own = plain and not external and "__host__" not in words and source.text_of(name) not in declared_names
    if node.parent.type == "linkage_specification" and own:
        own = False
    edits.insert(node.start_byte,
                 "static inline __attribute__((unused)) " if own else "inline __attribute__((used)) ")


def _rename_assert(source, edits, node):
    tokens = source.tokens_in(node.start_byte, node.end_byte)
    for token, following in zip(tokens, tokens[1:]):
        if token.text == "assert" and is_word(token) and following.kind == "(":
            edits.replace(token.start, token.end, "gpu_assert")


def translate_noinline(source, edits):
    """__noinline__ is no macro of ours, because the standard library has attributes of that name."""
    for mark in source.marks:
        if not mark.macro and mark.words == ["__noinline__"]:
            edits.replace(mark.start, mark.end, "__attribute__((noinline))")
    for macro in source.macros:
        depth = 0
        for i, token in enumerate(macro.tokens):
            if token.text == "__attribute__":
                depth = 1
            depth += (token.kind == "(") - (token.kind == ")") if depth else 0
            if token.text == "__noinline__" and not _in_attribute(macro.tokens, i):
                edits.replace(token.start, token.end, "__attribute__((noinline))")


def _in_attribute(tokens, i):
    return i > 0 and tokens[i - 1].kind in ("(", ",")


def translate_shared(source, edits, kernels):
    """__shared__ outside kernels: in device functions, and extern at namespace scope. Kernels collect theirs."""
    by_node = {kernel.node.id: kernel for kernel in kernels}
    captured = {kernel.node.id: (kernel.node, set()) for kernel in kernels}  # functions, and their shared variables
    for mark in source.marks:
        if "__shared__" not in mark.words:
            continue
        node = mark.owner
        if node is None or node.type != "declaration":
            raise source.fault(mark.start, "this __shared__ is not understood: it belongs before a variable in a kernel or device function")
        if [m for m in source.marks_of(node) if "__shared__" in m.words][0] is not mark:
            continue
        declaration = Declaration(source, node)
        function = enclosing_function(node)
        if function is None:
            if not declaration.dynamic:
                raise source.fault(mark.start, "a __shared__ variable outside a function must be extern")
            texts = declaration.globals()
        elif declaration.dynamic:
            texts = declaration.pointers()
            captured.setdefault(function.id, (function, set()))[1].update(names_of(declaration))
        elif function.id in by_node:
            texts = by_node[function.id].shared.add(declaration)
            captured[function.id][1].update(names_of(declaration))
        elif "__device__" in source.qualifiers(function):
            texts = []
            captured.setdefault(function.id, (function, set()))[1].update(names_of(declaration))
            for name, before, after in declaration.members():
                texts.append(f"struct {name}__shared {{ {before}{name}{after} }};")
                texts.append(f"auto &{name} = ::gpu::device_function_shared<{name}__shared>().{name};")
        else:
            raise source.fault(mark.start, "__shared__ stands in a function that is neither __global__ nor __device__")
        edits.replace(declaration.start, declaration.end, " ".join(texts) + declaration.newlines())
    for kernel in kernels:
        for node in kernel.shared.constants:
            edits.insert(node.start_byte, "[[maybe_unused]] ")  # perhaps nothing else needed it
        for node, name in kernel.shared.moved:
            edits.replace(node.start_byte, node.end_byte, moved_type(source, kernel, node, name))
    for function, names in captured.values():
        translate_captures(source, edits, function.child_by_field_name("body"), names, function.id in by_node)


def names_of(declaration):
    return {name for name, _, _ in declaration.variables()}


def moved_type(source, kernel, node, name):
    """What stands for a local type that went into NAME__shared, because shared variables are of that type."""
    arguments = ", ".join(p.argument for p in kernel.template) if kernel.is_template else ""
    struct = f"{kernel.helper}__shared" + (f"<{arguments}>" if arguments else "")
    text = f"using {name} = typename {struct}::{name};" if name else ""
    for enumerator in nodes(node):
        if enumerator.type == "enumerator":
            value = source.text_of(enumerator.child_by_field_name("name"))
            text += f" [[maybe_unused]] constexpr auto {value} = {struct}::{value};"
    return text + "\n" * source.data[node.start_byte:node.end_byte].count(b"\n")
