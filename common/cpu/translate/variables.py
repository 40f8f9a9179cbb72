"""__device__ and __constant__ variables: plain globals, each with an object that tells hipMemcpyToSymbol of it."""

from kernel import CLASSES
from syntax import enclosing, function_declarator, inside_function, name_node

KINDS = {"__device__", "__constant__", "__managed__"}


def translate_variables(source, edits, included, external, declared):
    """included: the file is a header; external: variables may be used by other source files (-fgpu-rdc); declared:
    names that are declared extern somewhere."""
    for mark in source.marks:
        node = mark.owner
        if node is None or node.type != "declaration" or source.marks_of(node)[0] is not mark:
            continue
        if not KINDS & source.qualifiers(node) or "__shared__" in source.qualifiers(node):
            continue
        declarators = node.children_by_field_name("declarator")
        if not declarators or any(function_declarator(d) for d in declarators) or inside_function(node):
            continue
        _translate(source, edits, node, declarators, included, external, declared)


def _translate(source, edits, node, declarators, included, external, declared):
    words = {source.text_of(c) for c in node.children if c.type in ("storage_class_specifier", "type_qualifier")}
    words |= {w for m in source.marks_of(node) if m.macro for w in m.words}
    template = node.parent.type == "template_declaration"
    member = enclosing(node, CLASSES) is not None
    extern = "extern" in words and not any(d.type == "init_declarator" for d in declarators)
    for mark in source.marks_of(node):
        if not mark.macro and mark.words[0] in KINDS:
            edits.replace(mark.start, _behind(source, mark.end), "")
    if extern or template or member or node.parent.type == "linkage_specification" or any(map(_qualified, declarators)):
        return  # no variable of namespace scope is defined here
    if not words & {"static", "extern", "inline"}:
        # Each source file has its own copy on a device, unless files are linked there (-fgpu-rdc). In a header one copy
        # serves all, so that inline functions of the header mean the same in every file.
        specifier = "inline " if included else "" if external else "static "
        if not included and {source.text_of(name_node(d)) for d in declarators} & declared:
            specifier = ""
        if specifier:
            edits.insert(node.start_byte, specifier)
    symbols = []
    for declarator in declarators:
        name = name_node(declarator)
        if name is not None:
            text = source.text_of(name)
            address = f"(const void *)&{text}" if "volatile" in words else f"&{text}"
            symbols.append(f' static const ::gpu::Symbol {text}__symbol({address}, sizeof {text}, "{text}");')
    edits.insert(node.end_byte, "".join(symbols))


def _qualified(declarator):
    while declarator is not None:
        if declarator.type == "qualified_identifier":
            return True
        declarator = declarator.child_by_field_name("declarator")
    return False


def _behind(source, position):
    """Behind the blanks that follow a word which goes away."""
    while source.data[position : position + 1] in (b" ", b"\t"):
        position += 1
    return position
