"""Reads a kernel: its template header, its parameters, its name and what stands before it."""

from dataclasses import dataclass, field

from names import words_in
from syntax import enclosing, first_error, name_node, nodes

CLASSES = ("class_specifier", "struct_specifier", "union_specifier")


@dataclass
class Parameter:
    text: str  # without its default
    name: str  # None if it has none
    type: str  # the text without the name
    pack: bool = False
    default: str = ""  # = value; of template parameters only

    @property
    def argument(self):
        return self.name + ("..." if self.pack else "")


@dataclass
class Kernel:
    source: object
    node: object  # the function_definition
    outer: object  # with its template header and extern "C" in front
    name: str
    template_node: object
    template: list  # of template Parameters; None for an ordinary function, empty for an explicit specialisation
    specialised: str  # template arguments of an explicit specialisation, <float>
    parameters_node: object
    parameters: list
    whole_parameters: list  # their texts as the program wrote them, defaults included
    prefix: str  # static, inline, ...
    namespace: str  # of a kernel defined from outside its namespace, void ns::kernel()
    max_threads: str
    body: object
    helper: str = None  # its helpers' names begin with this
    shared: object = None
    choice: object = None
    words: list = field(default_factory=list)

    @property
    def start(self):
        return self.outer.start_byte

    @property
    def end(self):
        return self.outer.end_byte

    @property
    def line(self):
        return self.source.line(name_node(self.node.child_by_field_name("declarator")).start_byte)

    @property
    def is_template(self):
        return bool(self.template)

    @property
    def in_extern_c_block(self):
        block = enclosing(self.outer, ("linkage_specification",))
        return block is not None


def read_kernel(source, node):
    position = node.start_byte
    declarator = node.child_by_field_name("declarator")
    name = name_node(declarator) if declarator is not None else None
    body = node.child_by_field_name("body")
    if name is None or name.type not in ("identifier", "field_identifier") or body is None:
        raise source.fault(position, "this kernel's head does not parse")
    text = source.text_of(name)
    if enclosing(node, CLASSES) is not None:
        raise source.fault(position, f"kernel {text} is a member of a class, which HIP does not allow")
    head = declarator
    while head.type != "function_declarator":
        head = head.child_by_field_name("declarator") or head.named_children[0]
    parameters_node = head.child_by_field_name("parameters")
    for part in (declarator, body):
        _check(source, part, text, body)
    outer, template_node = _outer(node)
    qualified = head.child_by_field_name("declarator")
    namespace = ""
    if qualified.type == "qualified_identifier":
        namespace = source.plain(qualified.start_byte, name.start_byte).rstrip(": ")
        qualified = qualified.child_by_field_name("name")
    specialised = ""
    if qualified.type == "template_function":
        specialised = source.plain(name.end_byte, qualified.end_byte)
    template = None
    if template_node is not None:
        template = read_template(source, template_node)
    kernel = Kernel(
        source,
        node,
        outer,
        text,
        template_node,
        template,
        specialised,
        parameters_node,
        read_parameters(source, parameters_node),
        whole_parameters(source, parameters_node),
        _prefix(source, node, outer, declarator),
        namespace,
        _max_threads(source, node),
        body,
    )
    kernel.words = words_in(source, node)
    return kernel


def _check(source, part, name, body):
    """A kernel is copied as it stands, so what matters is that the parser found its beginning and its end."""
    error = first_error(part)
    if error is not None and part is not body:
        raise source.fault(error.start_byte, f"the head of kernel {name} does not parse here")
    if part is body:
        depth, last = 0, None
        for token in source.tokens_in(body.start_byte, body.end_byte):
            depth += (token.kind == "{") - (token.kind == "}")
            last = token
            if depth == 0:
                break
        if last is None or depth != 0 or last.end != body.end_byte:
            position = error.start_byte if error is not None else body.start_byte
            raise source.fault(position, f"the braces of kernel {name} do not match (does an #if cut a block in two?)")


def _outer(node):
    outer, template_node = node, None
    while outer.parent is not None:
        parent = outer.parent
        if parent.type == "template_declaration":
            template_node = parent.child_by_field_name("parameters")
        elif not (parent.type == "linkage_specification" and parent.child_by_field_name("body") == outer):
            break
        outer = parent
    return outer, template_node


