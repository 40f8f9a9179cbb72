"""Random small kernels for the simulated GPU, whose outcome does not depend on the order in which threads run.

What makes them safe: a thread writes only its own slot of a shared array, and between two barriers an array is either
each thread's own slot ("own") or everybody's to read ("any"); barriers stand only where all threads of the block come;
integers are unsigned, nothing divides by zero, and no loop takes more than a few rounds. `choose(n)` gives a number
below n: hypothesis draws it, or random.Random.
"""

from fission.expressions import STEP, Expressions

DIVERGENT, UNIFORM = False, True


class Writer(Expressions):
    """The text of one function: a kernel, or a device function that kernels call."""

    def __init__(self, choose, kernel, functions, shared):
        self.choose, self.kernel, self.functions = choose, kernel, functions
        self.lines, self.depth, self.number, self.loops = [], 1, 0, 0
        self.uniform, self.varying, self.floats, self.arrays = [], [], [], []  # names that may be assigned
        self.counters, self.varying_counters = [], []
        self.modes = {name: None for name in shared}
        self.together = UNIFORM  # do all threads of the block come here?
        self.barriers = True
        self.in_loop = None
        self.may_continue = False  # is there a loop around this that the thread goes on with by itself?

    # ---- statements

    def block(self, many):
        kept = [list(x) for x in (self.uniform, self.varying, self.floats, self.arrays)]
        self.depth += 1
        for _ in range(many):
            self.statement()
        self.depth -= 1
        self.uniform, self.varying, self.floats, self.arrays = kept

    def barrier(self):
        self.line("__syncthreads();")
        self.modes = dict.fromkeys(self.modes)

    def statement(self):
        free = self.together and self.barriers
        makers = [self.declare, self.assign, self.assign, self.assign_shared, self.branch, self.loop]
        makers += [self.switch] if self.chance(30) else []
        if self.kernel:
            makers += [self.store]
        if self.together:
            makers += [self.assign_uniform]
        if free:
            makers += [self.barrier, self.barrier, self.meet, self.meet, self.warp, self.uniform_branch]
            makers += [self.uniform_loop, self.uniform_loop, self.call, self.warp_loop]
            makers += [self.strided_loop] if self.depth < 4 else []
            makers += [self.leave, self.nearly_uniform] if self.kernel else []
        elif self.barriers and self.depth < 4 and self.in_loop != "divergent" and self.chance(30):
            makers += [self.warp]
        if self.depth > 3:
            makers = [m for m in makers if m not in (self.branch, self.loop, self.uniform_branch, self.uniform_loop)]
        self.pick(*makers)()

    def declare(self):
        what = self.choose(6)
        if what == 0:
            name, size = self.name("a"), 2 + self.choose(3)
            bound = "P" if self.kernel and self.chance(20) else size
            values = ", ".join(self.v(1) for _ in range(2))
            self.line(f"unsigned {name}[{bound}] = {{{values}}};")
            self.arrays.append((name, bound if bound != "P" else "(unsigned)P"))
        elif what == 1:
            value, name = self.f(), self.name("f")
            self.line(f"float {name} = {value};")
            self.floats.append(name)
        elif what == 2 and self.together:
            value, name = self.u(), self.name("u")
            self.line(f"{self.pick('', '', 'const ')}unsigned {name} = {value};")
            fixed = self.lines[-1].lstrip().startswith("const") and self.depth == 1
            (self.counters if fixed else self.uniform).append(name)
            if self.lines[-1].lstrip().startswith("const") and self.depth > 1:
                self.uniform.pop()
        elif what == 3:
            values, names = (self.v(), self.v(1)), (self.name("v"), self.name("v"))
            self.line(f"unsigned {names[0]} = {values[0]}, {names[1]} = {values[1]};")
            self.varying += names
        elif what == 4 and self.depth == 1 and self.chance(40):
            name = self.name("r")  # in[] has room for 64 more than n
            self.line(f"const unsigned *{name} = in + {self.v(1)} % 21u;")
            self.varying_counters += [f"{name}[{self.choose(9)}]", f"*{name}"]
        elif what == 4 and self.depth == 1:
            value, name = self.v(), self.name("c")  # never changed
            self.line(f"const unsigned {name} = {value};")
            self.varying_counters.append(name)
        elif self.chance(15):
            value, name = self.v(), self.name("l")
            self.line(f"unsigned long long {name} = {value};")
            self.varying.append(name)
        else:
            value, name = self.looks_uniform(), self.name("v")
            if self.chance(15):
                self.line(f"unsigned {name};")
                self.line(f"{name} = {value};")
            else:
                self.line(f"unsigned {name} = {value};")
            self.varying.append(name)

    def assign(self):
        if self.floats and self.chance(30):
            self.line(f"{self.pick(*self.floats)} {self.pick('=', '+=', '-=')} {self.f()};")
        elif self.arrays and self.chance(40):
            self.line(f"{self.element(2)} {self.pick('=', '+=', '^=')} {self.v()};")
        elif self.varying:
            name, what = self.pick(*self.varying), self.choose(8)
            if what == 0:
                self.line(f"{self.pick('++', '--')}{name};")
            elif what == 1 and name[0] == "v":
                self.line(f"bump(&{name}, {self.v(1)});")
            else:
                self.line(f"{name} {self.pick('=', '+=', '*=', '^=')} {self.looks_uniform()};")
        else:
            self.declare()

    def assign_uniform(self):
        if self.uniform:
            name = self.pick(*self.uniform)
            self.line(f"{name} {self.pick('=', '+=', '^=')} {self.u()};" if self.chance(80) else f"{name}++;")

    def assign_shared(self):
        mine = [s for s, mode in self.modes.items() if mode in (None, "own")]
        if not mine:
            return
        name = self.pick(*mine)
        self.modes[name] = "own"
        if name == "flag":
            self.line(f"if (T == 0) flag = {self.v(1)};")
        else:
            self.line(f"{name}[T] {self.pick('=', '+=')} {self.v()};")

    def store(self):
        self.line(f"out[HERE] {self.pick('+=', '^=')} {self.v()};")

    def branch(self):
        """Threads go different ways."""
        one = f"threadIdx.x == {self.pick('0', '5', 'blockDim.x - 1', self.u(1))}"
        self.line(f"if ({one if self.chance(25) else self.condition(self.v)}) {{")
        before, self.together = self.together, DIVERGENT
        self.block(1 + self.choose(3))
        if self.chance(40):
            self.line("} else {")
            self.block(1 + self.choose(2))
        self.line("}")
        self.together = before

    def switch(self):
        """Cases that end, that go on in the next one, or that go on with the next round of a loop. No barriers."""
        before = self.together, self.barriers
        self.line(f"switch ({self.v(1)} % 4u) {{")
        self.together, self.barriers = DIVERGENT, False
        for case in ("case 0", "case 2", "default"):
            self.line(f"{case}: {{")
            self.block(1 + self.choose(2))
            self.line("}")
            end = self.pick("break;", "break;", "continue;" if self.may_continue else "break;", "// falls through")
            self.line(STEP + ("break;" if case == "default" else end))
        self.line("}")
        self.together, self.barriers = before

    def uniform_branch(self):
        self.line(f"if ({self.condition(self.u)}) {{")
        before = dict(self.modes)
        self.block(1 + self.choose(4))
        after, self.modes = self.modes, before
        if self.chance(50):
            self.line("} else {")
            before = dict(self.modes)
            self.block(1 + self.choose(4))
        self.line("}")
        self.modes = {s: _merged(after[s], self.modes[s]) for s in self.modes}

    def loop(self):
        """No barriers, and rounds that may depend on the thread."""
        before, loop = (self.together, self.in_loop), self.name("i") if self.chance(30) else "ijklm"[self.loops % 5]
        self.loops += 1
        uniform = self.together and self.chance(50)
        self.together = self.together and uniform
        if not uniform:
            self.in_loop = "divergent"
        barriers, self.barriers = self.barriers, False
        bound = (self.u if uniform else self.v)(1)
        counters = self.counters if uniform else self.varying_counters
        self.line(f"for (unsigned {loop} = {self.choose(2)}; {loop} < {bound} % {3 + self.choose(4)}u; ++{loop}) {{")
        counters.append(loop)
        outside, self.may_continue = self.may_continue, True
        self.block(1 + self.choose(3))
        self.may_continue = outside
        counters.remove(loop)
        if self.chance(20):
            what = self.condition(self.v if not uniform else self.u)
            self.line(f"{STEP}if ({what})")
            self.line(f"{STEP * 2}{self.pick('break', 'continue')};")
        self.line("}")
        self.loops -= 1
        (self.together, self.in_loop), self.barriers = before, barriers

    def strided_loop(self):
        """Each thread begins at its own place, and all take the same step. The first one is not always the lowest: numbers wrap."""
        kind, counter = self.pick("int", "unsigned", "long", "size_t"), self.name("i")
        start = self.pick("threadIdx.x", "blockIdx.x * blockDim.x + threadIdx.x", f"threadIdx.x + {self.u(1)} % 40u", "2 * threadIdx.x",
                          "threadIdx.x - 3", "(int)threadIdx.x - (int)gridDim.x", "(size_t)threadIdx.x + 1")
        bound = f"{self.u(1)} % {20 + self.choose(100)}u"
        below = " - 25" if kind in ("int", "long") else ""  # as an unsigned number that would be a long way to go
        bound = self.pick(bound, f"(int)({bound}){below}", f"(size_t)({bound})", f"(long)({bound}){below}")
        step = self.pick("blockDim.x", "(int)SIZE", f"{30 + self.choose(9)}", "gridDim.x * blockDim.x")
        self.line(f"for ({kind} {counter} = {start}; {counter} {self.pick('<', '<', '<=')} {bound}; {counter} += {step}) {{")
        before = (self.together, self.in_loop, self.barriers, self.may_continue)
        self.together, self.in_loop, self.barriers, self.may_continue = DIVERGENT, "divergent", False, True
        self.varying_counters.append(f"(unsigned){counter}")
        self.block(1 + self.choose(3))
        self.varying_counters.pop()
        self.line("}")
        self.together, self.in_loop, self.barriers, self.may_continue = before

    def uniform_loop(self):
        """All threads of the block take the same rounds, with barriers in them."""
        counter = "ijklm"[self.loops % 5]
        self.loops += 1
        before = dict(self.modes)
        kind = self.pick("for", "for", "halving", "while", "do")
        if kind == "for":
            head = f"for (unsigned {counter} = {self.choose(2)}; {counter} < %s; ++{counter}) {{"
            self.counters.append(counter)
        elif kind == "halving":
            start, step = self.pick("4u", "blockDim.x / 2", "SIZE / 2"), self.pick("/= 2", ">>= 1")
            head = f"for (unsigned {counter} = {start}; {counter} > 0; {counter} {step}) {{"
            self.counters.append(counter)
        else:
            counter = self.name("w")
            self.line(f"unsigned {counter} = {self.u(1)} % 4u;")
            head = f"while ({counter} > 0) {{" if kind == "while" else "do {"
        here = len(self.lines)
        self.line(head)
        first = self.chance(50)
        if first:
            self.depth += 1
            self.barrier()
            self.depth -= 1
        if kind in ("while", "do"):
            self.counters.append(counter)
        leaves = self.chance(20)
        self.block(2 + self.choose(4))
        self.depth += 1
        if kind in ("while", "do"):
            self.line(f"{self.pick('--' + counter, counter + ' -= 1')};" if kind == "while" else f"{counter} >>= 1;")
        if leaves and first and kind == "for" and self.chance(30):
            self.line(f"switch ({self.u(1)} % 3u) {{")
            self.line("case 1:")
            self.line(f"{STEP}continue;")
            self.line("}")
            broken = dict(self.modes)
        elif leaves:
            self.line(f"if ({self.condition(self.u)})")
            self.line(f"{STEP}break;")
            broken = dict(self.modes)
        if not first:
            self.barrier()
        self.depth -= 1
        if leaves:
            self.modes = {s: _merged(broken[s], self.modes[s]) for s in self.modes}
        if kind == "for":
            # The bound is looked at before the loop and behind each round.
            self.counters.remove(counter)
            after = self.modes
            self.modes = {s: m for s, m in after.items() if before[s] == m == "any"}
            uniform, self.uniform = self.uniform, list(self.uniform)
            bound = f"{self.u(1)} % 5u"
            self.modes, self.uniform = after, uniform
            self.lines[here] = self.lines[here] % bound if "%s" in self.lines[here] else self.lines[here]
        else:
            self.counters.remove(counter)
        self.line("}" if kind != "do" else f"}} while ({counter} > 0);")
        self.modes = {s: _merged(before[s], self.modes[s]) for s in self.modes}
        self.loops -= 1

    def meet(self):
        what = self.choose(4)
        if what == 0:
            name = self.name("u")
            self.line(f"unsigned {name} = __syncthreads_count({self.condition(self.v)});")
            self.modes = dict.fromkeys(self.modes)
            self.uniform.append(name)
        elif what == 1 and self.varying:
            name, vote = self.pick(*self.varying), self.pick("and", "or")
            self.line(f"{name} += __syncthreads_{vote}({self.condition(self.v)});")
            self.modes = dict.fromkeys(self.modes)
        elif what == 2:
            self.barrier()
            self.assign_shared()
            self.barrier()
        else:
            self.assign_shared()
            self.barrier()
            self.assign()

    def warp(self):
        """A shuffle or a vote."""
        value, lanes = self.v(1), self.u(1)
        if self.chance(10):
            value = f"__shfl_{self.pick('up', 'down', 'xor')}({value}, {1 + self.choose(3)})"
        what = self.choose(8)
        call = [
            f"__shfl_down({value}, {1 << self.choose(4)})",
            f"__shfl_up({value}, {self.choose(5)})",
            f"__shfl_xor({value}, {1 + self.choose(15)})",
            f"__shfl({value}, (int)({lanes} % warpSize))",
            f"__shfl({value}, (int)({self.v(1)} % 8u), 8)",
            f"(unsigned)__popcll(__ballot({self.condition(self.v)}))",
            f"(unsigned)__any({self.condition(self.v)}) + 2u * (unsigned)__all({self.condition(self.v)})",
            f"(unsigned)(__ballot({self.condition(self.v)}) >> (T % warpSize))",
        ][what]
        if self.floats and self.chance(20):
            name, way = self.pick(*self.floats), self.pick("xor", "down")
            self.line(f"{name} += __shfl_{way}({self.f(1)}, {1 + self.choose(7)});")
        elif self.varying and self.chance(60):
            self.line(f"{self.pick(*self.varying)} {self.pick('=', '+=')} {call};")
        else:
            name = self.name("v")
            self.line(f"unsigned {name} = {call}{self.pick('', ' + ' + self.v(1))};")
            self.varying.append(name)

    def warp_loop(self):
        """Warp operations in rounds whose number depends on the thread."""
        counter = self.name("i")
        first = self.pick("0", f"{self.v(0)} % 2u")
        bound = f"__shfl_xor({self.v(1)}, {1 + self.choose(3)})" if self.chance(25) else self.v(0)
        outlives, beside = self.chance(25), self.name("w") if self.chance(20) else None
        if outlives:
            self.line(f"unsigned {counter}{self.pick('', ' = 0')};")
        if beside:
            self.line(f"unsigned {beside} = {self.choose(3)};")
        step = f"++{counter}, ++{beside}" if beside else f"++{counter}"
        self.line(f"for ({'' if outlives else 'unsigned '}{counter} = {first}; {counter} < {bound} % 4u; {step}) {{")
        before = self.together, self.barriers, self.may_continue
        self.together, self.barriers, self.may_continue = DIVERGENT, False, False
        self.varying_counters.append(counter)
        self.depth += 1
        kept = list(self.varying), list(self.floats)
        self.warp()
        self.depth -= 1
        self.block(1)
        self.varying, self.floats = kept
        self.varying_counters.remove(counter)
        if self.kernel and self.may_return and self.chance(30):
            self.line(f"{STEP}if ({self.condition(self.v)})")
            self.line(f"{STEP * 2}return;")
        self.line("}")
        self.together, self.barriers, self.may_continue = before
        self.varying += [counter] * outlives + ([beside] if beside else [])

    def nearly_uniform(self):
        """A variable that would be the same for all threads, or could be computed again, were it not for one change."""
        value, name, way = self.u(), self.name("d"), self.choose(6)
        self.line(f"unsigned {name} = {value};")
        if way == 0:
            self.line(f"bump(&{name}, {self.pick(self.u, self.v)(1)});")
        elif way == 1:
            self.line(f"out[HERE] += ({name} = {self.pick(self.u, self.v)(1)});")
        elif way == 2:
            self.line(f"if ({self.condition(self.v)})")
            self.line(f"{STEP}{name} = {self.u(1)};")
        elif way == 5:
            other = self.name("c")
            self.line(f"const unsigned {other} = threadIdx.x {self.pick('+', '^')} {name};")
            self.line(f"out[HERE] += {other};")
            self.line(f"{name} += {1 + self.choose(4)}u;")
            self.barrier()
            self.line(f"out[HERE] ^= {other};")
        else:
            counter = self.name("i")
            rounds = f"for (unsigned {counter} = {self.v(0)} % 2u; {counter} < {self.v(0)} % 4u; ++{counter}) {{"
            self.line(rounds if way == 3 else f"if ({self.condition(self.v)}) {{")
            before, kept = (self.together, self.barriers), (list(self.varying), list(self.floats))
            self.together, self.barriers = DIVERGENT, False
            self.depth += 1
            self.warp()
            self.line(f"{name} {self.pick('=', '+=')} {self.u(1)};")
            self.depth -= 1
            (self.together, self.barriers), (self.varying, self.floats) = before, kept
            self.line("}")
        if self.chance(50):
            self.barrier()
        self.line(f"out[HERE] ^= {name};")

    def call(self):
        meeting = [f for f in self.functions if f.meets]
        if not meeting:
            return self.assign()
        array = [s for s in self.modes if s != "flag"]
        if not array:
            return
        text = self.pick(*meeting).call(self, 1, self.pick(*array))
        self.modes = dict.fromkeys(self.modes)
        if not self.varying or self.chance(20):
            name = self.name("v")
            self.line(f"unsigned {name} = {text};")
            self.varying.append(name)
        else:
            self.line(f"{self.pick(*self.varying)} {self.pick('=', '+=')} {text};")

    def leave(self):
        """Threads that have returned are not waited for."""
        if not self.may_return or self.chance(60):
            return
        self.line(f"if ({self.pick(self.condition(self.v), 'HERE >= n - 7u', self.condition(self.u))})")
        self.line(f"{STEP}return;")


