"""One source file as the translator sees it: its text, its tokens, and its syntax tree.

tree-sitter parses C++ with <<<...>>>, but the words that HIP adds (`__device__` on a lambda, say) trip it up, and
so do macros that stand for them. So a file is parsed twice. The first pass gives the tokens: where the includes,
the macros and HIP's words are. For the second, HIP's words and the comments are replaced by blanks of the same
length, which leaves plain C++ in which every byte is where it was; the words are kept aside as marks. Nothing is
ever searched for in raw text, so what stands in a comment or in a string cannot be mistaken for code.
"""

import bisect
from dataclasses import dataclass, field

import repairs
from marks import owner
from qualifiers import QUALIFIER_CALLS, QUALIFIERS
from syntax import count_errors, function_declarator, inside_function, name_node, nodes
from tokens import Fault, blank, closing, is_word, tokens_of, tree_of, without_comments

LOCALS = ("declaration", "for_range_loop", "field_declaration")


@dataclass
class Mark:
    """One of HIP's words (or a macro that stands for some), taken out before the second parse."""

    words: list  # __shared__; or what the macro stands for
    start: int
    end: int  # behind its arguments
    arguments: tuple = None  # range of what stands between its parentheses
    macro: bool = False
    owner: object = None  # node of the declaration that it belongs to


@dataclass
class Macro:
    name: str
    position: int  # of its name
    parameters: list  # of names; None for a macro without parentheses
    start: int  # range of its body
    end: int
    tokens: list = field(default_factory=list)
    named_rest: set = field(default_factory=set)  # {"args"} of #define M(args...)


@dataclass
class Include:
    start: int  # range of "name" or <name>
    end: int
    name: str
    quoted: bool
    target: str = None  # the user's file that it names; None for system headers and macros


