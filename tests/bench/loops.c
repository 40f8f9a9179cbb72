// See loops.h. Compiled with -O3 -march=native -fopenmp by the same compiler as the simulated GPU's kernels.
#include "loops.h"

void vector_add_loop(const float *restrict a, const float *restrict b, float *restrict c, int n)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; ++i)
        c[i] = a[i] + b[i];
}

void gemm_loop(const float *restrict A, const float *restrict B, float *restrict C, int n)
{
#pragma omp parallel for schedule(static)
    for (int row = 0; row < n; ++row)
        for (int column = 0; column < n; column += 16) {
            float sum[16] = {0};
            for (int k = 0; k < n; ++k)
                for (int j = 0; j < 16; ++j)
                    sum[j] += A[row * n + k] * B[k * n + column + j];
            for (int j = 0; j < 16; ++j)
                C[row * n + column + j] = sum[j];
        }
}
