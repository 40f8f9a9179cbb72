"""Loops that walk over an array with a stride: for (int i = base + threadIdx.x; i < n; i += stride).

Thread 0 has the smallest i, so the rounds of the loop are those of thread 0, and in each of them the threads that are
not yet at the end go side by side over neighbouring elements. With an int and an end that is one that is so; with other
types a value may wrap (unsigned i = threadIdx.x - 3), and then the threads walk one by one (gpu::together, fission.h).
"""

from purity import PURE
from syntax import leaves, nodes

INTEGERS = {"int", "unsigned", "unsigned int", "long", "size_t", "unsigned long", "long long", "uint", "int64_t",
            "uint32_t", "int32_t", "uint64_t"}  # fmt: skip


class Strided:
    def __init__(self, var, factor, start, step, plain):
        self.var, self.factor = var, factor
        self.start = start  # its text, with other text in the place of threadIdx.x
        self.step = step
        self.plain = plain  # an int, and so is its end

    @property
    def kind(self):
        return self.var.kind

    def together(self, limit):
        return f"::gpu::together<{self.kind}>({self.start('0u')}, {self.start('(blockDim.x - 1)')}, {limit}, {self.step})"

    @property
    def offset(self):
        return "(int)threadIdx.x" if self.factor == 1 else f"{self.factor} * (int)threadIdx.x"

    @property
    def first_name(self):
        return self.var.name + "__first"


def strided(stmt, facts):
    """What is to be known of such a loop, or None."""
    if stmt.kind != "for" or len(stmt.init) != 1 or stmt.init[0].kind != "decl" or stmt.condition is None:
        return None
    part = stmt.init[0]
    var, unit, env = part.var, stmt.unit, stmt.env
    kind = var.kind
    if kind not in INTEGERS or var.before or var.after or var.init is None or var.form != "=" or var.escapes:
        return None
    if [w for w in var.writers if w is not stmt] or len(var.writers) != 1 or stmt.step is None:
        return None
    if not _counts_up(stmt, var, facts) or not _ends(stmt, var, facts):
        return None
    head = (var.init, stmt.condition, stmt.step)
    if _leaves(stmt.children[0]) or any(facts.names.hides_operators(unit.text(node)) for node in head):
        return None
    factor = linear(var.init, unit, env, facts)
    if not factor or factor < 0:
        return None
    plain = kind == "int" and _is_int(stmt.condition.child_by_field_name("right"), unit, env)
    right = stmt.step.child_by_field_name("right")
    step = unit.plain(right.start_byte, right.end_byte) if right is not None else "1"
    return Strided(var, factor, lambda x: at(var.init, unit, env, facts, x), step, plain)


def _is_int(node, unit, env):
    """Certainly an int."""
    if node.type == "identifier":
        var = env.get(unit.text(node))
        return var is not None and var.kind == "int" and not var.before and not var.after
    if node.type == "number_literal":
        return unit.text(node).isdigit() and len(unit.text(node)) < 10
    if node.type == "parenthesized_expression":
        return _is_int(node.named_children[0], unit, env)
    if node.type == "binary_expression":
        sides = [node.child_by_field_name(side) for side in ("left", "right")]
        return unit.text(node.child_by_field_name("operator")) in "+-*/%" and all(_is_int(n, unit, env) for n in sides)
    return False


def _counts_up(stmt, var, facts):
    step, unit = stmt.step, stmt.unit
    if step.type == "update_expression":
        return "++" in unit.text(step)
    if step.type != "assignment_expression" or unit.text(step.child_by_field_name("left")) != var.name:
        return False
    return unit.text(step.child_by_field_name("operator")) == "+=" and _fixed(step.child_by_field_name("right"), stmt, facts)


def _ends(stmt, var, facts):
    condition, unit = stmt.condition, stmt.unit
    if condition.type != "binary_expression" or unit.text(condition.child_by_field_name("operator")) not in ("<", "<="):
        return False
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    return left.type == "identifier" and unit.text(left) == var.name and _fixed(right, stmt, facts)


def _fixed(node, stmt, facts):
    """The same for all threads, and in all rounds."""
    if not facts.uniform(node, stmt.unit, stmt.env):
        return False

    def stable(var):
        return var.uniform and not any(_below(w, stmt) for w in var.writers)

    return facts.effect(node, stmt.unit, stmt.env, stable) == PURE


def _below(stmt, scope):
    while stmt is not None and stmt is not scope:
        stmt = stmt.parent
    return stmt is scope


def _leaves(body):
    """break and return; continue stays inside."""
    for stmt in body.walk():
        if any(n.type in ("return_statement", "goto_statement") for n in nodes(stmt.node)):
            return True
        if any(n.type == "break_statement" and leaves(n, stmt.node) for n in nodes(stmt.node)):
            return True
        if not stmt.synthetic:
            break
    return False


def linear(node, unit, env, facts):
    """c, where an expression is c * threadIdx.x + something uniform; None if it is not."""
    if facts.uniform(node, unit, env):
        return 0
    kind = node.type
    if kind == "parenthesized_expression":
        return linear(node.named_children[0], unit, env, facts)
    if kind == "cast_expression" and unit.plain(*_range(node.child_by_field_name("type"))) in INTEGERS:
        return linear(node.child_by_field_name("value"), unit, env, facts)
    if kind == "field_expression" and "".join(unit.text(node).split()) == "threadIdx.x":
        return 1
    if kind == "identifier":
        var = env.get(unit.text(node))
        if var is not None and facts.again(var) and not var.reference and not var.pointer and var.kind in INTEGERS:
            return linear(var.init, var.stmt.unit, var.stmt.env, facts)
        return None
    if kind == "binary_expression":
        operator = unit.text(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        a, b = (linear(n, unit, env, facts) for n in (left, right))
        if a is None or b is None:
            return None
        if operator == "+":
            return a + b
        if operator == "-" and b == 0:
            return a
        if operator == "*":
            for factor, other in ((left, b), (right, a)):
                text = unit.text(factor)
                if factor.type == "number_literal" and text.isdigit():
                    return int(text) * other
    return None


def _range(node):
    return node.start_byte, node.end_byte


def at(node, unit, env, facts, x):
    """The text of a linear expression for another threadIdx.x."""
    replacements = []
    for part in nodes(node):
        if part.type == "field_expression" and "".join(unit.text(part).split()) == "threadIdx.x":
            replacements.append((part, x))
        elif part.type == "identifier":
            var = env.get(unit.text(part))
            if var is not None and not var.uniform:
                inner = at(var.init, var.stmt.unit, var.stmt.env, facts, x)
                if var.kind != "int" or x != "0":
                    inner = f"({var.kind})({inner})"
                replacements.append((part, inner if inner.isalnum() else f"({inner})"))
    return " ".join(unit.replaced(node, replacements).split())
