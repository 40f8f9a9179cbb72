"""Who mentions whom: from the name of each function, macro, type and variable to the names in its text.

The question that this answers is whether a kernel can come to a barrier or a warp operation. Following names, not
types, errs on the safe side only: a kernel that shares a name with a function that has a barrier is run by the
slower engine.
"""

from dataclasses import dataclass

from tokens import closing, is_word, tokens_of
from waiting import waits_of
from syntax import FUNCTIONS, enclosing, function_declarator, inside_function, name_node, nodes

# Operations at which the threads of a block or of a warp meet.
MEETING_PREFIXES = (
    "__syncthreads",
    "__syncwarp",
    "__shfl",
    "__ballot",
    "__any",
    "__all",
    "__activemask",
    "__match",
    "__reduce_",
    "__lane",
    "__mbcnt",
    "__builtin_amdgcn",
    "__hip_ds",
    "__hip_move_dpp",
    "__nv_",
    "__barrier_sync",
)
MEETINGS = {
    "__sync",
    "warp_sync",
    "cooperative_groups",
    "this_thread_block",
    "this_grid",
    "this_multi_grid",
    "tiled_partition",
    "coalesced_threads",
    "thread_block",
    "thread_group",
    "thread_block_tile",
    "coalesced_group",
    "grid_group",
}
INDICES = {"threadIdx", "blockIdx", "blockDim", "gridDim", "assert"} | {  # assert: its message names the thread
    f"hip{name}_{axis}" for name in ("ThreadIdx", "BlockIdx", "BlockDim", "GridDim") for axis in "xyz"
}

STATEMENTS = {"for", "while", "if", "do", "switch"}


def is_meeting(word):
    return word in MEETINGS or word.startswith(MEETING_PREFIXES)


@dataclass
class Definition:
    name: str
    kind: str  # function, kernel, macro, type, variable, lambda
    source: object
    start: int
    words: list  # of (word, position)
    device: bool = False
    functor: bool = False
    pauses: tuple = None  # (node, why other threads must get a turn while it runs)

    @property
    def macro(self):
        """The source's Macro, of a definition of that kind."""
        return next(m for m in self.source.macros if m.position == self.start)

    def where(self):
        return f"{self.source.display}:{self.source.line(self.start)}"


