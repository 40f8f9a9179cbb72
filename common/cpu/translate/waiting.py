"""Code that relies on other threads without a barrier.

A loop that waits for what another thread writes, `while (!flag) ;` with a volatile flag or an atomic in its
condition: on a device all threads run, here they take turns, so such a loop must give the others theirs
(gpu::take_turn), and its kernel needs fibres.

Warps in lockstep: `s[t] += s[t + 16]; s[t] += s[t + 8];` on a volatile array, without barriers. Older programs
count on the lanes of a warp doing each statement at once. There the lanes meet after reading and again after
writing.
"""

from tokens import is_word
from syntax import enclosing, nodes

LOOPS = ("while_statement", "do_statement", "for_statement")
READS = ("subscript_expression", "pointer_expression", "field_expression")
POLLS = ("__atomic_load", "__hip_atomic_load", "__builtin_nontemporal_load", "__nanosleep", "__ldcg", "__ldcv")


class Waits:
    """The waiting loops and the lockstep statements of a function or kernel."""

    def __init__(self, source, node, volatile):
        self.source, self.node = source, node
        self.volatile = volatile | source.volatile_in(node)
        self.loops, self.statements = [], []
        body = node.child_by_field_name("body")
        if body is None:
            return
        for part in nodes(body):
            if part.type in LOOPS and self._waits(part):
                self.loops.append(part)
            elif part.type == "expression_statement" and self.volatile and self._in_lockstep(part):
                self.statements.append(part)

    def reason(self):
        """Why a kernel with this code needs fibres; None if it does not."""
        if self.loops:
            return self.loops[0], "it waits in a loop for what another thread writes"
        if self.statements:
            return self.statements[0], "it counts on the lanes of a warp running in lockstep (volatile)"
        return None

    def _waits(self, loop):
        condition = loop.child_by_field_name("condition")
        body = loop.child_by_field_name("body")
        if condition is not None and self._polls(condition):
            return True
        empty = body is None or not body.named_children and body.type in ("compound_statement", "expression_statement")
        if empty and condition is not None and loop.type != "for_statement":
            return any(n.type in READS for n in nodes(condition))
        if condition is not None and self.source.text_of(condition).strip("() ;") not in ("true", "1"):
            return False
        # while (true) { if (flag) break; }
        return any(
            n.type == "if_statement"
            and enclosing(n, LOOPS) == loop
            and self._leaves(n)
            and self._polls(n.child_by_field_name("condition"))
            for n in nodes(loop)
        )

    def _leaves(self, statement):
        consequence = statement.child_by_field_name("consequence")
        ends = ("break_statement", "return_statement")
        return consequence is not None and any(n.type in ends for n in nodes(consequence))

    def _polls(self, condition):
        """Does an expression ask for something that other threads change?"""
        if condition is None:
            return False
        for token in self.source.tokens_in(condition.start_byte, condition.end_byte):
            if is_word(token) and (
                token.text in self.volatile
                or token.text == "volatile"
                or token.text.startswith("atomic")
                or token.text.startswith(POLLS)
            ):
                return True
        return False

    def _in_lockstep(self, statement):
        """s[i] = ... s[j] ... on a volatile array."""
        assignment = statement.named_children[0] if statement.named_children else None
        if assignment is None or assignment.type != "assignment_expression":
            return False
        left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
        if left.type != "subscript_expression" or self._array(left) not in self.volatile:
            return False
        own = "".join(self.source.text_of(left).split())
        return any(
            n.type == "subscript_expression"
            and self._array(n) == self._array(left)
            and "".join(self.source.text_of(n).split()) != own
            for n in nodes(right)
        )

    def _array(self, subscript):
        argument = subscript.child_by_field_name("argument")
        while argument is not None and argument.type == "subscript_expression":
            argument = argument.child_by_field_name("argument")
        return self.source.text_of(argument) if argument is not None and argument.type == "identifier" else None

    def translate(self, edits):
        for loop in self.loops:
            body = loop.child_by_field_name("body")
            if body.type == "compound_statement":
                edits.insert(body.start_byte + 1, " ::gpu::take_turn();")
            elif body.type == "expression_statement" and not body.named_children:
                edits.insert(body.start_byte, "::gpu::take_turn()")
            else:
                edits.insert(body.start_byte, "{ ::gpu::take_turn(); ")
                edits.insert(body.end_byte, " }")
        for statement in self.statements:
            assignment = statement.named_children[0]
            right = assignment.child_by_field_name("right")
            meet = "::gpu::meet(0, ::gpu::whoever, __FILE__, __LINE__);"
            edits.insert(statement.start_byte, "{ auto read__ = ")
            left = edits.source.text(assignment.start_byte, right.start_byte)
            edits.replace(assignment.start_byte, right.start_byte, "")
            edits.insert(statement.end_byte, f" {meet} {' '.join(left.split())} read__; {meet} }}")


def waits_of(source, node, volatile):
    """Reads a function once."""
    if node.id not in source.waits:
        source.waits[node.id] = Waits(source, node, volatile)
    return source.waits[node.id]


def translate_waits(source, edits, functions, volatile):
    for node in functions:
        waits_of(source, node, volatile).translate(edits)
