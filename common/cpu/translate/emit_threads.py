"""What stands inside the loops over the threads: their heads, the variables that a region needs, its statements."""

from lines import STEP
from narrow import narrowed
from regions import returns_in

NUMBERS = {"const", "volatile", "signed", "unsigned", "char", "short", "int", "long", "float", "double", "bool", "size_t"}
NUMBERS |= {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)}


class Threads:
    def _open_threads(self, narrow=None, mask=None):
        out = self.out
        if not self.rows:
            out.own(f"for (unsigned {self.z} = 0; {self.z} < blockDim.z; ++{self.z})")
            out.indent += 1
            out.own(f"for (unsigned {self.y} = 0; {self.y} < blockDim.y; ++{self.y})")
            out.indent += 1
        x = self.x
        head = f"for (unsigned {x} = 0; {x} < {'many__' if self.chunks else 'blockDim.x'}; ++{x}) {{"
        row = f"({self.z} * blockDim.y + {self.y}) * blockDim.x"
        if mask is not None:
            head = f"for (unsigned {x} = {mask}.from({row}), {self.end} = {mask}.to({row}, blockDim.x); {x} < {self.end}; ++{x}) {{"
        elif narrow is not None and narrow.only:
            head = f"for (unsigned {x} = {narrow.only}; {x} < blockDim.x && ({narrow.kind}){x} == {narrow.only}; ++{x}) {{"
        elif narrow is not None:
            head = f"for (unsigned {x} = {narrow.start}, {self.end} = {narrow.end}; {x} < {self.end}; ++{x}) {{"
        if not self.tell and not (narrow is not None and narrow.only):
            out.own(self.kernel.choice.pragma)
        out.own(head)
        out.indent += 1
        # No unsigned sum, which may wrap: x[thread__] and x[thread__ + 1] have to be seen to be neighbours.
        t = f"{x}" if self.rows else f"size_t({row}) + {x}"
        out.own(f"[[maybe_unused]] const size_t {self.t} = {t};")
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
            gone = "continue;"
            if region.mask is not None and any((region.mask, "") in s.sets for s in region.stmts if s.kind == "test"):
                gone = f"{{ {region.mask}[{self.t}] = false; continue; }}"  # or the rounds would go on for who has returned
            out.own(f"if (!alive__each[{self.t}])", STEP + gone)
        if region.mask is not None:
            out.own(f"if (!{region.mask}.has({self.t}))", STEP + "continue;")
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
        if var.array and not NUMBERS.issuperset(var.type.split()):
            return False  # structs are moved as they are, between places in memory
        return True

    def _copy_in(self, var, region):
        fresh = any(s is var.stmt and var.init is not None for s in region.stmts)
        text = f"[[maybe_unused]] {var.element} {var.stars}{var.name}"
        if var.array:
            self.out.own(f"{text}{var.after};")
            if not fresh:
                self.out.own(f"::gpu::copy_array({var.name}, {var.each}[{self.t}]);")
        else:
            value = "" if fresh else f" = {var.each}[{self.t}]"
            self.out.own(f"{text}{var.after}{value};")

    def _copy_out(self, copied, region):
        for var in copied:
            own = region.stmts + [s.parent for s in region.stmts if s.kind == "step"]  # a loop's step is the loop's
            if any(w is s for w in var.writers + [var.stmt] for s in own):
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
                value = f"!{stmt.sets[0][0]}[{self.t}]" if sign else f"({stmt.text_of_it})"
                self._line(stmt, f"{mask}[{self.t}] = {value};")
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
            first = f"{var.element} {var.stars}first__{var.after} = {value};"
            self._line(stmt, f"{{ {first} ::gpu::copy_array({var.name}, first__); }}")
        elif var.form == "(" and not var.pointer:
            one = len(var.init.named_children) == 1  # T(a, b) makes a T of both, (T)(a, b) of b alone
            self._line(stmt, f"{var.name} = {f'({var.kind})' if one else var.kind}{value};")
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

    def _start_of(self, stmt):
        if not stmt.init:
            return ";"
        if stmt.init[0].kind != "decl":
            return stmt.unit.text(stmt.init[0].node).rstrip("; ") + ";"
        return f"{stmt.init[0].var.type} " + ", ".join(part.text() for part in stmt.init) + ";"

    # ---- regions

    def _narrowed(self, region):
        """The region is one if that the head of the loop can do. None: all threads are asked."""
        if len(region.stmts) != 1 or region.returns or region.mask is not None or self.chunks:
            return None
        return narrowed(region.stmts[0], self.facts)

    def _is_empty(self, region):
        return all(
            s.kind == "decl" and (s.var.place == "again" or s.var.place == "each" and s.var.init is None)
            for s in region.stmts
        )

    def _line(self, stmt, text):
        self.out.source(stmt.unit, stmt.line, text, stmt.unit.column(stmt.node))

    def _condition(self, stmt):
        for node, text in stmt.replacements:
            if node == stmt.condition:
                return text
        return stmt.unit.replaced(stmt.condition, stmt.replacements)
