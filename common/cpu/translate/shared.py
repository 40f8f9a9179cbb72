"""__shared__ declarations.

Those of a kernel become members of one struct, NAME__shared, of which each block has one: its size is known before
the launch, and the struct is plain memory that the compiler sees through. In the kernel's text a declaration
becomes a reference to the member of the same name. Array sizes that are local constants of the kernel (const int T
= 16;) move into the struct with it. extern __shared__ becomes a pointer to the block's dynamic shared memory.
"""

from tokens import is_word
from syntax import enclosing, name_node, nodes

CONDITIONALS = ("preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef")
TYPES = ("struct_specifier", "class_specifier", "union_specifier", "enum_specifier")


class Declaration:
    """One __shared__ declaration, perhaps of several variables."""

    def __init__(self, source, node):
        self.source, self.node = source, node
        marks = source.marks_of(node)
        self.start = min([node.start_byte] + [m.start for m in marks])
        self.end = node.end_byte
        self.marks = marks
        self.declarators = node.children_by_field_name("declarator")
        if not self.declarators or node.has_error:
            raise source.fault(self.start, "this __shared__ declaration does not parse")
        storage = [c for c in node.children if c.type == "storage_class_specifier"]
        self.storage = [(c.start_byte, c.end_byte) for c in storage]
        words = {source.text_of(c) for c in storage} | {w for m in marks for w in m.words}
        self.dynamic = "extern" in words
        # constexpr: a constant like any other
        self.constant = "constexpr" in {source.text_of(c) for c in node.children if c.type == "type_qualifier"}
        for declarator in self.declarators:
            if declarator.type == "init_declarator" and not self.constant:
                raise source.fault(declarator.start_byte, "a __shared__ variable cannot have an initial value")

    def bare_type(self):
        """The type, without __shared__, storage class and attributes."""
        pieces, position = [], self.node.start_byte
        for start, end in self.storage:
            pieces.append(self.source.plain(position, start))
            position = end
        pieces.append(self.source.plain(position, self.declarators[0].start_byte))
        return " ".join(p for p in pieces if p)

    def full_type(self):
        """The type with its attributes (__align__(16)), as a member needs it."""
        without = list(self.storage)
        without += [(m.start, m.end) for m in self.marks if "__shared__" in m.words]
        return self.source.flat(self.start, self.declarators[0].start_byte, without)

    def variables(self):
        """(name, text of the declarator before the name, text behind it) of each variable."""
        for i, declarator in enumerate(self.declarators):
            name = name_node(declarator)
            if i + 1 < len(self.declarators):
                end = self.declarators[i + 1].start_byte
            else:
                end = self.node.end_byte
            after = self.source.flat(name.end_byte, end).rstrip(" ,;")
            yield self.source.text_of(name), self.source.flat(declarator.start_byte, name.start_byte), after

    def newlines(self):
        return "\n" * self.source.data[self.start : self.end].count(b"\n")

    def members(self):
        """Each variable as a member of a struct, float As[16][16]; in pieces: (As, "float ", "[16][16];")."""
        members, kind = [], self.full_type()
        for name, before, after in self.variables():
            members.append((name, f"{kind} {before}", f"{after};"))
            kind = self.type_name() or kind
        return members

    def type_name(self):
        """The name of the type that the declaration itself defines: __shared__ struct Name { ... } x. Or None."""
        specifier = self.node.child_by_field_name("type")
        defines = specifier.type in TYPES and specifier.child_by_field_name("body") is not None
        return _type_name(self.source, specifier) if defines else None

    def pointers(self):
        """extern __shared__ T x[]; as a pointer to the block's dynamic shared memory."""
        texts = []
        for name, before, after in self.variables():
            kind, first = self.bare_type(), after.find("]")
            if not after.startswith("["):
                texts.append(f"{kind} {before}&{name} = *({kind} {before}*)::gpu::dynamic_shared();")
            elif first + 1 < len(after):
                rest = after[first + 1 :]
                value = f"({kind} {before}(*){rest})::gpu::dynamic_shared()"
                texts.append(f"{kind} {before}(*const {name}){rest} = {value};")
            else:
                texts.append(f"{kind} {before}*const {name} = ({kind} {before}*)::gpu::dynamic_shared();")
        return texts

    def globals(self):
        """The same at namespace scope."""
        texts = []
        for name, before, after in self.variables():
            rest = after[after.find("]") + 1 :] if after.startswith("[") else ""
            if rest or not after.startswith("["):
                problem = "extern __shared__ outside a function must be a one-dimensional array"
                raise self.source.fault(self.start, problem)
            kind = " ".join([self.bare_type(), before]).strip()
            texts.append(f"[[maybe_unused]] static const ::gpu::DynamicShared<{kind}> {name};")
        return texts


