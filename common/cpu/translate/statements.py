"""A kernel's body as a tree of statements, which fission cuts and puts together again.

The text is the kernel's after the other translations (shared memory is a reference by now, say), parsed once more
as a function of its own. Nothing is lost on the way: a statement that needs no cut is written back as it was.
"""

import bisect

from syntax import function_declarator, leaves, name_node, nodes
from tokens import blank, tokens_of, tree_of

HEAD = b"void f() "
LOOPS = ("for", "while", "do")
JUMPS = ("break_statement", "continue_statement")
STRUCTURED = {
    "if_statement": "if",
    "for_statement": "for",
    "while_statement": "while",
    "do_statement": "do",
}
TYPES = (
    "type_definition",
    "alias_declaration",
    "using_declaration",
    "static_assert_declaration",
    "struct_specifier",
    "enum_specifier",
    "union_specifier",
    "class_specifier",
)


class Refused(Exception):
    """The recogniser does not fully understand a place; the kernel stays with the fibres."""

    def __init__(self, what, line=None):
        super().__init__(f"{what} in line {line}" if line else what)


class Unit:
    """A text that statements come from: the kernel's body, or that of a function that was put in a call's place."""

    def __init__(self, display, line, text, pragma_macros=()):
        self.display = display
        self.data = text.encode(errors="surrogateescape")
        self.first_line = line
        self.starts = [0]
        while (end := self.data.find(b"\n", self.starts[-1])) >= 0:
            self.starts.append(end + 1)
        code = bytearray(HEAD + self.data)
        for token in tokens_of(bytes(code)):
            if token.kind == "comment" or token.text in pragma_macros:
                blank(code, token.start, token.end)
        position = code.find(b"[[")
        while position >= 0:  # an attribute in front of a typedef is too much for the parser
            end = code.find(b"]]", position)
            if code[position + 2 : end].strip() == b"maybe_unused":
                blank(code, position, end + 2)
            position = code.find(b"[[", position + 2)
        start = 0
        while start < len(code):  # a #pragma is no statement, though the parser takes it for one
            end = code.find(b"\n", start)
            end = len(code) if end < 0 else end
            if bytes(code[start:end]).split()[:1] == [b"#pragma"]:
                blank(code, start, end)
            start = end + 1
        self.code = bytes(code)
        self.pragma_macros = pragma_macros
        self.tree = tree_of(self.code)
        self.body = self.tree.root_node.children[0].child_by_field_name("body")
        if self.body is None or self.body.end_byte != len(self.code):
            raise Refused("its body does not parse", line)

    def line(self, node):
        return self.first_line + bisect.bisect_right(self.starts, max(node.start_byte - len(HEAD), 0)) - 1

    def column(self, node):
        """How far the line of a node is indented."""
        position = max(node.start_byte - len(HEAD), 0)
        start = self.starts[bisect.bisect_right(self.starts, position) - 1]
        row = self.data[start : self.data.find(b"\n", start)]
        return len(row) - len(row.lstrip(b" "))

    def text(self, node):
        return self.between(node.start_byte, node.end_byte)

    def between(self, start, end):
        return self.data[start - len(HEAD) : end - len(HEAD)].decode(errors="surrogateescape")

    def plain(self, start, end):
        """On one line, without comments."""
        return " ".join(self.code[start:end].decode(errors="surrogateescape").split())

    def replaced(self, node, replacements):
        """The text of a node with other texts in the place of some nodes inside: [(node, text)]."""
        inside = [(n, t) for n, t in replacements if node.start_byte <= n.start_byte and n.end_byte <= node.end_byte]
        inside.sort(key=lambda pair: pair[0].start_byte)
        pieces, position = [], node.start_byte
        for inner, text in inside:
            if inner.start_byte < position:
                continue
            pieces += [self.between(position, inner.start_byte), text]
            position = inner.end_byte
        return "".join(pieces + [self.between(position, node.end_byte)])

    def pragmas_before(self, node):
        """A #pragma in front of a statement, or a word that stands for one (UNROLL)."""
        previous = node.prev_sibling
        start = previous.end_byte if previous is not None else node.parent.start_byte
        gap = self.data[start - len(HEAD) : node.start_byte - len(HEAD)].decode(errors="surrogateescape")
        for row in gap.split("\n"):
            if row.split()[:1] == ["#pragma"]:
                return row.strip()
        words = [t.text for t in tokens_of(gap.encode(errors="surrogateescape"))]
        return " ".join(w for w in words if w in self.pragma_macros)


