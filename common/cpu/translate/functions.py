"""__device__ functions, and the words inside device code that need another spelling for a host compiler."""

from kernel import CLASSES
from tokens import is_word
from syntax import enclosing

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
    words |= {w for m in source.marks_of(node) for w in m.words} | set(
        source.plain(node.start_byte, node.child_by_field_name("declarator").start_byte).split()
    )
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
    edits.insert(node.start_byte, "static inline __attribute__((unused)) " if own else "inline __attribute__((used)) ")


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
        for i, token in enumerate(macro.tokens):
            if token.text == "__noinline__" and not _in_attribute(macro.tokens, i):
                edits.replace(token.start, token.end, "__attribute__((noinline))")


def _in_attribute(tokens, i):
    return i > 0 and tokens[i - 1].kind in ("(", ",")
