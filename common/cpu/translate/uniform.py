"""What is the same for all threads of a block, and what must be kept for each of them.

A local variable of the part of a kernel that is cut has one of four places:
uniform   all threads have the same value at every moment: one variable outside the loops over the threads;
again     a pure function of indices and of what does not change: computed again in each region that needs it;
region    used in one region only: declared there, inside the loop over the threads;
each      everything else: an array with an entry a thread.

Where the kernel runs row by row (`rows`: no barrier in it), threadIdx.y and threadIdx.z are the same for all threads
of a row, and "uniform" means so.
"""

from names import is_meeting
from purity import CONSTANT, INDEX, PURE, READS, callee, node_of, root_of
from statements import LOOPS, Refused
from syntax import enclosing, name_node, nodes

VOTES = ("__syncthreads_count", "__syncthreads_or", "__syncthreads_and")
TAKES_REFERENCES = {"swap"}
VALUES = {
    "binary_expression",
    "unary_expression",
    "parenthesized_expression",
    "conditional_expression",
    "initializer_list",
    "argument_list",
    "subscript_argument_list",
    "compound_literal_expression",
    "sizeof_expression",
    "alignof_expression",
}
LITERALS = {"number_literal", "char_literal", "true", "false", "null", "nullptr", "string_literal"}


