"""How the program's functions take their arguments: by value, to read through them, or to change what they point to."""

from purity import callee, node_of
from syntax import name_node, nodes


class Arguments:
    def __init__(self, names, purity):
        self.names, self.purity = names, purity

    def ways(self, name, index):
        """How the functions of a name take a parameter: value, const, mutable; None if they are not the program's."""
        definitions = [d for d in self.names.definitions.get(name, []) if d.kind != "type"]
        if not definitions:
            return None
        ways = set()
        for definition in definitions:
            if definition.kind == "macro":
                address = any(token.text == "&" for token in definition.macro.tokens)
                ways.add("value" if self.purity.of(name) is not None and not address else "mutable")
                continue
            node = node_of(definition) if definition.kind == "function" else None
            if node is None:
                ways.add("mutable")
                continue
            ways.add(_way(definition.source, node, index))
        return ways

    def keeps(self, name, index, depth=0):
        """Might a function keep a pointer or reference that it is given? Not if it only reaches through it."""
        definitions = [d for d in self.names.definitions.get(name, []) if d.kind != "type"]
        node = node_of(definitions[0]) if len(definitions) == 1 and definitions[0].kind == "function" else None
        head = node.child_by_field_name("declarator") if node is not None else None
        if head is None or head.type != "function_declarator" or depth > 4:
            return True
        source = definitions[0].source
        part = [p for p in head.child_by_field_name("parameters").named_children if p.type != "comment"][index]
        given = name_node(part.child_by_field_name("declarator")) if part.child_by_field_name("declarator") else None
        for use in nodes(node.child_by_field_name("body")) if given is not None else []:
            if use.type != "identifier" or source.text_of(use) != source.text_of(given):
                continue
            parent = use.parent
            if parent.type == "argument_list" and parent.parent.type == "call_expression":
                called = callee(parent.parent, source.text_of)
                if self.keeps(called, parent.named_children.index(use), depth + 1):
                    return True
            elif parent.type != "subscript_expression" or _rows_are_kept(use, part, source):
                return True
        return False


def _rows_are_kept(use, part, source):
    """x[i] of a parameter with two dimensions is a pointer again."""
    wanted = max(1, source.plain(part.start_byte, part.end_byte).count("["))
    wanted += "(*" in source.plain(part.start_byte, part.end_byte).replace(" ", "")
    depth, inner = 0, use
    while inner.parent.type == "subscript_expression" and inner.parent.child_by_field_name("argument") == inner:
        depth, inner = depth + 1, inner.parent
    return depth < wanted or inner.parent.type == "pointer_expression"


def _way(source, node, index):
    head = node.child_by_field_name("declarator")
    while head is not None and head.type != "function_declarator":
        head = head.child_by_field_name("declarator") or next(iter(head.named_children), None)
    parts = [p for p in head.child_by_field_name("parameters").named_children if p.type != "comment"] if head else []
    if index >= len(parts):
        return "mutable"
    text = source.plain(parts[index].start_byte, parts[index].end_byte)
    first = min((text.find(c) for c in "*&[" if c in text), default=-1)
    if first < 0:
        return "unknown" if parts[index].type.startswith("variadic") else "value"
    return "const" if "const" in text[:first].split() else "mutable"
