"""Cuts a kernel into regions: runs of statements between two barriers, each of which becomes a loop over the threads."""

from keeping import why_not_kept
from narrow import narrowed
from operations import Exchanges, flat
from purity import PURE
from statements import LOOPS, Refused, Stmt
from syntax import nodes


class Region:
    def __init__(self, number):
        self.number = number
        self.stmts = []
        self.strided = None  # the loop whose round this is
        self.guards = []  # conditions on which a thread has returned
        self.returns = False
        self.mask = None  # name of the array that says who takes part; None: everyone
        self.clears = []  # masks that are made here: false for those who do not take part
        self.end = None  # why it ends

    @property
    def vars(self):
        found = set()
        for stmt in self.stmts:
            found |= stmt.vars
            if stmt.var is not None:
                found.add(stmt.var)
        return found


class Item:
    """region; uniform: a statement that runs once; type, raw, block, if, loop; round: of a strided loop; anybody: is
    there anyone left?; exchange: the array of a warp operation; masks: declares some; masked: an if or a loop that some
    threads take; voted: a loop whose condition counts votes."""

    def __init__(self, kind, stmt=None, region=None, parts=()):
        self.kind, self.stmt, self.region, self.parts = kind, stmt, region, list(parts)


class Layout:
    def __init__(self, root, facts, kernel, names):
        self.facts, self.kernel, self.names = facts, kernel, names
        self.regions, self.guards = [], []
        self.alive = False  # an array says who has returned
        self.pending = None
        self.depth = 0  # of blocks, ifs and loops: what is there may be done never, or more than once
        self.mask, self.masks = None, 0
        self.thread = "thread__"
        self.exchanges = Exchanges(self)
        self.items = self._block(root)
        self._place()

    # ---- cutting

    def _block(self, block):
        items, before = [], self.pending
        self.pending = None
        for stmt in block.children if block.kind == "block" else [block]:
            self._statement(stmt, items)
        self.close(items)
        self.pending = before
        return items

    def region(self):
        if self.pending is None:
            self.pending = Region(len(self.regions))
            self.pending.mask = self.mask
            self.pending.guards = list(self.guards)
            self.regions.append(self.pending)
        return self.pending

    def close(self, items, why=None):
        if self.pending is not None:
            self.pending.end = why
            items.append(Item("region", region=self.pending))
        self.pending = None

    def before(self, items, kind, stmt):
        """Stands before the region that is open."""
        items.append(Item(kind, stmt))

    def variables_in(self, node, unit, env):
        return {env[unit.text(n)] for n in nodes(node) if n.type == "identifier" and unit.text(n) in env}

    def _statement(self, stmt, items):
        if stmt.operations and stmt.kind not in LOOPS:
            self.exchanges.cut(stmt, items)
        if stmt.kind == "type":
            if any(not var.uniform for var in self.variables_in(stmt.node, stmt.unit, stmt.env)):
                raise stmt.refused("a type or an assertion that depends on a variable of each thread,")
            items.append(Item("type", stmt))
        elif stmt.kind == "barrier":
            if stmt.context != () and not stmt.warp:
                raise stmt.refused("a barrier that perhaps not all threads come to")
            self.close(items, stmt)
        elif stmt.kind == "decl" and stmt.var.uniform:
            self._uniform(stmt, items, stmt.var.init is None or self._is_pure(stmt.var.init, stmt))
        elif stmt.kind == "simple" and stmt.target is not None and stmt.target.uniform:
            inner = stmt.node.named_children[0]
            free = not any(stmt.target in s.vars for s in (self.pending.stmts if self.pending else []))
            parts = [inner.child_by_field_name("right")]
            pure = parts[0] is None or self._is_pure(parts[0], stmt)
            self._uniform(stmt, items, free and pure)
        elif stmt.split:
            self.close(items)
            self._control(stmt, items)
        elif stmt.kind in ("break", "continue"):
            self.close(items)
            if stmt.context != self._loop_context(stmt):
                raise stmt.refused(f"a {stmt.kind} that perhaps not all threads take alike")
            items.append(Item("raw", stmt))
        elif _returns(stmt):
            self._return(stmt, items)
        else:
            alone = self._for_one_thread(stmt)
            if alone:
                self.close(items)
            self.region().stmts.append(stmt)
            if alone:
                self.close(items)

    def _for_one_thread(self, stmt):
        """if (threadIdx.x == 0) sum += ...: as a region of its own it is no loop, and the rest can become vector
        instructions. Not where variables would have to be kept for that which are large, or cannot be kept."""
        found = narrowed(stmt, self.facts)
        if self.mask is not None or self.facts.rows or found is None or found.only is None:
            return False
        made = [s.var for s in self.pending.stmts if s.kind == "decl"] if self.pending is not None else []
        return all(self.facts.again(var) or not var.array and why_not_kept(var, self.facts) is None for var in made)

    def _is_pure(self, node, stmt):
        return self.facts.effect(node, stmt.unit, stmt.env) == PURE

    def _loop_context(self, stmt):
        while stmt is not None and stmt.kind not in LOOPS:
            stmt = stmt.parent
        return stmt.context if stmt is not None else None

    def _uniform(self, stmt, items, early):
        if not early:  # else it stands before the region that is open: it needs nothing from there
            self.close(items)
        items.append(Item("uniform", stmt))

    def _control(self, stmt, items):
        if stmt.kind == "block":
            self.depth += 1
            items.append(Item("block", stmt, parts=[self._block(stmt)]))
            self.depth -= 1
        elif stmt.kind == "if":
            if not stmt.uniform:
                self._masked_if(stmt, items)
                return
            self.depth += 1
            items.append(Item("if", stmt, parts=[self._block(child) for child in stmt.children]))
            self.depth -= 1
        elif stmt.strided is not None:
            before, self.pending = self.pending, None
            region = self.region()
            region.strided = stmt
            region.stmts = list(stmt.children[0].children) if stmt.children[0].kind == "block" else [stmt.children[0]]
            self.pending = before
            items.append(Item("round", stmt, region))
        elif not self._is_plain_loop(stmt):
            self._masked_loop(stmt, items)
        else:
            self.depth += 1
            if stmt.operations:
                self._voted(stmt, items)
            else:
                items.append(Item("loop", stmt, parts=[self._block(stmt.children[0])]))
            self.depth -= 1

    def _is_plain_loop(self, stmt):
        """Do all threads take the same rounds, with a counter that they share?"""
        counters = [part.var if part.kind == "decl" else part.target for part in stmt.init]
        counters += stmt.targets
        return stmt.uniform and all(var is not None and var.uniform for var in counters)

    def _voted(self, stmt, items):
        """do { ... } while (__syncthreads_or(changed)): the votes are counted in each round."""
        if any(n.type == "continue_statement" for n in nodes(stmt.node)) or stmt.kind == "for":
            raise stmt.refused("the loop whose condition counts votes")
        votes = []
        if stmt.kind == "while":
            self.exchanges.cut(stmt, votes)
            parts = [votes, self._block(stmt.children[0])]
        else:
            parts = [self._block(stmt.children[0]), votes]
            self.exchanges.cut(stmt, votes)
        items.append(Item("voted", stmt, parts=parts))

    # ---- what some threads do and others do not

    def _new_mask(self):
        self.masks += 1
        return f"mask__{self.masks}"

    def _test(self, stmt, items, sets, clears=()):
        """A region in which each thread finds out whether it takes part."""
        test = Stmt("test", stmt.unit, stmt.condition)
        test.vars = self.variables_in(stmt.condition, stmt.unit, stmt.env)
        test.text_of_it = flat(stmt.unit, stmt.condition, stmt.replacements)
        for node, text in stmt.replacements:
            if node == stmt.condition:
                test.text_of_it = text
        test.sets, test.context = sets, stmt.context
        region = self.region()
        region.stmts.append(test)
        region.clears = list(clears)
        self.close(items)

    def _masked_if(self, stmt, items):
        masks = [self._new_mask() for _ in stmt.children]
        self.close(items)
        item = Item("masks", stmt)
        item.names = masks
        items.append(item)
        self._test(stmt, items, list(zip(masks, ("", "!"))), masks)
        outer = self.mask
        for mask, child in zip(masks, stmt.children):
            self.mask = mask
            item = Item("masked", stmt, parts=[self._block(child)])
            item.mask = mask
            items.append(item)
        self.mask = outer

    def _masked_loop(self, stmt, items):
        """Each thread takes its own number of rounds; the loop goes on while anyone does."""
        if stmt.kind == "do" or stmt.condition is None:
            raise stmt.refused("the loop around a warp operation, whose rounds depend on the thread,")
        if stmt.children[0].jumps_out():
            raise stmt.refused("a break or continue in a loop around a warp operation whose rounds depend on the thread,")
        before, self.pending = self.pending, None
        inside = []
        for part in stmt.init:
            self._statement(part, inside)
        mask = self._new_mask()
        start = Stmt("start", stmt.unit, stmt.node)
        start.mask, start.context = mask, stmt.context
        region = self.region()
        region.stmts.append(start)
        region.clears = [mask]
        self.close(inside)
        item = Item("masks", stmt)
        item.names = [mask]
        outer, self.mask = self.mask, mask
        self.depth += 1
        head = []
        self.exchanges.cut(stmt, head)
        self._test(stmt, head, [(mask, "")])
        body = self._block(stmt.children[0])
        step = []
        if stmt.step is not None:
            last = Stmt("step", stmt.unit, stmt.step)
            last.vars = self.variables_in(stmt.step, stmt.unit, stmt.env)
            last.context, last.parent = stmt.context, stmt
            if stmt.counts_uniformly:
                step.append(Item("uniform", last))
            else:
                self.region().stmts.append(last)
                self.close(step)
        self.depth -= 1
        self.mask = outer
        rounds = Item("rounds", stmt, parts=[head, body + step])
        rounds.mask = mask
        items.append(Item("block", stmt, parts=[[item] + inside + [rounds]]))
        self.pending = before

    def _return(self, stmt, items):
        alone = stmt.kind == "if" and len(stmt.children) == 1 and _only_return(stmt.children[0])
        if stmt.kind == "return" and self.mask is None and stmt.context == ():
            self.close(items)
            items.append(Item("raw", stmt))
            return
        alone = alone and not stmt.operations
        if alone and self.mask is None and self.facts.uniform(stmt.condition, stmt.unit, stmt.env):
            self.close(items)
            items.append(Item("raw", stmt))
            return
        stable = self.facts.stable_for(_Everywhere(self.facts.root))
        pure = alone and self.facts.effect(stmt.condition, stmt.unit, stmt.env, stable) == PURE
        if pure and self.depth == 0 and self.mask is None and stmt.context == ():
            self.close(items)
            self.guards.append(stmt)
            items.append(Item("anybody", stmt, region=_guarded(stmt, list(self.guards))))
            return
        self.alive = True
        region = self.region()
        region.stmts.append(stmt)
        region.returns = True
        self.close(items)
        items.append(Item("anybody", None, region=None))

    # ---- where variables live

    def _place(self):
        used = {}  # variable -> regions
        for region in self.regions:
            found = self.closure(region.vars)
            for guard in region.guards:
                found |= self.closure(guard.vars)
            for var in found:
                used.setdefault(var, set()).add(region.number)
            if region.strided is not None:
                region.strided.strided.var.place = "strided"
        for var, regions in used.items():
            if var.uniform or var.place in ("again", "strided") or self.facts.again(var):
                continue
            if not var.parameter and len(regions) == 1 and not (var.alias and len(self.regions) > 1):
                if any(s is var.stmt for r in self.regions for s in r.stmts):
                    var.place = "region"
                    continue
            var.place = "each"
            why = why_not_kept(var, self.facts)
            if why is not None:
                raise Refused(f"{why}, declared", var.stmt.line if var.stmt else self.kernel.line)

    def closure(self, variables):
        """With the variables that those are computed from."""
        found, queue = set(), list(variables)
        while queue:
            var = queue.pop()
            if var in found:
                continue
            found.add(var)
            if not var.uniform and var.place != "strided" and self.facts.again(var):
                names = {var.stmt.unit.text(n) for n in nodes(var.init) if n.type == "identifier"}
                queue += [var.stmt.env[name] for name in names if name in var.stmt.env]
        return found


class _Everywhere:
    def __init__(self, root):
        self.scope = root


def _guarded(stmt, guards):
    region = Region(-1)
    region.guards = guards
    return region


def _only_return(stmt):
    if stmt.kind == "block" and len(stmt.children) == 1:
        stmt = stmt.children[0]
    return stmt.kind == "return"


def _returns(stmt):
    if stmt.synthetic:
        return any(_returns(child) for child in stmt.children)
    return returns_in(stmt.node) != []


def returns_in(node):
    """The return statements of a piece of code, those of lambdas excepted."""
    found, stack = [], [node]
    while stack:
        part = stack.pop()
        if part.type == "lambda_expression":
            continue
        if part.type == "return_statement":
            found.append(part)
        stack.extend(part.children)
    return found
