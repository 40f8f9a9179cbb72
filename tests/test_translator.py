"""The translator and the driver of the simulated GPU (common/cpu), on small sources.

Where the text of the translation says it all, the test reads it; where what counts is the meaning, the program is
compiled and run. CXX in the environment picks the compiler below the driver.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRANSLATE = ROOT / "common" / "cpu" / "translate"
HIPCC = ROOT / "common" / "cpu" / "hipcc"
HEADER = "#include <hip/hip_runtime.h>\n#include <cstdio>\n"


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def translator(folder, *arguments):
    return subprocess.run([sys.executable, str(TRANSLATE), *map(str, arguments)], cwd=folder, capture_output=True, text=True)


def translate(folder, text, *arguments):
    """The translation of one source."""
    write(folder, {"a.hip": text})
    done = translator(folder, "a.hip", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fault(folder, text):
    """The message of a source that cannot be translated: one line."""
    write(folder, {"a.hip": text})
    done = translator(folder, "a.hip")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def explain(folder, text):
    """kernel -> engine and reason."""
    write(folder, {"a.hip": text})
    done = translator(folder, "--explain", "a.hip")
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    return {line.split(": ", 1)[0]: line.split(": ", 1)[1] for line in lines}


def hipcc(folder, *arguments, **environment):
    compiler = [f"--cxx={os.environ['CXX']}"] if os.environ.get("CXX") else []
    return subprocess.run([str(HIPCC), *compiler, *map(str, arguments)], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHON": sys.executable, **environment})


def run(folder, files, *arguments):
    """Builds and runs a program; what it printed, by lines."""
    if isinstance(files, str):
        files = {"a.hip": HEADER + files}
    write(folder, files)
    sources = [name for name in files if name.endswith((".hip", ".cpp", ".c"))]
    done = hipcc(folder, "-O1", "-Wall", *arguments, *([] if any(str(a) in files for a in arguments) else sources), "-o", "program")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    program = subprocess.run([str(folder / "program")], cwd=folder, capture_output=True, text=True, timeout=60)
    assert program.returncode == 0, program.stdout + program.stderr
    return program.stdout.splitlines()


# ---- launches


@pytest.mark.parametrize("launch, expected", [
    ("k<<<1, 2>>>(x);", "(::gpu::configure(1, 2), k(x));"),
    ("k<T, 3><<<g, b, 0, s>>>(x);", "(::gpu::configure(g, b, 0, s), k<T, 3>(x));"),
    ("ns::k<<<1, 2>>>(x);", "(::gpu::configure(1, 2), ns::k(x));"),
    ("(*fp)<<<1, 2>>>(x);", "(::gpu::configure(1, 2), (*fp)(x));"),
    ("table[i]<<<1, 2>>>(x);", "(::gpu::configure(1, 2), table[i](x));"),
    ("(a ? k : m)<<<1, 2>>>(x);", "(::gpu::configure(1, 2), (a ? k : m)(x));"),
    ("k<<<dim3((n + 1) / 2, (m < 3) ? 1 : 2), {4, f(a, b)}>>>(g(x, (y)));",
     "(::gpu::configure(dim3((n + 1) / 2, (m < 3) ? 1 : 2), {4, f(a, b)}), k(g(x, (y))));"),
    ("if (x) k<<<1, 2>>>(x); else m<<<1, 2>>>(x);",
     "if (x) (::gpu::configure(1, 2), k(x)); else (::gpu::configure(1, 2), m(x));"),
    ("auto f = [&](int n) { k<<<n, 2>>>(x); };", "auto f = [&](int n) { (::gpu::configure(n, 2), k(x)); };"),
    ("k <<< 1, 2 >>> (x);", "(::gpu::configure( 1, 2 ), k (x));"),
])
def test_launch(tmp_path, launch, expected):
    assert f"{{ {expected} }}" in translate(tmp_path, f"void f() {{ {launch} }}")


def test_launch_over_several_lines_keeps_them(tmp_path):
    text = translate(tmp_path, "void f() {\n    k<int,\n      3>\n    <<<dim3(1,\n            2), // grid\n       3>>>\n    (x,\n     y);\n    int after;\n}\n")
    assert text.splitlines()[2 + 8] == "    int after;"
    assert "// grid" in text and "k<int,\n      3>" in text


def test_launch_in_template_and_member(tmp_path):
    text = translate(tmp_path, "template <class K> void go(K k) { k<<<1, 2>>>(); }\nstruct S { void f() { k<int><<<1, 2>>>(*this); } };\n")
    assert "(::gpu::configure(1, 2), k());" in text
    assert "(::gpu::configure(1, 2), k<int>(*this));" in text


@pytest.mark.parametrize("body, expected", [
    ("k<<<1, 2>>>(__VA_ARGS__)", "(::gpu::configure(1, 2), k(__VA_ARGS__))"),
    ("do { k<<<g, 2>>>(x); check(#x); } while (0)", "do { (::gpu::configure(g, 2), k(x)); check(#x); } while (0)"),
    ("kernel_##x<<<1, 2>>>(y);", "(::gpu::configure(1, 2), kernel_##x(y));"),
    ("k<<<1, \\\n    2>>>(x); \\\n  m<<<3, 4>>>(y)",
     "(::gpu::configure(1, \\\n    2), k(x)); \\\n  (::gpu::configure(3, 4), m(y))"),
    ("if (x) { k<<<1, 2>>>(y); } else", "if (x) { (::gpu::configure(1, 2), k(y)); } else"),
])
def test_launch_in_macro(tmp_path, body, expected):
    assert f"#define M(x, ...) {expected}\nint after;" in translate(tmp_path, f"#define M(x, ...) {body}\nint after;\n__global__ void q() {{}}\n")


def test_comments_and_strings_are_not_launches(tmp_path):
    source = ('// k<<<1, 2>>>(x)\n/* __global__ void k() { __shared__ int x; } */\n'
              'const char *s = "k<<<1, 2>>>(x) __global__", *r = R"(k<<<1, 2>>>(x))"; char c = \'<\';\n'
              '#define TEXT "k<<<1, 2>>>()" /* k<<<1, 2>>>() */\n#if 0\nk<<<1,\n#endif\nint shift = 1 << 2 << 3;\n')
    done = translator(tmp_path, "--explain", "a.hip") if write(tmp_path, {"a.hip": source}) else None
    assert done is None
    assert translate(tmp_path, source) == source     # nothing to translate


def test_macro_call_without_semicolon_before_launch(tmp_path):
    text = translate(tmp_path, "void f() {\n    CHECK(hipMalloc(&x, 4))\n    k<<<1, 2>>>(x);\n    CHECK(hipFree(x))\n    k<<<3, 4>>>(x);\n}\n")
    assert "CHECK(hipMalloc(&x, 4))\n    (::gpu::configure(1, 2), k(x));" in text
    assert "CHECK(hipFree(x))\n    (::gpu::configure(3, 4), k(x));" in text


@pytest.mark.parametrize("source, line, words", [
    ("int x;\nvoid f() { x = <<<1, 2>>>(y); }", 2, "launch"),
    ("void f() {\n  k<<<1, 2;\n}", 2, "launch"),
    ("\n#define M k<<<1, 2", 2, "launch"),
    ("\n__global__ void k(int *x) {\n  k<<<1, 2>>>(x);\n}\n", 3, "inside a kernel"),
])
def test_launch_fault(tmp_path, source, line, words):
    message = fault(tmp_path, source)
    assert message.startswith(f"a.hip:{line}: error: ") and words in message


# ---- kernels


def test_generated_form_of_a_loop_kernel(tmp_path):
    text = translate(tmp_path, "// Doubles.\n__global__ void twice(float *b, int n)\n{\n    if (threadIdx.x < n)\n        b[threadIdx.x] *= 2;\n}\n")
    assert text.startswith("// Generated by common/cpu/translate from a.hip")
    assert "// twice, loop engine: no barrier and no warp operation." in text
    assert "static inline GPU_INLINE void twice__thread(GPU_INDICES, float *b, int n)\n#line 3 \"a.hip\"\n{\n    if (threadIdx.x < n)" in text
    assert "template <bool SMALL_GRID>\nstatic void twice__blocks(const ::gpu::Blocks &blocks, float *b, int n)" in text
    assert "GPU_INDEPENDENT" in text and "set_thread_index" not in text
    assert '"twice", __FILE__, 2, ::gpu::Engine::loop, 0, 1024, ""};' in text
    assert "\nvoid twice(float *b, int n)\n" in text
    assert "(void (*)(float *, int))twice" in text


def test_generated_form_of_a_fibre_kernel(tmp_path):
    text = translate(tmp_path, "template <int T> __global__ void __launch_bounds__(T * 2, 3) k(float *a) { __shared__ float s[T]; s[0] = *a; __activemask(); }")
    assert "template <int T>\nstruct k__shared {\n    float s[T];\n};" in text
    assert "auto &s = shared__.s; s[0] = *a;" in text
    assert "k__blocks" not in text and "k__fission" not in text and text.count("nullptr,") == 2
    assert "::gpu::Engine::fibres, sizeof(k__shared<T>), T * 2, \"__activemask is not understood" in text


def test_generated_form_of_a_cut_kernel(tmp_path):
    text = translate(tmp_path, "__global__ void __launch_bounds__(64) k(float *a)\n{\n    __shared__ float s[64];\n    int t = threadIdx.x;\n"
                     "    float x = a[t];\n    s[t] = x;\n    __syncthreads();\n    a[t] = x + s[63 - t];\n}\n")
    assert "// For each thread: lines 4 to 6, up to the barrier in line 7." in text
    assert "MOST__ = ::gpu::most_threads(64)" in text
    assert "alignas(64) float x__each[MOST__]; // x of each thread" in text
    assert text.count("int t = threadIdx.x;") == 3      # in what one thread does, and in both regions
    assert "static void k__fission(const ::gpu::Blocks &blocks, float *a)" in text
    assert '::gpu::Engine::fission, sizeof(k__shared), 64, ""};' in text


def test_generated_form_of_loops_in_a_cut_kernel(tmp_path):
    """One in which a thread carries nothing goes outside the loops over the threads, another stays inside."""
    text = translate(tmp_path, "__global__ void k(float *a)\n{\n    __shared__ float s[4][64];\n    int t = threadIdx.x;\n    float sum = 0;\n"
                     "    for (int r = 0; r < 4; ++r)\n        s[r][t] = a[64 * r + t];\n    __syncthreads();\n"
                     "    for (int q = 0; q < 4; ++q)\n        sum += s[q][63 - t];\n    a[t] = sum;\n}\n")
    text = re.sub("#line.*\n", "", text.partition("k__cut(")[2])
    assert "    for (int r = 0; r < 4; ++r) {\n        // For each thread: line 7" in text
    assert "for (int q = 0; q < 4; ++q)\n                    sum +=" in text


def test_generated_form_of_what_some_threads_do(tmp_path):
    text = translate(tmp_path, "__global__ void k(float *a)\n{\n    int lane = threadIdx.x % warpSize;\n    float x = a[lane];\n"
                     "    if (threadIdx.x < 32)\n        x += __shfl_down(x, 1);\n    a[threadIdx.x] = x;\n}\n")
    text = re.sub("#line.*\n", "", text.partition("k__cut(")[2])
    assert "const int warpSize = 1 << ::gpu::warp_bits;" in text
    assert "::gpu::Mask<MOST__> mask__1; // who takes part, from line 5 on\n    mask__1.clear(blockDim);" in text
    assert "if (mask__1.any()) {" in text and "values__1.clear(mask__1);" in text
    row = "(z__ * blockDim.y + y__) * blockDim.x"
    assert f"for (unsigned x__ = mask__1.from({row}), end__ = mask__1.to({row}, blockDim.x); x__ < end__; ++x__) {{" in text


def test_lines_of_messages(tmp_path):
    """An error behind kernels, launches and shared declarations over several lines is reported where it stands."""
    source = (HEADER + "__global__ void k(int *x)\n{\n    __shared__ int a,\n        b[4];\n    a = b[0] = *x;\n    undeclared_1 = 3;\n}\n"
              "void f(int *x)\n{\n    k<<<1,\n        2>>>(x);\n    undeclared_2 = 3;\n}\n")
    write(tmp_path, {"a.hip": source})
    done = hipcc(tmp_path, "-c", "a.hip", "-o", "a.o")
    assert done.returncode == 1 and not (tmp_path / "a.o").exists()
    lines = source.splitlines()
    for name in ("undeclared_1", "undeclared_2"):
        line = next(i for i, text in enumerate(lines, 1) if name in text)
        assert f"a.hip:{line}:" in done.stderr and name in done.stderr


KERNELS = r"""
#include <type_traits>
#define SHOW(launch) do { *x = -1; launch; hipDeviceSynchronize(); printf("%d\n", *x); } while (0)
#define BOUNDS(n) __launch_bounds__(n)
#define KERNEL static __global__
#define C_KERNEL extern "C" __global__
#define HD __host__ __device__ __forceinline__
namespace outer { namespace gpu {
template <typename T, int N = 3, template <class> class C = std::add_const, class... P>
__global__ void pack(T *out, P... p) { *out = N + (0 + ... + p); }
template <typename T, typename = typename std::enable_if<std::is_integral<T>::value>::type, int = 4>
static __global__ void unnamed(T *out, int, T = T{}, const float * = nullptr) { *out = 9; }
template <auto V> __global__ void constant(int *out) { *out = V; }
template <class T> __global__ void forward(T *out, int n = 5);
template <class T> __global__ void forward(T *out, int n) { *out = n; }
} }
__global__ void declared(int *x);
extern __global__ void declared(int *x);
__global__ void declared(int *x) { *x = 10; }
namespace elsewhere { __global__ void outside(int *, int = 11); }
__global__ void elsewhere::outside(int *x, int y) { *x = y; }
namespace { __global__ void hidden(int *x) { *x = 12; } }
__launch_bounds__(64) __global__ void bounds_first(int *x) { *x = 13; }
KERNEL void BOUNDS(128) from_macros(int *x) { *x = 14; }
C_KERNEL void from_c(int *x) { *x = 15; }
extern "C" { __global__ void in_block(int *x) { *x = 16; } }
HD int half_of(int x) { return x / 2; }
#ifdef NEVER
__global__ void alternative(float *x, int) { *x = 0; }
#else
__global__ void alternative(int *x) { *x = half_of(34); }
#endif
__global__ void overloaded(int *x) { *x = 18; }
__global__ void overloaded(float *x) { *(int *)x = 19; }
template <class T> __global__ void overloaded(T *x, int n) { *x = n; }
template <class T> __global__ void special(T *x) { *x = 21; }
template <> __global__ void special<int>(int *x) { *x = 22; }
template __global__ void special<short>(short *);
__global__ void array(int x[4], int (*f)(int), int b, int blocks, int y, int t) { if (!f) *x = b + blocks + y + t; }
__global__
void
spread
(
  int *x  // k<<<1, 2>>>(x)
  , /* (int z) */ int y
)
{
  *x = y; /* } */
}
__global__ void nothing(void) {}
template <class K, class... A> void go(K k, A... a) { k<<<1, 4>>>(a...); }
int main()
{
    int *x;
    hipMallocManaged(&x, 4);
    SHOW((outer::gpu::pack<int, 4><<<1, 1>>>(x, 1, 2, 3)));
    SHOW(outer::gpu::pack<int><<<1 COMMA 1>>>(x));
    SHOW((outer::gpu::unnamed<int><<<1, 1>>>(x, 3)));
    SHOW((outer::gpu::constant<6><<<1, 1>>>(x)));
    SHOW((outer::gpu::forward<<<1, 1>>>(x)));
    SHOW((declared<<<1, 1>>>(x)));
    SHOW((elsewhere::outside<<<1, 1>>>(x)));
    SHOW((hidden<<<1, 1>>>(x)));
    SHOW((bounds_first<<<1, 1>>>(x)));
    SHOW((from_macros<<<1, 1>>>(x)));
    SHOW((from_c<<<1, 1>>>(x)));
    SHOW((in_block<<<1, 1>>>(x)));
    SHOW((alternative<<<1, 1>>>(x)));
    SHOW((overloaded<<<1, 1>>>(x)));
    SHOW((overloaded<<<1, 1>>>((float *)x)));
    SHOW((overloaded<<<1, 1>>>(x, 20)));
    short *s = (short *)x;
    SHOW((*x = 0, special<<<1, 1>>>(s)));
    SHOW((special<<<1, 1>>>(x)));
    SHOW((array<<<1, 1>>>(x, nullptr, 20, 1, 1, 1)));
    SHOW((spread<<<1, 1>>>(x, 24)));
    SHOW(go(spread, x, 25));
    void (*pointer)(int *, int) = spread;
    SHOW(((*pointer)<<<1, 1>>>(x, 26)));
    nothing<<<1, 1>>>();
    from_macros<<<1, 129>>>(x);
    puts(hipGetErrorName(hipGetLastError()));
    hipFuncAttributes attributes;
    puts(hipGetErrorName(hipFuncGetAttributes(&attributes, (const void *)special<float>)));
    return 0;
}
"""


def test_kernels_of_all_kinds(tmp_path):
    lines = run(tmp_path, "#define COMMA ,\n" + KERNELS.replace("1 COMMA 1", "1, 1").replace(
        "SHOW(outer::gpu::pack<int><<<1, 1>>>(x));", "SHOW((outer::gpu::pack<int><<<1, 1>>>(x)));"))
    assert lines == ["10", "3", "9", "6", "5", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23",
                     "24", "25", "26", "hipErrorLaunchOutOfResources", "hipSuccess"]


@pytest.mark.parametrize("source, line, words", [
    ("struct S {\n  static __global__ void k() {}\n};", 2, "member of a class"),
    ("\n#ifdef A\n#define K(n) __global__ void n() {}\n#else\n#define K(n) __global__ void n(int) {}\n#endif\nK(k)\n", 3, "macro K"),
    ("\n#define K(n, m) __global__ void n() {}\nK(k)\n", 3, "takes 2"),
    ("void f(int) {}\nvoid g() { f<<<1, 2>>>(3); }", 2, "f is launched, but it is no __global__ function (a.hip:1)"),
    ("\n__global__ void k(int *x\n#ifdef A\n, int y\n#endif\n) {}\n", None, "error"),
    ("__global__ void k(int *x) {\n#if A\n  if (x) {\n#else\n  if (!x) {\n#endif\n  }\n}\n", None, "__global__"),
    ("__global__ int x = 3;\nint y = 3 +;\n__global__ 3;", None, "__global__"),
])
def test_kernel_fault(tmp_path, source, line, words):
    message = fault(tmp_path, source)
    assert words in message and message.startswith(f"a.hip:{line}:" if line else "a.hip:")


# ---- shared memory


SHARED = r"""
template <typename T, int W> __global__ void shared(int *out, int width)
{
    const int TILE = 8, ROWS = W * 2;
    constexpr int AREA = TILE * ROWS;
    enum { HALF = TILE / 2 };
    typedef T Row[TILE];
    using Real = T;
    struct Pair { T a, b; int who() const { return threadIdx.x; } };
    enum Mode { OFF, ON = 5 };
    __shared__ T area[AREA], *pointer, scalar;
    static __shared__ volatile T flags[ROWS][TILE + 1];
    __shared__ __align__(32) char aligned[HALF];
    alignas(64) __shared__ Real real;
    __shared__ Row rows[2];
    __shared__ Pair pairs[TILE];
    __shared__ union { float f; int i[HALF]; } both;
    __shared__ struct Named { int v; } named;
    __shared__ Mode mode;
#ifdef BIG
    const int SIZE = 1000;
#else
    const int SIZE = 10;
#endif
    __shared__ int sized[SIZE];
    { __shared__ int again[2]; again[0] = 1; if (!threadIdx.x) out[0] = again[0]; }
    { __shared__ float again; again = 2; if (!threadIdx.x) out[1] = again; }
#if W_IS_UNKNOWN
    __shared__ NoSuchType never;
#elif 1
    __shared__ int chosen;
#else
    __shared__ NoSuchType never;
#endif
    auto put = [](T v) { area[threadIdx.x] = v; pairs[threadIdx.x].b = pairs[threadIdx.x].who(); };
    auto get = [=](int i) { return area[i] + pairs[i].b; };
    put(threadIdx.x * 10);
    __syncthreads();
    if (threadIdx.x != 3)
        return;
    pointer = area;
    scalar = 2;
    flags[ROWS - 1][TILE] = 3;
    aligned[1] = 4;
    real = 5;
    rows[1][TILE - 1] = 6;
    both.i[HALF - 1] = 7;
    Named n = {8};
    named = n;
    mode = ON;
    Pair mine = pairs[7];
    sized[SIZE - 1] = 9;
    chosen = 10;
    out[2] = get(7);
    out[3] = pointer[1] + scalar + flags[ROWS - 1][TILE] + aligned[1] + real + rows[1][7] + both.i[3] + named.v + mode + mine.b;
    out[4] = sized[9] + chosen + (int)((size_t)aligned % 32 + (size_t)&real % 64) + sizeof area / sizeof(T);
}
extern __shared__ double at_namespace_scope[];
__device__ int block_total(int v)
{
    extern __shared__ int dynamic[];
    __shared__ int total, parts[2];
    if (threadIdx.x == 0)
        total = parts[1] = 0;
    __syncthreads();
    atomicAdd(&total, v);
    dynamic[threadIdx.x] = 1;
    __syncthreads();
    return total + parts[1];
}
__global__ void functions(int *out)
{
    extern __shared__ volatile __align__(16) int d[];
    extern __shared__ float planes[][4];
    out[threadIdx.x] = block_total(threadIdx.x) + d[31];
    __syncthreads();
    planes[1][2] = 1.0f;
    *reinterpret_cast<double *>(at_namespace_scope) = 2;
    if (threadIdx.x == 0)
        out[0] += ((double *)d)[0] == 2 && ((float *)d)[6] == 1;
}
int main()
{
    int *x;
    hipMallocManaged(&x, 400);
    shared<float, 3><<<1, 8>>>(x, 3);
    hipDeviceSynchronize();
    for (int i = 0; i < 5; i++)
        printf("%d\n", x[i]);
    functions<<<2, 32, 256>>>(x);
    printf("%s %d %d\n", hipGetErrorName(hipDeviceSynchronize()), x[0], x[31]);
    hipFuncAttributes attributes;
    hipFuncGetAttributes(&attributes, (const void *)shared<double, 1>);
    printf("%d\n", attributes.sharedSizeBytes > 16 * 8 && attributes.sharedSizeBytes < 2048);
}
"""


def test_shared_memory_of_all_kinds(tmp_path):
    assert run(tmp_path, SHARED) == ["1", "2", "77", str(10 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 5 + 7), str(9 + 10 + 48),
                                     "hipSuccess 498 497", "1"]


def test_shared_names_in_sibling_scopes(tmp_path):
    text = translate(tmp_path, "__global__ void k() { { __shared__ int s; s = 1; } { __shared__ float s; s = 1; } }")
    assert "    int s;\n    float s_2;\n" in text
    assert "auto &s = shared__.s; s = 1;" in text and "auto &s = shared__.s_2; s = 1;" in text


@pytest.mark.parametrize("declaration, words", [
    ("__shared__ int x = 3;", "initial value"),
    ("__shared__ int x[n];", "parameter n"),
    ("int size = 3; __shared__ int x[size];", "no constant"),
    ("{ const int N = 1; __shared__ int a[N]; } { const int N = 2; __shared__ int b[N]; }", "two local declarations of N"),
    ("__shared__ int x; struct S { int f() { return x; } };", "local class"),
])
def test_shared_fault(tmp_path, declaration, words):
    message = fault(tmp_path, f"\n__global__ void k(int n) {{ {declaration} }}")
    assert message.startswith("a.hip:2: error: ") and words in message


def test_shared_outside_functions(tmp_path):
    assert "must be extern" in fault(tmp_path, "__shared__ int x;")
    assert "static const ::gpu::DynamicShared<float> x;" in translate(tmp_path, "extern __shared__ float x[];")


MACROS = r"""
#define STAR *
#define DEFINE_KERNEL(NAME, T, expr)                                     \
    extern "C" __global__ void NAME##_kernel(                            \
        const T *in, /* comment, */ T *out, int n)                       \
    {                                                                    \
        int i = blockIdx.x * blockDim.x + threadIdx.x;                   \
        TILE(T, s); /* k<<<1, 2>>>() */                                  \
        s[threadIdx.x] = in[i];                                          \
        if (i < n) { T x = s[threadIdx.x]; out[i] = (expr); }            \
    }                                                                    \
    void NAME(const T *in, T *out, int n)                                \
    {                                                                    \
        NAME##_kernel<<<1, n>>>(in, out, n);                             \
        hipDeviceSynchronize();                                          \
        printf("%s  %g\n", #NAME, (double)out[n - 1]);                   \
    }
#define BOTH(NAME, expr) DEFINE_KERNEL(NAME##_f, float, expr) DEFINE_KERNEL(NAME##_i, int, expr)
#define KERNEL(name, ...) __global__ void name(int n, ##__VA_ARGS__)
#define TILE(T, n) __shared__ T n[64]
#define DEFINE_FUNCTION(name, body) __device__ int name() { return body; }
#ifdef __HIPCC__
#define ON_DEVICE(type) __device__ type
#else
#define ON_DEVICE(type) type
#endif
BOTH(square, x * x)
DEFINE_KERNEL(plus,
              double,
              (x STAR 2) + 1) // after
int line = __LINE__;
DEFINE_FUNCTION(my_id, threadIdx.x)
ON_DEVICE(int) twice(int x) { return 2 * x; }
KERNEL(no_more) { if (n) printf("n %d\n", n + twice(my_id())); }
KERNEL(one_more, int *p) { *p = n; }
GIVEN given(int *p) { *p = 8; }
int main()
{
    float *f;
    int *i;
    double *d;
    hipMallocManaged(&f, 256);
    hipMallocManaged(&i, 256);
    hipMallocManaged(&d, 512);
    for (int j = 0; j < 10; j++)
        f[j] = i[j] = d[j] = j;
    square_f(f, f, 10);
    square_i(i, i, 10);
    plus(d, d, 10);
    no_more<<<1, 1>>>(3);
    one_more<<<1, 1>>>(4, i);
    given<<<1, 1>>>(i + 1);
    hipDeviceSynchronize();
    printf("%d %d %d\n", *i, i[1], line);
}
"""


def test_device_code_from_macros(tmp_path):
    line = 1 + (HEADER + MACROS).splitlines().index("              (x STAR 2) + 1) // after") + 1
    assert run(tmp_path, MACROS, "-DGIVEN=static __global__ void") == [
        "square_f  81", "square_i  81", "plus  19", "n 3", f"4 8 {line}"]


def test_macro_with_barrier_inside_a_function_it_makes(tmp_path):
    source = "#define DEFINE(n) __device__ void n() { __syncthreads(); }\nDEFINE(meet)\n__global__ void k() { meet(); }\n"
    assert explain(tmp_path, source)["k"] == "fission: __syncthreads() in line 2, by way of meet"


# ---- the choice of the engine

BARRIER = "__device__ void meet() { __syncthreads(); }\n"


@pytest.mark.parametrize("source, engine, reason", [
    ("__global__ void k(int *x) { *x = 1; }", "loop", "no barrier"),
    ("__global__ void k(int *x) {\n  __syncthreads(); }", "fission", "__syncthreads() in line 2"),
    ("__global__ void k(int *x) { *x = __shfl_down(*x, 1); }", "fission", "__shfl_down() in line 1"),
    ("__global__ void k(int *x) { *x = __ballot_sync(~0u, *x); }", "fission", "__ballot_sync()"),
    ("// __syncthreads()\n__global__ void k(const char *) { /* __shfl() */ printf(\"__syncthreads()\"); }", "loop", ""),
    (BARRIER + "__global__ void k() { meet(); }", "fission", "__syncthreads() in line 1, by way of meet"),
    (BARRIER + "__device__ void two() { meet(); }\n__global__ void k() { two(); }", "fission", "by way of two"),
    (BARRIER + "__global__ void k(int meet) { int x = meet; }", "loop", ""),
    (BARRIER + "struct P { int meet; };\n__global__ void k(P *p) { p->meet = 1; }", "loop", ""),
    ("#define SYNC __syncthreads()\n__global__ void k() { SYNC; }", "fibres", "by way of SYNC"),
    ("struct S { __device__ void f() { __syncthreads(); } };\n__global__ void k(S s) { s.f(); }", "fibres", "by way of S"),
    ("struct S { __device__ void f(); };\nvoid S::f() { __syncthreads(); }\n__global__ void k(S s) { s.f(); }", "fibres", ""),
    ("struct B { __device__ virtual void f() {} };\nstruct D : B { __device__ void f() { __syncthreads(); } };\n"
     "__global__ void k(B *b) { b->f(); }", "fibres", ""),
    ("__global__ void k() { auto f = [] { __syncthreads(); }; f(); }", "fibres", ""),
    ("namespace cg = cooperative_groups;\n__global__ void k() { auto b = cg::this_thread_block(); b.sync(); }", "fibres", ""),
    ("__device__ int elsewhere(int);\n__global__ void k(int *x) { *x = elsewhere(1); }", "fibres", "elsewhere(), which is defined in another file, in line 2"),
    ("__global__ void k(float (*f)(float), float *x) { *x = f(*x); }", "fibres", "functions"),
    ("typedef float (*F)(float);\n__global__ void k(F f, float *x) { *x = f(*x); }", "fibres", "functions"),
    (BARRIER + "__device__ void (*table[])() = {meet};\n__global__ void k() { table[0](); }", "fibres", "by way of table"),
    ("struct Op { __device__ void operator()() { __syncthreads(); } };\ntemplate <class F> __global__ void k(F f) { f(); }",
     "fibres", "a functor (a.hip:1)"),
    ("template <class F> __global__ void k(F f) { f(); }\nvoid g() { k<<<1, 1>>>([] __device__() { __syncthreads(); }); }",
     "fibres", "a lambda (a.hip:2)"),
    ("template <class F> __global__ void k(F f) { f(); }\nvoid g() { k<<<1, 1>>>([] __device__() {}); }", "loop", ""),
    (BARRIER + "template <void F()> __global__ void k() { F(); }\nvoid g() { k<meet><<<1, 1>>>(); }", "fibres", ""),
    ("__global__ void k(volatile int *flag) { while (!*flag) ; }", "fibres", "waits in a loop"),
    ("__global__ void k(int *lock) { while (atomicCAS(lock, 0, 1)) {} }", "fibres", "waits in a loop"),
    ("__global__ void k(volatile int *flag) { for (;;) { if (*flag) break; } }", "fibres", "waits in a loop"),
    ("__global__ void k(float *a) { int *p = (int *)a, old = *p, seen; do { seen = old; old = atomicCAS(p, seen, seen + 1); }"
     " while (seen != old); }", "loop", ""),
    ("__global__ void k(int *x, int n) { while (n > 1) n /= 2; for (int i = 0; i < n; i++) x[i] = i; }", "loop", ""),
    ("__device__ void w(volatile int *s, int t) { s[t] += s[t + 16]; s[t] += s[t + 8]; }\n"
     "__global__ void k(int *x) { w(x, threadIdx.x); }", "fibres", "lockstep"),
])
def test_engine(tmp_path, source, engine, reason):
    chosen = explain(tmp_path, source)["k"]
    assert chosen.startswith(engine + ": ") and reason in chosen


@pytest.mark.parametrize("source, tells", [
    ("__device__ int id() { return threadIdx.x; }\n__global__ void k(int *x) { *x = id(); }", True),
    ("#define ID (blockIdx.x * blockDim.x + threadIdx.x)\n__global__ void k(int *x) { *x = ID; }", False),
    ("#define ID (blockIdx.x * blockDim.x + threadIdx.x)\n__device__ int id() { return ID; }\n__global__ void k(int *x) { *x = id(); }", True),
    ("__device__ int sq(int x) { return x * x; }\n__global__ void k(int *x) { *x = sq(threadIdx.x); }", False),
    ("__device__ int id() { return hipThreadIdx_x; }\n__global__ void k(int *x) { *x = id(); }", True),
    ("__global__ void k(int *x) { struct L { int f() { return threadIdx.x; } } l; *x = l.f(); }", True),
    ("template <class F> __global__ void k(F f) { f(); }\nvoid g(int *p) { k<<<1, 1>>>([=] { p[threadIdx.x] = 1; }); }", True),
])
def test_functions_that_read_the_indices(tmp_path, source, tells):
    """The global threadIdx is set for kernels that need it, and only for those: it costs the vectorisation."""
    text = translate(tmp_path, source)
    assert ("set_thread_index" in text) == tells
    assert ("GPU_INDEPENDENT" in text) != tells


SUM = """__device__ float sum_of(float v)
{
    for (int d = 16; d > 0; d /= 2)
        v += __shfl_xor(v, d);
    return threadIdx.x < 32 ? v : 0;
}
__device__ int id() { return threadIdx.x; }
"""


@pytest.mark.parametrize("value, tells", [("sum_of(x[threadIdx.x])", False), ("sum_of(x[threadIdx.x]) + id()", True)])
def test_functions_whose_text_is_put_in(tmp_path, value, tells):
    """sum_of becomes a part of the kernel, where threadIdx is its own; id() stays a call."""
    text = translate(tmp_path, SUM + f"__global__ void k(float *x) {{ x[threadIdx.x] = {value}; }}")
    cut = text[text.index("void k__cut(") : text.index("void k__fission(")]
    assert "values__1.put" in cut and ("set_thread_index" in cut) == tells


def test_a_word_before_a_loop(tmp_path):
    """UNROLL for (...) { ... }: no function of the name of for, by way of which all other loops shuffle."""
    text = translate(tmp_path, """#define UNROLL _Pragma("unroll")
__device__ float sum_of(float v)
{
    UNROLL
    for (int d = 16; d > 0; d /= 2) {
        v += __shfl_xor(v, d);
    }
    return v;
}
__global__ void sums(float *x) { x[threadIdx.x] = sum_of(x[threadIdx.x]); }
__global__ void plain(float *x) { for (int i = 0; i < 4; ++i) x[threadIdx.x] += 1; }
""")
    assert "sums, fission engine: __shfl_xor() in line 6, by way of sum_of." in text
    assert "plain, fission engine: no barrier; the loop in line 11" in text


@pytest.mark.parametrize("store, engine", [("g.y[i] = s;", "fission"), ("g.a[i] = s;", "loop"), ("g.count = i;", "loop")])
def test_stores_through_members(tmp_path, store, engine):
    """What a pointer in a struct points to is not the struct; an array in it is, and then g.count may differ."""
    text = translate(tmp_path, f"""struct G {{ int count; float *y; const float *x; float a[3]; }};
__global__ void k(G g)
{{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float s = 0;
    for (int c = 0; c < g.count; ++c)
        s += g.x[c * 1000 + i];
    {store}
}}
""")
    assert f"k, {engine} engine" in text




# ---- variables and functions


def test_variables(tmp_path):
    text = translate(tmp_path, "__device__ int a = 1, b[3];\n__constant__ float c[4];\nextern __device__ int e;\n"
                               "static __device__ volatile int s;\nnamespace n { __managed__ double m; }\n")
    assert "static int a = 1, b[3]; static const ::gpu::Symbol a__symbol(&a, sizeof a, \"a\"); static const ::gpu::Symbol b__symbol(&b" in text
    assert "static float c[4]; static const ::gpu::Symbol c__symbol(" in text
    assert "extern int e;\n" in text
    assert "static volatile int s; static const ::gpu::Symbol s__symbol((const void *)&s" in text
    assert "static double m; static const" in text


def test_variables_that_other_files_use(tmp_path):
    assert "\nint a; static const" in translate(tmp_path, "__device__ int a;\n", "-fgpu-rdc")
    assert "\nint a; static const" in translate(tmp_path, "extern __device__ int a;\n__device__ int a;\n")


def test_device_functions(tmp_path):
    text = translate(tmp_path, "__device__ int f() { return 1; }\n__host__ __device__ int g() { return 1; }\n__device__ int d();\n"
                               "__device__ int d() { return 1; }\n__device__ inline int i() { return 1; }\n"
                               "template <class T> __device__ T t() { return 1; }\ntemplate <> __device__ int t<int>() { return 2; }\n"
                               "struct S { __device__ int m(); };\n__device__ int S::m() { return 1; }\n__device__ __noinline__ int n() { return 1; }\n")
    assert "__device__ static inline __attribute__((unused)) int f()" in text
    assert "__host__ __device__ inline __attribute__((used)) int g()" in text
    assert "__device__ int d();\n__device__ inline __attribute__((used)) int d()" in text
    assert "__device__ inline int i()" in text
    assert "template <class T> __device__ T t()" in text
    assert "template <> __device__ inline __attribute__((used)) int t<int>()" in text
    assert "{ __device__ int m(); };\n__device__ inline __attribute__((used)) int S::m()" in text
    assert "__device__ __attribute__((noinline)) static inline" in text


def test_assert_in_device_code_only(tmp_path):
    text = translate(tmp_path, "__global__ void k(int x) { assert(x); }\n__device__ void f(int x) { assert(x); }\nvoid h(int x) { assert(x); }\n")
    assert text.count("gpu_assert(x)") == 2 and "void h(int x) { assert(x); }" in text


def test_files_that_share_names(tmp_path):
    """Without -fgpu-rdc the device code of each file is a program of its own."""
    part = ("#include <hip/hip_runtime.h>\n#include \"both.h\"\n__device__ int state = {0};\n__device__ int what(int x) {{ return x + {0}; }}\n"
            "static __global__ void k(int *x) {{ *x = what(state) + shared_by_both(state); }}\n"
            "int {1}(int *x) {{ k<<<1, 1>>>(x); hipDeviceSynchronize(); return *x; }}\n")
    files = {
        "both.h": "#pragma once\n__device__ int shared_state = 100;\n__device__ int shared_by_both(int x) { return x + shared_state; }\n",
        "a.hip": part.format(1, "first"), "b.hip": part.format(5, "second"),
        "main.cpp": HEADER + "int first(int *), second(int *);\nint main() { int *x; hipMallocManaged(&x, 4); printf(\"%d\\n%d\\n\", first(x), second(x)); }\n",
    }
    assert run(tmp_path, files) == ["103", "115"]


def test_lockstep_and_waiting(tmp_path):
    assert run(tmp_path, r"""
template <int N> __device__ void warp_sum(volatile int *s, int t)
{
    if (N >= 64)
        s[t] += s[t + 32];
    s[t] += s[t + 16]; s[t] += s[t + 8]; s[t] += s[t + 4]; s[t] += s[t + 2]; s[t] += s[t + 1];
}
__global__ void sum(const int *in, int *out)
{
    __shared__ int s[64];
    s[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    if (threadIdx.x < 32)
        warp_sum<64>(s, threadIdx.x);
    if (threadIdx.x == 0)
        *out = s[0];
}
__global__ void hand_over(volatile int *flag, int *out)
{
    if (threadIdx.x == 0)
        while (!*flag)
            ;
    else
        *flag = 7;
    out[threadIdx.x] = *flag;
}
int main()
{
    int *x, *y;
    hipMallocManaged(&x, 256);
    hipMallocManaged(&y, 256);
    for (int i = 0; i < 64; i++)
        x[i] = i * i;
    sum<<<1, 64>>>(x, y);
    hipDeviceSynchronize();
    printf("%d\n", *y);
    *x = 0;
    hand_over<<<1, 2>>>(x, y);
    hipDeviceSynchronize();
    printf("%d %d\n", y[0], y[1]);
}
""") == [str(sum(i * i for i in range(64))), "7 7"]


# ---- included files


def test_includes(tmp_path):
    """Own folder before -I; the same header by two spellings is one file; levels, guards and __FILE__ keep their meaning."""
    files = {
        "src/main.hip": HEADER + '#include "kernels.cuh"\n#include "../src/kernels.cuh"\n#include <other.h>\n#include "common.h"\n'
                                 '#define NAME "late.h"\n#include NAME\n#if 0\n#include "missing.h"\n#endif\n'
                                 'int main() { int *x; hipMallocManaged(&x, 4); add<<<1, 1>>>(x); hipDeviceSynchronize();\n'
                                 'printf("%d %d %d %d %s %s\\n", *x, WHICH, level, __INCLUDE_LEVEL__, file, __FILE__);\n'
                                 'puts(__BASE_FILE__); printf("%d\\n", late()); }\n',
        "src/kernels.cuh": '#ifndef KERNELS\n#define KERNELS\n#include "common.h"\n#include "deep/inner.h"\nconst char *file = __FILE__;\n'
                           "static const int level = __INCLUDE_LEVEL__;\n__global__ void add(int *x) { *x = inner(40) + WHICH; }\n#endif\n",
        "src/common.h": "#pragma once\n#define WHICH 1\n",
        "include/common.h": "#pragma once\n#define WHICH 2\n",
        "include/other.h": '#include "common.h"\n#define OTHER WHICH\n',
        "src/deep/inner.h": '#include "../kernels.cuh"\n__device__ __noinline__ int inner(int x) { return x + 1; }\n',
        "src/late.h": "static int late() { return 5; }\n",
    }
    files["include/common.h"] = "#pragma once\n#ifndef WHICH\n#define WHICH 2\n#endif\n"
    write(tmp_path, files)
    done = hipcc(tmp_path, "-O1", "-Iinclude", "--gen-dir=gen", "src/main.hip", "-o", "program", "-MMD", "-MF", "program.d")
    assert done.returncode == 0, done.stderr
    lines = subprocess.run([str(tmp_path / "program")], capture_output=True, text=True).stdout.splitlines()
    assert lines[0] == "42 1 1 0 src/kernels.cuh src/main.hip"
    assert lines[1] == "src/main.hip"
    assert lines[2] == "5"
    rule = (tmp_path / "program.d").read_text().replace("\\\n", " ").split()
    assert rule[0] == "program:"
    names = {os.path.relpath(tmp_path / name, tmp_path) for name in rule[1:]}
    assert {"src/main.hip", "src/kernels.cuh", "src/deep/inner.h", "include/other.h", "src/common.h", "src/late.h"} <= names
    assert not any("gen/" in name for name in names)
    assert any(name.endswith("common/cpu/translate/kernel.py") for name in names)
    copies = {p.name for p in (tmp_path / "gen").rglob("*.*")} - {"main.cpp"}
    assert {"kernels.cuh", "inner.h"} <= copies and "common.h" not in copies and "other.h" not in copies


def test_headers_that_need_no_translation_stay_where_they_are(tmp_path):
    write(tmp_path, {"a.hip": '#include "plain.h"\n__global__ void k() {}\n', "plain.h": "int x;\n"})
    done = translator(tmp_path, "a.hip", "--gen-dir", "gen")
    assert done.returncode == 0, done.stderr
    text = next((tmp_path / "gen").rglob("a.cpp")).read_text()
    assert f'#include "{tmp_path}/plain.h"' in text


def test_fault_in_a_header_names_it(tmp_path):
    write(tmp_path, {"a.hip": '#include "h.h"\n', "h.h": "\nvoid f() { k<<<1, 2; }\n"})
    done = translator(tmp_path, "a.hip")
    assert done.returncode == 1 and done.stderr.startswith("h.h:2: error: ")


# ---- the driver

PROGRAM = HEADER + "__global__ void k(int *x) { *x = VALUE; }\nint main() { int *x; hipMallocManaged(&x, 4); k<<<1, 1>>>(x); hipDeviceSynchronize(); printf(\"%d\\n\", *x); }\n"


def test_driver_files_of_all_kinds(tmp_path):
    write(tmp_path, {
        "a.hip": HEADER + 'extern "C" int in_c(int); int in_cpp(int); int plain(int);\n__global__ void k(int *x) { *x += 1; }\n'
                          "int main() { printf(\"%d\\n\", in_cpp(in_c(plain(1)))); }\n",
        "b.cpp": HEADER + "__global__ void k2(int *x, int y) { *x = y * 2; }\nint in_cpp(int y) { int *x; hipMallocManaged(&x, 4); k2<<<1, 1>>>(x, y); hipDeviceSynchronize(); return *x; }\n",
        "c.c": "int in_c(int x) { int class = x; return class + 10; }\n",
        "plain.hip": "int plain(int x) { return x * 100; }\n",
    })
    for source in ("b.cpp", "c.c", "plain.hip"):
        done = hipcc(tmp_path, "-c", source)
        assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.glob("*.o")) == ["b.o", "c.o", "plain.o"]
    done = hipcc(tmp_path, "a.hip", "b.o", "c.o", "plain.o", "--offload-arch=gfx90a", "-fgpu-rdc", "-std=c++14", "-lm")
    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(tmp_path / "a.out")], capture_output=True, text=True).stdout == "220\n"
    done = hipcc(tmp_path, "-x", "hip", "b.cpp", "-x", "none", "a.hip", "c.c", "plain.hip", "-o", "all")
    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(tmp_path / "all")], capture_output=True, text=True).stdout == "220\n"


def test_driver_default_optimisation_and_flags(tmp_path):
    write(tmp_path, {"a.hip": PROGRAM})
    shown = hipcc(tmp_path, "-###", "-DVALUE=3", "a.hip", "-o", "a").stderr
    assert " -O3 " in shown and " -std=c++17 " in shown and " -fno-math-errno " in shown and "-DVALUE=3" in shown
    assert not (tmp_path / "a").exists()
    shown = hipcc(tmp_path, "-###", "-O0", "-std=c++20", "-march=x86-64", "a.hip").stderr
    assert " -O0 " in shown and "-O3" not in shown and "-std=c++20" in shown and "native" not in shown


def test_driver_errors(tmp_path):
    write(tmp_path, {"a.hip": PROGRAM, "bad.hip": HEADER + "__global__ void k() { syntax error; }\n", "lost.hip": "void f() { k<<<1; }\n"})
    for arguments, status, words in [
        ([], 2, "no input file"),
        (["none.hip"], 2, "no such file"),
        (["a.hip", "-o"], 2, "-o wants an argument"),
        (["-c", "a.hip", "bad.hip", "-o", "x.o"], 2, "several source files"),
        (["-x", "fortran", "a.hip"], 2, "language"),
        (["lost.hip", "-o", "out"], 1, "lost.hip:1: error:"),
        (["bad.hip", "-o", "out"], 1, "bad.hip:3:"),
        (["a.hip", "-o", "out"], 1, "VALUE"),
        (["a.hip", "-DVALUE=1", "-o", "no/such/folder/out"], 1, "no/such/folder"),
    ]:
        done = hipcc(tmp_path, *arguments)
        assert done.returncode == status and words in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()
    done = subprocess.run([str(HIPCC), "--cxx=no-such-compiler", "a.hip"], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHON": sys.executable})
    assert done.returncode == 1 and "no such compiler" in done.stderr


def test_driver_keeps_the_old_output_when_it_fails(tmp_path):
    write(tmp_path, {"a.hip": PROGRAM})
    assert hipcc(tmp_path, "a.hip", "-DVALUE=1", "-o", "out").returncode == 0
    before = (tmp_path / "out").read_bytes()
    assert hipcc(tmp_path, "a.hip", "-o", "out").returncode == 1
    assert (tmp_path / "out").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.hip", "out"]


def test_driver_leaves_no_temporary_files(tmp_path):
    """Neither after success, nor after an error, nor when it is killed."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    slow = tmp_path / "slow"        # a compiler that answers questions and then takes its time
    slow.write_text('#!/bin/sh\ncase "$*" in *-dumpmachine*|*--version*|*print-file*) exec g++ "$@";; esac\nsleep 60\n')
    slow.chmod(0o755)
    write(tmp_path, {"a.hip": PROGRAM})
    assert hipcc(tmp_path, "a.hip", "-DVALUE=1", "-o", "out", TMPDIR=str(temporary)).returncode == 0
    assert hipcc(tmp_path, "a.hip", "-o", "out", TMPDIR=str(temporary)).returncode == 1
    assert list(temporary.iterdir()) == []
    process = subprocess.Popen([str(HIPCC), f"--cxx={slow}", "-c", "a.hip"], cwd=tmp_path, start_new_session=True,
                               env={**os.environ, "PYTHON": sys.executable, "TMPDIR": str(temporary)})
    deadline = time.monotonic() + 30
    while not list(temporary.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(temporary.iterdir())
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=30) != 0
    assert list(temporary.iterdir()) == []


def test_driver_in_parallel(tmp_path):
    """Several at once, the first of which has to build the runtime: in a copy of the tree, to leave this one's alone."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "common" / "cpu", copy / "common" / "cpu", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tools", copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", copy)
    write(tmp_path, {"a.hip": PROGRAM})
    processes = [subprocess.Popen([str(copy / "common/cpu/hipcc"), "-O0", f"-DVALUE={i}", "a.hip", "-o", f"out{i}"], cwd=tmp_path,
                                  env={**os.environ, "PYTHON": sys.executable}) for i in range(3)]
    assert [p.wait(timeout=300) for p in processes] == [0, 0, 0]
    for i in range(3):
        assert subprocess.run([str(tmp_path / f"out{i}")], capture_output=True, text=True).stdout == f"{i}\n"
    assert len(list(copy.glob("build/cpu-*/runtime/libgpu.a"))) == 1


def test_driver_through_a_link_and_names_with_blanks(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "hipcc").symlink_to(HIPCC)
    write(tmp_path, {"my folder/my program.hip": PROGRAM})
    done = subprocess.run([str(tmp_path / "bin" / "hipcc"), "-DVALUE=4", "my folder/my program.hip", "-o", "my folder/out", "-MMD"],
                          cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(tmp_path / "my folder" / "out")], capture_output=True, text=True).stdout == "4\n"
    assert "my\\ folder/my\\ program.hip" in (tmp_path / "my folder" / "out.d").read_text()


def test_translation_is_quick(tmp_path):
    """A file of usual size, start of Python included, in well under half a second."""
    kernels = "".join(f"__global__ void k{i}(float *x, int n)\n{{\n    int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
                      f"    if (i < n)\n        x[i] = x[i] * {i} + 1;\n}}\nvoid run{i}(float *x) {{ k{i}<<<1, 2>>>(x, {i}); }}\n\n" for i in range(30))
    write(tmp_path, {"a.hip": HEADER + kernels})
    times = []
    for _ in range(3):
        before = os.times()
        assert translator(tmp_path, "a.hip", "-o", "a.cpp").returncode == 0
        after = os.times()  # of the processor, not of the clock: others may be at work, too
        times.append(after.children_user - before.children_user)
    assert min(times) < 1.0     # 0.15 s on an idle machine