class Stmt:
    """kind: simple, decl, type, barrier, block, if, for, while, do, return, break, continue."""

    def __init__(self, kind, unit, node):
        self.kind, self.unit, self.node = kind, unit, node
        self.children = []  # of a block; the body of a loop; of an if: what comes then, perhaps what comes else
        self.condition = None  # node
        self.step = None
        self.pragma = ""
        self.replacements = []  # (node, text) in its own text: calls whose results are known by now
        self.split = False
        self.operations = []  # warp operations in its own expressions
        self.cut = False  # holds a barrier or warp operation
        self.vars = set()
        self.target = None  # the variable that it gives a value to
        self.targets = []  # of a loop: those of its step; None for what is more than that
        self.strided = None
        self.init = []  # of a for
        self.uniform = False
        self.context = ()
        self.var = None  # of a decl
        self.parent = None
        self.synthetic = False  # holds statements that its text does not

    @property
    def line(self):
        return self.unit.line(self.node)

    @property
    def end_line(self):
        text = self.unit.text(self.node)
        return self.line + text.count("\n")

    def text(self):
        return self.unit.replaced(self.node, self.replacements)

    def add(self, *children):
        for child in children:
            child.parent = self
            self.children.append(child)

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def refused(self, what):
        return Refused(what, self.line)

    def jumps_out(self):
        """Does a break or continue in it lead out of it?"""
        if self.kind in ("break", "continue") or self.kind in LOOPS:
            return self.kind not in LOOPS
        if self.children:
            return any(child.jumps_out() for child in self.children)
        return any(n.type in JUMPS and leaves(n, self.node) for n in nodes(self.node))

    @property
    def counts_uniformly(self):
        """A loop: is its step the same for all threads?"""
        return all(var is not None and var.uniform for var in self.targets)


class Var:
    """A parameter, or a local variable of a statement that is cut."""

    def __init__(self, name, kind, before, after, init, form):
        self.name = name
        self.type = kind  # text before the declarator
        self.before, self.after = before, after  # of the declarator, around the name
        self.init = init  # node of its initial value, or None
        self.form = form  # "=", "(" or "{"
        self.array = after.startswith("[")
        self.reference = "&" in before
        self.pointer = "*" in before
        self.parameter = False
        self.stmt = None
        self.place = None  # uniform, again, each, region
        self.escapes = False
        self.writes = 0

    @property
    def each(self):
        return self.name + "__each"

    @property
    def stars(self):
        """What stands before the name, without const or __restrict__ of a pointer itself."""
        return self.before[: self.before.rfind("*") + 1] if self.pointer else self.before

    @property
    def element(self):
        """The type without a const of the variable itself, which that of what a pointer points to is not."""
        dropped = ("static", "constexpr") if self.pointer else ("static", "constexpr", "const")
        return " ".join(word for word in self.type.split() if word not in dropped)

    @property
    def kind(self):
        """Its type, whether it may be changed or not."""
        return " ".join(word for word in self.type.split() if word not in ("const", "constexpr"))


def read(unit):
    return _statement(unit, unit.body)


def _statement(unit, node):
    made = _make(unit, node)
    if len(made) == 1:
        return made[0]
    block = Stmt("block", unit, node)
    block.add(*made)
    return block


def _make(unit, node):
    kind = node.type
    if node.is_error or node.is_missing or node.has_error and kind not in STRUCTURED and kind != "compound_statement":
        raise Refused("the code does not parse", unit.line(node))
    if kind == "compound_statement":
        stmt = Stmt("block", unit, node)
        for child in node.named_children:
            for made in _make(unit, child):
                made.pragma = unit.pragmas_before(child)
                stmt.add(made)
        return [stmt]
    if kind == "declaration":
        return _declarations(unit, node)
    if kind in TYPES:
        return [Stmt("type", unit, node)]
    if kind in STRUCTURED:
        return [_structured(unit, node)]
    if kind == "return_statement":
        return [Stmt("return", unit, node)]
    if kind in JUMPS:
        return [Stmt(kind.split("_")[0], unit, node)]
    if kind == "expression_statement" and not node.named_children:
        return []
    if kind == "expression_statement" and _may_declare(node.named_children[0]):
        raise Refused("what may be a declaration", unit.line(node))
    return [Stmt("simple", unit, node)]