def _prefix(source, node, outer, declarator):
    """What stands before the name, HIP's words taken out: static void."""
    words = source.plain(node.start_byte, declarator.start_byte).split()
    for mark in source.marks_of(node):
        if mark.macro:
            words = [w for w in mark.words if not w.startswith("__") and w != "()"] + words
    if outer.type == "linkage_specification":
        words = ["extern", source.text_of(outer.child_by_field_name("value"))] + words
    return " ".join(words)


def _max_threads(source, node):
    for mark in source.marks_of(node):
        if "__launch_bounds__" in mark.words and mark.arguments is not None:
            tokens = source.tokens_in(*mark.arguments)
            depth, end = 0, mark.arguments[1]
            for token in tokens:
                depth += (token.kind in ("(", "[", "{")) - (token.kind in (")", "]", "}"))
                if token.kind == "," and depth == 0:
                    end = token.start
                    break
            return " ".join(source.text(mark.arguments[0], end).split())
    return "1024"


def read_parameters(source, parameters_node):
    parameters = []
    for node in parameters_node.named_children:
        if node.type.startswith("preproc"):
            raise source.fault(node.start_byte, "an #if inside a kernel's parameters is not supported")
        default = node.child_by_field_name("default_value")
        parameters.append(_parameter(source, node, default))
    if len(parameters) == 1 and parameters[0].text == "void":
        return []
    return parameters


def whole_parameters(source, parameters_node):
    """The text of each parameter, from comma to comma: the parser may have been spared the defaults."""
    parts = parameters_node.named_children
    starts = [node.start_byte for node in parts] + [parameters_node.end_byte - 1]
    texts = [source.flat(a, b).rstrip() for a, b in zip(starts, starts[1:])]
    return [text.removesuffix(",").rstrip() for text in texts]


def _parameter(source, node, default):
    end = node.end_byte
    if default is not None:
        end = node.start_byte + source.code[node.start_byte : default.start_byte].rfind(b"=")
    text = source.plain(node.start_byte, end)
    declarator = node.child_by_field_name("declarator")
    if declarator is None and node.type == "variadic_parameter_declaration":
        declarator = next((c for c in node.named_children if c.type == "variadic_declarator"), None)
    name = name_node(declarator) if declarator is not None else None
    pack = any(c.type == "..." for n in nodes(node) for c in n.children if n.type == "variadic_declarator")
    if name is None:
        return Parameter(text, None, text, pack)
    kind = source.plain(node.start_byte, name.start_byte) + " " + source.plain(name.end_byte, end)
    return Parameter(text, source.text_of(name), kind.strip(), pack)


def read_template(source, template_node):
    """The parameters of a template header, all with names."""
    parameters = []
    for node in template_node.named_children:
        default = _template_default(node)
        end = node.end_byte
        if default is not None:
            end = node.start_byte + source.code[node.start_byte : default.start_byte].rfind(b"=")
        text = source.plain(node.start_byte, end)
        pack = "variadic" in node.type or any("variadic" in c.type for c in node.named_children)
        name = _template_name(source, node, default)
        if name is None:
            name = f"unnamed_{len(parameters) + 1}"
            text += " " + name
        default_text = source.flat(end, node.end_byte) if default is not None else ""
        parameters.append(Parameter(text, name, "", pack, default_text))
    return parameters


def _template_default(node):
    for field_name in ("default_value", "default_type"):
        if node.child_by_field_name(field_name) is not None:
            return node.child_by_field_name(field_name)
    if node.type == "template_template_parameter_declaration":
        return _template_default(node.named_children[-1])
    return None


def _template_name(source, node, default):
    if node.type == "template_template_parameter_declaration":
        return _template_name(source, node.named_children[-1], default)
    declarator = node.child_by_field_name("declarator")
    if declarator is None:
        declarator = next((c for c in node.named_children if c.type == "variadic_declarator"), None)
    if declarator is not None:
        name = name_node(declarator)
        return source.text_of(name) if name is not None else None
    if "type_parameter" in node.type:
        for child in node.children:
            if child.type == "type_identifier" and child != default:
                return source.text_of(child)
            if child.type == "=":
                break
    return None
