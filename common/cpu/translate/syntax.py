"""Small questions about syntax trees."""

FUNCTIONS = ("function_definition", "lambda_expression")
NAMES = (
    "identifier",
    "field_identifier",
    "type_identifier",
    "namespace_identifier",
    "operator_name",
    "destructor_name",
    "operator_cast",
)


def nodes(root):
    """All nodes, parents before children."""
    cursor = root.walk()
    while True:
        yield cursor.node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def count_errors(node):
    if not node.has_error:
        return 0
    return (1 if node.is_error or node.is_missing else 0) + sum(count_errors(child) for child in node.children)


def first_error(node):
    """The first place inside a node that the parser made no sense of; None if there is none."""
    if not node.has_error:
        return None
    if node.is_error or node.is_missing:
        return node
    return next((e for e in map(first_error, node.children) if e is not None), None)


def enclosing(node, kinds):
    """The nearest ancestor of one of these kinds, the node itself excluded."""
    node = node.parent
    while node is not None and node.type not in kinds:
        node = node.parent
    return node


def inside_function(node):
    return enclosing(node, FUNCTIONS) is not None


def is_inside(node, outer):
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def leaves(jump, outer):
    """Does a break or continue inside a piece of code lead out of it?"""
    loops = ("for_statement", "while_statement", "do_statement", "for_range_loop")
    kinds = loops if jump.type == "continue_statement" else loops + ("switch_statement",)
    node = jump.parent
    while node is not None and is_inside(node, outer):
        if node.type in kinds:
            return False
        node = node.parent
    return True


def _inner(node):
    if node.type.startswith("abstract_"):
        return None  # int (*)[N] declares no name
    inner = node.child_by_field_name("declarator")
    if inner is None:
        inner = next((c for c in node.named_children if c.type.endswith(("declarator", "identifier"))), None)
    return inner


def function_declarator(node):
    """The function declarator of a declared function; None for a variable, function pointers included."""
    while node is not None:
        if node.type == "function_declarator":
            inner = node.child_by_field_name("declarator")
            return None if inner is not None and inner.type == "parenthesized_declarator" else node
        node = _inner(node)
    return None


def name_node(declarator):
    """The node of the name that a declarator declares; None if it declares none."""
    node = declarator
    while node is not None and node.type not in NAMES:
        if node.type in ("qualified_identifier", "template_function", "template_method"):
            node = node.child_by_field_name("name")
        else:
            node = _inner(node)
    return node
