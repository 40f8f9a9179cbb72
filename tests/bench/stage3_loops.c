// See stage3_loops.h. Compiled by the same compiler and with the same flags as the simulated GPU's kernels, and with
// OpenMP: the rows are dealt out to the cores, and what is said to be a reduction may be computed in vectors.
#include "stage3_loops.h"
#include <math.h>

// glibc has expf and erfcf for 16 numbers at once, and tells gcc so only under -ffast-math. (clang is told by -fveclib=libmvec.)
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
__attribute__((simd("notinbranch"), const, nothrow)) float expf(float);
__attribute__((simd("notinbranch"), const, nothrow)) float erfcf(float);
#endif

// The row stays in the first-level cache from one of its loops to the next, and so does what they leave in y.
void softmax_loop(const float *restrict x, float *restrict y, int rows, int columns)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < rows; ++i) {
        const float *restrict row = x + (long)i * columns;
        float *restrict out = y + (long)i * columns;
        float largest = -INFINITY, sum = 0;
#pragma omp simd reduction(max : largest)
        for (int j = 0; j < columns; ++j)
            largest = row[j] > largest ? row[j] : largest;
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j < columns; ++j) {
            float e = expf(row[j] - largest);
            out[j] = e;
            sum += e;
        }
        float scale = 1 / sum;
#pragma omp simd
        for (int j = 0; j < columns; ++j)
            out[j] *= scale;
    }
}

// GELU(t) = t/2 erfc(-t / sqrt 2), as in stage1_vector/activation_functions.h.
void bias_gelu_loop(const float *restrict x, const float *restrict b, float *restrict y, int rows, int columns)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < rows; ++i) {
        const float *restrict row = x + (long)i * columns;
        float *restrict out = y + (long)i * columns;
#pragma omp simd
        for (int j = 0; j < columns; ++j) {
            float sum = row[j] + b[j], t = sum < -20 ? -20 : sum;
            out[j] = 0.5f * t * erfcf(-0.70710678f * t);
        }
    }
}

void layernorm_loop(const float *restrict x, const float *restrict gamma, const float *restrict beta, float *restrict y,
                    float *restrict mean, float *restrict rstd, int rows, int columns, float epsilon)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < rows; ++i) {
        const float *restrict row = x + (long)i * columns;
        float *restrict out = y + (long)i * columns;
        float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j < columns; ++j)
            sum += row[j];
        float middle = sum / columns;
#pragma omp simd reduction(+ : squares)
        for (int j = 0; j < columns; ++j)
            squares += (row[j] - middle) * (row[j] - middle);
        float scale = 1 / sqrtf(squares / columns + epsilon);
#pragma omp simd
        for (int j = 0; j < columns; ++j)
            out[j] = gamma[j] * ((row[j] - middle) * scale) + beta[j];
        mean[i] = middle;
        rstd[i] = scale;
    }
}
