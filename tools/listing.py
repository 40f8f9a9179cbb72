"""Listings of device code: instructions, loops, and what kinds of instructions a loop is made of.

Two languages are read: SASS as nvdisasm prints it, and the assembly of AMD's gfx9 as hipcc writes it. A loop is all
the instructions from which the program can come back to where it was; compilers do not always leave them in one piece.
"""
import re
from collections import Counter
from dataclasses import dataclass, field

from device_code import is_nvidia

FMA, MATRIX = "fused multiply-adds", "matrix (tensor core) multiply-adds"
SHARED_LOAD, SHARED_STORE, SHARED_ATOMIC = "shared loads", "shared stores", "shared atomics"
GLOBAL_LOAD, GLOBAL_STORE, GLOBAL_ATOMIC = "global loads", "global stores", "global atomics"
GLOBAL_TO_SHARED = "global to shared copies"
GENERIC_LOAD, GENERIC_STORE = "generic loads", "generic stores"     # global or shared: the compiler does not know which
LOCAL = "local memory (spills, stack)"
CONSTANT = "constant and scalar loads"
SHUFFLE = "shuffles and votes"
BARRIER, WAIT, BRANCH = "barriers", "waits", "branches and masks"
FLOAT, CONVERT, INTEGER, MOVE, REST = ("other floating point", "conversions", "integer and addresses",
                                       "moves and selects", "the rest")

# In this order they are printed.
KINDS = (FMA, MATRIX, SHARED_LOAD, SHARED_STORE, SHARED_ATOMIC, GLOBAL_LOAD, GLOBAL_STORE, GLOBAL_ATOMIC,
         GLOBAL_TO_SHARED, GENERIC_LOAD, GENERIC_STORE, LOCAL, CONSTANT, SHUFFLE, BARRIER, WAIT,
         FLOAT, CONVERT, INTEGER, MOVE, BRANCH, REST)
MEMORY = (SHARED_LOAD, SHARED_STORE, SHARED_ATOMIC, GLOBAL_LOAD, GLOBAL_STORE, GLOBAL_ATOMIC, GLOBAL_TO_SHARED,
          GENERIC_LOAD, GENERIC_STORE)


@dataclass
class Instruction:
    text: str
    address: str            # "" where the listing has none
    opcode: str             # FFMA, LDS.128, v_fmac_f32_e32
    kind: str
    width: int = 0          # bits that a lane moves, for loads and stores
    labels: list = field(default_factory=list)      # that stand before it
    target: str = ""        # of a branch
    ends: bool = False      # what follows is not run after it


@dataclass
class Loop:
    label: str              # of the instruction by which it is entered
    body: list              # places of its instructions
    around: int             # loops that this one is in
    inside: int = 0         # loops within this one
    own: Counter = field(default_factory=Counter)   # kinds, without those of the loops within

    @property
    def multiply_adds(self):
        return self.own[FMA] + self.own[MATRIX]

    @property
    def accesses(self):
        return sum(self.own[kind] for kind in MEMORY)

    def rank(self):
        """A loop within another is taken to run ten times as often."""
        often = 10 ** self.around
        return self.multiply_adds * often, self.accesses * often, sum(self.own.values()) * often


