"""One source file as the translator sees it: its text, its tokens, and its syntax tree.

tree-sitter parses C++ with <<<...>>>, but the words that HIP adds (`__device__` on a lambda, say) trip it up, and so do
macros that stand for them. So a file is parsed twice. The first pass gives the tokens: where the includes, the macros and
HIP's words are. For the second, HIP's words and the comments are replaced by blanks of the same length, which leaves plain
C++ in which every byte is where it was; the words are kept aside as marks. Nothing is ever searched for in raw text, so
what stands in a comment or in a string cannot be mistaken for code.
"""

import bisect
from dataclasses import dataclass, field

import tree_sitter
import tree_sitter_cuda

from marks import owner
from syntax import count_errors, function_declarator, inside_function, name_node, nodes

LANGUAGE = tree_sitter.Language(tree_sitter_cuda.language())
PARSER = tree_sitter.Parser(LANGUAGE)

# HIP's words before a declaration. Those of the second set take arguments in parentheses.
QUALIFIERS = {
    "__global__", "__device__", "__host__", "__shared__", "__constant__", "__managed__", "__forceinline__",
    "__noinline__", "__grid_constant__",
}
QUALIFIER_CALLS = {"__launch_bounds__", "__attribute__", "__align__", "__cluster_dims__", "alignas"}
# What a macro for qualifiers may hold beside them.
COMPANIONS = {"static", "inline", "extern", "constexpr", "__inline__", "__inline"}

NOT_CODE = {
    "comment", "string_content", "escape_sequence", "character", "raw_string_content", "system_lib_string",
    "preproc_arg", "number_literal", '"', "'",
}


class Fault(Exception):
    """What the translator cannot do, with the place in the source."""

    def __init__(self, file, line, message):
        super().__init__(f"{file}:{line}: error: {message}")


@dataclass
class Token:
    """A leaf of the syntax tree."""

    kind: str
    start: int
    end: int
    text: str


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
    parameters: list  # of names; None for a macro without parentheses
    start: int  # range of its body
    end: int
    tokens: list = field(default_factory=list)


@dataclass
class Include:
    start: int  # range of "name" or <name>
    end: int
    name: str
    quoted: bool
    target: str = None  # the user's file that it names; None for system headers and macros


def tree_of(data):
    return PARSER.parse(data)


def tokens_of(data, start=0):
    """The leaves of the syntax tree of data, which begins at byte `start` of its file."""
    found = []
    cursor = tree_of(data).walk()
    while True:
        if cursor.goto_first_child():
            continue
        leaf = cursor.node
        if leaf.end_byte > leaf.start_byte:
            text = data[leaf.start_byte:leaf.end_byte].decode(errors="replace")
            found.append(Token(leaf.type, leaf.start_byte + start, leaf.end_byte + start, text))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found


def blank(buffer, start, end):
    for i in range(start, end):
        if buffer[i] not in b"\r\n":
            buffer[i] = 32


def is_word(token):
    return token.kind not in NOT_CODE and (token.text[0].isalpha() or token.text[0] == "_")


def closing(tokens, i):
    """Index of the token that closes the parenthesis at i; None if there is none."""
    depth = 0
    for j in range(i, len(tokens)):
        if tokens[j].kind == "(":
            depth += 1
        elif tokens[j].kind == ")":
            depth -= 1
            if depth == 0:
                return j
    return None


