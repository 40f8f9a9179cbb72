"""What is the same for all threads of a block, and what must be kept for each of them.

A local variable of the part of a kernel that is cut has one of four places:
uniform   all threads have the same value at every moment: one variable outside the loops over the threads;
again     a pure function of indices and of what does not change: computed again in each region that needs it;
region    used in one region only: declared there, inside the loop over the threads;
each      everything else: an array with an entry a thread.

Where the kernel runs row by row (`rows`: no barrier in it), threadIdx.y and threadIdx.z are the same for all threads
of a row, and "uniform" means so.
"""

from arguments import Arguments
from expressions import Expressions
from purity import PLAIN_TYPES, PURE, callee, root_of
from statements import LOOPS, Refused
from syntax import enclosing, name_node, nodes

TAKES_REFERENCES = {"swap"}


class Uniformity(Expressions):
    def __init__(self, root, parameters, names, purity, rows, template_names, shared_arrays=()):
        self.root, self.parameters, self.names, self.purity = root, parameters, names, purity
        self.rows, self.template_names = rows, template_names
        self.shared_arrays = shared_arrays
        self.variables = list(parameters)
        self.arguments = Arguments(names, purity)
        self._settle()

    # ---- the fixed point: all are taken for uniform until something speaks against it

    def _settle(self):
        for var in self.parameters:
            var.uniform = True
        for stmt in self.root.walk():
            for part in [stmt] + stmt.init:
                if part.var is not None:
                    part.var.uniform = not part.var.array
        changed = True
        while changed:
            before = [v.uniform for v in self.variables]
            self.variables = list(self.parameters)
            for var in self.variables:
                var.context, var.writers, var.users, var.escapes, var.alias, var.scope = (), [], [], False, False, None
                var.kept = False
            env = {v.name: v for v in self.parameters}
            self._block(self.root, env, ())
            for var in self.variables:
                if var.escapes:
                    var.uniform = False
            changed = before != [v.uniform for v in self.variables]

    def _block(self, stmt, env, context):
        env = dict(env)
        children = stmt.children if stmt.kind == "block" else [stmt]
        for child in children:
            self._statement(child, env, context, stmt)

    def _statement(self, stmt, env, context, scope):
        stmt.context, stmt.vars, stmt.env = context, set(), env
        if stmt.kind == "decl":
            self._declare(stmt, env, context, scope)
        elif stmt.kind == "type":
            return
        elif not stmt.split:
            self._opaque(stmt, env)
        elif stmt.kind == "block":
            self._block(stmt, env, context)
        elif stmt.kind == "if":
            self._scan(stmt.condition, stmt, env)
            stmt.uniform = self.uniform(stmt.condition, stmt.unit, env)
            for i, child in enumerate(stmt.children):
                inner = context if stmt.uniform else context + ((stmt.node.id, i),)
                self._block(child, env, inner)
        elif stmt.kind in LOOPS:
            self._loop(stmt, env, context)
        elif stmt.kind not in ("break", "continue", "return", "barrier"):
            self._opaque(stmt, env)

    def _declare(self, stmt, env, context, scope):
        var = stmt.var
        if var.name in env:
            raise stmt.refused(f"{var.name} is declared twice")
        var.context, var.writers, var.users, var.escapes, var.alias = context, [], [stmt], False, False
        var.scope, var.kept = scope, False
        self.variables.append(var)
        if var.init is not None:
            self._scan(var.init, stmt, env)
            if not self.uniform(var.init, stmt.unit, env):
                var.uniform = False
        if "static" in var.type.split() and "constexpr" not in var.type.split():
            raise stmt.refused("a static variable")
        env[var.name] = var

    def _loop(self, stmt, env, context):
        env = dict(env)
        stmt.env = env
        stmt.strided = None
        for part in stmt.init:
            part.context, part.vars, part.env = context, set(), env
            if part.kind == "decl":
                self._declare(part, env, context, stmt)
            else:
                self._scan(part.node, part, env, top=part.node)
                self._write(part.node, part, env, context)
        uniform = True
        if stmt.condition is not None:
            self._scan(stmt.condition, stmt, env)
            uniform = self.uniform(stmt.condition, stmt.unit, env)
        if stmt.step is not None:
            stmt.targets = []
            for part in step_parts(stmt.step):
                self._scan(part, stmt, env, top=part)
                stmt.target = None
                self._write(part, stmt, env, context if uniform else self._of_rounds(part, stmt, env, context))
                stmt.targets.append(stmt.target)
            if not stmt.counts_uniformly:  # then each thread does the step: ++i, ++mine
                for var in stmt.targets:
                    if var is not None:
                        var.uniform = False
        stmt.uniform = uniform
        inner = context if uniform else context + ((stmt.node.id, 0),)
        self._block(stmt.children[0], env, inner)

    def _of_rounds(self, node, loop, env, context):
        """Where a step counts, if each thread takes rounds of its own: a counter that outlives the loop ends with another
        value in each thread."""
        target = node.child_by_field_name("left") or node.child_by_field_name("argument")
        own = [part.var.name for part in loop.init if part.kind == "decl"]
        return context if target is not None and loop.unit.text(target) in own else context + ((loop.node.id, 0),)

    def _write(self, node, stmt, env, context):
        """An assignment or ++ that is a statement of its own: uniform variables may be changed there."""
        target = node.child_by_field_name("left") or node.child_by_field_name("argument")
        if node.type not in ("assignment_expression", "update_expression") or target.type != "identifier":
            return False
        var = env.get(stmt.unit.text(target))
        if var is None or var.reference:
            return False
        var.writers.append(stmt)
        right = node.child_by_field_name("right")
        if context != var.context or (right is not None and not self.uniform(right, stmt.unit, env)):
            var.uniform = False
        stmt.target = var
        return True

    def _opaque(self, stmt, env):
        stmt.target = None
        if stmt.kind == "simple" and stmt.node.type == "expression_statement":
            inner = stmt.node.named_children[0]
            if self._write(inner, stmt, env, stmt.context):
                self._scan(inner, stmt, env, top=inner)
                return
        if stmt.synthetic:
            for child in stmt.children:
                self._hidden(child, stmt, env)
            for part in [stmt.condition, stmt.step] + [p.node for p in stmt.init]:
                if part is not None:
                    self._scan(part, stmt, env)
        else:
            self._scan(stmt.node, stmt, env)

    def _hidden(self, child, stmt, env):
        if child.synthetic:
            for inner in child.children:
                self._hidden(inner, stmt, env)
            for part in [child.condition, child.step] + [p.node for p in child.init]:
                if part is not None:
                    self._scan(part, stmt, env, child.unit)
        else:
            self._scan(child.node, stmt, env, child.unit)

    def _scan(self, root, stmt, env, unit=None, top=None):
        """Notes who is used, changed or pointed to in a piece of code. top: an assignment that _write has seen."""
        unit = unit or stmt.unit
        for node in nodes(root):
            if node.type in ("declaration", "for_range_loop", "parameter_declaration", "condition_declaration"):
                for declarator in node.children_by_field_name("declarator"):
                    name = name_node(declarator)
                    if name is not None and name.type == "identifier" and unit.text(name) in env:
                        raise Refused(f"{unit.text(name)} hides another variable", unit.line(node))
            if node.type != "identifier":
                continue
            var = env.get(unit.text(node))
            if var is None or _declares(node):
                continue
            var.users.append(stmt)
            stmt.vars.add(var)
            self._access(node, var, stmt, unit, top)

    def _access(self, node, var, stmt, unit, top):
        if var.reference:
            return  # it is never made to refer to something else
        inner, parent = node, node.parent
        whole, rows = True, var.after.count("[") if var.array else 0  # rows: so many subscripts from being no array
        while True:
            if parent.type == "subscript_expression" and parent.child_by_field_name("argument") == inner:
                if (not var.array and var.pointer) or self._is_pointer(inner, unit):
                    return
                whole, rows = False, max(rows - 1, 0)
            elif parent.type == "field_expression" and parent.child_by_field_name("argument") == inner:
                if any(c.type == "->" for c in parent.children):
                    return
                kind = var.kind if whole or var.array and inner.type == "subscript_expression" else None
                whole, rows = False, self.names.dimensions_of(kind, unit.text(parent.child_by_field_name("field")))
            elif parent.type == "conditional_expression" and parent.child_by_field_name("condition") != inner:
                whole = False  # (c ? a : b) = x
            elif parent.type != "parenthesized_expression":
                break
            inner, parent = parent, parent.parent
        if enclosing(node, ("lambda_expression",)) is not None:
            var.escapes = var.alias = True
            return
        kind = parent.type
        if kind == "assignment_expression" and parent.child_by_field_name("left") == inner:
            if parent != top:
                var.writers.append(stmt)
                var.uniform = False
        elif kind == "update_expression":
            if parent != top:
                var.writers.append(stmt)
                var.uniform = False
        elif kind == "pointer_expression" and parent.children[0].type == "&":
            self._passed(parent, var, stmt, unit, pointer=True)
        elif kind == "argument_list":
            if _is_place(parent.parent):
                self._escape(var, stmt)  # MACRO(x) = 1, reinterpret_cast<int &>(x) = 1
            self._passed(inner, var, stmt, unit, pointer=rows > 0)
        elif kind == "call_expression" and parent.child_by_field_name("function") == inner:
            if not whole or self.names.changing_functors and (var.init is None or var.init.type != "lambda_expression"):
                self._escape(var, stmt)
        elif kind == "init_declarator":
            target = parent.child_by_field_name("declarator")
            decides = unit.plain(parent.parent.start_byte, parent.start_byte).startswith("decltype")  # decltype(auto) z = (x)
            if target.type == "reference_declarator" or rows > 0 or decides:
                self._escape(var, stmt, alias=True)
        elif rows > 0 and kind != "sizeof_expression":
            self._escape(var, stmt, alias=True)
        elif kind in ("binary_expression", "unary_expression") and self._has_operators(var):
            self._escape(var, stmt)  # log << x

    def _has_operators(self, var):
        """Might an operator of the program's own change it?"""
        plain = var.pointer or var.kind.split("<")[0] in PLAIN_TYPES or var.kind in self.template_names
        return self.names.overloads and not plain

    def _is_pointer(self, node, unit):
        """g.y, a pointer in a struct: what g.y[i] changes is not g."""
        if node.type != "field_expression":
            return False
        member = unit.text(node.child_by_field_name("field"))
        return self.names.members.get(member, False) and node.child_by_field_name("field").type == "field_identifier"

    def _escape(self, var, stmt, alias=False):
        var.escapes = True
        var.alias = var.alias or alias
        var.writers.append(stmt)

    def _passed(self, argument, var, stmt, unit, pointer):
        """An argument of a call: may the function change it?"""
        parent = argument.parent
        while parent is not None and parent.type in ("cast_expression", "parenthesized_expression"):
            argument, parent = parent, parent.parent
        if parent is None or parent.type != "argument_list" or parent.parent.type != "call_expression":
            if parent is not None and parent.type == "init_declarator":
                kind = unit.plain(parent.parent.start_byte, parent.start_byte)
                if "const" in kind.split():  # only to be read; but the address must stay good
                    var.alias = True
                    return
            if pointer:
                self._escape(var, stmt, alias=True)
            return
        name = callee(parent.parent, unit.text)
        ways = self.arguments.ways(name, parent.named_children.index(argument))
        if ways is None:
            if pointer or name in TAKES_REFERENCES or name == "":
                known = name in ("min", "max") or self.purity.of(name) == PURE
                if not (known and not pointer):
                    self._escape(var, stmt, alias=pointer and name == "")
        elif "mutable" in ways or pointer and ways != {"const"}:  # an array is given as a pointer, whatever that looks like
            self._escape(var, stmt)
            var.kept = var.kept or self.arguments.keeps(name, parent.named_children.index(argument))

    # ---- places

    def again(self, var):
        """Can it be computed again wherever it is needed, with the same result?"""
        if var.place is not None:
            return var.place == "again"
        var.place = "?"
        stmt = var.stmt
        allowed = (
            stmt is not None
            and var.init is not None
            and not var.uniform
            and not var.writers
            and not var.escapes
            and not var.array
            and not stmt.replacements
        )
        if allowed:
            node = var.init
            if var.reference:
                allowed = self._address(node, stmt)
            else:
                allowed = self.effect(node, stmt.unit, stmt.env, self.stable_for(var)) == PURE
        var.place = "again" if allowed else None
        return allowed

    def _address(self, node, stmt):
        """For a reference: is the way to the object free of loads?"""
        base, through = root_of(node)
        if through or base.type != "identifier" or stmt.unit.text(node).count("[") > 1:
            return False
        var = stmt.env.get(stmt.unit.text(base))
        if var is None or not (var.uniform and (var.reference or var.pointer)):
            return False
        inner = node
        while inner.type in ("subscript_expression", "field_expression"):
            indices = inner.child_by_field_name("indices")
            if indices is not None and self.effect(indices, stmt.unit, stmt.env, self.stable_for(stmt.var)) != PURE:
                return False
            inner = inner.child_by_field_name("argument")
        return True

    def stable_for(self, var):
        """Does another variable keep its value for as long as `var` is in scope?"""

        def stable(other):
            if other.uniform:
                return not any(_is_below(w, var.scope) for w in other.writers)
            return self.again(other)

        return stable


