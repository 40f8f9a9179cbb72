// Matrix transpose through a padded two-dimensional shared tile, 32 x 8 threads with four elements each, for
// several types and ragged sizes; an in-place version for squares swaps two tiles at once.
#include <hip/hip_runtime.h>
#include <cstdint>
#include <cstdio>
#include <vector>

#define TILE_DIM 32
#define BLOCK_ROWS 8

#define HIP_TRY(stmt)                                                        \
    if (hipError_t err = (stmt)) {                                           \
        printf("FAILED: %s: %s\n", #stmt, hipGetErrorString(err));           \
        return false;                                                        \
    }

template <typename T>
__global__ void __launch_bounds__(TILE_DIM *BLOCK_ROWS)
transpose(T *__restrict__ out, const T *__restrict__ in, const int width, const int height)
{
    __shared__ T tile[TILE_DIM][TILE_DIM + 1];

    int x = blockIdx.x * TILE_DIM + threadIdx.x;
    int y = blockIdx.y * TILE_DIM + threadIdx.y;
#pragma unroll
    for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
        if (x < width && y + j < height)
            tile[threadIdx.y + j][threadIdx.x] = in[(y + j) * width + x];

    __syncthreads();

    x = blockIdx.y * TILE_DIM + threadIdx.x;
    y = blockIdx.x * TILE_DIM + threadIdx.y;
#pragma unroll
    for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
        if (x < height && y + j < width)
            out[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
}

// A block below the diagonal swaps its tile with the mirrored one; blocks above it have nothing to do.
template <typename T>
__launch_bounds__(256, 2) __global__ void transpose_in_place(T *a, int n)
{
    __shared__ T below[16][17], above[16][17];
    if (blockIdx.x > blockIdx.y)
        return;
    const int bx = blockIdx.x * 16 + threadIdx.x, by = blockIdx.y * 16 + threadIdx.y;
    const int mx = blockIdx.y * 16 + threadIdx.x, my = blockIdx.x * 16 + threadIdx.y;
    const bool in_b = bx < n && by < n, in_m = mx < n && my < n;
    if (in_b)
        below[threadIdx.y][threadIdx.x] = a[by * n + bx];
    if (in_m)
        above[threadIdx.y][threadIdx.x] = a[my * n + mx];
    __syncthreads();
    if (in_m)
        a[my * n + mx] = below[threadIdx.x][threadIdx.y];
    if (in_b && blockIdx.x != blockIdx.y)
        a[by * n + bx] = above[threadIdx.x][threadIdx.y];
}

template <typename T>
T element(int i)
{
    return T(i * 7 % 251);
}
template <>
double2 element<double2>(int i)
{
    return make_double2(i, -i);
}

template <typename T>
bool same(const T &a, const T &b) { return a == b; }
static bool same(const double2 &a, const double2 &b) { return a.x == b.x && a.y == b.y; }

template <typename T>
bool test(const char *type, int width, int height)
{
    const size_t count = (size_t)width * height, bytes = count * sizeof(T);
    std::vector<T> in(count), out(count);
    for (size_t i = 0; i < count; i++)
        in[i] = element<T>((int)i);
    T *d_in, *d_out;
    HIP_TRY(hipMalloc((void **)&d_in, bytes));
    HIP_TRY(hipMalloc((void **)&d_out, bytes));
    HIP_TRY(hipMemcpy(d_in, in.data(), bytes, hipMemcpyHostToDevice));
    HIP_TRY(hipMemset(d_out, 0xff, bytes));
    dim3 dimGrid((width + TILE_DIM - 1) / TILE_DIM, (height + TILE_DIM - 1) / TILE_DIM, 1);
    dim3 dimBlock(TILE_DIM, BLOCK_ROWS, 1);
    transpose<<<dimGrid, dimBlock>>>(d_out, d_in, width, height);
    HIP_TRY(hipGetLastError());
    HIP_TRY(hipMemcpy(out.data(), d_out, bytes, hipMemcpyDeviceToHost));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            if (!same(out[x * height + y], in[y * width + x])) {
                printf("FAILED: %s %d x %d at (%d, %d)\n", type, height, width, y, x);
                return false;
            }
    if (width == height) {
        int tiles = (width + 15) / 16;
        transpose_in_place<T><<<dim3(tiles, tiles), dim3(16, 16)>>>(d_out, width);
        HIP_TRY(hipMemcpy(out.data(), d_out, bytes, hipMemcpyDeviceToHost));
        for (size_t i = 0; i < count; i++)
            if (!same(out[i], in[i])) {
                printf("FAILED: %s in place, %d squared, element %zu\n", type, width, i);
                return false;
            }
    }
    HIP_TRY(hipFree(d_in));
    HIP_TRY(hipFree(d_out));
    return true;
}

int main()
{
    bool ok = test<float>("float", 333, 129) && test<float>("float", 1, 1) && test<float>("float", 100, 100) &&
              test<double>("double", 32, 65) && test<uint8_t>("uint8_t", 200, 31) && test<int>("int", 47, 47) &&
              test<double2>("double2", 50, 33) && test<unsigned long long>("unsigned long long", 5, 300);
    if (!ok)
        return 1;
    printf("PASSED\n");
    return 0;
}
