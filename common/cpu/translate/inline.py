"""Puts the text of device functions in the place of their calls: those with a barrier or warp operation must be cut
together with the kernel, and those with a loop may be.

A call becomes a block: the parameters as variables with the arguments for values, then the function's text; what it
returns goes into a variable in front of the block. Names that the kernel has too get a number.
"""

import re

from names import namespaces
from operations import CONDITIONAL
from purity import callee, node_of
from statements import LOOPS, Refused, Stmt, Unit, read
from syntax import name_node, nodes
from tokens import is_word, tokens_of
from waiting import waits_of

TEMPLATE_PARAMETERS = ("type_parameter_declaration", "parameter_declaration")
MEMBER_OF = (".", "->", "::")
SHARED = "::gpu::device_function_shared<"


class Inliner:
    def __init__(self, fission, kernel, unit, root):
        self.fission, self.kernel, self.unit, self.root = fission, kernel, unit, root
        self.taken = {t.text for t in tokens_of(unit.data) if is_word(t)} | {p.name for p in kernel.parameters}
        self.taken |= {p.name for p in kernel.template or []}
        # What hides a name of the same spelling that a function uses: it would mean something else in the kernel.
        self.hiding = kernel.source.locals_in(kernel.node) | {p.name for p in kernel.parameters + (kernel.template or [])}
        self.storages = {}  # struct of a function's shared memory -> its declaration
        self.depth = 0

    def required(self):
        """Calls of functions by way of which a barrier or a warp operation can be reached."""
        self.wanted = lambda name: name in self.fission.meeting and self._definition(name) is not None
        self.optional = False
        self._walk(self.root)
        if self.storages:
            self.root.children[:0] = [s for made, _ in self.storages.values() for s in made]
            for stmt in self.root.children:
                stmt.parent = self.root

    def loops(self):
        """Calls of functions that are a statement of their own, and hold a loop."""
        self.wanted = self._has_loop
        self.optional = True
        self._walk(self.root)

    def _has_loop(self, name):
        found = self._definition(name)
        return found is not None and any(n.type == "for_statement" for n in nodes(found[1]))

    def _definition(self, name):
        definitions = [d for d in self.fission.names.definitions.get(name, []) if d.kind != "type"]
        if len(definitions) != 1 or definitions[0].kind != "function":
            return None
        node = node_of(definitions[0])
        if node is None or node.child_by_field_name("body") is None:
            return None
        return definitions[0].source, node

    def _walk(self, block):
        if block.kind == "block":
            done, queue = [], list(block.children)
            while queue:  # what is put in may hold calls itself
                child = queue.pop(0)
                made = self._expand(child)
                if made is None:
                    self._walk(child)
                    done.append(child)
                else:
                    for stmt in made:
                        stmt.parent = block
                    block.synthetic = True
                    queue = made + queue
            block.children = []
            block.add(*done)
        else:
            for i, child in enumerate(block.children):
                if child.kind != "block":
                    around = Stmt("block", child.unit, child.node)
                    around.add(child)
                    child = around
                self._walk(child)
                if child.synthetic or block.children[i].kind == "block":
                    child.parent = block
                    block.children[i] = child
                else:
                    child.children[0].parent = block
                    block.children[i] = child.children[0]
        if any(c.synthetic for c in block.children):
            block.synthetic = True

    def _expand(self, stmt):
        """The statements that stand for one with a call; None where it stays."""
        if stmt.kind in LOOPS or stmt.kind in ("block", "type", "barrier"):
            return None
        own = stmt.condition if stmt.kind == "if" else stmt.var.init if stmt.kind == "decl" else stmt.node
        if own is None:
            return None
        calls = [n for n in nodes(own) if n.type == "call_expression" and self.wanted(callee(n, stmt.unit.text))]
        if not calls:
            return None
        call = calls[-1]  # the last one holds no other
        whole = stmt.kind == "simple" and own.type == "expression_statement" and own.named_children[0] == call
        if self.optional and not whole:
            return None
        self.depth += 1
        if self.depth > 64:
            raise stmt.refused("functions that call themselves, or too many of them,")
        try:
            if whole:
                return [self._inline(stmt, call, None)]
            _check(stmt, own, call)
            return self._with_value(stmt, call)
        except Refused:
            if self.optional:
                return None
            raise

    def _with_value(self, stmt, call):
        name = callee(call, stmt.unit.text)
        source, node = self._definition(name)
        words = source.plain(node.start_byte, node.child_by_field_name("declarator").start_byte).split()
        kind = " ".join(w for w in words if w not in ("static", "inline", "__inline__", "constexpr"))
        kind = re.sub(r"\[\[.*?\]\] *", "", kind)
        kind = rename(kind, self._template(stmt, call, source, node))
        if "auto" in kind or kind == "void":
            raise stmt.refused(f"what {name} returns")
        result = self._free(f"{name}_value")
        block = self._inline(stmt, call, result)
        declaration = read(Unit(stmt.unit.display, stmt.line, f"{{ {kind} {result}; }}")).children[0]
        if declaration.kind != "decl":
            raise stmt.refused(f"what {name} returns")
        text = stmt.unit.replaced(stmt.node, [(call, result)])
        if stmt.kind == "decl":
            text = f"{stmt.var.type} {text};"
        again = read(Unit(stmt.unit.display, stmt.line, f"{{ {text} }}", self.fission.pragma_macros))
        for part in [declaration] + again.children:
            part.synthetic_text = True
        if stmt.kind == "if":
            again.children[0].synthetic = True
        return [declaration, block] + again.children

    def _inline(self, stmt, call, result):
        name = callee(call, stmt.unit.text)
        source, node = self._definition(name)
        head = node.child_by_field_name("declarator")
        if head.type != "function_declarator" or head.child_by_field_name("declarator").type != "identifier":
            raise stmt.refused(f"{name} is no plain function, called")
        body = node.child_by_field_name("body")
        self._check_names(stmt, name, source, node)
        waits = waits_of(source, node, self.fission.names.volatile).reason()
        if waits is not None:
            raise Refused(waits[1], source.line(waits[0].start_byte))
        last = body.named_children[-1] if body.named_children else None
        returns = [n for n in nodes(body) if n.type == "return_statement"]
        if [n for n in returns if n != last] or any(n.type == "labeled_statement" for n in nodes(body)):
            raise stmt.refused(f"{name} has a return in the middle, called")
        arguments = [a for a in call.child_by_field_name("arguments").named_children if a.type != "comment"]
        parts = [p for p in head.child_by_field_name("parameters").named_children if p.type != "comment"]
        if len(parts) == 1 and source.text_of(parts[0]) == "void":
            parts = []
        if len(parts) != len(arguments):
            raise stmt.refused(f"{name} has other parameters than arguments, called")
        edits = self.fission.plain[source]
        text = edits.apply(body.start_byte, body.end_byte)
        if returns:
            value = edits.apply(last.start_byte, last.end_byte).removeprefix("return").strip()
            before = edits.apply(body.start_byte, last.start_byte)
            value = value.rstrip("; ")
            text = before + (f"{result} = {value};" if result else f"(void)({value});" if value else "") + " }"
        elif result:
            raise stmt.refused(f"{name} returns nothing at its end, called")
        renamed = self._renames(source, node)
        self.hiding |= {renamed.get(local, local) for local in source.locals_in(node)}
        renamed.update(self._template(stmt, call, source, node))
        values = []
        for part, argument in zip(parts, arguments):
            parameter = name_node(part.child_by_field_name("declarator"))
            if parameter is None:
                continue
            given = source.text_of(parameter)
            before = rename(source.plain(part.start_byte, parameter.start_byte), renamed)
            after = source.plain(parameter.end_byte, part.child_by_field_name("declarator").end_byte)
            value = " ".join(stmt.unit.text(argument).split())
            if after.startswith("["):  # float a[] is float *a
                before, after = f"{before} *", after[after.index("]") + 1 :]
            if after:
                raise stmt.refused(f"{name} takes {given} in a form that is not understood, called")
            if "&" in before and not self._converts(stmt, argument, before):
                if argument.type != "identifier":
                    raise stmt.refused(f"{name} takes {given} by reference, called")
                renamed[given] = value
            else:
                values.append(f"{before.replace('&', '')} {renamed.get(given, given)} = {value};")
        inner = rename(self._share(name, text, self._template(stmt, call, source, node)), renamed)
        unit = Unit(source.display, source.line(body.start_byte), "{ " + " ".join(values) + inner[1:], self.fission.pragma_macros)
        self.taken |= {t.text for t in tokens_of(unit.data) if is_word(t)}
        block = read(unit)
        block.synthetic = True
        block.called_from = stmt.line
        return block

    def _converts(self, stmt, argument, declared):
        """Is a const reference bound to a new object, because the argument has another type?"""
        words = [w for w in declared.replace("&", " ").split() if w not in ("const", "volatile")]
        return "const" in declared.split() and "*" not in declared and words != self._type_of(stmt, argument).split()

    def _check_names(self, stmt, name, source, node):
        """Would a name of the function, or of a macro in it, mean something else in the kernel?"""
        outside = namespaces(source, node) - namespaces(self.kernel.source, self.kernel.node)
        elsewhere = self.fission.names.declared_in(outside) - {name}
        hiding = self.hiding - source.locals_in(node) - set(_template_parameters(source, node)) - {name}
        tokens = source.tokens_in(node.start_byte, node.end_byte)
        queue = [(t.text, "") for before, t in zip(tokens, tokens[1:]) if before.text not in MEMBER_OF]
        seen = set()
        while queue:
            word, macro = queue.pop()
            if macro and word in source.locals_in(node):
                raise stmt.refused(f"{name}, in which the macro {macro} names a local variable, called")
            if word in elsewhere:
                raise stmt.refused(f"{name} uses {word}, of its namespace, called")
            if word in hiding:
                raise stmt.refused(f"{name} uses a {word} that is not the kernel's {word}, called")
            if word not in seen:
                queue += [(inner, word) for inner in self._words_of_macro(word)]
            seen.add(word)

    def _words_of_macro(self, word):
        found = []
        for definition in self.fission.names.definitions.get(word, []):
            if definition.kind == "macro":
                found += [w for w, _ in definition.words if w not in (definition.macro.parameters or [])]
        return found

    def _share(self, name, text, template):
        """The function's own shared memory: one place in the block, however often it is called."""
        if SHARED not in text:
            return text
        struct = text.split(SHARED, 1)[1].split(">", 1)[0]
        start = text.find(f"struct {struct} {{")
        end = text.find("};", start) + 2
        if start < 0 or text.count(f"struct {struct} ") != 1 or text.count(SHARED) != text.count(SHARED + struct + ">"):
            raise Refused(f"the shared memory of {name}")
        storage = f"{name}__storage"
        declaration = f"struct {name}__shared {text[start + len(f'struct {struct} ') : end]}"
        declaration = rename(declaration, template)
        known = self.storages.get(storage)
        if known is not None and known[1] != declaration:
            raise Refused(f"the shared memory of {name}, which depends on its template arguments,")
        if known is None:
            unit = Unit(self.unit.display, self.kernel.line, f"{{ {declaration} {name}__shared {storage}; }}")
            made = read(unit).children
            if [s.kind for s in made] != ["type", "decl"]:
                raise Refused(f"the shared memory of {name}")
            made[1].var.reference = True  # a place in memory that all threads know
            self.storages[storage] = (made, declaration)
        text = text[:start] + text[end:]
        return text.replace(f"{SHARED}{struct}>()", storage)

    def _free(self, name):
        new, number = name, 2
        while new in self.taken:
            new, number = f"{name}_{number}", number + 1
        self.taken.add(new)
        return new

    def _renames(self, source, node):
        """New names for the function's parameters and locals where the kernel has such a name."""
        renamed = {}
        for name in sorted(source.locals_in(node)):
            new = self._free(name)
            if new != name:
                renamed[name] = new
        return renamed

    def _template(self, stmt, call, source, node):
        """Template parameter -> argument."""
        if node.parent.type != "template_declaration":
            return {}
        name = callee(call, stmt.unit.text)
        declared = node.parent.child_by_field_name("parameters").named_children
        if any(part.type not in TEMPLATE_PARAMETERS for part in declared):
            raise stmt.refused(f"the template {name}, called")
        parameters = _template_parameters(source, node)
        found = {}
        function = call.child_by_field_name("function")
        if function.type == "template_function":
            given = function.child_by_field_name("arguments").named_children
            kinds = [" ".join(source.text_of(part).split()[:-1]) for part in declared]
            found = {p: self._argument(k, a, stmt.unit) for p, k, a in zip(parameters, kinds, given)}
        head = node.child_by_field_name("declarator")
        parts = [p for p in head.child_by_field_name("parameters").named_children if p.type != "comment"]
        arguments = [a for a in call.child_by_field_name("arguments").named_children if a.type != "comment"]
        for part, argument in zip(parts, arguments):
            kind = source.text_of(part.child_by_field_name("type"))
            plain = part.child_by_field_name("declarator")
            if kind in parameters and kind not in found and plain is not None and plain.type == "identifier":
                found[kind] = self._type_of(stmt, argument)
        if set(found) != set(parameters):
            raise stmt.refused(f"the template {name} with arguments that the compiler finds out, called")
        return found

    def _argument(self, kind, node, unit):
        """The text of a template argument, in the place of a parameter of this kind."""
        text = unit.text(node)
        if kind.split()[0] in ("typename", "class") or node.type == "number_literal" and kind == "int":
            return text
        if text in ("true", "false") or node.type == "identifier" and not self.fission.names.hides_operators(text):
            return text
        return f"(({kind})({text}))" if kind != "auto" else f"({text})"

    def _type_of(self, stmt, argument):
        """The declared type of a variable, or that of a literal or cast."""
        text = stmt.unit.text(argument)
        if argument.type == "cast_expression":
            return stmt.unit.text(argument.child_by_field_name("type"))
        if argument.type == "number_literal":
            if text.endswith("f") and not text.startswith("0x"):
                return "float"
            return "double" if "." in text or "e" in text else "int"
        if argument.type == "identifier":
            scope = stmt
            while scope is not None:
                for sibling in scope.parent.children + scope.parent.init if scope.parent is not None else []:
                    if sibling is scope:
                        break
                    if sibling.kind == "decl" and sibling.var.name == text:
                        return self._plain_type(sibling.var.type, sibling.var.before + sibling.var.after, stmt, text)
                scope = scope.parent
            for parameter in self.kernel.parameters:
                if parameter.name == text:
                    return self._plain_type(parameter.type, "", stmt, text)
        raise stmt.refused(f"the type of {text}, which has to be known,")

    def _plain_type(self, kind, around, stmt, name):
        kind = " ".join(w for w in kind.split() if w not in ("const", "[[maybe_unused]]"))
        if around or "auto" in kind or "*" in kind or "&" in kind or "[" in kind:
            raise stmt.refused(f"the type of {name}, which has to be known,")
        return kind


