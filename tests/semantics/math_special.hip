// Device math, continued: infinities and NaN, functions of two and three arguments, functions with two results,
// rounding of single operations, min and max of all types, and loops of math calls that the compiler turns into vector
// code.
#include "expect.h"
#include <cfloat>
#include <cmath>

__global__ void specials(const float *x, float *out)
{
    int i = threadIdx.x;
    float v = x[i];
    float *mine = out + 20 * i;
    mine[0] = expf(v);
    mine[1] = logf(v);
    mine[2] = sqrtf(v);
    mine[3] = sinf(v);
    mine[4] = tanhf(v);
    mine[5] = rsqrtf(v);
    mine[6] = atanf(v);
    mine[7] = fabsf(v);
    mine[8] = floorf(v);
    mine[9] = cbrtf(v);
    mine[10] = erff(v);
    mine[11] = powf(v, 0.0f);
    mine[12] = fmaxf(v, 1.0f);
    mine[13] = fminf(v, 1.0f);
    mine[14] = copysignf(3.0f, v);
    mine[15] = (float)(isnan(v) * 4 + isinf(v) * 2 + isfinite(v));
    mine[16] = __saturatef(v);
    mine[17] = (float)(signbit(v) != 0);
    mine[18] = __fdividef(v, 2.0f);
    mine[19] = 1.0f / v;
}

__global__ void two_arguments(const double *x, const double *y, double *out, float *narrow)
{
    int i = threadIdx.x;
    double a = x[i], b = y[i];
    double *mine = out + 14 * i;
    mine[0] = pow(a, b);
    mine[1] = atan2(a, b);
    mine[2] = fmod(a, b);
    mine[3] = remainder(a, b);
    mine[4] = hypot(a, b);
    mine[5] = fdim(a, b);
    mine[6] = fmax(a, b);
    mine[7] = fmin(a, b);
    mine[8] = copysign(a, b);
    mine[9] = nextafter(a, b);
    mine[10] = fma(a, b, a);
    mine[11] = norm3d(a, b, 2.0);
    mine[12] = rhypot(a, b);
    mine[13] = ldexp(a, (int)b);
    float c = (float)a, d = (float)b;
    float *small = narrow + 14 * i;
    small[0] = powf(c, d);
    small[1] = atan2f(c, d);
    small[2] = fmodf(c, d);
    small[3] = remainderf(c, d);
    small[4] = hypotf(c, d);
    small[5] = fdimf(c, d);
    small[6] = fmaxf(c, d);
    small[7] = fminf(c, d);
    small[8] = copysignf(c, d);
    small[9] = nextafterf(c, d);
    small[10] = fmaf(c, d, c);
    small[11] = norm3df(c, d, 2.0f);
    small[12] = __fdividef(c, d);
    small[13] = ldexpf(c, (int)d);
}

__global__ void two_results(const float *x, float *out, double *wide)
{
    int i = threadIdx.x, exponent, quotient;
    float v = x[i], whole;
    float *mine = out + 10 * i;
    sincosf(v, &mine[0], &mine[1]);
    sincospif(v, &mine[2], &mine[3]);
    mine[4] = modff(v, &whole);
    mine[5] = whole;
    mine[6] = frexpf(v, &exponent);
    mine[7] = (float)exponent;
    mine[8] = remquof(v, 1.5f, &quotient);
    mine[9] = (float)(quotient & 7);
    sincos((double)v, &wide[2 * i], &wide[2 * i + 1]);
}

// One rounding each: none of these may be merged with its neighbour into a fused multiply-add.
__global__ void single_roundings(const float *x, float *out, double *wide)
{
    int i = threadIdx.x;
    float a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2];
    out[5 * i] = __fadd_rn(__fmul_rn(a, b), c);
    out[5 * i + 1] = __fmaf_rn(a, b, c);
    out[5 * i + 2] = __fsub_rn(a, __fmul_rn(b, c));
    out[5 * i + 3] = __fdiv_rn(a, b);
    out[5 * i + 4] = __frsqrt_rn(fabsf(a) + 1);
    wide[3 * i] = __dadd_rn(__dmul_rn(a, (double)b), (double)c * 1e-20);
    wide[3 * i + 1] = __fma_rn((double)a, (double)b, (double)c * 1e-20);
    wide[3 * i + 2] = __ddiv_rn((double)a, (double)b);
}

