// See stage3_loops.h. Compiled by the same compiler and with the same flags as the simulated GPU's kernels, and with
// OpenMP: the rows are dealt out to the cores, and what is said to be a reduction may be computed in vectors.
#include "stage3_loops.h"
#include <math.h>

// glibc has expf for 16 numbers at once, and tells gcc so only under -ffast-math. (clang is told by -fveclib=libmvec.)
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
__attribute__((simd("notinbranch"), const, nothrow)) float expf(float);
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
