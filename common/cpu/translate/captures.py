"""Lambdas and local classes inside a kernel.

What the program sees as globals, the shared variables and the index built-ins, are local references and parameters
in the translated kernel. A lambda has to capture them, shared memory by reference; the member functions of a local
class get the indices from the globals.
"""

from names import INDICES
from tokens import is_word
from syntax import nodes

CLASSES = ("class_specifier", "struct_specifier", "union_specifier")
INDEX_OBJECTS = ("threadIdx", "blockIdx", "blockDim", "gridDim")


def translate_captures(source, edits, body, shared, kernel):
    """body: of a kernel, or of a device function with shared variables; shared: the names that became local."""
    classes = [n for n in nodes(body) if n.type in CLASSES and n.child_by_field_name("body") is not None]
    for node in nodes(body):
        if node.type == "lambda_expression":
            _capture(source, edits, node, shared, kernel)
    for node in classes:
        for token in source.tokens_in(node.start_byte, node.end_byte):
            if token.text in shared and is_word(token):
                problem = f"a local class uses the __shared__ variable {token.text}: pass it a pointer"
                raise source.fault(token.start, problem)
            if kernel and token.text in INDEX_OBJECTS and is_word(token):
                edits.insert(token.start, "::")


def _capture(source, edits, node, shared, kernel):
    captures = node.child_by_field_name("captures")
    if captures is None:
        return
    text = "".join(source.plain(captures.start_byte + 1, captures.end_byte - 1).split())
    default = text[:1] if text[:1] in ("=", "&") and text[1:2] in ("", ",") else ""
    if default == "&":
        return
    used = {t.text for t in source.tokens_in(node.start_byte, node.end_byte) if is_word(t)} - source.locals_in(node)
    named = {t.text for t in source.tokens_in(captures.start_byte, captures.end_byte) if is_word(t)}
    wanted = ["&" + name for name in sorted(used & shared - named)]
    if default != "=" and kernel:
        # Macros may hide an index: those of HIP's older spelling are known.
        objects = {w for w in used if w in INDEX_OBJECTS}
        for word in used & INDICES:
            if word.startswith("hip"):
                objects.add(word[3].lower() + word[4:].split("_")[0])
        wanted += [name for name in INDEX_OBJECTS if name in objects - named]
    if wanted:
        edits.insert(captures.end_byte - 1, (", " if text else "") + ", ".join(wanted))