# ---- SASS -----------------------------------------------------------------------------------------------------------
SASS_LINE = re.compile(r"\s+/\*([0-9a-f]{4,})\*/\s+(.*?)\s*;?\s*$")
# The first pattern that fits the opcode (its predicate removed) decides.
SASS_KINDS = [(re.compile(pattern), kind) for pattern, kind in (
    (r"(FFMA|DFMA|HFMA2)", FMA),
    (r"([HIDBQO]MMA|[HIBQ]GMMA|UTC\w*MMA)", MATRIX),
    (r"DEPBAR|LDGDEPBAR|WARPSYNC|MEMBAR|ERRBAR|CCTL|NANOSLEEP|YIELD|FENCE", WAIT),
    (r"LDGSTS|UBLKCP|UTMALDG|LDTM|STTM", GLOBAL_TO_SHARED),
    (r"LDS|LDSM", SHARED_LOAD), (r"STS|STSM", SHARED_STORE), (r"ATOMS", SHARED_ATOMIC),
    (r"LDG", GLOBAL_LOAD), (r"STG", GLOBAL_STORE), (r"LD\b", GENERIC_LOAD), (r"ST\b", GENERIC_STORE),
    (r"ATOMG|ATOM\b|REDG?\b|UREDG?\b", GLOBAL_ATOMIC),
    (r"LDL|STL", LOCAL), (r"LDC|ULDC|LDCU", CONSTANT),
    (r"SHFL|VOTE|UVOTE|MATCH|REDUX|CREDUX|ELECT", SHUFFLE),
    (r"BAR|SYNCS|UCGABAR", BARRIER),
    (r"F2F|F2I|I2F|I2I|F2FP|I2FP|FRND|F2IP|I2IP|UF2F|UI2F|UF2I", CONVERT),
    (r"IMAD\.MOV|MOV|UMOV|SEL|USEL|FSEL|PRMT|UPRMT|CS2R|CS2UR|S2R|S2UR|R2UR|R2P|P2R|UP2UR|UR2UP|UR2R|MOVM", MOVE),
    (r"U?(IADD|IMAD|IMNMX|VIMNMX|VIADD|IABS|IDP|ISETP|LEA|LOP|SHF|SHL|SHR|POPC|FLO|BREV|BMSK|SGXT|IMUL|VABSDIFF|PLOP3)",
     INTEGER),
    (r"F[A-Z]|D[AMS]|H[A-Z]|MUFU|UF[A-Z]", FLOAT),
    (r"BRA|BRX|BRXU|JMP|JMX|JMXU|CALL|RET|EXIT|BSSY|BSYNC|BREAK|BMOV|KILL|BPT|RPCMOV|WARPEXIT|ACQBULK", BRANCH),
)]


def read_sass(text, symbol):
    """The instructions of one kernel in what nvdisasm printed for a cubin."""
    parts = text.split(f"\n.text.{symbol}:\n")
    if len(parts) != 2:
        return []
    instructions, labels = [], []
    for line in parts[1].splitlines():
        if line.lstrip().startswith((".section", "//-----")):
            break
        label = re.match(r"(\.L_x?_?\w+):", line)
        if label:
            labels.append(label[1])
            continue
        found = SASS_LINE.match(line)
        if not found:
            continue
        body = re.sub(r"^[{}\s]+", "", found[2])
        if body.split(None, 1)[-1].startswith("NOP") or not body:       # what fills the end of the code
            continue
        instructions.append(sass_instruction(found[1], body, labels))
        labels = []
    if instructions and instructions[-1].target in instructions[-1].labels:
        instructions.pop()      # an endless loop behind the code, to stop what runs on
    return with_targets_only(instructions)


def with_targets_only(instructions):
    """Without the labels that no instruction names."""
    targets = {label for one in instructions for label in re.findall(r"\.L\w+", one.text)}
    for one in instructions:
        one.labels = [label for label in one.labels if label in targets]
    return instructions


def sass_instruction(address, text, labels):
    words = text.split()
    opcode = words[1] if words[0].startswith("@") and len(words) > 1 else words[0]
    kind = next((kind for pattern, kind in SASS_KINDS if pattern.match(opcode)), REST)
    if kind == FMA and opcode.startswith("HFMA2") and re.search(r"-?RZ, -?RZ,", text):
        kind = MOVE         # 0*0 + constant: how the compiler loads a constant with an idle unit
    width = 0
    if kind in MEMORY or kind == LOCAL:
        bits = re.search(r"\.[US]?(8|16|32|64|128)(?=\.|$)", opcode)
        width = int(bits[1]) if bits else 32
        if opcode.startswith(("LDSM", "STSM")):     # so many 8x8 matrices of 16 bits: 32 bits of each for a lane
            width = 32 * int(re.search(r"\.([124])$|$", opcode)[1] or 1)
    branch = re.search(r"`\((\.L\w+)\)", text) if opcode.startswith(("BRA", "JMP")) else None
    ends = words[0] == opcode and bool(re.match(r"(BRA|JMP) `|EXIT|RET|BRX|JMX", text))
    return Instruction(text, address, opcode, kind, width, labels, branch[1] if branch else "", ends)


