"""The recogniser of the fission engine: can a kernel be cut at its barriers into loops over the threads of a block?

(Stratton, Stone and Hwu: MCUDA, 2008.) Barriers may stand in straight-line code, and in loops and ifs that all
threads of the block take alike. A kernel without a barrier is cut too where that pays: a loop that all threads of a
row take alike goes outside, so that in each of its rounds neighbouring threads do the same to neighbouring elements. In
a kernel with barriers that is done with loops in which a thread has nothing to carry from round to round. What is not
fully understood is refused, with the reason.
"""

from dataclasses import dataclass

from inline import Inliner
from names import is_meeting, words_in
from operations import is_operation, mark
from purity import Purity, node_of
from regions import Layout
from statements import LOOPS, Refused, Unit, Var, read
from strides import strided
from syntax import is_inside, name_node, nodes
from tokens import is_word, tokens_of
from uniform import Uniformity
from waiting import waits_of


@dataclass
class Plan:
    layout: object
    rows: bool
    why: str
    chunks: bool = False  # rows are cut into pieces of a fixed width, whose arrays fit into registers
    words: frozenset = frozenset()  # names in its statements: those of functions that are still called among them


class Fission:
    """What is the same for all kernels of a program."""

    def __init__(self, names, sources, plain):
        self.names, self.sources, self.plain = names, sources, plain
        self.purity = Purity(names)
        self.pragma_macros = {
            m.name for s in sources for m in s.macros if m.tokens and m.tokens[0].text == "_Pragma"
        }
        self.meeting = _meeting_names(names)
        self.arrays = _array_names(names)

    def plan(self, kernel, text):
        """How a kernel is cut; raises Refused."""
        source = kernel.source
        waits = waits_of(source, kernel.node, self.names.volatile).reason()
        if waits is not None:
            raise Refused(waits[1], source.line(waits[0].start_byte))
        if "..." in "".join(p.text for p in (kernel.template or []) + kernel.parameters):
            raise Refused("it has a parameter pack", kernel.line)
        self._check_given(kernel)
        self._check_macros(kernel)
        unit = Unit(source.display, source.line(kernel.body.start_byte), text, self.pragma_macros)
        root = read(unit)
        template_names = {p.name for p in kernel.template or []}
        inliner = Inliner(self, kernel, unit, root)
        inliner.required()
        cuts = mark(root)
        if not cuts:
            inliner.loops()
        self._check_meetings(root)
        rows = not cuts
        return self._settle(kernel, root, rows, template_names)

    def has_own_arrays(self, kernel):
        """Does a thread have an array, by itself or in a function that it calls?"""
        return _has_array(kernel.source, kernel.body) or any(word in self.arrays for word, _ in kernel.words)

    def _settle(self, kernel, root, rows, template_names):
        rejected = set()
        while True:
            _mark_splits(root, rejected)
            if rows and not any(s.split and s.kind in LOOPS for s in root.walk()):
                raise Refused("no barrier, and no loop that gains by it")
            parameters = _parameters(kernel)
            facts = Uniformity(root, parameters, self.names, self.purity, rows, template_names, kernel.shared.arrays)
            bad = [s for s in root.walk() if s.split and s.kind in LOOPS and not s.cut and not self._gains(s, facts, rows)]
            if not bad:
                break
            rejected |= {s.node.id for s in bad}
        layout = Layout(root, facts, kernel, self.names)
        loops = [s for s in root.walk() if s.split and s.kind in LOOPS]
        walking = any(s.strided is not None for s in loops)
        words = frozenset(_words(root))
        if not rows:
            return Plan(layout, False, "", words=words)
        why = "walks over an array side by side" if walking else "is the same for all threads of a row, and goes outside"
        return Plan(layout, True, f"no barrier; the loop in line {loops[0].line} {why}", not walking, words)

    def _check_macros(self, kernel):
        """A macro that changes a variable, leaves a loop or names a local variable hides that from the analysis."""
        local = kernel.source.locals_in(kernel.node)
        queue, seen = [word for word, _ in kernel.words], set()
        while queue:
            word = queue.pop()
            for definition in self.names.definitions.get(word, []) if word not in seen else []:
                if definition.kind != "macro" or word in self.pragma_macros:
                    continue
                macro = definition.macro
                before = [""] + [t.text for t in macro.tokens]  # a member of that name is no variable
                texts = {t.text for t, b in zip(macro.tokens, before) if b not in (".", "->")} - set(macro.parameters or [])
                changes = texts & {"=", "+=", "-=", "*=", "/=", "++", "--", "|=", "&=", "^=", "<<=", ">>=", "%="}
                if texts & (local | {"return", "break", "continue", "goto"}) or changes and macro.parameters is None:
                    raise Refused(f"macro {word} may change more than it shows")
                queue += texts
            seen.add(word)

    def _check_given(self, kernel):
        """What a template kernel may be given, and the types of the parameters."""
        words = words_in(kernel.source, kernel.parameters_node)
        if kernel.template_node is not None:
            words = words + self.names.launched.get(kernel.name, [])
            for definition in self.names.callables:
                inside = kernel.start <= definition.start < kernel.end and definition.source is kernel.source
                words = words + ([] if inside else definition.words)
        for word, _ in words:
            if word != kernel.name and (is_meeting(word) or word in self.meeting):
                raise Refused(f"it may be given {word}, which can meet anywhere", kernel.line)

    def _gains(self, stmt, facts, rows):
        """Should a loop without barriers go outside the loops over the threads?"""
        body = stmt.children[0]
        stmt.strided = strided(stmt, facts)
        if stmt.strided is not None:
            return not any(_is_loop(n) for s in _pieces(body) for n in nodes(s.node))
        if not stmt.uniform or stmt.kind != "for" or stmt.step is None:
            return False
        if any(part.kind != "decl" or not part.var.uniform for part in stmt.init):
            return False
        if not stmt.counts_uniformly:
            return False
        if rows and any(s.split and s.kind in LOOPS for s in body.walk()):
            return not any(s.jumps_out() for s in body.walk() if not s.split)
        pieces = _pieces(body)
        if any(_is_loop(n) or n.type in ("break_statement", "continue_statement", "return_statement")
               for s in pieces for n in nodes(s.node)):  # fmt: skip
            return False
        used = set().union(*[s.vars for s in pieces if hasattr(s, "vars")] or [set()])
        if any(v.array and not v.uniform for v in used) or any(s.var is not None and s.var.array for s in pieces):
            return False
        if not rows and any(not self._kept(v, pieces, facts) for v in used):
            return False
        return any(n.type == "subscript_expression" or n.type == "call_expression" for s in pieces for n in nodes(s.node))

    def _kept(self, var, pieces, facts):
        """Has a thread nothing to carry from one round of a loop to the next in this variable?"""
        return var.uniform or facts.again(var) or any(s.var is var for s in pieces)

    def _check_meetings(self, root):
        for stmt in root.walk():
            if stmt.kind == "barrier" or stmt.synthetic or stmt.kind == "block":
                continue
            parts = [stmt.node]
            if stmt.kind in LOOPS or stmt.kind == "if":
                parts = [p for p in [stmt.condition, stmt.step] if p is not None] + [
                    p.node for p in stmt.init
                ]
            if stmt.kind == "decl":
                self._check_type(stmt)
            for part in stmt.init:
                if part.kind == "decl":
                    self._check_type(part)
            for part in parts:
                for node in nodes(part):
                    if node.type in ("gnu_asm_expression", "goto_statement", "labeled_statement"):
                        raise Refused("a jump or assembly", stmt.unit.line(node))
                    if node.type in ("identifier", "type_identifier", "namespace_identifier"):
                        word = stmt.unit.text(node)
                        if is_operation(word) and any(is_inside(node, o.node) for o in stmt.operations):
                            continue
                        if is_meeting(word) or word in self.meeting or word in self.names.declared:
                            raise Refused(f"{word} is not understood where it stands", stmt.unit.line(node))


    def _check_type(self, stmt):
        """A declaration is looked at without its type: IncludedVote vote;"""
        for token in tokens_of((stmt.var.type + " " + stmt.var.after).encode(errors="surrogateescape")):
            if is_word(token) and (is_meeting(token.text) or token.text in self.meeting):
                raise Refused(f"{token.text} is not understood where it stands", stmt.line)