class Function:
    """A device function; `meets`: with barriers, and a shared array of the caller's."""

    def __init__(self, choose, name, meets):
        self.name, self.meets = name, meets
        writer = Writer(choose, False, [], ["s"] if meets else [])
        writer.barriers, writer.together = meets, meets
        if meets:
            writer.barrier()
        for _ in range(2 + choose(5)):
            writer.statement()
        if meets:
            writer.barrier()
        parameters = "const unsigned *in, unsigned n, unsigned a, unsigned b" + (", unsigned *s" if meets else "")
        result = writer.v(1 if meets else 2)
        if meets:
            # What it returns is computed behind its last barrier: it may not read what the caller then writes.
            result = f"{writer.pick('b', *writer.varying)} + a"
        head = f"static __device__ unsigned {name}({parameters})"
        self.text = "\n".join([head, "{"] + writer.lines + [f"{STEP}return {result};", "}"])

    def call(self, caller, depth, shared=None):
        """Its argument a is the same for all threads only if it has barriers, which may depend on it."""
        first = caller.u(depth) if self.meets else caller.v(depth)
        return f"{self.name}(in, n, {first}, {caller.v(depth)}{', ' + shared if shared else ''})"


def _merged(one, other):
    """What holds behind two ways; "closed": nobody's up to the next barrier."""
    return one if one == other or other is None else other if one is None else "closed"


