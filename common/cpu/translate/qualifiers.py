"""HIP's words before declarations, and the macros that stand for them."""

from tokens import closing

# HIP's words before a declaration. Those of the second set take arguments in parentheses.
QUALIFIERS = {
    "__global__",
    "__device__",
    "__host__",
    "__shared__",
    "__constant__",
    "__managed__",
    "__forceinline__",
    "__noinline__",
    "__grid_constant__",
}
QUALIFIER_CALLS = {"__launch_bounds__", "__attribute__", "__align__", "__cluster_dims__", "__declspec", "alignas"}
# What a macro for qualifiers may hold beside them.
COMPANIONS = {"static", "inline", "extern", "constexpr", "__inline__", "__inline", "__forceinline"}


def qualifier_macros(sources):
    """Macros that stand for HIP's words (#define DEVICE static __device__): name -> words, "()" if it has parameters."""
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
        elif text not in QUALIFIER_CALLS or text == "__launch_bounds__":  # its argument matters: see expand.py
            return None
        else:
            words.add(text)
        if text in QUALIFIER_CALLS or "()" in known.get(text, []):
            i = closing(tokens, i + 1) if i + 1 < len(tokens) else None
            if i is None:
                return None
        i += 1
    return words
