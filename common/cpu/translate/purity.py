"""What a function does besides giving a value: nothing, reading memory, or more than that.

Fission computes an expression once for all threads, or again in a later region, only where that changes nothing.
Whatever is not known to be harmless here is taken for harmful.
"""

from syntax import inside_function, name_node, nodes
from tokens import is_word

PURE, READS = "pure", "reads"

_MATH = """abs fabs min max fmin fmax sqrt rsqrt cbrt exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan sinpi cospi
asin acos atan atan2 sinh cosh tanh asinh acosh atanh pow floor ceil trunc round rint nearbyint fmod remainder
copysign fma hypot erf erfc tgamma lgamma ldexp norm3df saturate isnan isinf isfinite signbit fdim rhypot""".split()
_BITS = """__popc __popcll __ffs __ffsll __clz __clzll __brev __brevll __mul24 __umul24 __mulhi __umulhi __mul64hi
__float_as_int __int_as_float __float_as_uint __uint_as_float __double_as_longlong __longlong_as_double
__float2int_rn __float2int_rz __int2float_rn __fdividef __expf __logf __log2f __powf __sinf __cosf __fmaf_rn __fadd_rn
__fmul_rn __fsqrt_rn __frcp_rn __fdiv_rn __saturatef __half2float __float2half __float2half_rn __hadd __hmul __hsub
__hfma ceil_div sizeof""".split()
_CASTS = "static_cast const_cast reinterpret_cast bit_cast".split()
_TYPES = """int unsigned long short char float double bool size_t uint8_t int8_t uint16_t int16_t uint32_t int32_t
uint64_t int64_t uint uchar ushort ulong half __half dim3""".split()
VECTORS = {f"{t}{n}" for t in ("float", "int", "uint", "double", "char", "uchar", "short", "ushort") for n in "1234"}
VECTORS |= {f"{t}{n}" for t in ("long", "ulong", "longlong", "ulonglong") for n in "1234"} | {"half2", "__half2"}
HARMLESS = set(_MATH) | {m + "f" for m in _MATH} | set(_BITS) | set(_CASTS) | set(_TYPES)
HARMLESS |= VECTORS | {f"make_{v}" for v in VECTORS}
PLAIN_TYPES = set(_TYPES) | VECTORS | {"ptrdiff_t", "intptr_t", "uintptr_t", "hip_bfloat16", "signed", "void"}
READING = {"__ldg", "dynamic_shared"}
INDEX = {"threadIdx", "hipThreadIdx_x", "hipThreadIdx_y", "hipThreadIdx_z"}
CONSTANT = {"blockIdx", "blockDim", "gridDim", "warpSize", "true", "false", "nullptr", "NULL", "shared__"}
CONSTANT |= {f"hip{name}_{axis}" for name in ("BlockIdx", "BlockDim", "GridDim") for axis in "xyz"}
BAD_NODES = ("lambda_expression", "gnu_asm_expression", "goto_statement", "new_expression", "delete_expression",
             "throw_statement", "try_statement", "co_await_expression")  # fmt: skip


class Purity:
    def __init__(self, names):
        self.names = names
        self.known = {}
        self.constants = _constants(names)

    def of(self, name):
        """pure, reads, or None where it may do more."""
        if name not in self.known:
            self.known[name] = None  # one that calls itself
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name):
        definitions = self.names.definitions.get(name, [])
        if not definitions:
            return PURE if name in HARMLESS else READS if name in READING else None
        found = [self._of_definition(d) for d in definitions]
        return None if None in found else READS if READS in found else PURE

    def _of_definition(self, definition):
        if definition.kind == "macro":
            return self._macro(definition)
        if definition.kind == "type":
            return PURE if not has_constructor(definition) else None
        if definition.kind == "variable":
            return PURE if definition.name in self.constants else READS
        if definition.kind != "function":
            return None
        node = node_of(definition)
        return self._function(definition.source, node) if node is not None else None

    def _macro(self, definition):
        macro = definition.macro
        result = PURE
        for token in macro.tokens:
            if token.text in ("=", "++", "--", "+=", "-=", "*=", "/=", "{", ";"):
                return None
            if token.text in ("[", "->"):
                result = READS
            if is_word(token) and token.text not in (macro.parameters or []) and token.text not in CONSTANT:
                inner = self.identifier(token.text)
                if inner is None or token.text in INDEX:
                    return None
                result = READS if inner == READS else result
        return result

    def identifier(self, name):
        """The value of a name that is no local variable."""
        if name in CONSTANT or name in self.constants:
            return PURE
        if name in self.names.definitions:
            return self.of(name)
        return PURE if name in HARMLESS else READS

    def _function(self, source, node):
        body = node.child_by_field_name("body")
        head = node.child_by_field_name("declarator")
        while head is not None and head.type != "function_declarator":
            head = head.child_by_field_name("declarator")
        if body is None or head is None or node.has_error:
            return None
        own = {}  # name -> dimensions of an array that is the function's own, 0 for other variables; None: not its own
        result = PURE
        for part in nodes(head.child_by_field_name("parameters")):
            if part.type.endswith("parameter_declaration"):
                name = name_node(part.child_by_field_name("declarator"))
                if name is not None:
                    text = source.plain(part.start_byte, part.end_byte)
                    own[source.text_of(name)] = None if any(c in text for c in "*&[") else 0
        for part in nodes(body):
            if part.type == "declaration":
                for declarator in part.children_by_field_name("declarator"):
                    name = name_node(declarator)
                    if name is not None:
                        text = source.plain(declarator.start_byte, name.start_byte)
                        after = source.plain(name.end_byte, declarator.end_byte).split("=")[0]
                        own[source.text_of(name)] = None if "*" in text or "&" in text else after.count("[")
                if "static" in source.plain(part.start_byte, part.end_byte).split():
                    return None
        called = {n.child_by_field_name("function").start_byte for n in nodes(body) if n.type == "call_expression"}
        for part in nodes(body):
            kind = part.type
            if kind in BAD_NODES or kind.startswith("preproc"):
                return None
            if kind in ("assignment_expression", "update_expression"):
                target = part.child_by_field_name("left") or part.child_by_field_name("argument")
                if not self._own(source, target, own):
                    return None
            elif kind == "call_expression":
                effect = self.of(callee(part, source.text_of))
                if effect is None:
                    return None
                result = READS if effect == READS else result
            elif kind == "subscript_expression" and self._own(source, part, own):
                pass
            elif kind == "subscript_expression" or source.text_of(part) == "->":
                result = READS
            elif kind == "pointer_expression":
                if part.children[0].type == "&":
                    target = part.child_by_field_name("argument")
                    if self._own(source, target, own):
                        return None  # may be changed through the pointer
                else:
                    result = READS
            elif kind == "identifier" and part.start_byte not in called:
                text = source.text_of(part)
                if text in INDEX:
                    return None
                if text not in own and part.parent.type != "template_function":
                    effect = self.identifier(text)
                    if effect is None:
                        return None
                    result = READS if effect == READS else result
        return result

    def _own(self, source, node, own):
        """Is a place the function's own memory? a[i].b[j] is, if a is an array of the function's and b one in a struct;
        v[i] of a parameter, or of a variable that does not look like an array, is behind a pointer."""
        subscripts = 0
        while node.type in ("parenthesized_expression", "field_expression", "subscript_expression"):
            if node.type == "parenthesized_expression":
                node = node.named_children[0]
                continue
            if node.type == "subscript_expression":
                subscripts += 1
            elif any(c.type == "->" for c in node.children):
                return False
            else:
                member = source.text_of(node.child_by_field_name("field"))
                if subscripts > 0 and (self.names.members.get(member, True) or min(self.names.dimensions[member]) < subscripts):
                    return False
                subscripts = 0
            node = node.child_by_field_name("argument")
        dimensions = own.get(source.text_of(node)) if node.type == "identifier" else None
        return dimensions is not None and subscripts <= dimensions


