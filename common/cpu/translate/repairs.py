"""What the parser is shown instead of code that it is known to misread.

Each repair changes the parser's copy of the text only, byte for byte in place; the program's text stays as it is.
The first two are made at once, the others when the parser has found faults, and kept if it then finds fewer.
"""

import bisect

from tokens import blank, closing, is_word


def hide_brace_defaults(source, code):
    """The parser does not know `T x = {}` among parameters: it sees a number there."""
    tokens = source.tokens
    opened = []  # indices of the brackets that are open
    for i, token in enumerate(tokens):
        if token.kind in ("(", "{", "["):
            opened.append(i)
        elif token.kind in (")", "}", "]") and opened:
            first = opened.pop()
            if (
                token.kind == "}"
                and tokens[first].kind == "{"
                and tokens[first - 1].kind == "="
                and opened
                and tokens[opened[-1]].kind == "("
                and tokens[i + 1 :]
                and tokens[i + 1].kind in (",", ")")
            ):
                code[tokens[first].start : token.end] = b"0" * (token.end - tokens[first].start)


def keep_declarations(source, code):
    """`__device__ float (*f)(float) = g;` must not turn into what looks like a call of float: a storage class stays."""
    starts = {m.start: m for m in source.marks}
    for mark in source.marks:
        if mark.macro or mark.words[0] not in ("__device__", "__constant__", "__managed__", "__shared__"):
            continue
        i = bisect.bisect_left(source.token_starts, mark.end)
        while i < len(source.tokens) and (is_word(source.tokens[i]) or source.tokens[i].kind in ("*", "::")):
            i = (
                i + 1
                if source.tokens[i].start not in starts
                else bisect.bisect_left(source.token_starts, starts[source.tokens[i].start].end)
            )
        if [t.kind for t in source.tokens[i : i + 2]] == ["(", "*"]:
            code[mark.start : mark.start + 8] = b"register"


def end_statements(source, code):
    """CHECK(call()) alone on a line, without a semicolon, runs into the next statement: end it for the parser."""
    tokens = source.tokens
    for i in range(1, len(tokens) - 1):
        if not (
            is_word(tokens[i])
            and tokens[i].kind == "identifier"
            and tokens[i + 1].kind == "("
            and tokens[i - 1].kind in (";", "{", "}", ")", "else", "preproc_arg", "#endif", "#else")
        ):
            continue
        close = closing(tokens, i + 1)
        if close is None or close + 1 >= len(tokens) or tokens[i].text.startswith("__"):
            continue
        following = tokens[close + 1]
        position = tokens[close].end
        if (
            is_word(following)
            and source.line(following.start) > source.line(position)
            and following.text not in ("const", "noexcept", "override", "final", "try")
            and code[position : position + 1].isspace()
        ):
            code[position] = ord(";")


def hide_defaults(source, code):
    """The parser does not know all defaults of parameters without names: void f(T = T{}, int * = nullptr)."""
    tokens = source.tokens
    for i in range(2, len(tokens)):
        if not (
            tokens[i].kind == "("
            and tokens[i - 1].kind == "identifier"
            and (is_word(tokens[i - 2]) or tokens[i - 2].kind in ("*", "&", ">"))
        ):
            continue
        close, depth, since = closing(tokens, i), 0, None
        for token in tokens[i + 1 : close + 1] if close is not None else []:
            if depth == 0 and token.kind == "=":
                since = token.start
            elif since is not None and depth == 0 and token.kind in (",", ")"):
                blank(code, since, token.start)
                since = None
            depth += (token.kind in ("(", "{", "[")) - (token.kind in (")", "}", "]"))


FIRST = (hide_brace_defaults, keep_declarations)
ON_FAULTS = (end_statements, hide_defaults)
