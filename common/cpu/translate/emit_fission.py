"""Writes what a kernel becomes that was cut: the body of NAME__cut."""

from emit_threads import Threads
from lines import STEP, Lines
from narrow import Narrowed
from statements import names_in
from syntax import nodes


class Cut(Threads):
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
        order = {var: i for i, var in enumerate(self.facts.variables)}
        done = set()
        for guard in self.entry:  # one after the other: a condition may guard what the next one computes
            seen = set(done)
            self._settled(guard.vars, seen)
            for var in sorted(seen - done, key=order.get):
                if not var.parameter:
                    node = var.stmt.node
                    out.own(f"[[maybe_unused]] {var.type} {var.stmt.unit.plain(node.start_byte, node.end_byte)};")
            done = seen
            text = guard.unit.plain(guard.condition.start_byte, guard.condition.end_byte)
            if guard is not self.entry[-1]:
                out.own(f"if ({text})", STEP + "continue;")
        out.own(f"const bool here__ = !({text});", "there__ += here__;", f"end__ = here__ ? {self.x} + 1 : end__;")
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
        for item in items:
            if item.kind == "region":
                for stmt in item.region.stmts:
                    if stmt.kind == "decl" and stmt.var.place == "each":
                        self._declare_each(stmt.var)
            getattr(self, "_" + item.kind)(item)

    def _declare_each(self, var):
        text = f"{var.element} {var.stars}{var.each}[MOST__]{var.after};"
        self.out.own(f"alignas(64) {text} // {var.name} of each thread")

    def _raw(self, item):
        stmt = item.stmt
        self.out.source(stmt.unit, stmt.line, stmt.text())

    def _type(self, item):
        text = item.stmt.text().rstrip()
        unused = "[[maybe_unused]] " if text.startswith("typedef") else ""
        self._line(item.stmt, unused + text.rstrip(";") + ";")

    def _uniform(self, item):
        stmt = item.stmt
        if stmt.kind == "decl":
            unused = "[[maybe_unused]] " if "const" in stmt.var.type else ""
            self._line(stmt, f"{unused}{stmt.var.type} {stmt.text()};")
        elif stmt.kind == "step":
            self._line(stmt, f"{stmt.unit.text(stmt.node)};")
        else:
            self._line(stmt, stmt.text().rstrip("; ") + ";")

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
            region = next(r for r in self.layout.regions if put in r.stmts)
            if region.mask is not None:
                self.out.own(f"{put.name}.clear({region.mask});")
            else:
                everybody = not self.layout.alive and put.context == () and not region.guards
                self.out.own(f"{put.name}.{'open' if everybody else 'clear'}(blockDim);")

    def _masks(self, item):
        for name in item.names:
            self.out.own(f"::gpu::Mask<MOST__> {name}; // who takes part, from line {item.stmt.line} on")

    def _masked(self, item):
        self.out.own(f"if ({item.mask}.any()) {{")
        self._inside(item.parts[0])
        self.out.own("}")

    def _rounds(self, item):
        self._line(item.stmt, "for (;;) { // rounds, while anyone takes part")
        self._inside(item.parts[0])
        self.out.indent += 1
        self.out.own(f"if (!{item.mask}.any())", STEP + "break;")
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

    def _anybody(self, item):
        """After a return: if it was everyone's, the block is done."""
        if item.stmt in self.entry:
            return
        out = self.out
        out.own("{", STEP + "bool anybody__ = false;")
        out.indent += 1
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
        out.indent -= 1
        out.own("}")

    def _region(self, item):
        region = item.region
        if self._is_empty(region):
            return
        for mask in region.clears:
            self.out.own(f"{mask}.clear(blockDim);")
        self._comment(region)
        narrow = self._narrowed(region)
        self._open_threads(narrow, region.mask)
        copied = self._heads(region, region.guards)
        for stmt in region.stmts:
            if narrow is None:
                self._plain(stmt)
                continue
            if narrow.test:
                self._line(stmt, f"if ({narrow.test})")
            self._plain(stmt.children[0])
        self._copy_out(copied, region)
        self._close_threads(region)

    def _round(self, item):
        region, stmt = item.region, item.stmt
        walk, kind, first, plain = stmt.strided, stmt.strided.kind, stmt.strided.first_name, stmt.strided.plain
        condition = stmt.unit.plain(stmt.condition.start_byte, stmt.condition.end_byte)
        right = stmt.condition.child_by_field_name("right")
        operator = stmt.unit.text(stmt.condition.child_by_field_name("operator"))
        limit = stmt.unit.plain(right.start_byte, right.end_byte)
        target = next(n for n in nodes(stmt.step) if n.type == "identifier" and stmt.unit.text(n) == walk.var.name)
        step = " ".join(stmt.unit.replaced(stmt.step, [(target, first)]).split())
        self.out.own("// The threads walk side by side: the first one's element, then all of this round.")
        if not plain:
            alone = f"alone__ = !{walk.together(limit)}"
            self.out.own(f"for (unsigned from__ = 0, {alone}; from__ < (alone__ ? blockDim.x : 1); ++from__)")
            self.out.indent += 1
        start = walk.start("0" if plain else "from__")
        self._line(stmt, f"for ({kind} {first} = {start}; {first} {operator} {limit}; {step}) {{")
        self.out.indent += 1
        among, left = "blockDim.x" if plain else "alone__ ? 1 : blockDim.x", f"!({condition})"
        if walk.factor == 1 and operator == "<":  # then who has an element are the first threads of the row
            end = f"::gpu::up_to_sum<{kind}>({among}, {first}, {limit})"
            left = f"!::gpu::all_up_to_sum<{kind}>({first}, {limit}) && {left}"
        else:
            end = among if plain else f"({among})"
        self._open_threads(Narrowed(end=end) if plain else Narrowed(start="from__", end=f"from__ + {end}"))
        self._heads(region, region.guards)
        offset = walk.offset if plain else walk.offset.replace("threadIdx.x", "(threadIdx.x - from__)")
        self.out.own(f"{walk.var.type} {walk.var.name} = {first} + {offset};")
        self.out.own(f"if ({left})", STEP + "continue;")
        for inner in region.stmts:
            self._plain(inner)
        self._close_threads(region)
        self.out.indent -= 1
        self.out.own("}")
        if not plain:
            self.out.indent -= 1

    def _comment(self, region):
        first, last = region.stmts[0].line, region.stmts[-1].end_line
        text = f"line {first}" if first == last else f"lines {first} to {last}"
        if region.end is not None:
            text += f", up to the barrier in line {region.end.line}"
        self.out.own(f"// For each thread: {text}.")