__global__ void minima(double *out)
{
    int i = 5;
    unsigned u = 3;
    long long l = -7;
    float f = 2.5f;
    double d = -0.5;
    out[0] = max(i, 7);
    out[1] = min(i, -1);
    out[2] = max(u, 4u);
    out[3] = (double)max(l, 1ll);
    out[4] = max(f, 1.0f);
    out[5] = min(d, 3.0);
    out[6] = max(i, f);
    out[7] = min(f, d);
    out[8] = max((int)u, i);
    out[9] = (double)min((unsigned long long)1 << 40, (unsigned long long)u);
    out[10] = abs(-3) + abs(-2.5f) + abs(-1.25);
    out[11] = fmaxf(f, 3) + fminf(1, f);
    out[12] = (double)llabs(-5ll) + labs(-4l);
    out[13] = sqrt(16.0f) + pow(2.0f, 3) + exp(0.0f) + floor(2.7f) + fabs(-1.0f);
}

// Plain loops over the threads: the form that the loop engine's compiler vectorises. Each function on its own.
__global__ void vector_exp(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = expf(x[i]);
}

__global__ void vector_log(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = logf(x[i]);
}

__global__ void vector_sin(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = sinf(x[i]);
}

__global__ void vector_tanh(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = tanhf(x[i]);
}

__global__ void vector_relu(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = fmaxf(x[i], 0.0f);
}

__global__ void vector_sigmoid(const double *x, double *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = 1 / (1 + exp(-x[i]));
}

// Equal, or both NaN; zeros with their signs.
static bool same(double a, double b)
{
    return (a != a && b != b) || (a == b && std::signbit(a) == std::signbit(b));
}

static void check_specials()
{
    const float inf = INFINITY, values[] = {inf, -inf, NAN, 0.0f, -0.0f};
    float *x = room<float>(5), *out = room<float>(100);
    memcpy(x, values, sizeof values);
    specials<<<1, 5>>>(x, out);
    EXPECT_RAN();
    const float expected[5][20] = {
        {inf, inf, inf, NAN, 1, 0, (float)M_PI_2, inf, inf, inf, 1, 1, inf, 1, 3, 2, 1, 0, inf, 0},
        {0, NAN, NAN, NAN, -1, NAN, (float)-M_PI_2, inf, -inf, -inf, -1, 1, 1, -inf, -3, 2, 0, 1, -inf, -0.0f},
        {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 1, 1, 1, 3, 4, 0, 0, NAN, NAN},
        {1, -inf, 0, 0, 0, inf, 0, 0, 0, 0, 0, 1, 1, 0, 3, 1, 0, 0, 0, inf},
        {1, -inf, -0.0f, -0.0f, -0.0f, -inf, -0.0f, 0, -0.0f, -0.0f, -0.0f, 1, 1, -0.0f, -3, 1, 0, 1, -0.0f, -inf},
    };
    for (int i = 0; i < 5; ++i)
        for (int f = 0; f < 20; ++f)
            if (!(f == 16 && i == 4)) // the sign of saturated zero is not said anywhere
                expect_note(same(out[20 * i + f], expected[i][f]), __FILE__, __LINE__,
                            "function " + std::to_string(f) + " of " + std::to_string(values[i]) + " is " +
                                std::to_string(out[20 * i + f]));
}

static void close(double actual, double exact, double epsilon, const char *what, int i)
{
    bool good =
        actual == exact || fabs(actual - exact) <= epsilon * fabs(exact) || (actual != actual && exact != exact);
    expect_note(good, __FILE__, __LINE__,
                std::string(what) + " of pair " + std::to_string(i) + " is " + expect_text(actual) + ", expected " +
                    expect_text(exact));
}