def callee(call, text_of):
    """The name of the function that is called; "" for a member and the like."""
    function = call.child_by_field_name("function")
    while function is not None and function.type == "parenthesized_expression":
        function = function.named_children[0]
    if function is not None and function.type == "template_function":
        function = function.child_by_field_name("name")
    if function is None:
        return ""
    if function.type == "qualified_identifier":
        text = "".join(text_of(function).split())
        if text.lstrip(":") in ("std::min", "std::max", "gpu::dynamic_shared"):
            return text.rsplit("::", 1)[1]
        return ""
    if function.type in ("identifier", "primitive_type", "type_identifier"):
        return text_of(function)
    if function.type == "sized_type_specifier":
        return "int"
    return ""


def root_of(node):
    """(the expression at the bottom of a[i].b, does the way there lead through memory of somebody else's?)"""
    through = False
    while True:
        if node.type == "parenthesized_expression":
            node = node.named_children[0]
        elif node.type == "field_expression":
            through = through or any(c.type == "->" for c in node.children)
            node = node.child_by_field_name("argument")
        elif node.type == "subscript_expression":
            node = node.child_by_field_name("argument")
        elif node.type == "pointer_expression" and node.children[0].type == "*":
            return node.child_by_field_name("argument"), True
        elif node.type == "cast_expression":
            return node, True
        else:
            return node, through


def node_of(definition):
    node = definition.source.tree.root_node.descendant_for_byte_range(definition.start, definition.start + 1)
    while node is not None and not (node.type == "function_definition" and node.start_byte == definition.start):
        node = node.parent
    return node


def _node_of_type(definition):
    """The struct, or the typedef that it stands in."""
    node = definition.source.tree.root_node.descendant_for_byte_range(definition.start, definition.start + 1)
    kinds = ("type_definition", "alias_declaration")
    while node is not None:
        if node.start_byte == definition.start and (node.type in kinds or node.type.endswith("_specifier")):
            return node
        node = node.parent
    return None


def has_constructor(definition):
    node = _node_of_type(definition)
    if node is None:
        return True
    return any(n.type in ("function_definition", "function_declarator", "base_class_clause") for n in nodes(node))


def is_fixed(definition):
    """Has a type a member that cannot be assigned to, const or a reference?"""
    node = _node_of_type(definition)
    for member in nodes(node) if node is not None else []:
        if member.type == "field_declaration":
            words = definition.source.plain(member.start_byte, member.end_byte).split("*")[-1].split()
            if "const" in words and "static" not in words or any(n.type == "reference_declarator" for n in nodes(member)):
                return True
    return False


def _constants(names):
    """Enumerators, and variables that are const or constexpr and no arrays or pointers, outside of functions."""
    found, others = set(), set()
    for source in names.sources:
        for node in nodes(source.tree.root_node):
            if node.type == "enumerator":
                found.add(source.text_of(node.child_by_field_name("name")))
            elif node.type == "declaration" and not inside_function(node):
                words = {source.text_of(c) for c in node.children if c.type == "type_qualifier"}
                for declarator in node.children_by_field_name("declarator"):
                    inner = declarator.child_by_field_name("declarator")
                    fixed = words & {"const", "constexpr"} and inner is not None and inner.type == "identifier"
                    name = name_node(declarator)
                    if name is not None:
                        (found if fixed else others).add(source.text_of(name))
    return found - others
