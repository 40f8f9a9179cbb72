"""Which declaration a word like __shared__ belongs to, once it has been taken out of the text."""

OWNERS = {
    "function_definition",
    "declaration",
    "field_declaration",
    "lambda_expression",
    "template_instantiation",
    "parameter_declaration",
    "optional_parameter_declaration",
    "class_specifier",
    "struct_specifier",
    "union_specifier",
    "enum_specifier",
    "alias_declaration",
    "type_definition",
    "init_statement",
    "for_range_loop",
    "catch_clause",
}
CONTAINERS = {
    "translation_unit",
    "declaration_list",
    "compound_statement",
    "field_declaration_list",
    "linkage_specification",
    "template_declaration",
    "friend_declaration",
    "case_statement",
    "labeled_statement",
    "preproc_if",
    "preproc_ifdef",
    "preproc_elif",
    "preproc_else",
    "preproc_elifdef",
}


def owner(root, mark):
    """The declaration that a mark stands in or before; None if the parser made no sense of the place."""
    node = root.descendant_for_byte_range(mark.start, mark.end)
    while node is not None:
        if node.type in OWNERS:
            return node
        if node.type in CONTAINERS:
            return _declaration_behind(node, mark.end)
        node = node.parent
    return None


def _declaration_behind(container, position):
    for child in container.children:
        if child.start_byte >= position and child.is_named:
            if child.type in OWNERS:
                return child
            if child.type in CONTAINERS:
                return _declaration_behind(child, position)
            return None
    return None
