// Vector forms of the math functions, for g++ on x86-64 with glibc.
//
// glibc's libmvec computes expf and its like for 4, 8 or 16 numbers at once, but its own header tells
// the compiler so only under -ffast-math. Declaring the functions again with the attribute `simd` says
// it always: a loop over the threads of a block that calls expf then becomes a vector loop. Results are
// within 4 units in the last place; infinities, NaN and overflow come out as in the scalar functions.
// clang++ does the same when it is started with -fveclib=libmvec. Elsewhere the scalar functions serve.
// The linker finds libmvec through -lm, which g++ adds by itself.
#ifndef GPU_LIBMVEC_H
#define GPU_LIBMVEC_H

#include <math.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 22)

#define GPU_VECTORISED __attribute__((simd("notinbranch"), const, nothrow))
// The name stands for both precisions: exp(double) and expf(float).
#define GPU_VECTORISED_1(NAME)                                                                                         \
    GPU_VECTORISED double NAME(double) noexcept;                                                                       \
    GPU_VECTORISED float NAME##f(float) noexcept;
#define GPU_VECTORISED_2(NAME)                                                                                         \
    GPU_VECTORISED double NAME(double, double) noexcept;                                                               \
    GPU_VECTORISED float NAME##f(float, float) noexcept;

extern "C" {
GPU_VECTORISED_1(sin)
GPU_VECTORISED_1(cos)
GPU_VECTORISED_1(exp)
GPU_VECTORISED_1(log)
GPU_VECTORISED_2(pow)
#if __GLIBC_PREREQ(2, 35)
GPU_VECTORISED_1(tan)
GPU_VECTORISED_1(asin)
GPU_VECTORISED_1(acos)
GPU_VECTORISED_1(atan)
GPU_VECTORISED_2(atan2)
GPU_VECTORISED_1(sinh)
GPU_VECTORISED_1(cosh)
GPU_VECTORISED_1(tanh)
GPU_VECTORISED_1(asinh)
GPU_VECTORISED_1(acosh)
GPU_VECTORISED_1(atanh)
GPU_VECTORISED_1(exp2)
GPU_VECTORISED_1(exp10)
GPU_VECTORISED_1(expm1)
GPU_VECTORISED_1(log2)
GPU_VECTORISED_1(log10)
GPU_VECTORISED_1(log1p)
GPU_VECTORISED_1(cbrt)
GPU_VECTORISED_1(erf)
GPU_VECTORISED_1(erfc)
GPU_VECTORISED_2(hypot)
#endif
}
#undef GPU_VECTORISED
#undef GPU_VECTORISED_1
#undef GPU_VECTORISED_2

#endif
#endif

// The larger and the smaller of two; a NaN loses against a number. g++ on x86-64 calls the library for
// each single one, although two instructions do, and then vectorises nothing around it: ReLU is a
// fmaxf. These bodies are for inlining only; who takes the address still gets the library's function.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define GPU_INLINE_C inline __attribute__((gnu_inline, always_inline))
extern "C" {
GPU_INLINE_C float fmaxf(float a, float b) noexcept
{
    float larger = a > b ? a : b; // b, if one is NaN
    return larger != larger ? a : larger;
}
GPU_INLINE_C float fminf(float a, float b) noexcept
{
    float smaller = a < b ? a : b; // b, if one is NaN
    return smaller != smaller ? a : smaller;
}
GPU_INLINE_C double fmax(double a, double b) noexcept
{
    double larger = a > b ? a : b; // b, if one is NaN
    return larger != larger ? a : larger;
}
GPU_INLINE_C double fmin(double a, double b) noexcept
{
    double smaller = a < b ? a : b; // b, if one is NaN
    return smaller != smaller ? a : smaller;
}
}
#undef GPU_INLINE_C
#endif

#endif