# ---- AMD ------------------------------------------------------------------------------------------------------------
AMD_KINDS = [(re.compile(pattern), kind) for pattern, kind in (
    (r"v_(pk_)?(fmac?|mac|mad)(ak|mk)?_(legacy_)?(mix(lo|hi)?_)?f(16|32|64)|v_mad_mix", FMA),
    (r"v_mfma|v_dot", MATRIX),
    (r"ds_(read|load)", SHARED_LOAD), (r"ds_(write|store)", SHARED_STORE),
    (r"ds_(b?permute|swizzle)|v_readlane|v_writelane|v_mov_b32_dpp|v_mbcnt", SHUFFLE),
    (r"ds_", SHARED_ATOMIC),
    (r"global_load", GLOBAL_LOAD), (r"global_store", GLOBAL_STORE), (r"(global|flat)_atomic", GLOBAL_ATOMIC),
    (r"flat_load", GENERIC_LOAD), (r"flat_store", GENERIC_STORE),
    (r"scratch_|buffer_(load|store)", LOCAL),       # hipcc has no other use for buffer_ instructions
    (r"s_(buffer_)?load|s_scratch", CONSTANT),
    (r"s_barrier", BARRIER), (r"s_waitcnt|s_nop|s_sleep|buffer_(wb|inv)|s_dcache", WAIT),
    (r"s_c?branch|s_endpgm|s_setpc|s_swappc|s_call|s_getpc|s_\w+_saveexec|s_trap|s_sethalt", BRANCH),
    (r"v_cvt_|v_rndne|v_trunc_f|v_floor_f|v_ceil_f", CONVERT),
    (r"v_(pk_)?mov|s_c?mov|v_cndmask|s_cselect|v_accvgpr|v_swap|v_bfrev|s_brev|v_perm_|v_readfirstlane|s_[gs]etreg",
     MOVE),
    (r"v_\w*_f(16|32|64)", FLOAT),
    (r"[vs]_", INTEGER),
)]
AMD_BITS = {"b8": 8, "u8": 8, "i8": 8, "b16": 16, "u16": 16, "i16": 16, "byte": 8, "short": 16, "ubyte": 8, "sbyte": 8,
            "ushort": 16, "sshort": 16, "dword": 32, "b32": 32, "dwordx2": 64, "b64": 64, "dwordx3": 96, "b96": 96,
            "dwordx4": 128, "b128": 128, "f32": 32, "f64": 64, "u32": 32, "u64": 64}


def read_amd(text, symbol):
    """The instructions of one kernel in hipcc's assembly."""
    found = re.search(rf"^{re.escape(symbol)}:.*?\n(.*?)^\.Lfunc_end", text, re.MULTILINE | re.DOTALL)
    instructions, labels = [], []
    for line in found[1].splitlines() if found else []:
        label = re.match(r"(\.L\w+):", line)
        if label:
            labels.append(label[1])
        code = re.match(r"\s+([a-z]\w*)(.*)", line.split(";")[0].rstrip())
        if not label and code:
            instructions.append(amd_instruction(code[1], code[2].strip(), labels))
            labels = []
    return with_targets_only(instructions)