def _meeting_names(names):
    """Functions, macros and types by way of which a barrier, a warp operation or a waiting loop can be reached."""
    found, changed = set(), True
    while changed:
        changed = False
        for name, definitions in names.definitions.items():
            if name in found:
                continue
            for d in definitions:
                if d.kind != "kernel" and (d.pauses or any(is_meeting(w) or w in found for w, _ in d.words)):
                    found.add(name)
                    changed = True
                    break
    return found


def _array_names(names):
    """Functions and types with arrays of their own, and what leads to them."""
    found, changed = set(), True
    while changed:
        changed = False
        for name, definitions in names.definitions.items():
            for d in definitions if name not in found else []:
                node = node_of(d) if d.kind == "function" else None
                body = node.child_by_field_name("body") if node is not None else None
                own = body is not None and _has_array(d.source, body) or d.kind == "type" and _type_has_array(d)
                if d.kind != "kernel" and (own or any(w in found for w, _ in d.words)):
                    found.add(name)
                    changed = True
                    break
    return found


def _has_array(source, body):
    """Also a local variable whose address is taken: it lies in memory as an array does."""
    local = {
        source.text_of(name)
        for node in nodes(body)
        if node.type == "declaration" and "__shared__" not in source.qualifiers(node)
        for declarator in node.children_by_field_name("declarator")
        if (name := name_node(declarator)) is not None
    }
    for node in nodes(body):
        if node.type == "pointer_expression" and node.children[0].type == "&":
            if source.text_of(node.child_by_field_name("argument")) in local:
                return True
    for node in nodes(body):
        if node.type == "declaration" and "__shared__" not in source.qualifiers(node):
            if any(n.type == "array_declarator" for d in node.children_by_field_name("declarator") for n in nodes(d)):
                return True
    return False


