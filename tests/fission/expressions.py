"""Random expressions for the kernels of grammar.py."""

STEP = "    "


class Expressions:
    # ---- choices

    def pick(self, *options):
        return options[self.choose(len(options))]

    def chance(self, percent):
        return self.choose(100) < percent

    def name(self, letter):
        self.number += 1
        return f"{letter}{self.number}"

    def line(self, text):
        self.lines.append(STEP * self.depth + text)

    # ---- expressions

    def u(self, depth=2):
        """The same for all threads of the block."""
        basic = ["%du" % self.choose(9), "n", "blockIdx.x", "SIZE", "blockDim.x"] + self.known_uniform()
        basic += self.counters * 2 + self.uniform * 2
        shared = [s for s, mode in self.modes.items() if mode == "any"]
        if depth and shared and self.chance(20):
            name = self.pick(*shared)
            return "flag" if name == "flag" else f"{name}[{self.u(0)} % SIZE]"
        if depth == 0 or self.chance(40):
            return self.pick(*basic)
        return self.combine(self.u, depth)

    def known_uniform(self):
        return ["p", "(unsigned)P", "gridDim.x"] if self.kernel else ["a"]

    def v(self, depth=2):
        """Each thread's own."""
        if depth == 0 or self.chance(25):
            known = ["T", "threadIdx.x", "HERE"] if self.kernel else ["b", "threadIdx.x"]
            return self.pick(*known, *(self.varying * 3), *(self.varying_counters * 2), self.u(0))
        what = self.choose(10)
        if what == 0 and self.arrays:
            return self.element(depth)
        if what <= 2 and self.modes:
            text = self.slot(depth)
            if text:
                return text
        if what == 3:
            return f"in[{self.v(depth - 1)} % n]"
        if what == 4:
            return f"({self.condition(self.v, depth - 1)} ? {self.v(depth - 1)} : {self.v(depth - 1)})"
        if what == 5:
            plain = [f for f in self.functions if not f.meets]
            if plain and depth > 1:
                return self.pick(*plain).call(self, depth - 1)
            return f"mix({self.v(depth - 1)}, {self.v(depth - 1)})"
        if what == 6:
            return self.u(depth - 1)
        return self.combine(self.v, depth)

    def combine(self, inner, depth):
        operator = self.pick("+", "-", "*", "^", "&", "|", "%", ">>")
        if operator == "%":
            return f"({inner(depth - 1)} % {2 + self.choose(6)}u)"
        if operator == ">>":
            return f"({inner(depth - 1)} >> {self.choose(5)})"
        return f"({inner(depth - 1)} {operator} {inner(depth - 1)})"

    def looks_uniform(self):
        """For a variable of the thread's own: one that is uniform up to an assignment for some threads."""
        return self.u() if self.chance(30) else self.v()

    def element(self, depth):
        name, size = self.pick(*self.arrays)
        return f"{name}[{self.pick(self.u, self.v)(depth - 1)} % {size}]"

    def slot(self, depth):
        """A read of a shared array, which settles whose it is up to the next barrier."""
        name = self.pick(*self.modes)
        if self.modes[name] is None:
            self.modes[name] = "any" if name == "flag" else self.pick("own", "any", "any")
        if self.modes[name] == "any":
            return "flag" if name == "flag" else f"{name}[{self.v(depth - 1)} % SIZE]"
        return f"{name}[T]" if self.modes[name] == "own" and name != "flag" else None

    def f(self, depth=2):
        if depth == 0 or self.chance(30):
            known = ["q"] if self.kernel else []
            return self.pick(*known, *(self.floats * 3), f"{self.choose(8)}.25f", f"(float)({self.v(0)} & 15u)")
        if self.chance(15):
            return f"({self.condition(self.v, 1)} ? {self.f(depth - 1)} : {self.f(depth - 1)})"
        return f"({self.f(depth - 1)} {self.pick('+', '-', '*')} {self.f(depth - 1)})"

    def condition(self, inner, depth=1):
        what = self.choose(8)
        if what == 0 and depth:
            return f"({self.condition(inner, depth - 1)} {self.pick('&&', '||')} {self.condition(inner, depth - 1)})"
        if what == 1:
            return f"{inner(depth)} & {self.pick(1, 2, 4)}u"
        if what == 2 and inner == self.v and self.floats:
            return f"{self.f(1)} < {self.f(1)}"
        if what == 3 and inner == self.v and self.kernel:
            few = f"threadIdx.x < {self.u(1)}"
            return self.pick("T < 5u", "threadIdx.x == 0", few, "T / warpSize == 0", "HERE + 9 < n")
        return f"{inner(depth)} % 8u {self.pick('<', '>=', '==', '!=')} {self.choose(8)}u"
