"""Chooses how a kernel runs.

loop     no thread of a block can wait for another one: the block is a loop over its threads, and the compiler
         vectorises it.
fission  the kernel is cut into several such loops: at its barriers, or where a loop inside it gains by it
         (fission.py).
fibres   threads meet at barriers or warp operations in ways that are not understood: each has a stack of its own,
         and they take turns.

Whatever is chosen, all engines that can run a kernel are compiled; CPU_ENGINE picks another when the program runs.
An engine is a line in `choose`, and a module that writes the kernel's loop over its blocks, as loop.py does.
"""

from collections import deque
from dataclasses import dataclass

from names import INDICES, is_meeting, words_in
from statements import Refused
from syntax import nodes
from waiting import waits_of

LOOP = "loop"
FISSION = "fission"
FIBRES = "fibres"


@dataclass
class Choice:
    engine: str
    reason: str
    function_indices: bool  # some function that the kernel calls reads threadIdx & co, so they must be set for it
    plan: object = None  # how fission cuts the kernel; None where it cannot
    loop: bool = False  # can the loop engine run it?
    refusal: str = ""  # why fission cannot
    own_arrays: bool = False  # does a thread have arrays? (See GPU_INDEPENDENT_OWN.)
    cut_indices: bool = False  # function_indices, where fission has put the text of some functions into the kernel's

    @property
    def pragma(self):
        return "GPU_INDEPENDENT_OWN" if self.own_arrays else "GPU_INDEPENDENT"


def choose(kernel, names, fission, text):
    choice = _choose(kernel, names, fission, text)
    choice.own_arrays = fission.has_own_arrays(kernel)
    if choice.plan is not None:
        choice.cut_indices = Search(names, kernel, choice.plan.words).function_indices
    return choice


def _choose(kernel, names, fission, text):
    search = Search(names, kernel)
    meeting = search.meeting
    waits = waits_of(kernel.source, kernel.node, names.volatile).reason()
    if meeting is None and waits is not None:
        node, why = waits
        meeting = f"{why} in line {kernel.source.line(node.start_byte)}"
    functions = takes_functions(kernel, names)
    if meeting is None and functions:
        meeting = "it is given functions, which may meet anywhere"
    plan, refusal = None, "it is given functions, which may meet anywhere"
    if not functions:
        try:
            plan = fission.plan(kernel, text)
        except Refused as refused:
            refusal = str(refused)
    if meeting is None:
        if plan is not None:
            return Choice(FISSION, plan.why, search.function_indices, plan, True)
        return Choice(LOOP, "no barrier and no warp operation", search.function_indices, None, True)
    if plan is not None:
        return Choice(FISSION, meeting, search.function_indices, plan)
    return Choice(FIBRES, meeting + ("" if refusal == meeting else f"; not cut: {refusal}"), True, refusal=refusal)


def takes_functions(kernel, names):
    parts = [kernel.parameters_node] + ([kernel.template_node] if kernel.template_node is not None else [])
    for part in parts:
        if any(word in names.function_types for word, _ in words_in(kernel.source, part)):
            return True
        if any(n.type.endswith("function_declarator") for n in nodes(part)):
            return True
    return False


class Search:
    """Everything that a kernel's text leads to."""

    def __init__(self, names, kernel, words=None):
        self.names, self.kernel = names, kernel
        self.meeting = None
        self.function_indices = False
        self.seen = set()
        words = kernel.words if words is None else [(word, kernel.start) for word in words]
        # Macros are part of the kernel's own text; there threadIdx is the kernel's own.
        self.queue = deque((word, True, (kernel.source, position), word) for word, position in words)
        if kernel.template_node is not None:
            self._add_arguments()
        while self.queue and self.meeting is None:
            self._visit(*self.queue.popleft())
        while self.queue:  # only the indices are of interest now
            self._visit(*self.queue.popleft())

    def _add_arguments(self):
        """A template kernel may call whatever it is given."""
        for definition in self.names.callables:
            if definition.source is self.kernel.source and self.kernel.start <= definition.start < self.kernel.end:
                continue
            what = "a lambda" if definition.kind == "lambda" else "a functor"
            via = f"{what} ({definition.where()})"
            for word, position in definition.words:
                self.queue.append((word, False, (definition.source, position), via))
        place = (self.kernel.source, self.kernel.start)
        for word, _ in self.names.launched.get(self.kernel.name, []):
            if word != self.kernel.name:
                self.queue.append((word, False, place, word))

    def _visit(self, word, own_text, place, via):
        if is_meeting(word):
            self._meet(word, place, via)
        if word in INDICES and not own_text:
            self.function_indices = True
        if (word, own_text) in self.seen:
            return
        self.seen.add((word, own_text))
        definitions = self.names.definitions.get(word, [])
        for definition in definitions:
            if definition.kind == "kernel":
                continue
            stays = own_text and definition.kind == "macro"
            if definition.pauses:
                node, why = definition.pauses
                self._meet(why, (definition.source, node.start_byte), via)
            if definition.kind != "macro" and any(w == "assert" for w, _ in definition.words):
                self.function_indices = True  # its message names the thread
            for next_word, position in definition.words:
                self.queue.append((next_word, stays, (definition.source, position), via))
        if not definitions and word in self.names.declared:
            self._meet(f"{word}(), which is defined in another file,", place, via)

    def _meet(self, what, place, via):
        if self.meeting is not None:
            return
        source, position = place
        line = f"line {source.line(position)}"
        if source is not self.kernel.source:
            line = f"{source.display}:{source.line(position)}"
        if what.startswith("__"):
            what += "()"
        self.meeting = f"{what} in {line}" + ("" if what.startswith(via) else f", by way of {via}")
