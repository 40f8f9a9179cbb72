"""Writes what one thread does in a checking build (GPU_CHECK_UNIFORM), for a kernel that fission would cut.

Nothing is cut there: every thread has a stack of its own, does all for itself, and so computes also for itself what
fission does once for all threads. Each such value is held against those of the other threads (gpu/uniform.h): conditions
of loops and ifs, variables of which there is one for all, behind each change and before each use, the walk of a strided
loop. What fission computes again in each region is computed again here too, and must be what it was; and where it takes
all threads to come, at barriers and warp operations, all must come.
"""

from emit_threads import Threads
from lines import Lines
from purity import callee
from syntax import nodes


def body(kernel, plan):
    """The text of the thread's function, braces included."""
    return "\n".join(["{", *Checked(kernel, plan).write(), "}"])


class Checked(Threads):
    def __init__(self, kernel, plan):
        self.kernel, self.layout, self.rows, self.chunks = kernel, plan.layout, plan.rows, plan.chunks
        self.facts = plan.layout.facts
        self.out = Lines()
        self.places = self.ways = self.kept = 0
        items = list(_all_items(plan.layout.items))
        self.once = {id(item.stmt) for item in items if item.kind == "uniform"}
        self.returns = {id(item.stmt) for item in items if item.kind == "raw" and item.stmt.kind == "if"}
        self.region_of = {id(stmt): region for region in plan.layout.regions for stmt in region.stmts}

    def write(self):
        if self.rows:
            self._way("row", "(int)(threadIdx.y + 1024 * threadIdx.z)", " // the same: in a row of threads")
        for stmt in self.facts.root.children:
            self._statement(stmt)
        return self.out.lines

    # ---- checks

    def _checked(self, text):
        self.places += 1
        return f"GPU_UNIFORM({self.places}, {text})"

    def _uses(self, stmt, except_for=()):
        """Before a statement: the variables that it finds."""
        checks = []
        order = {var: i for i, var in enumerate(self.facts.variables)}
        known = [v for v in self.layout.closure(stmt.vars) if stmt.env.get(v.name) is v]
        for var in sorted(known, key=order.get):
            if var in except_for or var.reference or var is _only_set(stmt):
                continue
            if var.uniform and not var.array:
                if "const" not in var.type.split() or var.pointer:
                    checks.append(self._checked(var.name) + ";")
            elif var.place == "again" and var.form == "=" and self._in_scope(var, stmt):
                checks.append(f"GPU_STAYS({var.name}, {_flat(var.stmt.unit, var.init)});")
        region = self.region_of.get(id(stmt))
        for guard in region.guards if region is not None else []:
            if all(stmt.env.get(v.name) is v for v in guard.vars):
                checks.append(f"GPU_STAYS(false, {_flat(guard.unit, guard.condition)});")
        if checks:
            self._line(stmt, " ".join(checks))

    def _keeps(self, stmt):
        """A statement of each thread's may not change what there is one of: notes the values; gives what to check then."""
        checks, region = [], self.region_of.get(id(stmt))
        for var in sorted(stmt.vars, key=lambda var: var.name):
            if region is not None and any(s is var.stmt for s in region.stmts):
                continue  # declared beside it: each thread has one
            if var.uniform and not var.array and not var.reference and _may_change(stmt, var, self.facts.purity):
                self.kept += 1
                self._line(stmt, f"const auto kept__{self.kept} = {var.name};")
                checks.append(f"GPU_STAYS(kept__{self.kept}, {var.name});")
        return " ".join(checks)

    def _comes(self, stmt):
        """Before a statement with a barrier in it."""
        if any(o.kind == "count" for o in stmt.operations):
            self._line(stmt, self._together() + ";")

    def _together(self):
        self.places += 1
        return f"GPU_TOGETHER({self.places})"

    def _came(self, stmt):
        """Behind a statement with a warp operation: are they all there?"""
        if stmt.context == () and any(o.kind != "count" for o in stmt.operations):
            self._line(stmt, "GPU_ALL_LANES();")

    def _in_scope(self, var, stmt):
        names = {var.stmt.unit.text(n) for n in nodes(var.init) if n.type == "identifier"}
        return all(var.stmt.env.get(name) is stmt.env.get(name) for name in names)

    def _set(self, stmt, var):
        """Behind a change."""
        self._line(stmt, self._checked(("&" if var.reference else "") + var.name) + ";")

    # ---- statements

    def _statement(self, stmt):  # without a pragma in front of it: that is about speed
        if stmt.kind == "type":
            self._type(stmt)
        elif stmt.kind == "decl":
            self._uses(stmt)
            self._comes(stmt)
            self._declared(stmt)
            self._came(stmt)
        elif stmt.kind == "barrier":
            self._barrier(stmt)
        elif not stmt.split:
            self._uncut(stmt)
        elif stmt.kind == "block":
            self._cut_block(stmt)
        elif stmt.kind == "if":
            self._cut_if(stmt)
        else:
            self._cut_loop(stmt)

    def _type(self, stmt):
        text = stmt.unit.text(stmt.node).strip()
        unused = "[[maybe_unused]] " if text.startswith("typedef") else ""
        self._line(stmt, unused + text.rstrip(";") + ";")

    def _declared(self, stmt):
        var, text = stmt.var, stmt.unit.text(stmt.node)
        if var.reference and "&" not in var.before:  # the shared memory of a function that was put in
            self._line(stmt, f"{var.type} &{text} = ::gpu::device_function_shared<{var.type}>();")
            return
        empty = " = {}" if var.uniform and var.init is None else ""  # some threads may never give it a value
        self._line(stmt, f"{var.type} {text}{empty};")
        if var.uniform and var.init is not None and not var.array:
            self._set(stmt, var)

    def _barrier(self, stmt):
        call = stmt.unit.text(stmt.node)
        if not stmt.warp:
            self._line(stmt, self._together() + ";")
        elif "warp_sync" in call:  # a function: whose lanes meet is told by where it is called from
            self._line(stmt, "::gpu::call_from(__FILE__, __LINE__);")
        self._line(stmt, call)

    def _uncut(self, stmt):
        self._uses(stmt)
        if stmt.synthetic:
            self._synthetic(stmt)
            return
        replacements = []
        if id(stmt) in self.returns:
            replacements.append((stmt.condition, self._checked(_flat(stmt.unit, stmt.condition))))
        narrowed = self._narrowing(stmt)
        if narrowed:
            self._line(stmt, " ".join(self._checked(text) + ";" for text in narrowed))
        text = stmt.unit.replaced(stmt.node, replacements)
        once = id(stmt) in self.once and stmt.target is not None
        kept = "" if once else self._keeps(stmt)
        self._comes(stmt)
        self._line(stmt, text if text.rstrip().endswith((";", "}")) else text + ";")
        self._came(stmt)
        if once:
            self._set(stmt, stmt.target)
        elif kept:
            self._line(stmt, kept)

    def _narrowing(self, stmt):
        """The limits in if (threadIdx.x + offset < limit), where the loop over the threads ends there."""
        region = self.region_of.get(id(stmt))
        if region is None or self._narrowed(region) is None:
            return []
        condition = stmt.condition
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        limits = [left.child_by_field_name("right")] if left.type == "binary_expression" else []
        return [_flat(stmt.unit, node) for node in limits + [right] if node.type not in ("identifier", "number_literal")]

    def _plain(self, stmt):  # inside a statement that is not cut, and holds functions that were put in
        if stmt.kind == "decl":
            self._line(stmt, f"{stmt.var.type} {stmt.text()};")
        else:
            super()._plain(stmt)

    def _cut_block(self, stmt):
        self.out.own("{")
        self.out.indent += 1
        called = getattr(stmt, "called_from", None)
        if called is not None:
            self._way("call", str(called))
        for child in stmt.children:
            self._statement(child)
        self.out.indent -= 1
        self.out.own("}")

    def _cut_if(self, stmt):
        self._uses(stmt)
        self._comes(stmt)
        condition = _flat(stmt.unit, stmt.condition)
        self._line(stmt, f"if ({self._checked(condition) if stmt.uniform else condition}) {{")
        for i, child in enumerate(stmt.children):
            if i:
                self.out.own("} else {")
            self.out.indent += 1
            self._way("other" if i else "then", str(child.line))  # in whose line there may be more (ways.py)
            if i:
                self.out.own(f"other__{self.ways}.next();")
            self._came(stmt)
            self.out.indent -= 1
            self._inside(child)
        self.out.own("}")

    def _inside(self, child):
        self.out.indent += 1
        for stmt in child.children if child.kind == "block" and not hasattr(child, "called_from") else [child]:
            self._statement(stmt)
        self.out.indent -= 1

    def _cut_loop(self, stmt):
        own = {part.var for part in stmt.init if part.var is not None}
        self._uses(stmt, own)
        self.out.own("{")
        self.out.indent += 1
        self._line(stmt, f"::gpu::Way round__{self.ways + 1}(__FILE__, __LINE__);")
        self.ways += 1
        way = f"round__{self.ways}"
        condition = _flat(stmt.unit, stmt.condition) if stmt.condition is not None else ""
        if condition and stmt.uniform and stmt.strided is None:
            condition = self._checked(condition)
        if any(o.kind == "count" for o in stmt.operations):
            condition = f"{self._together()} && {condition}"
        self._line(stmt, self._head(stmt, condition))
        self.out.indent += 1
        self.out.own(f"{way}.next();")
        self._uses(stmt)
        self._walks(stmt)
        self.out.indent -= 1
        self._inside(stmt.children[0])
        self._line(stmt, f"}} while ({condition});") if stmt.kind == "do" else self.out.own("}")
        self.out.indent -= 1
        self.out.own("}")

    def _head(self, stmt, condition):
        if stmt.kind == "do":
            return "do {"
        if stmt.kind == "while":
            return f"while ({condition}) {{"
        start = ";"
        if stmt.init and stmt.init[0].kind == "decl":
            texts = [_flat(part.unit, part.node) for part in stmt.init]
            start = f"{stmt.init[0].var.type} {', '.join(texts)};"
        elif stmt.init:
            start = _flat(stmt.init[0].unit, stmt.init[0].node).rstrip("; ") + ";"
        step = _flat(stmt.unit, stmt.step) if stmt.step is not None else ""
        return f"for ({start} {condition}; {step}) {{"

    def _walks(self, stmt):
        """In a strided loop the threads go side by side, one step apart, up to the same end."""
        if stmt.strided is not None:
            walk, right = stmt.strided, stmt.condition.child_by_field_name("right")
            limit, step = _flat(stmt.unit, right), f"{walk.var.name} - {walk.offset}"
            texts = [step if walk.plain else f"{walk.together(limit)} ? {step} : 0", limit]
            self._line(stmt, " ".join(self._checked(text) + ";" for text in texts))

    def _way(self, name, line, comment=""):
        self.ways += 1
        self.out.own(f"::gpu::Way {name}__{self.ways}(__FILE__, {line});{comment}")


