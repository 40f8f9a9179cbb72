"""Device code that a macro makes: DEFINE_KERNEL(scale, x * factor), SHARED_TILE(float, tile);

The translator works on the text of kernels and declarations, so where a macro is used whose body has a __global__,
a __shared__ or another of HIP's words, its expansion takes the place of its use, on the same line. All other macros
are left to the compiler, those inside the expansion too. (Macros that hold nothing but such words are no concern
here: source.py reads them as what they stand for.)
"""

from tokens import NOT_CODE, closing, is_word, tokens_of, without_comments

ROUNDS = 20  # one macro may use another


WORDS = {"__global__", "__shared__", "__device__", "__constant__", "__managed__", "__launch_bounds__"}


def device_macros(sources, qualifiers):
    """name -> its definition, for the macros whose bodies lead to one of HIP's words."""
    macros = {}
    for source in sources:
        for macro in source.macros:
            macros.setdefault(macro.name, []).append((source, macro))
    makers = WORDS | {name for name, words in qualifiers.items() if WORDS & set(words)}
    found, changed = {}, True
    while changed:
        changed = False
        for name, definitions in macros.items():
            holding = [(s, m) for s, m in definitions if any(t.text in makers for t in m.tokens)]
            if name not in makers and holding:
                makers.add(name)
                found[name] = holding
                changed = True
    return {name: _only(definitions) for name, definitions in found.items() if _only(definitions)}


def _only(definitions):
    """The definition that counts. Where #if leaves a choice: that with device code (the other is for plain C++)."""
    source, macro = definitions[0]
    if len({_body(s, m) for s, m in definitions}) == 1:
        return definitions[0]
    if any(t.text == "__global__" or t.text == "__shared__" for _, m in definitions for t in m.tokens):
        problem = "has several definitions with device code: the translator cannot know which one counts"
        raise source.fault(macro.position, f"macro {macro.name} {problem}")
    return None


def expand_macros(source, macros):
    """The text of a file after the expansion of these macros; None if it uses none of them."""
    changed = False
    for _ in range(ROUNDS):
        use = _last_use(source, macros)
        if use is None:
            return source if changed else None
        source, changed = source.with_data(use), True
    raise source.fault(0, "macros with device code use each other without end")


def _last_use(source, macros):
    """The file's text with all uses on this level expanded, from the last to the first; None if there are none."""
    tokens, pieces, position, directive = source.tokens, [], 0, 0
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind.startswith("#") and len(token.kind) > 1:
            directive = source.directive_end(token.start)
        if token.start >= directive and is_word(token) and token.text in macros:
            text, end, i = _expansion(source, tokens, i, macros[token.text])
            if text is not None:
                newlines = b"\n" * source.data[token.start : end].count(b"\n")
                pieces += [source.data[position : token.start], text.encode(errors="surrogateescape"), newlines]
                position = end
        i += 1
    return b"".join(pieces + [source.data[position:]]) if pieces else None


def _expansion(source, tokens, i, definition):
    """The expansion of the macro used at token i: (text, end in the file, last token)."""
    home, macro = definition
    if macro.parameters is None:
        return _substitute(_body(home, macro), {}), tokens[i].end, i
    if i + 1 >= len(tokens) or tokens[i + 1].kind != "(":
        return None, None, i
    last = closing(tokens, i + 1)
    if last is None:
        raise source.fault(tokens[i].start, f"the parenthesis behind {macro.name} is never closed")
    arguments = _arguments(source, tokens[i + 2 : last])
    return _substitute(_body(home, macro), _bind(source, tokens[i], macro, arguments)), tokens[last].end, last


def _body(source, macro):
    """The body without comments and continued lines."""
    text = source.bare[macro.start : macro.end].replace(b"\\\r\n", b"   ").replace(b"\\\n", b"  ")
    return without_comments(text)


def _arguments(source, tokens):
    """The text of each argument, from the tokens between a macro's parentheses."""
    arguments, depth, first = [], 0, 0
    for i, token in enumerate(tokens + [None]):
        if token is None or (token.kind == "," and depth == 0):
            part = tokens[first:i]
            arguments.append(source.flat(part[0].start, part[-1].end) if part else "")
            first = i + 1
        else:
            depth += (token.kind in ("(", "[", "{")) - (token.kind in (")", "]", "}"))
    return arguments


def _bind(source, token, macro, arguments):
    """parameter -> argument; a variadic one gets all that are left."""
    names = list(macro.parameters)
    if names and names[-1] == "...":
        names.pop()
        rest = "__VA_ARGS__"
        if names and names[-1] in macro.named_rest:
            rest = names.pop()
        bound = dict(zip(names, arguments))
        bound[rest] = ", ".join(arguments[len(names) :])
    else:
        bound = dict(zip(names, arguments))
        if len(arguments) > max(len(names), 1):
            bound.clear()
    if len(bound) < len(names):
        problem = f"macro {macro.name} is given {len(arguments)} arguments, and takes {len(names)}"
        raise source.fault(token.start, problem)
    return bound


def _substitute(body, bound):
    """The body with arguments in place of parameters; #x makes a string of one, a##b one name of two."""
    code, strings, pastes = bytearray(body), set(), []
    texts = [t for t in tokens_of(body) if t.kind in NOT_CODE and t.kind != "preproc_arg"]
    position = 0
    while position < len(code):
        if code[position] == ord("#") and not any(t.start <= position < t.end for t in texts):
            double = code[position : position + 2] == b"##"
            (pastes.append if double else strings.add)(position)
            code[position : position + 1 + double] = b" " * (1 + double)
            position += double
        position += 1
    result, end = [], 0
    for token in tokens_of(bytes(code)):
        pasted = any(end <= p < token.start for p in pastes)
        string = any(end <= p < token.start for p in strings)
        text = token.text if token.kind in NOT_CODE else bound.get(token.text, token.text)
        if string and token.text in bound:
            text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if pasted and text == "" and result and result[-1] == ",":  # , ##__VA_ARGS__ with nothing given
            result.pop()
        if token.start > end and not pasted and result:
            result.append(" ")
        result.append(text)
        end = token.end
    return "".join(result)