class Struct:
    """The members of NAME__shared, with the local constants and types that they need."""

    def __init__(self, kernel):
        self.kernel, self.source = kernel, kernel.source
        self.lines = []
        self.names = set()
        self.arrays = set()  # those of them that are arrays, as the kernel calls them
        self.copied = {}  # name -> nodes of the local declarations that went along
        self.moved = []  # (node, name) of local types that live in the struct now
        self.constants = []  # nodes of local constants that the struct has too

    def add(self, declaration):
        """Takes a declaration in; gives the text that stands for it in the kernel."""
        self._follow(declaration.node, {name for name, _, _ in declaration.variables()})
        references, lines = [], []
        for name, before, after in declaration.members():
            unique, number = name, 2
            while unique in self.names:
                unique, number = f"{name}_{number}", number + 1
            self.names.add(unique)
            lines.append(before + unique + after)
            self.arrays.update([name] if after.startswith("[") else [])
            references.append(f"auto &{name} = shared__.{unique};")
        self._emit(declaration.node, lines)
        name = declaration.type_name()
        return ([self.alias(name)] if name else []) + references

    def alias(self, name):
        """For the kernel's text: a type that the struct holds."""
        arguments = ", ".join(p.argument for p in self.kernel.template or [])
        return f"using {name} = typename {self.kernel.helper}__shared{f'<{arguments}>' if arguments else ''}::{name};"

    def _emit(self, node, lines):
        """Adds members, inside the same #if as the declaration they come from."""
        guards = conditions(self.source, node, self.kernel.body)
        for guard in guards:
            self.lines += guard
        self.lines += lines
        self.lines += ["#endif"] * len(guards)

    def _follow(self, node, declared):
        """Copies the local declarations that a declaration depends on."""
        for token in self.source.tokens_in(node.start_byte, node.end_byte):
            if not is_word(token) or token.text in declared:
                continue
            found = self._local(token.text, node)
            if not found:
                parameters = {p.name for p in self.kernel.parameters}
                if token.text in parameters:
                    problem = f"a __shared__ declaration cannot depend on parameter {token.text}"
                    raise self.source.fault(token.start, problem)
                continue
            if token.text in self.copied:
                if self.copied[token.text] != found:
                    problem = f"two local declarations of {token.text} give sizes to __shared__ variables: rename one"
                    raise self.source.fault(token.start, problem)
                continue
            self.copied[token.text] = found
            for definition in found:
                self._copy(definition, token)

    def _copy(self, definition, token):
        text = self.source.text_of(definition)
        names = declared_names(self.source, definition)
        for name in names:
            self.copied.setdefault(name, self.copied[token.text])
        self._follow(definition, set(names))
        kind = definition.type
        if kind in ("declaration", "type_definition", "alias_declaration"):
            self.constants.append(definition)
        if kind in ("type_definition", "alias_declaration", "using_declaration"):
            self._emit(definition, [" ".join(text.split())])
        elif kind in TYPES or _is_type_only(definition):
            self._emit(definition, [" ".join(text.split()).rstrip(";") + ";"])
            name = _type_name(self.source, definition)
            if name is not None:  # the constants of an enum without a name can stand in both places
                self.moved.append((definition, name))
        elif kind == "declaration":
            without = [
                (c.start_byte, c.end_byte)
                for c in definition.children
                if c.type in ("storage_class_specifier", "type_qualifier")
            ]
            words = {self.source.text_of(c) for c in definition.children if c.type == "type_qualifier"}
            if not words & {"const", "constexpr"}:
                problem = f"{token.text} gives a size to a __shared__ variable, and is no constant"
                raise self.source.fault(token.start, problem)
            rest = self.source.flat(definition.start_byte, definition.end_byte, without)
            self._emit(definition, ["static constexpr " + rest])
        else:
            problem = f"cannot follow {token.text}, on which a __shared__ declaration depends"
            raise self.source.fault(token.start, problem)

    def _local(self, word, node):
        """The declarations of a name in the scopes around a node, inside the kernel: the nearest one, or all of those
        that the branches of one #if hold."""
        while node.parent is not None and node != self.kernel.body:
            sibling = node.prev_named_sibling
            while sibling is not None:
                found = [n for n in _declarations(sibling) if word in declared_names(self.source, n)]
                if found:
                    return found
                sibling = sibling.prev_named_sibling
            node = node.parent
        return []


def _declarations(node):
    """A statement that declares something, or those inside an #if."""
    if node.type in CONDITIONALS:
        for child in node.named_children:
            yield from _declarations(child)
    elif node.type in ("declaration", "type_definition", "alias_declaration", "using_declaration") + TYPES:
        yield node


def declared_names(source, node):
    names = []
    if node.type == "alias_declaration":
        return [source.text_of(node.child_by_field_name("name"))]
    if node.type == "using_declaration":
        return [source.text_of(node).rstrip("; ").split(":")[-1].strip()]
    specifier = node if node.type in TYPES else node.child_by_field_name("type")
    if specifier is not None and specifier.type in TYPES:
        if specifier.child_by_field_name("body") is not None and specifier.child_by_field_name("name") is not None:
            names.append(source.text_of(specifier.child_by_field_name("name")))
        if specifier.type == "enum_specifier":
            names += [source.text_of(n.child_by_field_name("name")) for n in nodes(specifier) if n.type == "enumerator"]
    for declarator in node.children_by_field_name("declarator"):
        name = name_node(declarator)
        if name is not None:
            names.append(source.text_of(name))
    return names


def _is_type_only(node):
    specifier = node.child_by_field_name("type")
    return specifier is not None and specifier.type in TYPES and not node.children_by_field_name("declarator")


def _type_name(source, node):
    specifier = node if node.type in TYPES else node.child_by_field_name("type")
    name = specifier.child_by_field_name("name")
    return source.text_of(name) if name is not None else None


def conditions(source, node, limit):
    """The directives that lead to a node: for each #if around it the lines from there to the branch that holds it."""
    chains = []
    child, parent = node, node.parent
    while parent is not None and child != limit:
        if parent.type in CONDITIONALS and child.type not in CONDITIONALS[2:]:
            chain, branch = [], parent
            while True:
                chain.insert(0, source.text(branch.start_byte, source.directive_end(branch.start_byte)).strip())
                if branch.type in CONDITIONALS[:2]:
                    break
                branch = branch.parent
            chains.insert(0, chain)
            child, parent = branch, branch.parent
            continue
        child, parent = parent, parent.parent
    return chains


def enclosing_function(node):
    """The function that a declaration stands in: a function_definition, a lambda, or None."""
    return enclosing(node, ("function_definition", "lambda_expression"))
