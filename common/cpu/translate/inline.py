"""Puts the text of device functions in the place of their calls: those with a barrier or warp operation must be cut
together with the kernel, and those with a loop may be."""

from names import is_meeting
from purity import callee, node_of
from statements import LOOPS, Refused, Stmt, Unit, read
from syntax import name_node, nodes
from tokens import is_word, tokens_of

DEPTH = 8
IN_BETWEEN = ("conditional_expression", "lambda_expression")


class Inliner:
    def __init__(self, fission, kernel, unit, template_names):
        self.fission, self.kernel, self.template_names = fission, kernel, template_names
        self.taken = {t.text for t in tokens_of(unit.data) if is_word(t)} | {p.name for p in kernel.parameters}
        self.taken |= template_names
        self.count = 0

    def required(self, root, depth=0):
        """Calls of functions by way of which a barrier can be reached."""
        self._walk(root, lambda name: name in self.fission.meeting and self._definition(name) is not None, depth, True)

    def loops(self, root, depth=0):
        """Calls of functions that are a statement of their own, and hold a loop."""
        self._walk(root, self._has_loop, depth, False)

    def _has_loop(self, name):
        found = self._definition(name)
        if found is None:
            return False
        return any(n.type == "for_statement" for n in nodes(found[1]))

    def _definition(self, name):
        definitions = [d for d in self.fission.names.definitions.get(name, []) if d.kind != "type"]
        if len(definitions) != 1 or definitions[0].kind != "function":
            return None
        node = node_of(definitions[0])
        if node is None or node.child_by_field_name("body") is None:
            return None
        return definitions[0].source, node

    def _walk(self, block, wanted, depth, required):
        if block.kind == "block":
            children = []
            for child in block.children:
                children += self._expand(child, wanted, depth, required)
            block.children = []
            block.add(*children)
        else:
            for i, child in enumerate(block.children):
                made = self._expand(child, wanted, depth, required)
                if made != [child]:
                    child = Stmt("block", child.unit, child.node)
                    child.synthetic = True
                    child.add(*made)
                child.parent = block
                block.children[i] = child
        if any(c.synthetic for c in block.children):
            block.synthetic = True

    def _expand(self, stmt, wanted, depth, required):
        """The statements that stand for one."""
        if stmt.kind in LOOPS or stmt.kind in ("block", "if"):
            self._walk(stmt, wanted, depth, required)
            return [stmt]
        if stmt.kind == "simple" and stmt.node.type == "expression_statement":
            inner = stmt.node.named_children[0]
            if inner.type == "call_expression" and wanted(callee(inner, stmt.unit.text)):
                try:
                    block = self._inline(stmt, inner)
                except Refused:
                    if required:
                        raise
                    return [stmt]
                if depth >= DEPTH:
                    raise stmt.refused("calls that are nested too deeply")
                self._walk(block, wanted, depth + 1, required)
                return [block]
        return [stmt]

    def _inline(self, stmt, call):
        name = callee(call, stmt.unit.text)
        source, node = self._definition(name)
        if node.parent.type == "template_declaration":
            raise stmt.refused(f"{name} is a template, called")
        head = node.child_by_field_name("declarator")
        if head.type != "function_declarator" or head.child_by_field_name("declarator").type != "identifier":
            raise stmt.refused(f"{name} is no plain function, called")
        body = node.child_by_field_name("body")
        if any(n.type in ("return_statement", "labeled_statement") for n in nodes(body)):
            raise stmt.refused(f"{name} has a return in it, called")
        arguments = call.child_by_field_name("arguments").named_children
        parts = [p for p in head.child_by_field_name("parameters").named_children if p.type != "comment"]
        if len(parts) != len(arguments):
            raise stmt.refused(f"{name} has other parameters than arguments, called")
        edits = self.fission.plain[source]
        text = edits.apply(body.start_byte, body.end_byte)
        renamed = self._renames(source, node, text)
        values = []
        for part, argument in zip(parts, arguments):
            parameter = name_node(part.child_by_field_name("declarator"))
            if parameter is None:
                continue
            given = source.text_of(parameter)
            before = source.plain(part.start_byte, parameter.start_byte)
            after = source.plain(parameter.end_byte, part.end_byte)
            value = " ".join(stmt.unit.text(argument).split())
            if "&" in before or after:
                if argument.type != "identifier" or "const" in before:
                    raise stmt.refused(f"{name} takes {given} by reference, called")
                renamed[given] = value
            else:
                values.append(f"{before} {renamed.get(given, given)} = {value};")
        inner = rename(text, renamed)
        whole = "{ " + " ".join(values) + inner[1:]
        unit = Unit(source.display, source.line(body.start_byte), whole, self.fission.pragma_macros)
        self.taken |= {t.text for t in tokens_of(unit.data) if is_word(t)}
        block = read(unit)
        block.synthetic = True
        return block

    def _renames(self, source, node, text):
        """New names for the function's parameters and locals where the kernel has such a name."""
        renamed = {}
        for name in sorted(source.locals_in(node)):
            new, number = name, 2
            while new in self.taken:
                new, number = f"{name}_{number}", number + 1
            if new != name:
                renamed[name] = new
        return renamed


def rename(text, renamed):
    data = text.encode(errors="surrogateescape")
    pieces, position, before = [], 0, ""
    for token in tokens_of(data):
        if is_word(token) and token.text in renamed and before not in (".", "->", "::"):
            pieces += [data[position : token.start], renamed[token.text].encode(errors="surrogateescape")]
            position = token.end
        before = token.text
    return b"".join(pieces + [data[position:]]).decode(errors="surrogateescape")
