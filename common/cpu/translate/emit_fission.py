"""Writes what a kernel becomes that was cut: the body of NAME__cut."""

from regions import returns_in
from statements import names_in
from syntax import nodes
from writer import quoted

STEP = "    "


class Lines:
    """Text whose lines the compiler counts as those of the source."""

    def __init__(self):
        self.lines = []
        self.at = None  # (file, line) that the compiler gives to the next line
        self.indent = 1

    def own(self, *texts):
        """Lines of ours."""
        for text in texts:
            self.lines.append(STEP * self.indent + text if text else "")
            if self.at is not None:
                self.at = (self.at[0], self.at[1] + 1)

    def _indented(self, text, column):
        """The lines of a statement that began in some column."""
        rows = text.split("\n")
        if 'R"' in text:
            return rows
        for i, row in enumerate(rows[1:], 1):
            blanks = len(row) - len(row.lstrip(" "))
            if row and not row.startswith("#"):
                rows[i] = STEP * self.indent + row[min(blanks, column) :]
        return rows

    def source(self, unit, line, text, column=0):
        """A statement of the program's."""
        if self.at is not None and self.at[0] == unit.display and 0 < line - self.at[1] <= 2:
            self.own(*[""] * (line - self.at[1]))
        if self.at != (unit.display, line):
            self.lines.append(f"#line {line} {quoted(unit.display)}")
            self.at = (unit.display, line)
        rows = self._indented(text, column)
        self.lines.append(STEP * self.indent + rows[0])
        self.lines += rows[1:]
        self.at = (unit.display, line + len(rows))