class Source:
    """One file. After the constructor: text, tokens, includes, macros; after parse(): tree and marks."""

    def __init__(self, path, display, data):
        self.path = path  # absolute
        self.display = display  # as messages and __FILE__ show it
        self.data = data
        self.line_starts = [0]
        for i, byte in enumerate(data):
            if byte == 10:
                self.line_starts.append(i + 1)
        self.tokens = tokens_of(data)
        self.skipped = self._skipped()
        self.tokens = [t for t in self.tokens if not any(a <= t.start < b for a, b in self.skipped)]
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

    def flat(self, start, end, without=()):
        """The original text of a range on one line, less comments and the ranges in `without`."""
        pieces, previous = [], None
        for token in self.tokens_in(start, end):
            if token.kind == "comment" or any(a <= token.start < b for a, b in without):
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
        macro = Macro(name.text, parameters, name.end, name.end)
        if j < len(tokens) and tokens[j].kind == "preproc_arg":
            macro.start, macro.end = tokens[j].start, tokens[j].end
            body = self.macro_body(macro)
            macro.tokens = tokens_of(body, macro.start)
        self.macros.append(macro)

    def macro_body(self, macro):
        """Its body as code: without line ends, and with `a##b` as one name, all bytes in place."""
        body = bytearray(self.data[macro.start:macro.end])
        for i in range(len(body)):
            if body[i] == ord("\\") and body[i + 1:i + 2] in (b"\n", b"\r"):
                body[i] = 32
            elif body[i] in b"\r\n":
                body[i] = 32
        for token in tokens_of(bytes(body)):
            if token.kind == "comment":
                blank(body, token.start, token.end)
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
        self.token_starts = [t.start for t in self.tokens]
        code = bytearray(self.data)
        for start, end in self.skipped:
            blank(code, start, end)
        for token in self.tokens:
            if token.kind == "comment":
                blank(code, token.start, token.end)
        self._find_marks(qualifier_macros)
        for mark in self.marks:
            blank(code, mark.start, mark.end)
        self._hide_brace_defaults(code)
        self.code = bytes(code)
        self.tree = tree_of(self.code)
        for repair in (self._end_statements, self._hide_defaults):
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
            if node.type.endswith("parameter_declaration") or node.type in ("declaration", "for_range_loop"):
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
        tokens, i = [t for t in self.tokens if t.kind != "comment"], 0
        while i < len(tokens):
            token, end, arguments = tokens[i], tokens[i].end, None
            known = is_word(token) and (i == 0 or tokens[i - 1].kind not in ("#define", "#ifdef", "#ifndef", "#undef"))
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

    def _hide_brace_defaults(self, code):
        """The parser does not know `T x = {}` among parameters: it sees a number there."""
        tokens = [t for t in self.tokens if t.kind != "comment"]
        opened = []  # indices of the brackets that are open
        for i, token in enumerate(tokens):
            if token.kind in ("(", "{", "["):
                opened.append(i)
            elif token.kind in (")", "}", "]") and opened:
                first = opened.pop()
                if (token.kind == "}" and tokens[first].kind == "{" and tokens[first - 1].kind == "=" and opened
                        and tokens[opened[-1]].kind == "(" and tokens[i + 1:] and tokens[i + 1].kind in (",", ")")):
                    code[tokens[first].start:token.end] = b"0" * (token.end - tokens[first].start)

    def _try(self, repair):
        """Parses once more after a repair to the parser's copy of the text; keeps it if it understands more."""
        code = bytearray(self.code)
        repair([t for t in self.tokens if t.kind != "comment"], code)
        if code != self.code:
            tree = tree_of(bytes(code))
            if count_errors(tree.root_node) < count_errors(self.tree.root_node):
                self.code, self.tree = bytes(code), tree

    def _end_statements(self, tokens, code):
        """CHECK(call()) alone on a line, without a semicolon, runs into the next statement: end it for the parser."""
        for i in range(1, len(tokens) - 1):
            if not (is_word(tokens[i]) and tokens[i].kind == "identifier" and tokens[i + 1].kind == "("
                    and tokens[i - 1].kind in (";", "{", "}", ")", "else", "preproc_arg", "#endif", "#else")):
                continue
            close = closing(tokens, i + 1)
            if close is None or close + 1 >= len(tokens) or tokens[i].text.startswith("__"):
                continue
            following = tokens[close + 1]
            position = tokens[close].end
            if (is_word(following) and self.line(following.start) > self.line(position)
                    and following.text not in ("const", "noexcept", "override", "final", "try")
                    and code[position:position + 1].isspace()):
                code[position] = ord(";")

    def _hide_defaults(self, tokens, code):
        """The parser does not know all defaults of parameters without names: void f(T = T{}, int * = nullptr)."""
        for i in range(2, len(tokens)):
            if not (tokens[i].kind == "(" and tokens[i - 1].kind == "identifier"
                    and (is_word(tokens[i - 2]) or tokens[i - 2].kind in ("*", "&", ">"))):
                continue
            close, depth, since = closing(tokens, i), 0, None
            for token in tokens[i + 1:close + 1] if close is not None else []:
                if depth == 0 and token.kind == "=":
                    since = token.start
                elif since is not None and depth == 0 and token.kind in (",", ")"):
                    blank(code, since, token.start)
                    since = None
                depth += (token.kind in ("(", "{", "[")) - (token.kind in (")", "}", "]"))


def qualifier_macros(sources):
    """Macros that stand for HIP's words, `#define DEVICE static __device__`: name -> words, "()" if it takes arguments."""
    bodies = {}
    for source in sources:
        for macro in source.macros:
            bodies.setdefault(macro.name, []).append(macro)
    known = {}
    changed = True
    while changed:  # one macro may name another
        changed = False
        for name, macros in bodies.items():
            if name in known or name in QUALIFIERS or name in QUALIFIER_CALLS:
                continue
            words = [_qualifiers_in(macro, known) for macro in macros]
            if all(w is not None for w in words) and (any(words) or macros[0].parameters is None):
                known[name] = sorted(set().union(*words)) + (["()"] if macros[0].parameters is not None else [])
                changed = True
    return known


def _qualifiers_in(macro, known):
    """The words of a macro that holds only qualifiers; None for any other macro."""
    words, i, tokens = set(), 0, macro.tokens
    while i < len(tokens):
        text = tokens[i].text
        if text in known:
            words.update(w for w in known[text] if w != "()")
        elif text == "extern" and i + 3 < len(tokens) and tokens[i + 2].text == "C":
            words.add('extern "C"')
            i += 3
        elif text in QUALIFIERS or text in COMPANIONS:
            words.add(text)
        elif text not in QUALIFIER_CALLS:
            return None
        else:
            words.add(text)
        if text in QUALIFIER_CALLS or "()" in known.get(text, []):
            i = closing(tokens, i + 1) if i + 1 < len(tokens) else None
            if i is None:
                return None
        i += 1
    return words