class Names:
    def __init__(self, program):
        self.sources = program.order
        self.definitions = {}
        self.overloads = False  # are there operators of the program's own?
        self.changing_functors = False  # has one an operator() that may change it?
        self.callables = []  # lambdas and functors: what a template kernel may be given
        self.declared = {}  # device functions without a body: name -> Definition
        self.externs = set()  # variables that are declared extern
        self.members = {}  # name of a member -> is it a pointer, wherever a member has this name?
        # Name of a member, or (type, name of a member) -> how many dimensions the arrays with this name have; 0: no array.
        self.dimensions = {}
        self.function_types = set()  # typedefs of function pointers
        self.launches = []  # (source, position, name) of what is launched by its name
        self.launched = {}  # kernel -> words of its template arguments and arguments
        # Volatile variables and members; those that are local to a function are known there.
        self.volatile = {name for s in program.order for _, name, local in s.volatile if not local}
        self._read_macros(program.command_line)
        for source in program.order:
            self._read(source)

    def add(self, definition):
        self.definitions.setdefault(definition.name, []).append(definition)

    def declared_in(self, wanted):
        """The names that are declared in the namespaces with these names."""
        found = set()
        for source in self.sources if wanted else []:
            for node in nodes(source.tree.root_node):
                if node.type in DECLARING and not inside_function(node) and namespaces(source, node) & wanted:
                    found |= {name_in(part, source) for part in DECLARING[node.type](node) if part is not None}
        return found

    def dimensions_of(self, kind, member):
        """How many dimensions a member has as an array, at the most; 0: it is none. kind: its struct's type, or None."""
        name = kind.split("<")[0].split()[-1].split("::")[-1] if kind else None
        return max(self.dimensions.get((name, member)) or self.dimensions.get(member, {0}))

    def hides_operators(self, text):
        """Is there a macro in an expression that is more than one operand? With #define SIDES 2 + 2 the syntax tree of
        3 * SIDES is not that of what is compiled."""
        tokens = tokens_of(text.encode(errors="surrogateescape"))
        return any(self._is_loose(token.text, ()) for token in tokens if is_word(token))

    def _is_loose(self, word, outer):
        for definition in self.definitions.get(word, []) if word not in outer else []:
            if definition.kind != "macro":
                continue
            tokens = definition.macro.tokens
            first = 1 if len(tokens) > 1 and is_word(tokens[0]) else 0  # f(x), or (x)
            whole = len(tokens) > first and tokens[first].kind == "(" and closing(tokens, first) == len(tokens) - 1
            if len(tokens) > 1 and not whole or tokens and self._is_loose(tokens[0].text, (word, *outer)):
                return True
        return False

    def _read_macros(self, source):
        for macro in source.macros:
            words = [(t.text, t.start) for t in macro.tokens if is_word(t)]
            self.add(Definition(macro.name, "macro", source, macro.position, words))

    def _read(self, source):
        self._read_macros(source)
        for node in nodes(source.tree.root_node):
            reader = READERS.get(node.type)
            if reader:
                reader(self, source, node)

    def _function(self, source, node):
        name = declared_name(node, source)
        if name is None:
            return
        device = "__device__" in source.qualifiers(node)
        kind = "kernel" if "__global__" in source.qualifiers(node) else "function"
        definition = Definition(name, kind, source, node.start_byte, words_in(source, node), device)
        if device:
            definition.pauses = waits_of(source, node, self.volatile).reason()
        self.add(definition)
        scope = node.child_by_field_name("declarator")
        for part in nodes(scope):  # a member function belongs to its class, wherever it stands
            if part.type == "qualified_identifier" and part.child_by_field_name("scope"):
                owner = source.text_of(part.child_by_field_name("scope")).split("<")[0].strip()
                self.add(Definition(owner, "type", source, node.start_byte, definition.words, pauses=definition.pauses))
                break
        self.overloads |= name.startswith("operator")
        if name == "operator()":
            definition.functor = True
            self.changing_functors |= not source.text_of(node.child_by_field_name("declarator")).rstrip().endswith("const")
            self.callables.append(definition)

    def _type(self, source, node):
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        text = source.text_of(name).split("<")[0].strip()
        words = words_in(source, node)
        self.add(Definition(text, "type", source, node.start_byte, words))
        for part in node.children:  # what is called through a base class may run in this one
            if part.type == "base_class_clause":
                for word, position in words_in(source, part):
                    self.add(Definition(word, "type", source, node.start_byte, [(text, position)]))

    def _declaration(self, source, node):
        declarators = node.children_by_field_name("declarator")
        for declarator in declarators:
            name = name_in(declarator, source)
            if name is None:
                continue
            if node.type == "field_declaration":
                self.members[name] = self.members.get(name, True) and declarator.type == "pointer_declarator"
                for key in (name, (_owner(source, node), name)):
                    self.dimensions.setdefault(key, set()).add(source.text_of(declarator).count("["))
            if any(c.type == "storage_class_specifier" and source.text_of(c) == "extern" for c in node.children):
                self.externs.add(name)
            if function_declarator(declarator):
                if "__device__" in source.qualifiers(node):
                    self.declared[name] = Definition(name, "function", source, node.start_byte, [], True)
            elif declarator.type == "init_declarator" and not inside_function(node):
                self.add(Definition(name, "variable", source, node.start_byte, words_in(source, declarator)))

    def _alias(self, source, node):
        if node.type == "using_declaration":  # using ns::name;
            words = words_in(source, node)
            if words:
                self.add(Definition(words[-1][0], "type", source, node.start_byte, words[:-1]))
            return
        names = node.children_by_field_name("declarator") or [node.child_by_field_name("name")]
        for name in names:
            if name is None:
                continue
            text = name_in(name, source)
            self.add(Definition(text, "type", source, node.start_byte, words_in(source, node)))
            if any(part.type.endswith("function_declarator") for part in nodes(node)):
                self.function_types.add(text)

    def _lambda(self, source, node):
        function = enclosing(node, ("function_definition",))
        if function is not None and "__global__" in source.qualifiers(function):
            return  # part of a kernel's own text
        definition = Definition("lambda", "lambda", source, node.start_byte, words_in(source, node), True)
        self.callables.append(definition)

    def _launch(self, source, node):
        function = node.parent.child_by_field_name("function")
        if function is None:
            return
        name = function.child_by_field_name("name") if function.type == "template_function" else function
        if name is not None and name.type == "identifier" and not is_local(source, name):
            self.launches.append((source, name.start_byte, source.text_of(name)))
        words = words_in(source, function) + words_in(source, node.parent.child_by_field_name("arguments"))
        for name, _ in words_in(source, function):
            self.launched.setdefault(name, []).extend(words)

    def _instantiation(self, source, node):
        words = words_in(source, node)
        for name, _ in words:
            self.launched.setdefault(name, []).extend(words)


