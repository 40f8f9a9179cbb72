// Convolution with the filter in __constant__ memory: separable 9-tap rows and columns through a
// shared tile with halo, and a 5x5 filter straight from global memory with clamped borders.
#include "hip/hip_runtime.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define HIPCHECK(error)                                                                  \
    {                                                                                    \
        hipError_t localError = error;                                                   \
        if ((localError != hipSuccess)) {                                                \
            printf("FAILED: error '%s' (%d) from %s at %s:%d\n", hipGetErrorString(localError), \
                   localError, #error, __FILE__, __LINE__);                              \
            exit(1);                                                                     \
        }                                                                                \
    }

#define RADIUS 4
#define TILE_W 64
#define TILE_H 8

struct Filter5 {
    float weight[5][5];
    float bias;
};

__constant__ float c_row[2 * RADIUS + 1];
__constant__ float c_column[2 * RADIUS + 1];
__constant__ Filter5 c_filter5;

__global__ void convolve_rows(const float *__restrict__ in, float *__restrict__ out, int2 size)
{
    __shared__ float tile[TILE_H][TILE_W + 2 * RADIUS];
    const int x0 = blockIdx.x * TILE_W - RADIUS, y = blockIdx.y * TILE_H + threadIdx.y;
    for (int i = threadIdx.x; i < TILE_W + 2 * RADIUS; i += TILE_W) {
        int x = x0 + i;
        tile[threadIdx.y][i] = (x >= 0 && x < size.x && y < size.y) ? in[y * size.x + x] : 0.0f;
    }
    __syncthreads();
    const int x = blockIdx.x * TILE_W + threadIdx.x;
    if (x >= size.x || y >= size.y)
        return;
    float sum = 0;
#pragma unroll
    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += c_row[k + RADIUS] * tile[threadIdx.y][threadIdx.x + RADIUS + k];
    out[y * size.x + x] = sum;
}

__global__ void convolve_columns(const float *__restrict__ in, float *__restrict__ out, int2 size)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < size.x && y < size.y) {
        float sum = 0;
        for (int k = max(-RADIUS, -y); k <= min(RADIUS, size.y - 1 - y); k++)
            sum += c_column[k + RADIUS] * in[(y + k) * size.x + x];
        out[y * size.x + x] = sum;
    }
}

__global__ void convolve_5x5(const float *in, float *out, int2 size)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= size.x || y >= size.y)
        return;
    float sum = c_filter5.bias;
    for (int j = -2; j <= 2; j++)
        for (int i = -2; i <= 2; i++) {
            int sx = min(max(x + i, 0), size.x - 1), sy = min(max(y + j, 0), size.y - 1);
            sum += c_filter5.weight[j + 2][i + 2] * in[sy * size.x + sx];
        }
    out[y * size.x + x] = sum;
}

static bool close_to(const char *name, const std::vector<float> &got, const std::vector<double> &want)
{
    for (size_t i = 0; i < got.size(); i++)
        if (!(std::fabs(got[i] - want[i]) <= 1e-5)) {
            printf("FAILED: %s: element %zu is %g, expected %g\n", name, i, got[i], want[i]);
            return false;
        }
    return true;
}

int main()
{
    const int w = 203, h = 77;
    std::vector<float> image(w * h), result(w * h);
    for (int i = 0; i < w * h; i++)
        image[i] = std::sin(0.37f * i) + 0.01f * (i % 17);
    float row[2 * RADIUS + 1], column[2 * RADIUS + 1];
    for (int k = 0; k <= 2 * RADIUS; k++) {
        row[k] = 0.02f * (k + 1);
        column[k] = 0.03f * (9 - k) - 0.1f;
    }
    Filter5 filter;
    for (int k = 0; k < 25; k++)
        filter.weight[k / 5][k % 5] = 0.01f * (k - 9);
    filter.bias = -99;

    HIPCHECK(hipMemcpyToSymbol(HIP_SYMBOL(c_row), row, sizeof(row)));
    HIPCHECK(hipMemcpyToSymbol(HIP_SYMBOL(c_column), column, sizeof(column), 0, hipMemcpyHostToDevice));
    HIPCHECK(hipMemcpyToSymbol(HIP_SYMBOL(c_filter5), &filter, sizeof(filter)));
    const float bias = 0.5f;    // the last member alone, by its offset
    HIPCHECK(hipMemcpyToSymbol(HIP_SYMBOL(c_filter5), &bias, sizeof(bias), offsetof(Filter5, bias)));

    float *d_in, *d_tmp, *d_out;
    const size_t bytes = image.size() * sizeof(float);
    HIPCHECK(hipMalloc((void **)&d_in, bytes));
    HIPCHECK(hipMalloc((void **)&d_tmp, bytes));
    HIPCHECK(hipMalloc((void **)&d_out, bytes));
    HIPCHECK(hipMemcpy(d_in, image.data(), bytes, hipMemcpyHostToDevice));
    dim3 block(TILE_W, TILE_H), grid((w + TILE_W - 1) / TILE_W, (h + TILE_H - 1) / TILE_H);

    convolve_rows<<<grid, block>>>(d_in, d_tmp, {w, h});
    convolve_columns<<<grid, block>>>(d_tmp, d_out, {w, h});
    HIPCHECK(hipMemcpy(result.data(), d_out, bytes, hipMemcpyDeviceToHost));
    std::vector<double> tmp(w * h, 0.0), want(w * h, 0.0);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = -RADIUS; k <= RADIUS; k++)
                if (x + k >= 0 && x + k < w)
                    tmp[y * w + x] += row[k + RADIUS] * image[y * w + x + k];
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = -RADIUS; k <= RADIUS; k++)
                if (y + k >= 0 && y + k < h)
                    want[y * w + x] += column[k + RADIUS] * tmp[(y + k) * w + x];
    if (!close_to("separable", result, want))
        return 1;

    convolve_5x5<<<dim3((w + 31) / 32, (h + 3) / 4, 1), dim3(32, 4, 1), 0, 0>>>(d_in, d_out, make_int2(w, h));
    HIPCHECK(hipGetLastError());
    HIPCHECK(hipMemcpy(result.data(), d_out, bytes, hipMemcpyDeviceToHost));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double sum = bias;
            for (int k = 0; k < 25; k++) {
                int sx = std::min(std::max(x + k % 5 - 2, 0), w - 1), sy = std::min(std::max(y + k / 5 - 2, 0), h - 1);
                sum += filter.weight[k / 5][k % 5] * image[sy * w + sx];
            }
            want[y * w + x] = sum;
        }
    if (!close_to("5x5", result, want))
        return 1;
    HIPCHECK(hipFree(d_in));
    HIPCHECK(hipFree(d_tmp));
    HIPCHECK(hipFree(d_out));
    printf("PASSED\n");
    return 0;
}
