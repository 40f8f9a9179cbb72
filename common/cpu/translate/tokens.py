"""The leaves of tree-sitter's syntax trees, which serve as tokens, and what can be asked of them."""

from dataclasses import dataclass

import tree_sitter
import tree_sitter_cuda

LANGUAGE = tree_sitter.Language(tree_sitter_cuda.language())
PARSER = tree_sitter.Parser(LANGUAGE)

NOT_CODE = {
    "comment",
    "string_content",
    "escape_sequence",
    "character",
    "raw_string_content",
    "system_lib_string",
    "preproc_arg",
    "number_literal",
    '"',
    "'",
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
            text = data[leaf.start_byte : leaf.end_byte].decode(errors="surrogateescape")
            found.append(Token(leaf.type, leaf.start_byte + start, leaf.end_byte + start, text))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found


def without_comments(data):
    """The same text with blanks for comments."""
    bare = bytearray(data)
    for token in tokens_of(data):
        if token.kind == "comment":
            blank(bare, token.start, token.end)
    return bytes(bare)


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