class Uniformity:
    def __init__(self, root, parameters, names, purity, rows, template_names, shared_arrays=()):
        self.root, self.parameters, self.names, self.purity = root, parameters, names, purity
        self.rows, self.template_names = rows, template_names
        self.shared_arrays = shared_arrays
        self.variables = list(parameters)
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
                self._write(part, stmt, env, context)
                stmt.targets.append(stmt.target)
        stmt.uniform = uniform
        inner = context if uniform else context + ((stmt.node.id, 0),)
        self._block(stmt.children[0], env, inner)

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
        whole = True
        while True:
            if parent.type == "subscript_expression" and parent.child_by_field_name("argument") == inner:
                if not var.array and var.pointer:
                    return
                whole = False
            elif parent.type == "field_expression" and parent.child_by_field_name("argument") == inner:
                if any(c.type == "->" for c in parent.children):
                    return
                whole = False
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
            self._passed(inner, var, stmt, unit, pointer=var.array and whole)
        elif kind == "call_expression" and parent.child_by_field_name("function") == inner and not whole:
            self._escape(var, stmt)
        elif kind == "init_declarator":
            target = parent.child_by_field_name("declarator")
            if target.type == "reference_declarator" or (var.array and target.type == "pointer_declarator"):
                self._escape(var, stmt, alias=True)
        elif var.array and whole and kind not in ("sizeof_expression",):
            self._escape(var, stmt, alias=True)

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
        ways = self.names_of_parameter(name, parent.named_children.index(argument))
        if ways is None:
            if pointer or name in TAKES_REFERENCES or name == "":
                known = name in ("min", "max") or self.purity.of(name) == PURE
                if not (known and not pointer):
                    self._escape(var, stmt, alias=pointer and name == "")
        elif "mutable" in ways or ("unknown" in ways and pointer):
            self._escape(var, stmt)
            var.kept = var.kept or self._keeps(name, parent.named_children.index(argument))

    def _keeps(self, name, index, depth=0):
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
                if self._keeps(called, parent.named_children.index(use), depth + 1):
                    return True
            elif parent.type != "subscript_expression" or _rows_are_kept(use, part, source):
                return True
        return False

    def names_of_parameter(self, name, index):
        """How the functions of a name take a parameter: value, const, mutable; None if they are not the program's."""
        definitions = [d for d in self.names.definitions.get(name, []) if d.kind != "type"]
        if not definitions:
            return None
        ways = set()
        for definition in definitions:
            if definition.kind == "macro":
                ways.add("value" if self.purity.of(name) is not None else "mutable")
                continue
            node = node_of(definition) if definition.kind == "function" else None
            if node is None:
                ways.add("mutable")
                continue
            ways.add(_way(definition.source, node, index))
        return ways

    # ---- expressions

    def uniform(self, node, unit, env):
        kind = node.type
        if kind in LITERALS:
            return True
        if kind == "identifier":
            return self._uniform_name(unit.text(node), env)
        if kind == "field_expression":
            argument = node.child_by_field_name("argument")
            if unit.text(argument) == "threadIdx":
                return self.rows and unit.text(node.child_by_field_name("field")) in ("y", "z")
            return self.uniform(argument, unit, env)
        if kind == "subscript_expression" or kind in VALUES:
            return all(self.uniform(c, unit, env) for c in node.named_children if "type" not in c.type)
        if kind == "pointer_expression":
            return self.uniform(node.child_by_field_name("argument"), unit, env)
        if kind == "cast_expression":
            return self.uniform(node.child_by_field_name("value"), unit, env)
        if kind == "call_expression":
            name = callee(node, unit.text)
            if name in VOTES:
                return True
            known = name in self.template_names or self.purity.of(name) is not None
            return known and self.uniform(node.child_by_field_name("arguments"), unit, env)
        return kind in ("qualified_identifier", "type_descriptor", "comment")

    def _uniform_name(self, name, env):
        if name in env:
            return env[name].uniform
        if name in INDEX or name == "threadIdx":
            return False
        if name in self.template_names or name in CONSTANT:
            return True
        return self.purity.identifier(name) is not None

    def effect(self, node, unit, env, stable=None):
        """pure, reads or None. stable: is asked for each variable whether it may be used."""
        result = PURE
        addressed = set()  # subscripts of which only the address is taken
        called = set()
        for part in nodes(node):
            kind = part.type
            if kind in ("assignment_expression", "update_expression", "lambda_expression", "new_expression",
                        "gnu_asm_expression", "co_await_expression", "string_literal"):  # fmt: skip
                return None
            if kind == "call_expression":
                name = callee(part, unit.text)
                if name in VOTES or is_meeting(name):
                    return None
                called.add(part.child_by_field_name("function").start_byte)
                if name not in self.template_names:
                    effect = self.purity.of(name)
                    if effect is None:
                        return None
                    result = READS if effect == READS else result
            elif kind == "pointer_expression":
                argument = part.child_by_field_name("argument")
                if part.children[0].type == "*":
                    result = READS
                else:
                    base, through = root_of(argument)
                    if not through and base.type == "identifier":
                        inner = argument
                        while inner.type in ("subscript_expression", "field_expression"):
                            addressed.add(inner.id)
                            inner = inner.child_by_field_name("argument")
                        addressed.add(inner.id)
                        var = env.get(unit.text(base))
                        count = unit.text(argument).count("[")
                        if var is not None and var.pointer and not var.array and count > 1:
                            result = READS
                        if var is not None and stable is not None and not (var.parameter or var.reference or var.pointer):
                            return None
            elif kind == "subscript_expression" and part.id not in addressed:
                result = READS
            elif kind == "field_expression" and any(c.type == "->" for c in part.children):
                result = READS
            elif kind == "identifier" and part.start_byte not in called:
                name = unit.text(part)
                var = env.get(name)
                if var is not None:
                    if stable is not None and not stable(var):
                        return None
                    array = name in self.shared_arrays or part.parent.type == "subscript_expression"
                    if var.reference and not array and part.id not in addressed:
                        result = READS
                elif name not in INDEX and name != "threadIdx" and name not in self.template_names:
                    if part.parent.type != "template_function":
                        effect = self.purity.identifier(name)
                        if effect is None:
                            return None
                        result = READS if effect == READS else result
        return result

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


def _rows_are_kept(use, part, source):
    """x[i] of a parameter with two dimensions is a pointer again."""
    wanted = max(1, source.plain(part.start_byte, part.end_byte).count("["))
    wanted += "(*" in source.plain(part.start_byte, part.end_byte).replace(" ", "")
    depth, inner = 0, use
    while inner.parent.type == "subscript_expression" and inner.parent.child_by_field_name("argument") == inner:
        depth, inner = depth + 1, inner.parent
    return depth < wanted or inner.parent.type == "pointer_expression"


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
