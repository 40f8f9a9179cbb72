// See loops.h. Compiled with -O3 -march=native -fopenmp by the same compiler as the simulated GPU's kernels.
#include "loops.h"

void vector_add_loop(const float *restrict a, const float *restrict b, float *restrict c, int n)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; ++i)
        c[i] = a[i] + b[i];
}

void axpy_loop(float alpha, const float *restrict x, float *restrict y, int n)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; ++i)
        y[i] = alpha * x[i] + y[i];
}

float dot_loop(const float *restrict x, const float *restrict y, int n)
{
    float sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
    for (int i = 0; i < n; ++i)
        sum += x[i] * y[i];
    return sum;
}

// The sum of one block: its products, then a tree. `count` is a constant wherever this is called.
static inline __attribute__((always_inline)) float tree(const float *restrict x, const float *restrict y, int count)
{
    float parts[1024];
    for (int i = 0; i < count; ++i)
        parts[i] = x[i] * y[i];
    for (int half = count / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i)
            parts[i] += parts[i + half];
    return parts[0];
}

float dot_tree_loop(const float *restrict x, const float *restrict y, int n, int block)
{
    float sum = 0;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i += block) {
        float part = block == 256 ? tree(x + i, y + i, 256) : tree(x + i, y + i, 1024);
#pragma omp atomic
        sum += part;
    }
    return sum;
}

void transpose_loop(const float *restrict A, float *restrict B, int n)
{
#pragma omp parallel for schedule(static) collapse(2)
    for (int i0 = 0; i0 < n; i0 += 32)
        for (int j0 = 0; j0 < n; j0 += 32)
            for (int j = j0; j < j0 + 32; ++j)
                for (int i = i0; i < i0 + 32; ++i)
                    B[(long)j * n + i] = A[(long)i * n + j];
}

void gemm_loop(const float *restrict A, const float *restrict B, float *restrict C, int n)
{
#pragma omp parallel for schedule(static)
    for (int row = 0; row < n; ++row)
        for (int column = 0; column < n; column += 32) {
            float sum[32] = {0};
            for (int k = 0; k < n; ++k)
                for (int j = 0; j < 32; ++j)
                    sum[j] += A[(long)row * n + k] * B[(long)k * n + column + j];
            for (int j = 0; j < 32; ++j)
                C[(long)row * n + column + j] = sum[j];
        }
}

// One tile of C. `tile` is a constant wherever this is called, so that the compiler knows the length of the loops.
static inline __attribute__((always_inline)) void tile_of_c(const float *restrict A, const float *restrict B,
                                                            float *restrict C, int n, int i0, int j0, const int tile)
{
    float a[32][32], b[32][32], sum[32][32];
    for (int i = 0; i < tile; ++i)
        for (int j = 0; j < tile; ++j)
            sum[i][j] = 0;
    for (int k0 = 0; k0 < n; k0 += tile) {
        for (int i = 0; i < tile; ++i)
            for (int j = 0; j < tile; ++j) {
                a[i][j] = A[(long)(i0 + i) * n + k0 + j];
                b[i][j] = B[(long)(k0 + i) * n + j0 + j];
            }
        for (int i = 0; i < tile; ++i)
            for (int k = 0; k < tile; ++k)
#pragma omp simd
                for (int j = 0; j < tile; ++j)
                    sum[i][j] += a[i][k] * b[k][j];
    }
    for (int i = 0; i < tile; ++i)
        for (int j = 0; j < tile; ++j)
            C[(long)(i0 + i) * n + j0 + j] = sum[i][j];
}

void gemm_tile_loop(const float *restrict A, const float *restrict B, float *restrict C, int n, int tile)
{
#pragma omp parallel for schedule(static) collapse(2)
    for (int i0 = 0; i0 < n; i0 += tile)
        for (int j0 = 0; j0 < n; j0 += tile) {
            if (tile == 16)
                tile_of_c(A, B, C, n, i0, j0, 16);
            else
                tile_of_c(A, B, C, n, i0, j0, 32);
        }
}