static void check_two_arguments()
{
    const double pairs[][2] = {{2, 10},    {2, -3},   {-2, 3},      {0.5, 0.5}, {10.25, 3}, {-10.25, 3},
                               {1e10, 7},  {3, 4},    {-1, -1},     {1, 0},     {-0.0, 5},  {1.0000001, 100},
                               {7.5, 2.5}, {5.5, -2}, {1e-20, 1.5}, {100, 0.01}};
    const char *names[] = {"pow",  "atan2",    "fmod",      "remainder", "hypot",  "fdim",   "fmax",
                           "fmin", "copysign", "nextafter", "fma",       "norm3d", "rhypot", "ldexp"};
    const int n = sizeof pairs / sizeof *pairs;
    double *x = room<double>(n), *y = room<double>(n), *out = room<double>(14 * n);
    float *narrow = room<float>(14 * n);
    for (int i = 0; i < n; ++i)
        x[i] = pairs[i][0], y[i] = pairs[i][1];
    two_arguments<<<1, n>>>(x, y, out, narrow);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        long double a = x[i], b = y[i];
        const long double exact[] = {powl(a, b),       atan2l(a, b),          fmodl(a, b), remainderl(a, b),
                                     hypotl(a, b),     fdiml(a, b),           fmaxl(a, b), fminl(a, b),
                                     copysignl(a, b),  nextafter(x[i], y[i]), a * b + a,   sqrtl(a * a + b * b + 4),
                                     1 / hypotl(a, b), ldexpl(a, (int)y[i])};
        for (int f = 0; f < 14; ++f)
            close(out[14 * i + f], (double)exact[f], 3 * DBL_EPSILON, names[f], i);
        long double c = (float)x[i], d = (float)y[i];
        const long double small[] = {powl(c, d),      atan2l(c, d),
                                     fmodl(c, d),     remainderl(c, d),
                                     hypotl(c, d),    fdiml(c, d),
                                     fmaxl(c, d),     fminl(c, d),
                                     copysignl(c, d), nextafterf((float)x[i], (float)y[i]),
                                     c * d + c,       sqrtl(c * c + d * d + 4),
                                     c / d,           ldexpl(c, (int)d)};
        for (int f = 0; f < 14; ++f)
            close(narrow[14 * i + f], (float)small[f], 4 * FLT_EPSILON, names[f], i);
    }
}

static void check_two_results()
{
    const float values[] = {0.3f, -2.75f, 100.125f, 1e-5f, -7.5f, 3.0f, 1234.5f, 0.0f};
    const int n = sizeof values / sizeof *values;
    float *x = room<float>(n), *out = room<float>(10 * n);
    double *wide = room<double>(2 * n);
    memcpy(x, values, sizeof values);
    two_results<<<1, n>>>(x, out, wide);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        const float *mine = out + 10 * i;
        int exponent, quotient;
        float whole, v = x[i], fraction = modff(v, &whole), mantissa = frexpf(v, &exponent),
                     rest = remquof(v, 1.5f, &quotient);
        close(mine[0], sin((double)v), 2 * FLT_EPSILON, "sincosf", i);
        close(mine[1], cos((double)v), 2 * FLT_EPSILON, "sincosf", i);
        EXPECT(fabs(mine[2] - sin(M_PI * fmod((double)v, 2))) <= 1e-7);
        EXPECT(fabs(mine[3] - cos(M_PI * fmod((double)v, 2))) <= 1e-7);
        EXPECT_AT(i, mine[4], fraction);
        EXPECT_AT(i, mine[5], whole);
        EXPECT_AT(i, mine[6], mantissa);
        EXPECT_AT(i, mine[7], (float)exponent);
        EXPECT_AT(i, mine[8], rest);
        EXPECT_AT(i, mine[9], (float)(quotient & 7));
        close(wide[2 * i], (double)sinl(v), 2 * DBL_EPSILON, "sincos", i);
        close(wide[2 * i + 1], (double)cosl(v), 2 * DBL_EPSILON, "sincos", i);
    }
    EXPECT_EQ(out[10 * 5 + 2], 0.0f); // sin(3 pi) is exactly 0
    EXPECT_EQ(out[10 * 4 + 3], 0.0f); // cos(-7.5 pi)
    EXPECT_EQ(out[10 * 4 + 2], 1.0f); // sin(-7.5 pi)
}

