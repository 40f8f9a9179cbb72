"""Launches: kernel<<<grid, block>>>(arguments) becomes (gpu::configure(grid, block), kernel(arguments)).

All pieces are the program's own text, in its own lines. A launch may stand anywhere an expression may, and in the
body of a macro; there the body is parsed as a statement of its own.
"""

from tokens import NOT_CODE, tree_of
from syntax import nodes


def translate_launches(source, edits, kernels):
    for node in nodes(source.tree.root_node):
        if node.type == "kernel_call_syntax":
            if any(k.start <= node.start_byte < k.end for k in kernels):
                raise source.fault(node.start_byte, "a launch inside a kernel is not supported")
            _replace(source, edits, node, 0)
    for macro in source.macros:
        _translate_macro(source, edits, macro)
    _find_lost(source)


def _replace(source, edits, node, offset):
    """One launch; offset is where the text that was parsed begins in the file."""
    call = node.parent
    function = call.child_by_field_name("function")
    arguments = call.child_by_field_name("arguments")
    if (
        call.type != "call_expression"
        or function is None
        or arguments is None
        or any(c.is_error for c in call.children)
    ):
        raise source.fault(node.start_byte + offset, "this launch does not parse (is a semicolon missing before it?)")
    start, end = function.start_byte + offset, function.end_byte + offset
    opening, closing = node.children[0], node.children[-1]
    gap = source.text(end, opening.start_byte + offset).rstrip(" ")
    edits.replace(start, opening.end_byte + offset, "(::gpu::configure(")
    edits.replace(closing.start_byte + offset, closing.end_byte + offset, "), " + source.text(start, end) + gap)
    edits.insert(arguments.end_byte + offset, ")")


# A macro's body may be an expression, a statement, a few statements, or need the brace that another macro closes.
FRAMES = (
    (b"void f() {", b"\n;}"),
    (b"auto x = ", b"\n;"),
    (b"", b"\n"),
    (b"void f() {", b"\n}}"),
    (b"void f() {{", b"\n}"),
)


def _translate_macro(source, edits, macro):
    body = source.macro_body(macro)
    if body.count(b"<<<") == 0:
        return
    wanted = _launches_in_text(body)
    if wanted == 0:
        return
    code = bytearray(body)
    for i, byte in enumerate(code):
        if byte == ord("#"):  # #name makes a string of a macro's parameter
            code[i] = 32
    for before, after in FRAMES:
        tree = tree_of(before + bytes(code) + after)
        found = [n for n in nodes(tree.root_node) if n.type == "kernel_call_syntax"]
        good = all(n.parent.type == "call_expression" and not any(c.is_error for c in n.parent.children) for n in found)
        if len(found) == wanted and good:
            for node in found:
                _replace(source, edits, node, macro.start - len(before))
            return
    raise source.fault(macro.position, f"the launch in macro {macro.name} does not parse")


def _launches_in_text(data):
    """How many <<< stand in code, not in strings or comments."""
    tree = tree_of(b"void f() {" + data + b"\n;}")
    count, position = 0, data.find(b"<<<")
    while position >= 0:
        leaf = tree.root_node.descendant_for_byte_range(position + 10, position + 12)
        if leaf.type not in NOT_CODE and "string" not in leaf.type:
            count += 1
        position = data.find(b"<<<", position + 3)
    return count


def _find_lost(source):
    """Every <<< in code must belong to a launch that was translated."""
    position = source.code.find(b"<<<")
    while position >= 0:
        leaf = source.tree.root_node.descendant_for_byte_range(position, position + 2)
        launch = leaf.type == "<<<" and leaf.parent.type == "kernel_call_syntax"
        if not launch and leaf.type not in NOT_CODE and "string" not in leaf.type:
            raise source.fault(position, "this <<< is not understood as a launch")
        position = source.code.find(b"<<<", position + 3)