def step_parts(node):
    """i += 2, ++j"""
    if node.type == "comma_expression":
        return step_parts(node.child_by_field_name("left")) + step_parts(node.child_by_field_name("right"))
    return [node]


def _is_place(node):
    """Is something written to what a call gives, or a reference or pointer made of it?"""
    inner, parent = node, node.parent
    while parent.type in ("subscript_expression", "field_expression", "parenthesized_expression", "conditional_expression"):
        if parent.type == "subscript_expression" and parent.child_by_field_name("argument") != inner:
            return False
        inner, parent = parent, parent.parent
    if parent.type == "init_declarator":
        return parent.child_by_field_name("declarator").type == "reference_declarator"
    left = parent.type == "assignment_expression" and parent.child_by_field_name("left") == inner
    return left or parent.type == "update_expression" or parent.type == "pointer_expression" and parent.children[0].type == "&"


def _is_below(stmt, scope):
    while stmt is not None:
        if stmt is scope:
            return True
        stmt = stmt.parent
    return False


def _declares(node):
    parent = node.parent
    if parent.type in ("init_declarator", "array_declarator", "pointer_declarator", "reference_declarator"):
        return parent.child_by_field_name("value") != node and parent.child_by_field_name("size") != node
    return parent.type in ("declaration", "parameter_declaration")