def _type_has_array(definition):
    node = definition.source.tree.root_node.descendant_for_byte_range(definition.start, definition.start + 1)
    while node is not None and node.start_byte == definition.start and node.parent is not None:
        if node.type.endswith("_specifier") or node.type in ("type_definition", "alias_declaration"):
            return any(n.type == "array_declarator" for n in nodes(node))
        node = node.parent
    return True


def _words(root):
    """The names in the statements themselves. The text of a statement that was put together may still hold a call that
    another one stands for."""
    for stmt in root.walk():
        parts = [stmt.condition, stmt.step] if stmt.children else [stmt.node]
        for part in parts:
            if part is not None:
                text = stmt.unit.text(part).encode(errors="surrogateescape")
                yield from (t.text for t in tokens_of(text) if is_word(t))


def _parameters(kernel):
    found = []
    for p in kernel.parameters:
        if not p.name:
            continue
        before, _, after = p.text.rpartition(p.name)
        first = min((before.find(c) for c in "*&" if c in before), default=len(before))
        kind, stars, after = before[:first], before[first:], after.strip()
        if after.startswith("["):  # float a[] is float *a; float a[][4] is float (*a)[4]
            rest = after[after.index("]") + 1 :]
            stars, after = (f"{stars}(*", f"){rest}") if rest else (f"{stars}*", "")
        var = Var(p.name, kind.strip(), stars.strip(), after, None, "=")
        var.parameter = True
        found.append(var)
    return found


def _mark_splits(root, rejected):
    """Statements that stay outside the loops over the threads."""
    for stmt in root.walk():
        stmt.split = stmt.cut and stmt.kind != "barrier" or stmt is root
    _candidates(root, rejected)
    for stmt in list(root.walk()):
        if stmt.split and stmt.kind in LOOPS and stmt.cut:
            _split_jumps(stmt.children[0])


def _candidates(stmt, rejected):
    """Loops without barriers that might go outside, and the blocks around them."""
    for child in stmt.children:
        if child.kind in LOOPS and not child.cut:
            if child.node.id in rejected:
                continue
            child.split = True
            _candidates(child, rejected)
        elif child.kind == "block":
            _candidates(child, rejected)
            child.split = child.split or any(c.split for c in child.children)
        elif child.split:
            _candidates(child, rejected)


def _split_jumps(stmt):
    """An if with a break or continue of a loop that is cut has to stay outside as well."""
    for child in stmt.children if stmt.kind in ("block", "if") else []:
        if child.kind in ("block", "if") and child.jumps_out():
            child.split = True
        _split_jumps(child)
    if stmt.kind == "simple" and stmt.jumps_out():
        raise stmt.refused("a continue of a loop that is cut, inside a switch,")


def _pieces(body):
    """The statements of a loop's body that hold text."""
    return [s for s in body.walk() if not s.synthetic and s.kind not in ("block",)] if body.synthetic or body.kind == "block" else [body]


def _is_loop(node):
    return node.type in ("for_statement", "while_statement", "do_statement", "for_range_loop", "lambda_expression")
