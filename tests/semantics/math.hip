// Device math functions against long double on the host: the largest error in units in the last place may not pass
// what the programming guides state (the fast forms have looser bounds), over ordinary arguments, tiny and huge ones;
// and the special values come out as C defines them.
#include "expect.h"
#include <cfloat>
#include <cmath>

// One name, three times: how a kernel calls it in float and in double, and the reference.
// clang-format off
#define FUNCTIONS(F)                                                                                                   \
    F(exp) F(exp2) F(expm1) F(log) F(log2) F(log10) F(log1p) F(sin) F(cos) F(tan) F(asin) F(acos) F(atan)              \
    F(sinh) F(cosh) F(tanh) F(asinh) F(acosh) F(atanh) F(sqrt) F(cbrt) F(erf) F(erfc) F(tgamma) F(lgamma)              \
    F(fabs) F(floor) F(ceil) F(trunc) F(round) F(rint) F(nearbyint) F(logb)
// clang-format on

enum Function {
#define F(NAME) function_##NAME,
    FUNCTIONS(F)
#undef F
        function_rsqrt,
    function_rcbrt,
    function_exp10,
    function_sinpi,
    function_cospi,
    function_fast_exp,
    function_fast_log,
    function_fast_log2,
    function_fast_log10,
    function_fast_sin,
    function_fast_cos,
    function_fast_exp10,
    function_frcp,
    function_fsqrt,
    function_normcdf,
    function_erfinv,
    function_count
};

__device__ float in_float(int function, float x)
{
    switch (function) {
#define F(NAME)                                                                                                        \
    case function_##NAME:                                                                                              \
        return NAME##f(x);
        FUNCTIONS(F)
#undef F
    case function_rsqrt:
        return rsqrtf(x);
    case function_rcbrt:
        return rcbrtf(x);
    case function_exp10:
        return exp10f(x);
    case function_sinpi:
        return sinpif(x);
    case function_cospi:
        return cospif(x);
    case function_fast_exp:
        return __expf(x);
    case function_fast_log:
        return __logf(x);
    case function_fast_log2:
        return __log2f(x);
    case function_fast_log10:
        return __log10f(x);
    case function_fast_sin:
        return __sinf(x);
    case function_fast_cos:
        return __cosf(x);
    case function_fast_exp10:
        return __exp10f(x);
    case function_frcp:
        return __frcp_rn(x);
    case function_fsqrt:
        return __fsqrt_rn(x);
    case function_normcdf:
        return normcdff(x);
    default:
        return erfinvf(x);
    }
}

__device__ double in_double(int function, double x)
{
    switch (function) {
#define F(NAME)                                                                                                        \
    case function_##NAME:                                                                                              \
        return NAME(x);
        FUNCTIONS(F)
#undef F
    case function_rsqrt:
        return rsqrt(x);
    case function_rcbrt:
        return rcbrt(x);
    case function_exp10:
        return exp10(x);
    case function_sinpi:
        return sinpi(x);
    case function_cospi:
        return cospi(x);
    case function_normcdf:
        return normcdf(x);
    case function_erfinv:
        return erfinv(x);
    case function_frcp:
        return __drcp_rn(x);
    case function_fsqrt:
        return __dsqrt_rn(x);
    default:
        return 0;
    }
}

static const long double pi = 3.141592653589793238462643383279502884L;

// erfinv by bisection on erfl, good to the last digit of a double.
static long double erfinv_reference(long double y)
{
    long double low = -30, high = 30;
    for (int i = 0; i < 120; ++i) {
        long double middle = (low + high) / 2;
        (erfl(middle) < y ? low : high) = middle;
    }
    return (low + high) / 2;
}

static long double reference(int function, long double x)
{
    switch (function) {
#define F(NAME)                                                                                                        \
    case function_##NAME:                                                                                              \
        return NAME##l(x);
        FUNCTIONS(F)
#undef F
    case function_rsqrt:
        return 1 / sqrtl(x);
    case function_rcbrt:
        return 1 / cbrtl(x);
    case function_exp10:
    case function_fast_exp10:
        return powl(10, x);
    case function_sinpi:
        return sinl(pi * fmodl(x, 2));
    case function_cospi: // by the sine where the cosine is small, so that no digit of pi is missed
        return fabsl(fabsl(fmodl(x, 1)) - 0.5L) < 0.25L
                   ? sinl(pi * (0.5L - fabsl(fmodl(x, 1)))) * (fmodl(truncl(fabsl(x)), 2) ? -1 : 1)
                   : cosl(pi * fmodl(x, 2));
    case function_fast_exp:
        return expl(x);
    case function_fast_log:
        return logl(x);
    case function_fast_log2:
        return log2l(x);
    case function_fast_log10:
        return log10l(x);
    case function_fast_sin:
        return sinl(x);
    case function_fast_cos:
        return cosl(x);
    case function_frcp:
        return 1 / x;
    case function_fsqrt:
        return sqrtl(x);
    case function_normcdf:
        return 0.5L * erfcl(-x / sqrtl(2));
    default:
        return erfinv_reference(x);
    }
}