def _may_declare(node):
    """float (*row)[4] = tile; is an assignment to an element for the parser: a call of float with the argument *row."""
    inside = False
    while node is not None and node.type in ("assignment_expression", "subscript_expression"):
        inside = inside or node.type == "subscript_expression"
        node = node.child_by_field_name("left") or node.child_by_field_name("argument")
    if node is None or node.type != "call_expression":
        return False
    if node.child_by_field_name("function").type == "primitive_type":
        return True
    arguments = node.child_by_field_name("arguments").named_children
    return inside and len(arguments) == 1 and arguments[0].type == "pointer_expression"


def _structured(unit, node):
    stmt = Stmt(STRUCTURED[node.type], unit, node)
    if any(c.is_error or c.is_missing for c in node.children):
        raise Refused("the code does not parse", unit.line(node))
    condition = node.child_by_field_name("condition")
    if condition is not None and condition.type == "condition_clause":
        condition = condition.child_by_field_name("value") if len(condition.named_children) == 1 else None
        if condition is None or condition.type == "declaration":
            return Stmt("simple", unit, node)
    if condition is not None and condition.has_error:
        raise Refused("the code does not parse", unit.line(node))
    if condition is not None and condition.type == "parenthesized_expression":
        condition = condition.named_children[0]
    stmt.condition = condition
    if stmt.kind == "if":
        stmt.add(_statement(unit, node.child_by_field_name("consequence")))
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            if alternative.type == "else_clause":
                alternative = alternative.named_children[-1]
            stmt.add(_statement(unit, alternative))
        return stmt
    stmt.add(_statement(unit, node.child_by_field_name("body")))
    if stmt.kind == "for":
        start = node.child_by_field_name("initializer")
        if start is not None:
            stmt.init = _declarations(unit, start) if start.type == "declaration" else [Stmt("simple", unit, start)]
        for part in stmt.init:
            part.parent = stmt
        stmt.step = node.child_by_field_name("update")
    return stmt


def _declarations(unit, node):
    """One statement a variable; a declaration that is not understood is one simple statement."""
    declarators = node.children_by_field_name("declarator")
    if not declarators:
        return [Stmt("simple", unit, node)]
    if any(function_declarator(d) for d in declarators):  # int k(n); is one for the parser
        raise Refused("what may be the declaration of a function,", unit.line(node))
    kind = unit.plain(node.start_byte, declarators[0].start_byte)
    found = []
    for declarator in declarators:
        name = name_node(declarator)
        inner, init, form = declarator, None, "="
        if declarator.type == "init_declarator":
            inner, init = declarator.child_by_field_name("declarator"), declarator.child_by_field_name("value")
            if init is not None and init.type == "argument_list":
                form = "("
            elif init is not None and init.type == "initializer_list":
                between = unit.plain(inner.end_byte, init.start_byte)
                form = "=" if "=" in between else "{"
        if name is None or name.type != "identifier" or inner is None or inner.has_error:
            return [Stmt("simple", unit, node)]
        stmt = Stmt("decl", unit, declarator)
        before = unit.plain(inner.start_byte, name.start_byte)
        after = unit.plain(name.end_byte, inner.end_byte)
        if after == "[]" and init is not None and init.type == "initializer_list":
            after = f"[{sum(part.type != 'comment' for part in init.named_children)}]"
        stmt.var = Var(unit.text(name), kind, before, after, init, form)
        stmt.var.stmt = stmt
        found.append(stmt)
    return found


def names_in(node, unit):
    """The identifiers that an expression mentions: [(node, name)], members of objects left out."""
    found = []
    for part in nodes(node):
        if part.type in ("identifier", "type_identifier"):
            found.append((part, unit.text(part)))
    return found
