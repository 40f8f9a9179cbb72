"""if (threadIdx.x == 0), if (threadIdx.x < n), if (threadIdx.x + step < n): the loop over the threads goes over these only."""

from dataclasses import dataclass

from purity import PURE

TYPES = ("int", "unsigned", "unsigned int")


@dataclass
class Narrowed:
    """An if that the head of the loop over the threads does: which threads, and what is still to be tested for each."""

    only: str = None  # this one,
    kind: str = "unsigned"  # compared as this type
    start: str = "0"  # or all from this one
    end: str = None  # to the one before this
    test: str = None


def narrowed(stmt, facts):
    """The Narrowed of a statement; None if it is no such if."""
    if stmt.kind != "if" or len(stmt.children) != 1 or stmt.replacements or stmt.synthetic:
        return None
    condition, unit = stmt.condition, stmt.unit
    if condition is None or condition.type != "binary_expression":
        return None
    if facts.names.hides_operators(unit.text(condition)):
        return None
    operator = unit.text(condition.child_by_field_name("operator"))
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    if operator not in ("<", "==") or not _fixed(right, stmt, facts):
        return None
    limit = unit.plain(right.start_byte, right.end_byte)
    if left.type == "binary_expression":
        return _sum(left, limit, stmt, facts) if operator == "<" else None
    kind = "unsigned" if "".join(unit.text(left).split()) == "threadIdx.x" else _type(left, stmt, facts)
    if kind not in TYPES + ("long", "size_t"):
        return None
    if operator == "==":
        return Narrowed(only=limit, kind=kind)
    return Narrowed(end=f"::gpu::up_to<{kind}>(blockDim.x, {limit})")


def _sum(left, limit, stmt, facts):
    """if (t + uniform < n), where t is threadIdx.x: the step of a tree. The condition goes away if the loop's end says it
    all, which only the compiler knows."""
    unit = stmt.unit
    t, offset = left.child_by_field_name("left"), left.child_by_field_name("right")
    kind = _type(t, stmt, facts)
    if kind not in TYPES or unit.text(left.child_by_field_name("operator")) != "+" or not _fixed(offset, stmt, facts):
        return None
    both = f"{unit.plain(offset.start_byte, offset.end_byte)}, {limit}"
    condition = unit.plain(stmt.condition.start_byte, stmt.condition.end_byte)
    return Narrowed(end=f"::gpu::up_to_sum<{kind}>(blockDim.x, {both})",
                    test=f"::gpu::all_up_to_sum<{kind}>({both}) || {condition}")  # fmt: skip


def _type(node, stmt, facts):
    """The type of a variable that is threadIdx.x and stays so; None for anything else."""
    var = stmt.env.get(stmt.unit.text(node)) if node.type == "identifier" else None
    if var is None or not facts.again(var) or var.stmt.unit.text(var.init) != "threadIdx.x":
        return None
    return var.kind


def _fixed(node, stmt, facts):
    """The same for all threads, however often it is computed?"""
    return facts.uniform(node, stmt.unit, stmt.env) and facts.effect(node, stmt.unit, stmt.env) == PURE