// Units in the last place of float and double allowed, and the range of arguments. -1: has no double form.
struct Bound {
    int function;
    const char *name;
    double low, high, float_ulps, double_ulps;
};

static const Bound bounds[] = {
    {function_exp, "exp", -80, 80, 2, 1},
    {function_exp2, "exp2", -120, 120, 2, 1},
    {function_exp10, "exp10", -37, 37, 2, 2},
    {function_expm1, "expm1", -10, 80, 1, 2},
    {function_log, "log", 1e-30, 1e30, 1, 1},
    {function_log2, "log2", 1e-30, 1e30, 1, 1},
    {function_log10, "log10", 1e-30, 1e30, 2, 2},
    {function_log1p, "log1p", -0.99, 1e10, 1, 2},
    {function_sin, "sin", -100, 100, 2, 2},
    {function_cos, "cos", -100, 100, 2, 2},
    {function_tan, "tan", -100, 100, 4, 2},
    {function_asin, "asin", -1, 1, 2, 2},
    {function_acos, "acos", -1, 1, 2, 2},
    {function_atan, "atan", -1e6, 1e6, 2, 2},
    {function_sinh, "sinh", -80, 80, 3, 2},
    {function_cosh, "cosh", -80, 80, 2, 2},
    {function_tanh, "tanh", -20, 20, 2, 2},
    {function_asinh, "asinh", -1e6, 1e6, 3, 3},
    {function_acosh, "acosh", 1, 1e6, 4, 3},
    {function_atanh, "atanh", -0.999, 0.999, 3, 2},
    {function_sqrt, "sqrt", 0, 1e30, 0.5, 0.5},
    {function_rsqrt, "rsqrt", 1e-30, 1e30, 2, 2},
    {function_cbrt, "cbrt", -1e30, 1e30, 1, 4}, // a device is better in double, the C library is not
    {function_rcbrt, "rcbrt", 1e-30, 1e30, 2, 5},
    {function_sinpi, "sinpi", -50, 50, 1, 2},
    {function_cospi, "cospi", -50, 50, 1, 2},
    {function_erf, "erf", -5, 5, 2, 2},
    {function_erfc, "erfc", -5, 9, 4, 5},
    {function_tgamma, "tgamma", 0.5, 30, 5, 10},
    {function_lgamma, "lgamma", 3, 1e6, 6, 4},
    {function_fabs, "fabs", -1e9, 1e9, 0, 0},
    {function_floor, "floor", -1e9, 1e9, 0, 0},
    {function_ceil, "ceil", -1e9, 1e9, 0, 0},
    {function_trunc, "trunc", -1e9, 1e9, 0, 0},
    {function_round, "round", -100, 100, 0, 0},
    {function_rint, "rint", -100, 100, 0, 0},
    {function_nearbyint, "nearbyint", -100, 100, 0, 0},
    {function_logb, "logb", -1e9, 1e9, 0, 0},
    {function_frcp, "__frcp_rn", -1e9, 1e9, 0.5, 0.5},
    {function_fsqrt, "__fsqrt_rn", 0, 1e9, 0.5, 0.5},
    {function_normcdf, "normcdf", -8, 8, 5, 5},
    {function_erfinv, "erfinv", -0.999, 0.999, 3, 5},
    {function_fast_exp, "__expf", -80, 80, 2 + 1.173 * 80, -1},
    {function_fast_exp10, "__exp10f", -37, 37, 2 + 2.97 * 37, -1},
    {function_fast_log, "__logf", 2, 1e30, 3, -1},
    {function_fast_log2, "__log2f", 2, 1e30, 2, -1},
    {function_fast_log10, "__log10f", 2, 1e30, 3, -1},
};

template <class T> __device__ T evaluate(int function, T x)
{
    if constexpr (sizeof(T) == 4)
        return in_float(function, x);
    else
        return in_double(function, x);
}

template <class T> __global__ void evaluate_all(int function, const T *x, T *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = evaluate(function, x[i]);
}

// |y - exact| in units in the last place of T at `exact`.
template <class T> double ulps(T y, long double exact)
{
    const int digits = sizeof(T) == 4 ? FLT_MANT_DIG : DBL_MANT_DIG, least = sizeof(T) == 4 ? FLT_MIN_EXP : DBL_MIN_EXP;
    if ((long double)y == exact)
        return 0;
    int exponent;
    frexpl(exact, &exponent);
    return (double)(fabsl((long double)y - exact) / ldexpl(1, std::max(exponent, least) - digits));
}