static void check_roundings()
{
    const int n = 200;
    float *x = room<float>(3 * n), *out = room<float>(5 * n);
    double *wide = room<double>(3 * n);
    unsigned long long state = 7;
    for (int i = 0; i < 3 * n; ++i) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        x[i] = (float)((double)(state >> 40) / (1 << 23) - 1);
    }
    for (int i = 0; i < n; i += 2) // nearly cancel: a fused operation shows itself
        x[3 * i + 2] = -(float)((double)x[3 * i] * x[3 * i + 1]);
    single_roundings<<<1, n>>>(x, out, wide);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        double a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2];
        volatile float product = (float)(a * b), other = (float)(b * c); // exact in double, then rounded
        EXPECT_AT(i, out[5 * i], (float)((double)product + c));
        EXPECT_AT(i, out[5 * i + 1], std::fma(x[3 * i], x[3 * i + 1], x[3 * i + 2]));
        EXPECT_AT(i, out[5 * i + 2], (float)(a - (double)other));
        EXPECT_AT(i, out[5 * i + 3], (float)((long double)a / b));
        EXPECT_AT(i, out[5 * i + 4], (float)(1 / sqrtl((long double)(fabsf(x[3 * i]) + 1))));
        volatile double wide_product = a * b;
        EXPECT_AT(i, wide[3 * i], wide_product + c * 1e-20);
        EXPECT_AT(i, wide[3 * i + 1], std::fma(a, b, c * 1e-20));
        EXPECT_AT(i, wide[3 * i + 2], a / b);
    }
}

// Vector code may be off by four units in the last place, and must keep the special values.
static void check_vector(void (*kernel)(const float *, float *, int), double (*exact)(double), double low, double high,
                         const char *name)
{
    const int n = 5000;
    static float *x = room<float>(n), *y = room<float>(n);
    for (int i = 0; i < n; ++i)
        x[i] = (float)(low + (high - low) * i / n);
    x[17] = INFINITY, x[100] = -INFINITY, x[101] = NAN, x[102] = 0, x[2000] = 1000, x[2001] = -1000;
    kernel<<<(n + 255) / 256, 256>>>(x, y, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        float expected = (float)exact(x[i]);
        bool good = (expected != expected && y[i] != y[i]) || expected == y[i] ||
                    fabs((double)y[i] - exact(x[i])) <= 4 * FLT_EPSILON * fabs(expected);
        expect_note(good, __FILE__, __LINE__,
                    std::string(name) + " of " + expect_text(x[i]) + " is " + expect_text(y[i]) + ", expected " +
                        expect_text(expected));
    }
}

int main()
{
    check_specials();
    check_two_arguments();
    check_two_results();
    check_roundings();
    check_vector(vector_exp, exp, -80, 80, "expf");
    check_vector(vector_log, log, 1e-6, 1e6, "logf");
    check_vector(vector_sin, sin, -50, 50, "sinf");
    check_vector(vector_tanh, tanh, -10, 10, "tanhf");
    check_vector(
        vector_relu, [](double x) -> double { return x > 0 ? x : 0; }, -10, 10, "fmaxf(x, 0)");

    const int n = 1000;
    double *x = room<double>(n), *y = room<double>(n);
    for (int i = 0; i < n; ++i)
        x[i] = -30 + 0.06 * i;
    vector_sigmoid<<<8, 128>>>(x, y, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i)
        close(y[i], (double)(1 / (1 + expl(-(long double)x[i]))), 4 * DBL_EPSILON, "sigmoid", i);

    double *out = room<double>(14);
    minima<<<1, 1>>>(out);
    EXPECT_RAN();
    const double expected[] = {7, -1, 4, 1, 2.5, -0.5, 5, -0.5, 5, 3, 6.75, 4, 9, 16};
    for (int i = 0; i < 14; ++i)
        EXPECT_AT(i, out[i], expected[i]);
    return expect_result();
}
