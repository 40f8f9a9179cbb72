"""Expressions: is their value the same for all threads, and what does computing them do?"""

from names import is_meeting
from purity import CONSTANT, INDEX, PURE, READS, callee, root_of
from syntax import nodes

VOTES = ("__syncthreads_count", "__syncthreads_or", "__syncthreads_and")
VALUES = {
    "binary_expression",
    "unary_expression",
    "parenthesized_expression",
    "conditional_expression",
    "initializer_list",
    "argument_list",
    "subscript_argument_list",
    "compound_literal_expression",
    "sizeof_expression",
    "alignof_expression",
}
LITERALS = {"number_literal", "char_literal", "true", "false", "null", "nullptr", "string_literal"}


class Expressions:
    def uniform(self, node, unit, env):
        kind = node.type
        if kind in LITERALS:
            return True
        if kind == "identifier":
            return self._uniform_name(unit.text(node), env)
        if kind == "field_expression":
            argument = node.child_by_field_name("argument")
            if unit.text(argument) == "threadIdx":
                return self.rows and unit.text(node.child_by_field_name("field")) in ("y", "z")
            return self.uniform(argument, unit, env)
        if kind == "subscript_expression" or kind in VALUES:
            return all(self.uniform(c, unit, env) for c in node.named_children if "type" not in c.type)
        if kind == "pointer_expression":
            return self.uniform(node.child_by_field_name("argument"), unit, env)
        if kind == "cast_expression":
            return self.uniform(node.child_by_field_name("value"), unit, env)
        if kind == "call_expression":
            name = callee(node, unit.text)
            if name in VOTES:
                return True
            known = name in self.template_names or self.purity.of(name) is not None
            return known and self.uniform(node.child_by_field_name("arguments"), unit, env)
        return kind in ("qualified_identifier", "type_descriptor", "comment")

    def _uniform_name(self, name, env):
        if name in env:
            return env[name].uniform
        if name in INDEX or name == "threadIdx":
            return False
        if name in self.template_names or name in CONSTANT:
            return True
        return self.purity.identifier(name) is not None

    def effect(self, node, unit, env, stable=None):
        """pure, reads or None. stable: is asked for each variable whether it may be used."""
        result = PURE
        addressed = set()  # subscripts of which only the address is taken
        called = set()
        for part in nodes(node):
            kind = part.type
            if kind in ("assignment_expression", "update_expression", "lambda_expression", "new_expression",
                        "gnu_asm_expression", "co_await_expression", "string_literal"):  # fmt: skip
                return None
            if kind == "call_expression":
                name = callee(part, unit.text)
                if name in VOTES or is_meeting(name):
                    return None
                called.add(part.child_by_field_name("function").start_byte)
                if name not in self.template_names:
                    effect = self.purity.of(name)
                    if effect is None:
                        return None
                    result = READS if effect == READS else result
            elif kind == "pointer_expression":
                argument = part.child_by_field_name("argument")
                if part.children[0].type == "*":
                    result = READS
                else:
                    base, through = root_of(argument)
                    if not through and base.type == "identifier":
                        inner = argument
                        while inner.type in ("subscript_expression", "field_expression"):
                            addressed.add(inner.id)
                            inner = inner.child_by_field_name("argument")
                        addressed.add(inner.id)
                        var = env.get(unit.text(base))
                        count = unit.text(argument).count("[")
                        if var is not None and var.pointer and not var.array and count > 1:
                            result = READS
                        if var is not None and stable is not None and not (var.parameter or var.reference or var.pointer):
                            return None
            elif kind == "subscript_expression" and part.id not in addressed:
                result = READS
            elif kind == "field_expression" and any(c.type == "->" for c in part.children):
                result = READS
            elif kind == "identifier" and part.start_byte not in called:
                name = unit.text(part)
                var = env.get(name)
                if var is not None:
                    if stable is not None and not stable(var):
                        return None
                    array = name in self.shared_arrays or part.parent.type == "subscript_expression"
                    if var.reference and not array and part.id not in addressed:
                        result = READS
                elif name not in INDEX and name != "threadIdx" and name not in self.template_names:
                    if part.parent.type != "template_function":
                        effect = self.purity.identifier(name)
                        if effect is None:
                            return None
                        result = READS if effect == READS else result
        return result