def kernel(choose, number):
    """(name with its template argument, text) of a kernel."""
    functions = [Function(choose, f"f{number}_{i}", meets) for i, meets in enumerate((False, True)) if choose(100) < 40]
    shared = ["s0", "s1", "flag"][: 1 + choose(3)]
    writer = Writer(choose, True, functions, shared)
    writer.barriers = choose(100) < 92
    writer.may_return = choose(100) < 40
    name = f"k{number}"
    for s in shared:
        writer.line("__shared__ unsigned flag;" if s == "flag" else f"__shared__ unsigned {s}[1024];")
    writer.line("unsigned v0 = in[HERE % n];")
    writer.varying.append("v0")
    for s in shared:
        writer.line("if (T == 0) flag = 3u;" if s == "flag" else f"{s}[T] = v0;")
        writer.modes[s] = "own"
    if not writer.barriers:
        writer.modes = {s: "own" for s in shared}
    writer.line("out[HERE] = v0;")
    if choose(100) < 30:
        writer.line(writer.pick("in += p % 3u;", "in += T % 5u;"))
    if choose(100) < 30:
        writer.line("p += blockIdx.x;")
    for _ in range(5 + choose(10)):
        writer.statement()
    if choose(100) < 25:
        writer.line("for (unsigned g = HERE; g < n; g += gridDim.x * SIZE)")
        writer.line(f"{STEP}far[g] += in[g] * {writer.u(0)};")
    for value in writer.varying + [f"{a}[{i}]" for a, _ in writer.arrays for i in range(2)] + writer.uniform:
        writer.line(f"out[HERE] = out[HERE] * 31u + {value};")
    for value in writer.floats:
        writer.line(f"out[HERE] = out[HERE] * 31u + bits({value});")
    parameters = "const unsigned *in, unsigned *out, unsigned *far, unsigned n, unsigned p, float q"
    head = f"template <int P> __global__ void {name}({parameters})"
    texts = [f.text for f in functions] + ["\n".join([head, "{"] + writer.lines + ["}"])]
    return f"{name}<{2 + choose(3)}>", "\n\n".join(texts) + "\n"


PROGRAM = """#include "%s/fuzz.h"

%s
int main()
{
%s
}
"""


def program(kernels, folder):
    """The source of a program that runs each kernel with several shapes of the block."""
    calls = "\n".join(f'{STEP}run("{name}", {name});' for name, _ in kernels)
    return PROGRAM % (folder, "\n".join(text for _, text in kernels), calls)
