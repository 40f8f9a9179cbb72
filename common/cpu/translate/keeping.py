"""Which variables an array with one entry a thread can keep, so that they live across a cut."""

from purity import PLAIN_TYPES, has_constructor, is_fixed
from syntax import nodes


def why_not_kept(var, facts):
    """The reason why a variable cannot be kept for each thread; None if it can."""
    words = [w for w in var.type.replace("::", " ").split() if w not in ("const", "unsigned", "volatile")]
    if var.after.startswith("[]"):
        return f"{var.name} lives across a barrier, and its size is not written down"
    if var.reference:
        return f"the reference {var.name} lives across a barrier"
    if "auto" in words:
        return f"{var.name} has the type auto and lives across a barrier"
    if "volatile" in var.type.split():
        return f"{var.name} is volatile"
    if var.pointer:
        return None
    name = (words[-1] if words else "int").split("<")[0]
    definitions = facts.names.definitions.get(name.rstrip(">"), [])
    if "<" in var.type:
        definitions = facts.names.definitions.get(var.type.split("<")[0].split()[-1], [])
    elif name in PLAIN_TYPES or name in facts.template_names:
        return None
    types = [d for d in definitions if d.kind == "type"]
    plain = not any(has_constructor(d) or is_fixed(d) for d in types) if types else _is_local_and_plain(name, facts)
    return None if plain else f"{var.name} lives across a barrier, and its type {name} is not known to be plain"


def _is_local_and_plain(name, facts):
    """A typedef or an enum inside the kernel; of structs that are declared there nothing is known."""
    for stmt in facts.root.walk():
        if stmt.kind == "type" and any(stmt.unit.text(n) == name for n in nodes(stmt.node) if n.type == "type_identifier"):
            return stmt.node.type in ("type_definition", "alias_declaration", "enum_specifier")
    return False