class Cut:
    """The text of NAME__cut."""

    def __init__(self, kernel, plan, pieces, tell):
        layout = plan.layout
        self.kernel, self.layout, self.rows, self.chunks, self.tell = kernel, layout, plan.rows, plan.chunks, tell
        self.facts = layout.facts
        words = {t.text for t in kernel.source.tokens_in(kernel.node.start_byte, kernel.node.end_byte)}
        pieces.taken |= words
        self.x, self.y, self.z, self.end = (pieces.free(n) for n in ("x__", "y__", "z__", "end__"))
        self.t = layout.thread
        self.out = Lines()
        self.entry = self._entry_guards() if self.chunks else []

    def _entry_guards(self):
        """Conditions on which threads return before anything else: they are tried before a piece of a row is run."""
        found = []
        for item in self.layout.items:
            if item.kind == "anybody" and item.region is not None and self._settled(item.stmt.vars, set()):
                found.append(item.stmt)
            elif item.kind not in ("type", "uniform") and not (item.kind == "region" and self._is_empty(item.region)):
                break
        return found

    def _settled(self, variables, seen):
        """Can these be computed first of all?"""
        for var in variables - seen:
            seen.add(var)
            if var.parameter and var.uniform and not var.writers:
                continue
            if var.parameter or var.writers or var.reference or var.stmt.replacements:
                return False
            if not var.uniform and var.place != "again":
                return False
            if self.facts.effect(var.init, var.stmt.unit, var.stmt.env) != "pure":
                return False
            names = {n for _, n in names_in(var.init, var.stmt.unit)}
            if not self._settled({var.stmt.env[n] for n in names if n in var.stmt.env}, seen):
                return False
        return True

    def guarded(self, indent):
        """Counts the threads of a piece of a row that do not return at once."""
        out = self.out = Lines()
        out.indent = indent
        out.own("unsigned there__ = 0, end__ = 0; // threads that do not return at once; one more than the last of them")
        out.own(f"for (unsigned {self.x} = 0; {self.x} < count__; ++{self.x}) {{")
        out.indent += 1
        out.own(f"[[maybe_unused]] const uint3 threadIdx = {{first__ + {self.x}, {self.y}, {self.z}}};")
        seen = set()
        for guard in self.entry:
            self._settled(guard.vars, seen)
        order = {var: i for i, var in enumerate(self.facts.variables)}
        for var in sorted(seen, key=order.get):
            if not var.parameter:
                node = var.stmt.node
                out.own(f"[[maybe_unused]] {var.type} {var.stmt.unit.plain(node.start_byte, node.end_byte)};")
        texts = [g.unit.plain(g.condition.start_byte, g.condition.end_byte) for g in self.entry]
        out.own(f"const bool here__ = !({') && !('.join(texts)});")
        out.own("there__ += here__;", f"end__ = here__ ? {self.x} + 1 : end__;")
        out.indent -= 1
        out.own("}")
        return out.lines

    def write(self):
        out = self.out
        for var in self.facts.parameters:
            if var.place == "each":
                self._declare_each(var)
        if self.layout.alive:
            out.own("bool alive__each[MOST__]; // false: has returned")
        first = [v for v in self.facts.parameters if v.place == "each"]
        if first or self.layout.alive:
            self._open_threads()
            for var in first:
                out.own(f"{var.each}[{self.t}] = {var.name};")
            if self.layout.alive:
                out.own(f"alive__each[{self.t}] = true;")
            self._close_threads()
        self._items(self.layout.items)
        return out.lines

    # ---- what stands outside the loops over the threads

    def _items(self, items):
        self._declare(items)
        for item in items:
            getattr(self, "_" + item.kind)(item)

    def _declare(self, items):
        """The arrays of the variables that are declared in this block."""
        for item in items:
            if item.kind == "region":
                for stmt in item.region.stmts:
                    if stmt.kind == "decl" and stmt.var.place == "each":
                        self._declare_each(stmt.var)

    def _declare_each(self, var):
        kind = " ".join(w for w in var.type.split() if w != "const" or var.pointer)
        before = var.before.replace("const", "").strip() if var.pointer else var.before
        text = f"{before}{var.each}[MOST__]{var.after};"
        self.out.own(f"alignas(64) {kind} {text} // {var.name} of each thread")

    def _raw(self, item):
        stmt = item.stmt
        self.out.source(stmt.unit, stmt.line, stmt.text())

    def _type(self, item):
        text = item.stmt.text().rstrip()
        self._line(item.stmt, text if text.endswith(";") else text + ";")

    def _line(self, stmt, text):
        self.out.source(stmt.unit, stmt.line, text, stmt.unit.column(stmt.node))

    def _uniform(self, item):
        stmt = item.stmt
        if stmt.kind == "decl":
            self._line(stmt, f"{stmt.var.type} {stmt.text()};")
        elif stmt.kind == "step":
            self._line(stmt, f"{stmt.unit.text(stmt.node)};")
        else:
            self._line(stmt, stmt.text())

    def _block(self, item):
        self.out.own("{")
        self._inside(item.parts[0])
        self.out.own("}")

    def _inside(self, items):
        self.out.indent += 1
        self._items(items)
        self.out.indent -= 1

    def _exchange(self, item):
        put = item.stmt
        kind = {"shuffle": "Values<MOST__>", "vote": "Votes<MOST__>", "count": "Count"}[put.operation.kind]
        self.out.own(f"::gpu::{kind} {put.name};")
        if put.operation.kind != "count":
            everybody = not self.layout.alive and put.context == () and not self._guards_before(put)
            self.out.own(f"{put.name}.{'open' if everybody else 'clear'}(blockDim);")

    def _guards_before(self, put):
        region = next(r for r in self.layout.regions if put in r.stmts)
        return bool(region.guards)

    def _masks(self, item):
        for name in item.names:
            self.out.own(f"bool {name}[MOST__]; // who takes part, from line {item.stmt.line} on")

    def _masked(self, item):
        self.out.own(f"if (::gpu::any({item.mask}, blockDim)) {{")
        self._inside(item.parts[0])
        self.out.own("}")

    def _rounds(self, item):
        self._line(item.stmt, "for (;;) { // rounds, while anyone takes part")
        self._inside(item.parts[0])
        self.out.indent += 1
        self.out.own(f"if (!::gpu::any({item.mask}, blockDim))", STEP + "break;")
        self.out.indent -= 1
        self._inside(item.parts[1])
        self.out.own("}")

    def _voted(self, item):
        stmt = item.stmt
        condition = self._condition(stmt)
        self._line(stmt, "for (;;) {")
        self._inside(item.parts[0])
        self.out.indent += 1
        if stmt.kind == "do":
            self._inside_votes(item.parts[1])
        self.out.own(f"if (!({condition}))", STEP + "break;")
        self.out.indent -= 1
        if stmt.kind == "while":
            self._inside(item.parts[1])
        self.out.own("}")

    def _inside_votes(self, items):
        self._items(items)

    def _if(self, item):
        stmt = item.stmt
        self._line(stmt, f"if ({self._condition(stmt)}) {{")
        self._inside(item.parts[0])
        if len(item.parts) > 1:
            self.out.own("} else {")
            self._inside(item.parts[1])
        self.out.own("}")

    def _condition(self, stmt):
        for node, text in stmt.replacements:
            if node == stmt.condition:
                return text
        return stmt.unit.replaced(stmt.condition, stmt.replacements)

    def _loop(self, item):
        stmt = item.stmt
        unit = stmt.unit
        condition = self._condition(stmt) if stmt.condition is not None else ""
        if stmt.kind == "for":
            text = "for (" + self._start_of(stmt) + f" {condition};"
            text += f" {unit.text(stmt.step)})" if stmt.step is not None else ")"
        else:
            text = f"while ({condition})" if stmt.kind == "while" else "do"
        self._line(stmt, text + " {")
        self._inside(item.parts[0])
        self.out.own(f"}} while ({condition});" if stmt.kind == "do" else "}")

    def _start_of(self, stmt):
        if not stmt.init:
            return ";"
        if stmt.init[0].kind != "decl":
            return stmt.unit.text(stmt.init[0].node).rstrip("; ") + ";"
        return f"{stmt.init[0].var.type} " + ", ".join(part.text() for part in stmt.init) + ";"

    # ---- regions

    def _anybody(self, item):
        """After a return: if it was everyone's, the block is done."""
        if item.stmt in self.entry:
            return
        out = self.out
        out.own("bool anybody__ = false;" if not getattr(self, "asked", False) else "anybody__ = false;")
        self.asked = True
        if item.region is None:
            self._open_threads()
            out.own(f"anybody__ |= alive__each[{self.t}];")
        else:
            guards = item.region.guards
            self._open_threads()
            self._heads(item.region, guards[:-1], item.stmt.vars)
            text = item.stmt.unit.plain(item.stmt.condition.start_byte, item.stmt.condition.end_byte)
            out.own(f"anybody__ |= !({text});")
        self._close_threads()
        out.own("if (!anybody__)", STEP + "return;")

    def _region(self, item):
        region = item.region
        if self._is_empty(region):
            return
        self._comment(region)
        narrow = None if region.returns or region.mask or self.chunks else self._narrowed(region)
        self._open_threads(narrow)
        for mask in region.clears:
            self.out.own(f"{mask}[{self.t}] = false;")
        copied = self._heads(region, region.guards)
        for stmt in region.stmts:
            if narrow is not None:
                self._plain(stmt.children[0])
            else:
                self._plain(stmt)
        self._copy_out(copied, region)
        self._close_threads(region)

    def _is_empty(self, region):
        return all(
            s.kind == "decl" and (s.var.place == "again" or s.var.place == "each" and s.var.init is None)
            for s in region.stmts
        )

    def _round(self, item):
        region, stmt = item.region, item.stmt
        walk = stmt.strided
        self.out.own("// The threads walk side by side: the first one's element, then all of this round.")
        head = f"for ({walk.var.type.replace('const ', '')} {walk.first_name} = {walk.first};"
        condition = stmt.unit.plain(stmt.condition.start_byte, stmt.condition.end_byte)
        right = stmt.condition.child_by_field_name("right")
        operator = stmt.unit.text(stmt.condition.child_by_field_name("operator"))
        limit = stmt.unit.plain(right.start_byte, right.end_byte)
        step = stmt.unit.plain(stmt.step.start_byte, stmt.step.end_byte)
        name = [n for n in nodes(stmt.step) if n.type == "identifier"]
        target = next(n for n in name if stmt.unit.text(n) == walk.var.name)
        step = " ".join(stmt.unit.replaced(stmt.step, [(target, walk.first_name)]).split())
        self._line(stmt, f"{head} {walk.first_name} {operator} {limit}; {step}) {{")
        self.out.indent += 1
        self._open_threads()
        self._heads(region, region.guards)
        self.out.own(f"{walk.var.type} {walk.var.name} = {walk.first_name} + {walk.offset};")
        self.out.own(f"if (!({condition}))", STEP + "continue;")
        for inner in region.stmts:
            self._plain(inner)
        self._close_threads(region)
        self.out.indent -= 1
        self.out.own("}")

    def _comment(self, region):
        first, last = region.stmts[0].line, region.stmts[-1].end_line
        text = f"line {first}" if first == last else f"lines {first} to {last}"
        if region.end is not None:
            text += f", up to the barrier in line {region.end.line}"
        self.out.own(f"// For each thread: {text}.")

    def _open_threads(self, narrow=None):
        out = self.out
        if not self.rows:
            out.own(f"for (unsigned {self.z} = 0; {self.z} < blockDim.z; ++{self.z})")
            out.indent += 1
            out.own(f"for (unsigned {self.y} = 0; {self.y} < blockDim.y; ++{self.y})")
            out.indent += 1
        x = self.x
        head = f"for (unsigned {x} = 0; {x} < {'many__' if self.chunks else 'blockDim.x'}; ++{x}) {{"
        if narrow is not None:
            kind, value, operator, limit = narrow
            if operator == "==":
                head = f"for (unsigned {x} = {limit}; {x} < blockDim.x && {x} == (unsigned)({limit}); ++{x}) {{"
            else:
                one = " + 1" if operator == "<=" else ""
                end = f"::gpu::up_to<{kind}>(blockDim.x, {limit}{one})"
                head = f"for (unsigned {x} = 0, {self.end} = {end}; {x} < {self.end}; ++{x}) {{"
        if not self.tell and (narrow is None or narrow[2] != "=="):
            out.own("GPU_INDEPENDENT")
        out.own(head)
        out.indent += 1
        t = f"{x}" if self.rows else f"({self.z} * blockDim.y + {self.y}) * blockDim.x + {x}"
        out.own(f"[[maybe_unused]] const unsigned {self.t} = {t};")
        first = "first__ + " if self.chunks else ""
        out.own(f"[[maybe_unused]] const uint3 threadIdx = {{{first}{x}, {self.y}, {self.z}}};")
        if self.tell:
            out.own("::gpu::set_thread_index(threadIdx);")

    def _close_threads(self, region=None):
        if region is not None and getattr(region, "label", None):
            self.out.own(f"{region.label}:;")
        self.out.indent -= 1
        self.out.own("}")
        if not self.rows:
            self.out.indent -= 2

    def _heads(self, region, guards, used=None):
        """The variables that a region needs, and who takes part in it."""
        out = self.out
        if self.layout.alive:
            out.own(f"if (!alive__each[{self.t}])", STEP + "continue;")
        if region.mask is not None:
            out.own(f"if (!{region.mask}[{self.t}])", STEP + "continue;")
        order = {var: i for i, var in enumerate(self.facts.variables)}
        done = set()
        for guard in [g for g in guards if g not in self.entry]:
            self._needed(self.layout.closure(guard.vars), order, done)
            text = guard.unit.plain(guard.condition.start_byte, guard.condition.end_byte)
            out.own(f"if ({text})", STEP + "continue;")
        return self._needed(
            self.layout.closure(region.vars if used is None else used), order, done, region if used is None else None
        )

    def _copies(self, var, region):
        """May a region work on a copy? The compiler keeps that in registers, if nobody else knows where it is."""
        if region.returns or region.strided is not None or var.alias or var.reference:
            return False
        if var.escapes and (not var.array or var.kept):
            return False
        return True

    def _copy_in(self, var, region):
        kind = " ".join(w for w in var.type.split() if w != "const" or var.pointer)
        before = var.before.replace("const", "").strip() if var.pointer and "(" not in var.before else var.before
        fresh = any(s is var.stmt and var.init is not None for s in region.stmts)
        if var.array:
            self.out.own(f"[[maybe_unused]] {kind} {before}{var.name}{var.after};")
            if not fresh:
                self.out.own(f"::gpu::copy_array({var.name}, {var.each}[{self.t}]);")
        else:
            value = "" if fresh else f" = {var.each}[{self.t}]"
            self.out.own(f"[[maybe_unused]] {kind} {before}{var.name}{value};")

    def _copy_out(self, copied, region):
        for var in copied:
            if any(w is s for w in var.writers + [var.stmt] for s in region.stmts):
                if var.array:
                    self.out.own(f"::gpu::copy_array({var.each}[{self.t}], {var.name});")
                else:
                    self.out.own(f"{var.each}[{self.t}] = {var.name};")

    def _needed(self, variables, order, done, region=None):
        copied = []
        for var in sorted(variables - done, key=order.get):
            done.add(var)
            if var.place == "again":
                unit, node = var.stmt.unit, var.stmt.node
                self.out.own(f"[[maybe_unused]] {var.type} {unit.plain(node.start_byte, node.end_byte)};")
            elif var.place == "each":
                if region is not None and self._copies(var, region):
                    copied.append(var)
                    self._copy_in(var, region)
                else:
                    self.out.own(f"[[maybe_unused]] auto &{var.name} = {var.each}[{self.t}];")
        return copied

    def _plain(self, stmt):
        """A statement inside a loop over the threads."""
        out = self.out
        if stmt.pragma:
            out.own(stmt.pragma) if not stmt.pragma.startswith("#") else out.lines.append(stmt.pragma)
        if stmt.kind == "decl":
            self._local(stmt)
            return
        if stmt.kind == "barrier":
            return
        if stmt.kind == "put":
            self._line(stmt, f"{stmt.name}.put({self.t}, {stmt.value_text});")
            return
        if stmt.kind == "start":
            self._line(stmt, f"{stmt.mask}[{self.t}] = true;")
            return
        if stmt.kind == "test":
            for mask, sign in stmt.sets:
                text = f"({stmt.text_of_it})"
                self._line(stmt, f"{mask}[{self.t}] = {text};" if not sign else f"{mask}[{self.t}] = !{stmt.sets[0][0]}[{self.t}];")
            return
        if stmt.kind == "step":
            self._line(stmt, f"{stmt.unit.text(stmt.node)};")
            return
        if stmt.synthetic:
            self._synthetic(stmt)
            return
        replacements = list(stmt.replacements)
        for node in returns_in(stmt.node):
            replacements.append((node, self._leave(node, stmt)))
        text = stmt.unit.replaced(stmt.node, replacements)
        self._line(stmt, text if text.rstrip().endswith((";", "}")) else text + ";")

    def _leave(self, node, stmt):
        inner = node.parent
        while inner is not None and inner.start_byte >= stmt.node.start_byte and inner.end_byte <= stmt.node.end_byte:
            if inner.type in ("for_statement", "while_statement", "do_statement", "switch_statement", "for_range_loop"):
                break
            inner = inner.parent
        else:
            inner = None
        if inner is not None and inner.start_byte < stmt.node.start_byte:
            inner = None
        dead = f"alive__each[{self.t}] = false; " if self.layout.alive else ""
        if inner is not None:
            region = next(r for r in self.layout.regions if stmt in r.stmts)
            region.label = f"next__{region.number}"
            return f"{{ {dead}goto {region.label}; }}"
        return f"{{ {dead}continue; }}"

    def _local(self, stmt):
        var = stmt.var
        if var.place == "again":
            return
        if var.place != "each":
            self._line(stmt, f"{var.type} {stmt.text()};")
            return
        if var.init is None:
            return
        value = stmt.unit.replaced(var.init, stmt.replacements)
        if var.array:
            kind = " ".join(w for w in var.type.split() if w != "const")
            self._line(stmt, f"{{ {kind} {var.before}first__{var.after} = {value}; ::gpu::copy_array({var.name}, first__); }}")
        elif var.form == "(":
            self._line(stmt, f"{var.name} = {'(' + var.type + ')' if not var.pointer else ''}{value};")
        else:
            self._line(stmt, f"{var.name} = {value};")

    def _synthetic(self, stmt):
        unit = stmt.unit
        if stmt.kind == "for":
            condition = unit.text(stmt.condition) if stmt.condition is not None else ""
            step = unit.text(stmt.step) if stmt.step is not None else ""
            self._line(stmt, f"for ({self._start_of(stmt)} {condition}; {step}) {{")
        elif stmt.kind in ("if", "while"):
            self._line(stmt, f"{stmt.kind} ({unit.text(stmt.condition)}) {{")
        else:
            self.out.own("do {" if stmt.kind == "do" else "{")
        self.out.indent += 1
        for i, child in enumerate(stmt.children):
            if i and stmt.kind == "if":
                self.out.indent -= 1
                self.out.own("} else {")
                self.out.indent += 1
            self._plain(child)
        self.out.indent -= 1
        self.out.own(f"}} while ({unit.text(stmt.condition)});" if stmt.kind == "do" else "}")

    def _narrowed(self, region):
        """if (threadIdx.x < n), and nothing else: only those threads. (type of the left side, its text, <, n)"""
        if len(region.stmts) != 1 or self.layout.alive:
            return None
        stmt = region.stmts[0]
        if stmt.kind != "if" or len(stmt.children) != 1 or stmt.replacements or stmt.synthetic:
            return None
        condition, unit = stmt.condition, stmt.unit
        if condition is None or condition.type != "binary_expression":
            return None
        operator = unit.text(condition.child_by_field_name("operator"))
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        if operator not in ("<", "==") or not self.facts.uniform(right, unit, stmt.env):
            return None
        if self.facts.effect(right, unit, stmt.env) != "pure":
            return None
        limit = unit.plain(right.start_byte, right.end_byte)
        kind = "unsigned"
        if left.type == "identifier":
            var = stmt.env.get(unit.text(left))
            if var is None or var.place != "again" or var.stmt.unit.text(var.init) != "threadIdx.x":
                return None
            kind = " ".join(w for w in var.type.split() if w != "const")
            if kind not in ("int", "unsigned", "unsigned int", "long", "size_t"):
                return None
        elif "".join(unit.text(left).split()) != "threadIdx.x":
            return None
        return kind, left, operator, limit