class Source:
    """One file. After the constructor: text, tokens, includes, macros; after parse(): tree and marks."""

    def __init__(self, path, display, data):
        self.path = path  # absolute
        self.display = display  # as messages and __FILE__ show it
        self.data = data
        self.line_starts = [0]
        while (end := data.find(b"\n", self.line_starts[-1])) >= 0:
            self.line_starts.append(end + 1)
        self.bare = without_comments(data)
        self.tokens = tokens_of(self.bare)
        self.skipped = self._skipped()
        self.tokens = [t for t in self.tokens if not any(a <= t.start < b for a, b in self.skipped)]
        self.token_starts = [t.start for t in self.tokens]
        self.includes, self.macros = [], []
        self._directives()
        self.marks = []
        self.tree = None
        self.code = None  # the text of the second parse

    def line(self, position):
        return bisect.bisect_right(self.line_starts, position)

    def fault(self, position, message):
        return Fault(self.display, self.line(position), message)

    def text(self, start, end):
        return self.data[start:end].decode(errors="surrogateescape")

    def text_of(self, node):
        return self.text(node.start_byte, node.end_byte)

    def plain(self, start, end):
        """The code in a range on one line, without comments and HIP's words."""
        return " ".join(self.code[start:end].decode(errors="surrogateescape").split())

    def directive_end(self, position):
        """End of the line, or of the continued lines, of a directive."""
        end = self.data.find(b"\n", position)
        while end >= 0 and self.data[max(end - 2, 0) : end].rstrip(b"\r").endswith(b"\\"):
            end = self.data.find(b"\n", end + 1)
        return len(self.data) if end < 0 else end

    def flat(self, start, end, without=()):
        """The original text of a range on one line, less comments and the ranges in `without`."""
        pieces, previous = [], None
        for token in self.tokens_in(start, end):
            if any(a <= token.start < b for a, b in without):
                continue
            if previous is not None and token.start > previous:
                pieces.append(" ")
            pieces.append(token.text)
            previous = token.end
        return "".join(pieces)

    def tokens_in(self, start, end):
        first = bisect.bisect_left(self.token_starts, start)
        last = bisect.bisect_left(self.token_starts, end)
        return self.tokens[first:last]

    def with_data(self, data):
        """The same file with another text; no #include comes or goes."""
        other = Source(self.path, self.display, data)
        for old, new in zip(self.includes, other.includes):
            new.target = old.target
        return other

    def _skipped(self):
        """What `#if 0` hides need not be C++ at all."""
        ranges, depth, since = [], 0, None
        for i, token in enumerate(self.tokens):
            if token.kind in ("#if", "#ifdef", "#ifndef"):
                if since is not None:
                    depth += 1
                elif token.kind == "#if" and i + 1 < len(self.tokens) and self.tokens[i + 1].text == "0":
                    since, depth = self.tokens[i + 1].end, 0
            elif since is not None and token.kind in ("#else", "#elif", "#endif"):
                if depth == 0:
                    ranges.append((since, token.start))
                    since = None
                elif token.kind == "#endif":
                    depth -= 1
        return ranges

    def _directives(self):
        tokens = self.tokens
        for i, token in enumerate(tokens[:-1]):
            following = tokens[i + 1]
            if token.kind == "#include":
                if following.kind == "system_lib_string":
                    self.includes.append(Include(following.start, following.end, following.text[1:-1], False))
                elif following.kind == '"' and i + 3 < len(tokens) and tokens[i + 3].kind == '"':
                    name = tokens[i + 2].text
                    self.includes.append(Include(following.start, tokens[i + 3].end, name, True))
            elif token.kind == "#define" and is_word(following):
                self._define(i)

    def _define(self, i):
        tokens = self.tokens
        name, j, parameters = tokens[i + 1], i + 2, None
        if j < len(tokens) and tokens[j].kind == "(" and tokens[j].start == name.end:
            end = closing(tokens, j)
            if end is None:
                return
            parameters = [t.text for t in tokens[j:end] if is_word(t) or t.kind == "..."]
            j = end + 1
        macro = Macro(name.text, name.start, parameters, name.end, name.end)
        if parameters and parameters[-1] == "..." and tokens[j - 3].kind not in (",", "("):
            macro.named_rest = {parameters[-2]} if len(parameters) > 1 else set()
        if j < len(tokens) and tokens[j].kind == "preproc_arg":
            macro.start, macro.end = tokens[j].start, tokens[j].end
            body = self.macro_body(macro)
            macro.tokens = tokens_of(body, macro.start)
        self.macros.append(macro)

    def macro_body(self, macro):
        """Its body as code: without line ends, and with `a##b` as one name, all bytes in place."""
        body = bytearray(self.bare[macro.start : macro.end])
        for i in range(len(body)):
            if body[i] == ord("\\") and body[i + 1 : i + 2] in (b"\n", b"\r"):
                body[i] = 32
            elif body[i] in b"\r\n":
                body[i] = 32
        body = bytearray(without_comments(bytes(body)))  # the first pass does not see // comments in here
        position = body.find(b"##")
        while position >= 0:
            left, right = position, position + 2
            while left > 0 and body[left - 1] in b" \t":
                left -= 1
            while right < len(body) and body[right] in b" \t":
                right += 1
            body[left:right] = b"_" * (right - left)
            position = body.find(b"##")
        return bytes(body)

    def parse(self, qualifier_macros):
        """The second pass. qualifier_macros: name of a macro -> the words that it stands for."""
        code = bytearray(self.bare)
        for start, end in self.skipped:
            blank(code, start, end)
        self._find_marks(qualifier_macros)
        for mark in self.marks:
            blank(code, mark.start, mark.end)
        for repair in repairs.FIRST:
            repair(self, code)
        self.code = bytes(code)
        self.tree = tree_of(self.code)
        for repair in repairs.ON_FAULTS:
            if self.tree.root_node.has_error:
                self._try(repair)
        self._assign_marks()
        self._find_locals()

    def _assign_marks(self):
        self.owned = {}
        for mark in self.marks:
            mark.owner = owner(self.tree.root_node, mark)
            if mark.owner is not None:
                self.owned.setdefault(mark.owner.id, []).append(mark)

    def marks_of(self, node):
        return self.owned.get(node.id, [])

    def qualifiers(self, node):
        """HIP's words before a declaration, macros resolved."""
        return {word for mark in self.marks_of(node) for word in mark.words}

    def _find_locals(self):
        found, volatile = [], []
        for node in nodes(self.tree.root_node):
            if node.type.endswith("parameter_declaration") or node.type in LOCALS:
                if node.type != "declaration" or inside_function(node):
                    for declarator in node.children_by_field_name("declarator"):
                        name = name_node(declarator)
                        if name is not None and function_declarator(declarator) is None:
                            found.append((name.start_byte, self.text_of(name)))
            if node.type == "type_qualifier" and self.text_of(node) == "volatile":
                for declarator in node.parent.children_by_field_name("declarator"):
                    name = name_node(declarator)
                    if name is not None:
                        volatile.append((name.start_byte, self.text_of(name), inside_function(name)))
        self.locals, self.volatile = sorted(found), volatile
        self.waits = {}  # see waiting.py

    def volatile_in(self, node):
        """Volatile parameters and local variables of a function."""
        return {name for position, name, _ in self.volatile if node.start_byte <= position < node.end_byte}

    def locals_in(self, node):
        """Names of the parameters and local variables that are declared inside a node."""
        first = bisect.bisect_left(self.locals, (node.start_byte, ""))
        last = bisect.bisect_left(self.locals, (node.end_byte, ""))
        return {name for _, name in self.locals[first:last]}

    def _find_marks(self, qualifier_macros):
        tokens, i = self.tokens, 0
        directive = 0  # end of the last one seen: its words are no declarations
        while i < len(tokens):
            token, end, arguments = tokens[i], tokens[i].end, None
            if token.kind.startswith("#") and len(token.kind) > 1:
                directive = self.directive_end(token.start)
            known = is_word(token) and token.start >= directive
            if known and (token.text in QUALIFIER_CALLS or token.text in qualifier_macros):
                if i + 1 < len(tokens) and tokens[i + 1].kind == "(" and self._takes_arguments(token, qualifier_macros):
                    close = closing(tokens, i + 1)
                    if close is None:
                        raise self.fault(token.start, f"the parenthesis behind {token.text} is never closed")
                    arguments, end = (tokens[i + 1].end, tokens[close].start), tokens[close].end
                    i = close
                words = qualifier_macros.get(token.text, [token.text])
                self.marks.append(Mark(words, token.start, end, arguments, token.text in qualifier_macros))
            elif known and token.text in QUALIFIERS:
                self.marks.append(Mark([token.text], token.start, end))
            i += 1

    def _takes_arguments(self, token, qualifier_macros):
        return token.text in QUALIFIER_CALLS or "()" in qualifier_macros[token.text]

    def _try(self, repair):
        """Parses once more after a repair; keeps it if the parser understands more."""
        code = bytearray(self.code)
        repair(self, code)
        if code != self.code:
            tree = tree_of(bytes(code))
            if count_errors(tree.root_node) < count_errors(self.tree.root_node):
                self.code, self.tree = bytes(code), tree
