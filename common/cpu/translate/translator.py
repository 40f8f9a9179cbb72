"""Translates a HIP program's source file, and those of its includes that need it, to C++ for g++ and clang++."""

import os
from dataclasses import dataclass, field

from edits import Edits
from emit import emit_kernel
from engines import checked, choose
from expand import device_macros, expand_macros
from fission import Fission
from functions import is_device_function, translate_functions, translate_noinline
from includes import Program
from kernel import read_kernel
from launch import translate_launches
from names import Names
from shared import Struct
from sharing import namespace_pointers, translate_shared
from qualifiers import qualifier_macros
from syntax import function_declarator
from variables import translate_variables
from waiting import translate_waits
from ways import leading_names, translate_ways
from writer import quoted


@dataclass
class Result:
    main: str  # the generated file, None if the source needs no translation
    files: dict = field(default_factory=dict)  # path of a generated file -> its text
    sources: list = field(default_factory=list)  # the user's files that were read
    copies: dict = field(default_factory=dict)  # path of a generated file -> the original
    kernels: list = field(default_factory=list)


class Translation:
    """One source file with its includes."""

    def __init__(self, path, quote_folders=(), folders=(), linked_on_device=False, defines=(), check=False):
        self.program = Program(path, quote_folders, folders, defines)
        self.linked_on_device = linked_on_device
        self.check = check  # a checking build (GPU_CHECK_UNIFORM)
        sources = self.program.order
        macros = qualifier_macros(sources + [self.program.command_line])
        self._expand(device_macros(sources + [self.program.command_line], macros))
        sources = self.program.order
        for source in sources:
            source.parse(macros)
        self.names = Names(self.program)
        self.leading = leading_names(self.names)
        self.kernels = {}  # source -> its kernels
        self.edits = {}
        self.plain = {}  # the same without the calls that only fibres need
        self._read_kernels()
        self._check_launches()
        self.pointers = namespace_pointers(sources)
        self.fission = Fission(self.names, sources, self.plain)
        for source in sources:
            self.edits[source] = self._translate(source)

    def _expand(self, macros):
        """Puts the device code that macros make in the place of the macros' uses."""
        replaced = {}
        for source in self.program.order:
            other = expand_macros(source, macros) if macros else None
            if other is not None:
                replaced[source] = other
        self.program.replace(replaced)

    def _read_kernels(self):
        used = {}
        for source in self.program.order:
            found = []
            for mark in source.marks:
                if "__global__" in mark.words:
                    kernel = self._kernel_of(source, mark)
                    if kernel is not None:
                        found.append(kernel)
            for kernel in found:
                key = (_scope(kernel), kernel.name)
                used[key] = used.get(key, 0) + 1
                kernel.helper = kernel.name if used[key] == 1 else f"{kernel.name}_{used[key]}"
                kernel.shared = Struct(kernel)
            self.kernels[source] = found

    def _check_launches(self):
        """A function that is launched must be known as a kernel: run as it stands it would do something wrong."""
        for source, position, name in self.names.launches:
            definitions = self.names.definitions.get(name, [])
            if definitions and all(d.kind == "function" for d in definitions):
                problem = f"{name} is launched, but it is no __global__ function ({definitions[0].where()})"
                raise source.fault(position, problem)

    def _kernel_of(self, source, mark):
        node = mark.owner
        if node is None:
            raise source.fault(mark.start, "the declaration behind this __global__ does not parse")
        if [m for m in source.marks_of(node) if "__global__" in m.words][0] is not mark:
            return None
        if node.type == "function_definition":
            return read_kernel(source, node)
        declarators = node.children_by_field_name("declarator")
        if node.type in ("declaration", "template_instantiation") and any(map(function_declarator, declarators)):
            return None
        raise source.fault(mark.start, "this __global__ stands before something that is no function")

    def _translate(self, source):
        edits, kernels = Edits(source), self.kernels[source]
        included = source is not self.program.main
        declared = set(self.names.declared)
        translate_launches(source, edits, kernels)
        marked = {
            m.owner.id: m.owner for m in source.marks if m.owner is not None and is_device_function(source, m.owner)
        }
        devices = list(marked.values())
        translate_shared(source, edits, kernels, devices, self.pointers)
        translate_functions(source, edits, kernels, self.linked_on_device or included, declared)
        translate_variables(source, edits, included, self.linked_on_device, self.names.externs)
        translate_noinline(source, edits)
        plain = self.plain[source] = Edits(source)
        plain.edits = list(edits.edits)
        functions = devices + [k.node for k in kernels]
        translate_waits(source, edits, functions, self.names.volatile)
        translate_ways(source, edits, functions, self.names, self.leading)
        for kernel in kernels:
            text = plain.apply(kernel.body.start_byte, kernel.body.end_byte)
            kernel.choice = choose(kernel, self.names, self.fission, text)
            if self.check:
                kernel.choice = checked(kernel.choice)
        texts = [(k, emit_kernel(k, edits.apply(k.body.start_byte, k.body.end_byte))) for k in kernels]
        for kernel, text in texts:
            edits.replace(min([kernel.start] + [m.start for m in source.marks_of(kernel.node)]), kernel.end, text)
        return edits

    def explanation(self):
        """One line a kernel: which engine runs it, and why."""
        kernels = [k for source in self.program.order for k in self.kernels[source]]
        return [f"{k.source.display}:{k.line} {k.helper}: {k.choice.engine}: {k.choice.reason}" for k in kernels]

    def needed(self):
        """The files that need translation: those with edits, and those that include one of them."""
        needed = {s for s in self.program.order if self.edits[s].edits}
        changed = True
        while changed:
            changed = False
            for source in self.program.order:
                if source in needed:
                    continue
                targets = [i.target for i in source.includes if i.target is not None]
                if any(t in needed for t in targets):
                    needed.add(source)
                    changed = True
        return needed

    def generate(self, generated, root):
        """The texts of all generated files. generated: path of the main file's translation; root: the folder that paths
        are mirrored from."""
        needed, main = self.needed(), self.program.main
        result = Result(None, sources=[s.display for s in self.program.order])
        result.kernels = [k for s in self.program.order for k in self.kernels[s]]
        if main not in needed:
            return result
        paths = {main: os.path.abspath(generated)}
        includes = os.path.splitext(paths[main])[0] + ".includes"
        for source in needed - {main}:
            paths[source] = os.path.join(includes, mirrored(source.path, root))
        for source in needed:
            self._rewrite_includes(source, paths)
            result.files[paths[source]] = self._text(source)
            result.copies[paths[source]] = source.display
        result.main = paths[main]
        return result

    def _rewrite_includes(self, source, paths):
        for include in source.includes:
            if include.target is not None:
                path = paths.get(include.target, include.target.path)
                self.edits[source].replace(include.start, include.end, quoted(path))

    def _text(self, source):
        name = os.path.basename(source.path)
        head = f"// Generated by common/cpu/translate from {name}: change that file, not this one.\n"
        return head + f"#line 1 {quoted(source.display)}\n" + self.edits[source].apply(0, len(source.data))


def mirrored(path, root):
    """A path below another root: relative to the repository, or the absolute path without its first slash."""
    path = os.path.abspath(path)
    inside = os.path.relpath(path, root)
    if not inside.startswith(".."):
        return inside
    return os.path.splitdrive(path)[1].lstrip("/\\")


def _scope(kernel):
    scope, node = [kernel.namespace], kernel.outer.parent
    while node is not None:
        if node.type == "namespace_definition":
            name = node.child_by_field_name("name")
            scope.append(kernel.source.text_of(name) if name is not None else "")
        node = node.parent
    return tuple(scope)
