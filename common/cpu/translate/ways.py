"""Tells the runtime which loops and calls a warp operation stands in.

Lanes that went different ways meet again where the branch ends. The line at which a lane waits does not say whether it is
ahead or behind: the same line stands for every round of a loop and for every caller of a function. So each loop and each
device function in which a warp operation can be reached gets an object that notes its line, and for a loop the round
(gpu::Way in gpu/engine.h); a call notes its place just before. So does a branch in whose line there are warp operations
outside of it: if (c) x = __shfl_up(x, 1); else x = __shfl_down(x, 1);
"""

from names import declared_name, is_meeting, words_in
from syntax import enclosing, name_node, nodes

LOOPS = ("while_statement", "do_statement", "for_statement", "for_range_loop")
NO_MEETING_OF_LANES = ("__syncthreads", "__barrier_sync", "__lane_id", "__mbcnt")


def is_warp_operation(word):
    return is_meeting(word) and not word.startswith(NO_MEETING_OF_LANES)


def leading_names(names):
    """The names of functions, macros and types by way of which a warp operation can be reached."""
    leading, changed = set(), True
    while changed:
        changed = False
        for name, definitions in names.definitions.items():
            if name not in leading and any(_leads(d.words, leading) for d in definitions if d.kind != "kernel"):
                leading.add(name)
                changed = True
    return leading


def _leads(words, leading):
    return any(is_warp_operation(word) or word in leading for word, _ in words)


def translate_ways(source, edits, functions, names, leading):
    for function in functions:
        body = function.child_by_field_name("body")
        if body is None or body.type != "compound_statement" or not _leads(words_in(source, body), leading):
            continue
        if "__global__" not in source.qualifiers(function) and declared_name(function, source) is not None:
            edits.insert(body.start_byte + 1, " ::gpu::Call call__;")
        everywhere = _lines(source, body, leading)
        for node in nodes(body):
            if node.type in LOOPS:
                _mark_loop(source, edits, node, leading)
            elif node.type == "if_statement":
                _mark_branches(source, edits, node, everywhere, leading)
            elif node.type == "call_expression":
                _mark_call(source, edits, node, names, leading, source.locals_in(function))


def _mark_loop(source, edits, loop, leading):
    body = loop.child_by_field_name("body")
    if body is None or not _leads(words_in(source, loop), leading):
        return
    if any(n.type in ("labeled_statement", "case_statement") for n in nodes(loop)):
        return  # a jump may lead past the object
    way = f"way__{loop.start_byte}"
    edits.insert(loop.start_byte, f"{{ ::gpu::Way {way}(__FILE__, __LINE__); ")
    edits.insert(loop.end_byte, " }")
    if body.type == "compound_statement":
        edits.insert(body.start_byte + 1, f" {way}.next();")
    else:
        edits.insert(body.start_byte, f"{{ {way}.next(); ")
        edits.insert(body.end_byte, " }")


def _mark_branches(source, edits, choice, everywhere, leading):
    """everywhere: the _lines of the whole function."""
    first, other = choice.child_by_field_name("consequence"), choice.child_by_field_name("alternative")
    if other is not None and other.type == "else_clause":
        other = other.named_children[-1]
    for branch in (first, other):
        inside = _lines(source, branch, leading) if branch is not None else []
        if not any(inside.count(line) < everywhere.count(line) for line in inside):
            continue
        if any(n.type in ("labeled_statement", "case_statement") for n in nodes(branch)):
            continue
        way = f"{'then' if branch is first else 'other'}__{branch.start_byte}"
        # An else is a round later than the branch before it: in the same line they are two places, and this one is behind.
        later = "" if branch is first else f" {way}.next();"
        edits.insert(branch.start_byte, f"{{ ::gpu::Way {way}(__FILE__, __LINE__);{later} ")
        edits.insert(branch.end_byte, " }")


def _lines(source, node, leading):
    """The line of each word by way of which a warp operation can be reached."""
    words = words_in(source, node)
    return [source.line(at) for word, at in words if is_warp_operation(word) or word in leading]


def _mark_call(source, edits, call, names, leading, caller_locals):
    function = call.child_by_field_name("function")
    if function is not None and function.type == "field_expression":  # object.function()
        function = function.child_by_field_name("field")
    name = name_node(function) if function is not None else None
    text = source.text_of(name) if name is not None else ""
    if text in caller_locals and name == function:  # an object with an operator()
        text = "operator()"
    if text not in leading or not any(d.kind == "function" and d.device for d in names.definitions.get(text, [])):
        return
    if enclosing(call, ("decltype", "sizeof_expression")) is not None:
        return
    edits.insert(call.start_byte, "(::gpu::call_from(__FILE__, __LINE__), ")
    edits.insert(call.end_byte, ")")