def _all_items(items):
    for item in items:
        yield item
        for part in item.parts:
            yield from _all_items(part)


def _flat(unit, node):
    return unit.plain(node.start_byte, node.end_byte)


def _may_change(stmt, var, purity):
    """Might a statement change a variable? By what it looks like, not by what the analysis found out."""
    unit = stmt.unit
    for node in nodes(stmt.node):
        if node.type == "identifier" and unit.text(node) == var.name and _is_open(node, stmt, var, purity):
            return True
    return False


def _is_open(node, stmt, var, purity):
    """Is this mention of a variable the target of an assignment, or given away by its address?"""
    inner, parent = node, node.parent
    while parent is not None and parent != stmt.node.parent:
        kind = parent.type
        if kind == "assignment_expression":
            return parent.child_by_field_name("left") == inner
        if kind == "update_expression" or kind == "lambda_expression":
            return True
        if kind == "pointer_expression":
            return parent.children[0].type == "&"
        if kind == "argument_list":
            call = parent.parent
            return call.type != "call_expression" or purity.of(callee(call, stmt.unit.text)) is None
        if kind == "subscript_expression" and (var.pointer or parent.child_by_field_name("argument") != inner):
            return False
        if kind == "field_expression" and var.pointer:
            return False
        if kind not in ("parenthesized_expression", "subscript_expression", "field_expression", "cast_expression"):
            return False
        inner, parent = parent, parent.parent
    return False


def _only_set(stmt):
    """The variable of x = ..., which may have had no value before."""
    if stmt.kind != "simple" or stmt.target is None:
        return None
    inner = stmt.node.named_children[0]
    operator = inner.child_by_field_name("operator")
    return stmt.target if operator is not None and stmt.unit.text(operator) == "=" else None
