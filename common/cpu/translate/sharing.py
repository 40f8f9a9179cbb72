"""Puts something in the place of every __shared__ declaration, in kernels, device functions and outside of them."""

from captures import translate_captures
from kernel import CLASSES
from shared import Declaration, enclosing_function
from syntax import enclosing, nodes
from tokens import is_word


def declarations(source):
    """(mark, declaration, function) of each __shared__ in a file; the function is None at namespace scope."""
    for mark in source.marks:
        if "__shared__" not in mark.words:
            continue
        node = mark.owner
        if node is None or node.type != "declaration":
            problem = "this __shared__ is not understood: it belongs before a variable in a kernel or device function"
            raise source.fault(mark.start, problem)
        if [m for m in source.marks_of(node) if "__shared__" in m.words][0] is mark:
            yield mark, Declaration(source, node), enclosing_function(node)


def namespace_pointers(sources):
    """name -> its declaration as a local pointer, for extern __shared__ T name[] outside functions."""
    found = {}
    for source in sources:
        for _, declaration, function in declarations(source):
            if function is None and declaration.dynamic:
                for (name, _, _), text in zip(declaration.variables(), declaration.pointers()):
                    found.setdefault(name, set()).add(text)
    return {name: texts.pop() for name, texts in found.items() if len(texts) == 1}


def translate_shared(source, edits, kernels, functions, pointers):
    """kernels of this file, which collect their variables in a struct; functions: nodes of its device functions;
    pointers: see namespace_pointers."""
    by_node = {kernel.node.id: kernel for kernel in kernels}
    local = {node.id: (node, set()) for node in functions + [k.node for k in kernels]}  # and its shared variables
    for mark, declaration, function in declarations(source):
        if declaration.constant:
            edits.replace(mark.start, mark.end, "")
            continue
        if function is None:
            if not declaration.dynamic:
                raise source.fault(mark.start, "a __shared__ variable outside a function must be extern")
            texts = declaration.globals()
        else:
            # Without a mark of its own, a function has its __device__ from a macro of some system header.
            names = local.setdefault(function.id, (function, set()))[1]
            names.update(name for name, _, _ in declaration.variables())
            if declaration.dynamic:
                texts = declaration.pointers()
            elif function.id in by_node:
                texts = by_node[function.id].shared.add(declaration)
            else:
                texts = _of_function(declaration)
        edits.replace(declaration.start, declaration.end, " ".join(texts) + declaration.newlines())
    for kernel in kernels:
        _leave_traces(source, edits, kernel)
    for node, names in local.values():
        names.update(_point(source, edits, node, pointers))
        translate_captures(source, edits, node.child_by_field_name("body"), names, node.id in by_node)


def _of_function(declaration):
    """In a device function: a struct of its own, of which each block has one."""
    members = declaration.members()
    struct = f"{members[0][0]}__shared"
    texts = [f"struct {struct} {{ {' '.join(before + name + after for name, before, after in members)} }};"]
    if declaration.type_name():
        texts.append(f"using {declaration.type_name()} = typename {struct}::{declaration.type_name()};")
    return texts + [f"auto &{name} = ::gpu::device_function_shared<{struct}>().{name};" for name, _, _ in members]


def _point(source, edits, node, pointers):
    """Gives a function that uses dynamic shared memory of namespace scope a local pointer to it."""
    body = node.child_by_field_name("body")
    if body is None or body.type != "compound_statement":
        return set()
    hidden = source.locals_in(node)
    owner = enclosing(node, CLASSES)
    while owner is not None:  # a member of that name is meant
        hidden |= source.locals_in(owner)
        owner = enclosing(owner, CLASSES)
    tokens = source.tokens_in(body.start_byte, body.end_byte)
    used = set()
    for before, token in zip(tokens, tokens[1:]):
        if token.text in pointers and is_word(token) and before.kind not in (".", "->", "::"):
            used.add(token.text)
    used -= hidden
    if used:
        edits.insert(body.start_byte + 1, "".join(" " + pointers[name] for name in sorted(used)))
    return used


def _leave_traces(source, edits, kernel):
    """What stays in a kernel's text of the local constants and types that its struct of shared memory has too."""
    for node in kernel.shared.constants:
        # Perhaps nothing else needs it now. The attribute's place differs: using Real [[maybe_unused]] = float;
        alias = node.type == "alias_declaration"
        position = node.child_by_field_name("name").end_byte if alias else node.start_byte
        edits.insert(position, " [[maybe_unused]]" if alias else "[[maybe_unused]] ")
    for node, name in kernel.shared.moved:
        text = kernel.shared.alias(name)
        for enumerator in nodes(node):
            if enumerator.type == "enumerator":
                value = source.text_of(enumerator.child_by_field_name("name"))
                text += f" [[maybe_unused]] constexpr auto {value} = {name}::{value};"
        newlines = "\n" * source.data[node.start_byte : node.end_byte].count(b"\n")
        edits.replace(node.start_byte, node.end_byte, text + newlines)