def _template_parameters(source, node):
    if node.parent.type != "template_declaration":
        return []
    return [source.text_of(part).split()[-1] for part in node.parent.child_by_field_name("parameters").named_children]


def _check(stmt, own, call):
    """Is a call made once, whenever its statement is, and before anything else in there has an effect?"""
    child, node = call, call.parent
    while child != own and node is not None:
        operator = node.child_by_field_name("operator")
        if node.type.endswith(("_statement", "_loop")) and node.type != "expression_statement" or node.type == "comma_expression":
            raise stmt.refused("a function with a barrier or warp operation in a part of a statement")
        late = operator is not None and stmt.unit.text(operator) in ("&&", "||") and node.child_by_field_name("right") == child
        if late or node.type in CONDITIONAL and node.child_by_field_name("condition") != child:
            raise stmt.refused("a barrier or warp operation in a part of an expression that may be left out")
        child, node = node, node.parent
    top = own.named_children[0] if own.type == "expression_statement" else None
    for part in nodes(own):
        if part.type in ("assignment_expression", "update_expression") and part != top:
            raise stmt.refused("a function with a barrier or warp operation in one statement with another change")


def rename(text, renamed):
    data = text.encode(errors="surrogateescape")
    pieces, position, before = [], 0, ""
    for token in tokens_of(data):
        if is_word(token) and token.text in renamed and before not in MEMBER_OF:
            pieces += [data[position : token.start], renamed[token.text].encode(errors="surrogateescape")]
            position = token.end
        before = token.text
    return b"".join(pieces + [data[position:]]).decode(errors="surrogateescape")