READERS = {
    "function_definition": Names._function,
    "class_specifier": Names._type,
    "struct_specifier": Names._type,
    "union_specifier": Names._type,
    "enum_specifier": Names._type,
    "declaration": Names._declaration,
    "field_declaration": Names._declaration,
    "type_definition": Names._alias,
    "alias_declaration": Names._alias,
    "namespace_alias_definition": Names._alias,
    "using_declaration": Names._alias,
    "lambda_expression": Names._lambda,
    "kernel_call_syntax": Names._launch,
    "template_instantiation": Names._instantiation,
}


def _name(node):
    return [node.child_by_field_name("name")]


def _declarators(node):
    return node.children_by_field_name("declarator")


DECLARING = {
    "enumerator": _name,
    "class_specifier": _name,
    "struct_specifier": _name,
    "union_specifier": _name,
    "enum_specifier": _name,
    "alias_declaration": _name,
    "type_definition": _declarators,
    "declaration": _declarators,
    "function_definition": _declarators,
}


def namespaces(source, node):
    """The names of the namespaces around a node."""
    found = set()
    while (node := enclosing(node, ("namespace_definition",))) is not None:
        name = node.child_by_field_name("name")
        found |= {source.text_of(name)} if name is not None else set()
    return found


def _owner(source, field):
    """The name of the struct that a member belongs to."""
    owner = enclosing(field, ("struct_specifier", "class_specifier", "union_specifier"))
    name = owner.child_by_field_name("name") if owner is not None else None
    if name is None and owner is not None and owner.parent.type == "type_definition":  # typedef struct {...} name;
        name = owner.parent.child_by_field_name("declarator")
    return source.text_of(name).split("<")[0].strip() if name is not None else None


def is_local(source, node):
    """Is this the name of a parameter or local variable, a pointer to a kernel for instance?"""
    function = enclosing(node, FUNCTIONS)
    while function is not None:
        if source.text_of(node) in source.locals_in(function):
            return True
        function = enclosing(function, FUNCTIONS)
    return False


def name_in(declarator, source):
    node = name_node(declarator)
    return None if node is None else "".join(source.text_of(node).split())


def declared_name(function, source):
    declarator = function.child_by_field_name("declarator")
    name = name_in(declarator, source) if declarator is not None else None
    return None if name in STATEMENTS else name  # UNROLL for (...) {...} looks like a function


def words_in(source, node):
    """The names that a piece of code mentions, less its own local variables and the members of other objects."""
    if node is None:
        return []
    tokens = source.tokens_in(node.start_byte, node.end_byte)
    local = source.locals_in(node)
    words = []
    for i, token in enumerate(tokens):
        if not is_word(token) or token.text in local:
            continue
        called = i + 1 < len(tokens) and tokens[i + 1].kind in ("(", "<")
        if i > 0 and tokens[i - 1].kind in (".", "->") and not called:
            continue
        words.append((token.text, token.start))
    return words
