"""Warp operations and counting barriers in the kernels that fission cuts.

A shuffle or a vote cuts like a barrier: before the cut each thread puts its value into an array
(gpu::Values, gpu::Votes or gpu::Count of fission.h), behind it the call is replaced by a look into that array.
"""

from purity import callee
from statements import LOOPS, Refused, Stmt
from syntax import is_inside, nodes

SHUFFLES = {"__shfl": "from", "__shfl_up": "up", "__shfl_down": "down", "__shfl_xor": "across"}
VOTES = {"__ballot": "ballot", "__ballot64": "ballot", "__any": "any", "__all": "all"}
COUNTS = {"__syncthreads_count": "count", "__syncthreads_or": "any", "__syncthreads_and": "all"}
JUST_CUTS = {"__syncwarp", "warp_sync"}
# Where a part of an expression may be left out.
CONDITIONAL = ("conditional_expression", "lambda_expression")
ASSIGNING = ("assignment_expression", "update_expression")


class Operation:
    def __init__(self, node, name, unit):
        self.node, self.name, self.unit = node, name, unit
        base = name.removesuffix("_sync")
        self.masked = name.endswith("_sync")
        self.method = {**SHUFFLES, **VOTES, **COUNTS}[base if self.masked else name]
        self.kind = "count" if name in COUNTS else "vote" if base in VOTES else "shuffle"
        arguments = [a for a in node.child_by_field_name("arguments").named_children if a.type != "comment"]
        self.mask = arguments.pop(0) if self.masked and arguments else None
        if not arguments or len(arguments) > (3 if self.kind == "shuffle" else 1):
            raise Refused(f"{name} with arguments that are not understood", unit.line(node))
        if self.kind == "shuffle" and len(arguments) < 2:
            raise Refused(f"{name} with arguments that are not understood", unit.line(node))
        self.value, self.rest = arguments[0], arguments[1:]


def is_operation(name):
    base = name.removesuffix("_sync")
    return name in COUNTS or name in VOTES or name in SHUFFLES or base in VOTES and name != base or base in SHUFFLES


def find(stmt, parts):
    """The operations in a statement's own expressions, inner ones first."""
    found = []
    for part in parts:
        for node in nodes(part):
            if node.type == "call_expression":
                function = node.child_by_field_name("function")
                if function.type != "identifier" or not is_operation(stmt.unit.text(function)):
                    continue
                operation = Operation(node, stmt.unit.text(function), stmt.unit)
                _check(stmt, part, operation)
                found.append(operation)
    if found:
        top = parts[0].named_children[0] if parts[0].type == "expression_statement" else None
        for part in parts:
            for node in nodes(part):
                if node.type in ASSIGNING and node != top:
                    raise Refused(f"{found[0].name} in one statement with another change of a variable", stmt.line)
    return sorted(found, key=lambda o: o.node.end_byte - o.node.start_byte)


def _check(stmt, part, operation):
    node, child = operation.node.parent, operation.node
    while node is not None and child != part:
        if node.type in CONDITIONAL and node.child_by_field_name("condition") != child:
            raise Refused(f"{operation.name} in a part of an expression that may be left out", stmt.line)
        if node.type == "binary_expression" and stmt.unit.text(node.child_by_field_name("operator")) in ("&&", "||"):
            if node.child_by_field_name("right") == child:
                raise Refused(f"{operation.name} in a part of an expression that may be left out", stmt.line)
        if node.type == "comma_expression":
            raise Refused(f"{operation.name} in a part of an expression, before or behind a comma,", stmt.line)
        if node.type.endswith("_statement") and node.type != "expression_statement" and node != part:
            raise Refused(f"{operation.name} is not understood where it stands", stmt.line)
        child, node = node, node.parent


def mark(root):
    """Finds the barriers and the operations; the number of cuts."""
    count = 0
    for stmt in root.walk():
        if stmt.kind in LOOPS:
            stmt.operations = find(stmt, [stmt.condition]) if stmt.condition is not None else []
        elif stmt.kind == "if":
            stmt.operations = find(stmt, [stmt.condition])
        elif stmt.kind == "simple" and _is_cut(stmt):
            stmt.kind = "barrier"
        elif stmt.kind in ("simple", "return"):
            stmt.operations = find(stmt, [stmt.node]) if not stmt.synthetic else []
        elif stmt.kind == "decl" and stmt.var.init is not None:
            stmt.operations = find(stmt, [stmt.var.init])
        if stmt.kind == "barrier" or stmt.operations:
            count += 1
            up = stmt if stmt.kind in LOOPS or stmt.kind == "barrier" else stmt.parent
            while up is not None:
                up.cut = True
                up = up.parent
    return count


def _is_cut(stmt):
    """__syncthreads(); __syncwarp(); and __syncwarp(mask); stmt.warp tells them apart."""
    if stmt.node.type != "expression_statement":
        return False
    inner = stmt.node.named_children[0]
    if inner.type != "call_expression":
        return False
    name = callee(inner, stmt.unit.text)
    stmt.warp = name in JUST_CUTS
    most = 1 if name == "__syncwarp" else 0  # a mask
    return inner.child_by_field_name("arguments").named_child_count <= most and (name == "__syncthreads" or stmt.warp)


class Exchanges:
    """Cuts at the operations of a statement."""

    def __init__(self, layout):
        self.layout = layout
        self.number = 0

    def cut(self, stmt, items, env=None):
        layout = self.layout
        for operation in stmt.operations:
            if operation.kind == "count" and stmt.context != ():
                raise stmt.refused(f"{operation.name} that perhaps not all threads come to")
            if operation.masked and stmt.context != ():
                raise stmt.refused(f"{operation.name}, with a mask, that perhaps not all threads come to")
            inner = [o for o in stmt.operations if o is not operation and is_inside(o.node, operation.node)]
            if inner:
                layout.close(items)
            self.number += 1
            name = f"{'votes' if operation.kind != 'shuffle' else 'values'}__{self.number}"
            put = Stmt("put", stmt.unit, operation.node)
            put.operation, put.name, put.context, put.parent = operation, name, stmt.context, stmt.parent
            put.value_text = flat(stmt.unit, operation.value, stmt.replacements)
            put.vars = layout.variables_in(operation.value, stmt.unit, env or stmt.env)
            layout.before(items, "exchange", put)
            region = layout.region()
            region.stmts.append(put)
            stmt.replacements.append((operation.node, self._look(operation, name, stmt)))
        if stmt.operations:
            layout.close(items)

    def _look(self, operation, name, stmt):
        def text(node):
            return flat(stmt.unit, node, stmt.replacements)

        if operation.kind == "count":
            return f"{name}.{operation.method}()"
        rest = [text(node) for node in operation.rest]
        kind = f"::gpu::Plain<decltype({text(operation.value)})>"
        if operation.kind == "shuffle" and len(rest) < 2 and operation.mask is None:
            return f"{name}.template {operation.method}<{kind}>({self.layout.thread}, {rest[0]})"
        mask = [text(operation.mask)] if operation.mask is not None else ["::gpu::whoever"]
        if operation.kind == "vote":
            return f"{name}.{operation.method}({self.layout.thread}, {mask[0]})"
        if len(rest) < 2:
            rest.append("1 << ::gpu::warp_bits")
        return f"{name}.template {operation.method}<{kind}>({', '.join([self.layout.thread] + rest + mask)})"


def flat(unit, node, replacements):
    return " ".join(unit.replaced(node, replacements).split())