// Arguments over the range: evenly spread, and crowded near zero and near the ends.
template <class T> void check_function(const Bound &bound, T *x, T *y, int n, double allowed)
{
    for (int i = 0; i < n; ++i) {
        double at = (i + 0.37) / n, value = bound.low + (bound.high - bound.low) * at;
        if (i % 3 == 1) // by powers of ten
            value = (bound.low < 0 && i % 2 ? bound.low : bound.high) * pow(10, -8 * at);
        x[i] = (T)fmin(fmax(value, bound.low), bound.high);
    }
    evaluate_all<T><<<(n + 127) / 128, 128>>>(bound.function, x, y, n);
    EXPECT_RAN();
    double worst = 0;
    int where = 0;
    for (int i = 0; i < n; ++i) {
        double error = ulps(y[i], reference(bound.function, x[i]));
        if (!(error <= worst))
            worst = error, where = i;
    }
    char text[200];
    snprintf(text, sizeof text, "%s(%.9g) in %s is %.17g, %.3g units off the exact %.17g, allowed %g", bound.name,
             (double)x[where], sizeof(T) == 4 ? "float" : "double", (double)y[where], worst,
             (double)reference(bound.function, x[where]), allowed);
    // A reference in long double has errors of its own, and an exact tie can look like slightly more than half a unit.
    expect_note(worst <= allowed + 0.002, __FILE__, __LINE__, text);
}

__global__ void fast_sine(const float *x, float *sine, float *cosine, float *both, float *logs, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    sine[i] = __sinf(x[i]);
    cosine[i] = __cosf(x[i]);
    __sincosf(x[i], &both[2 * i], &both[2 * i + 1]);
    logs[3 * i] = __logf(0.5f + 1.5f * i / n);
    logs[3 * i + 1] = __log2f(0.5f + 1.5f * i / n);
    logs[3 * i + 2] = __log10f(0.5f + 1.5f * i / n);
}

// Where the fast forms promise an absolute error.
static void check_absolute_errors(int n)
{
    float *x = room<float>(n), *sine = room<float>(n), *cosine = room<float>(n), *both = room<float>(2 * n),
          *logs = room<float>(3 * n);
    for (int i = 0; i < n; ++i)
        x[i] = (float)(pi * (2.0 * i / n - 1));
    fast_sine<<<(n + 63) / 64, 64>>>(x, sine, cosine, both, logs, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        EXPECT(fabs(sine[i] - sin((double)x[i])) <= exp2(-21.41));
        EXPECT(fabs(cosine[i] - cos((double)x[i])) <= exp2(-21.19));
        EXPECT(fabs(both[2 * i] - sin((double)x[i])) <= exp2(-21.41));
        EXPECT(fabs(both[2 * i + 1] - cos((double)x[i])) <= exp2(-21.19));
        double y = 0.5f + 1.5f * i / n;
        EXPECT(fabs(logs[3 * i] - log(y)) <= exp2(-21.41));
        EXPECT(fabs(logs[3 * i + 1] - log2(y)) <= exp2(-22));
        EXPECT(fabs(logs[3 * i + 2] - log10(y)) <= exp2(-24));
    }
}

int main()
{
    const int n = 600;
    float *x = room<float>(n), *y = room<float>(n);
    double *wide_x = room<double>(n), *wide_y = room<double>(n);
    for (const Bound &bound : bounds) {
        check_function<float>(bound, x, y, n, bound.float_ulps);
        if (bound.double_ulps >= 0)
            check_function<double>(bound, wide_x, wide_y, n, bound.double_ulps);
    }
    check_absolute_errors(500);

    // Denormals are neither read nor written as zero.
    const float tiny[] = {1e-40f, -1e-42f, FLT_TRUE_MIN, 1.17e-38f};
    memcpy(x, tiny, sizeof tiny);
    for (int function : {function_fabs, function_sqrt, function_sin, function_asin, function_tanh, function_log}) {
        evaluate_all<float><<<1, 4>>>(function, x, y, 4);
        EXPECT_RAN();
        for (int i = 0; i < 4; ++i)
            if (tiny[i] > 0 || function != function_log)
                if (tiny[i] > 0 || function != function_sqrt)
                    EXPECT_AT(function, ulps(y[i], reference(function, x[i])) <= 2, true);
    }
    x[0] = -95;
    x[1] = -104;
    evaluate_all<float><<<1, 2>>>(function_exp, x, y, 2);
    EXPECT_RAN();
    EXPECT(y[0] > 0 && y[0] < FLT_MIN && ulps(y[0], expl(-95)) <= 2);
    EXPECT(y[1] == 0);
    return expect_result();
}