def amd_instruction(opcode, operands, labels):
    kind = next((kind for pattern, kind in AMD_KINDS if pattern.match(opcode)), REST)
    if kind in (INTEGER, MOVE) and re.match(r"exec\b", operands):
        kind = BRANCH       # which lanes take part: what a branch is inside a wave
    width = 0
    if kind in MEMORY or kind == LOCAL:
        bits = next((AMD_BITS[word] for word in opcode.split("_") if word in AMD_BITS), 32)
        width = bits * (2 if re.match(r"ds_(read|write)2", opcode) else 1)
    target = operands if re.match(r"s_c?branch", opcode) else ""
    ends = opcode in ("s_branch", "s_endpgm", "s_setpc_b64")
    return Instruction(f"{opcode} {operands}".rstrip(), "", opcode, kind, width, labels, target, ends)


# ---- loops ----------------------------------------------------------------------------------------------------------
def successors_of(instructions):
    """For each instruction the places of those that may run after it."""
    place = {label: i for i, one in enumerate(instructions) for label in one.labels}
    result = []
    for i, one in enumerate(instructions):
        after = [] if one.ends or i + 1 == len(instructions) else [i + 1]
        result.append(after + ([place[one.target]] if one.target in place else []))
    return result


def cycles(nodes, successors):
    """The largest sets within `nodes` in which every instruction leads to every other (Tarjan's algorithm)."""
    order, low, stack, found = {}, {}, [], []
    stacked = set()
    for root in nodes:
        if root in order:
            continue
        work = [(root, iter(successors[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        stacked.add(root)
        while work:
            node, ahead = work[-1]
            for other in ahead:
                if other not in nodes:
                    continue
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    stacked.add(other)
                    work.append((other, iter(successors[other])))
                    break
                if other in stacked:
                    low[node] = min(low[node], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    at = stack.index(node)
                    one, stack = set(stack[at:]), stack[:at]
                    stacked -= one
                    if len(one) > 1 or node in successors[node]:
                        found.append(one)
    return found


def find_loops(instructions):
    """All loops, the main one first: the one with the most multiply-adds that are not in a loop within it, each loop
    around it counting tenfold; where nothing is multiplied the one with the most loads and stores."""
    successors = successors_of(instructions)
    entered_from = [[] for _ in instructions]
    for i, after in enumerate(successors):
        for other in after:
            entered_from[other].append(i)
    loops = []

    def search(nodes, around):
        """Adds the loops among these nodes; returns their number and their instructions."""
        number, covered = 0, set()
        for one in cycles(nodes, successors):
            doors = {i for i in one if i == 0 or any(before not in one for before in entered_from[i])}
            inside, inner = search(one - doors, around + 1)     # without its doors only the loops within are left
            labels = [label for i in sorted(doors) for label in instructions[i].labels]
            own = Counter(instructions[i].kind for i in one - inner)
            loops.append(Loop(labels[0] if labels else "the beginning", sorted(one), around, inside, own))
            number += inside + 1
            covered |= one
        return number, covered

    search(set(range(len(instructions))), 0)
    return sorted(loops, key=Loop.rank, reverse=True)


# ---- the mix --------------------------------------------------------------------------------------------------------
@dataclass
class Share:
    """One line of the mix."""
    kind: str
    width: int
    count: int
    percent: float
    opcodes: str            # "LDS.128", the most frequent first


def mix(instructions):
    """How many instructions there are of each kind, memory accesses by width."""
    groups = {}
    for one in instructions:
        groups.setdefault((one.kind, one.width), Counter())[one.opcode] += 1
    shares = []
    for (kind, width), opcodes in sorted(groups.items(), key=lambda item: (KINDS.index(item[0][0]), -item[0][1])):
        names = [name if len(opcodes) == 1 else f"{count} {name}" for name, count in opcodes.most_common(4)]
        count = sum(opcodes.values())
        shares.append(Share(kind, width, count, 100.0 * count / len(instructions),
                            ", ".join(names) + (", ..." if len(opcodes) > 4 else "")))
    return shares


def read_listing(text, symbol, arch):
    return (read_sass if is_nvidia(arch) else read_amd)(text, symbol)
