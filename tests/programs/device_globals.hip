// Variables that live on the device: scalars, initialised and two-dimensional arrays, a struct, a pointer and one in a
// namespace; reached by symbol, by address and size, from one kernel and the next.
#include <hip/hip_runtime.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK_HIP(call)                                                                    \
    do {                                                                                   \
        hipError_t status_ = call;                                                         \
        if (status_ != hipSuccess) {                                                       \
            fprintf(stdout, "FAILED: %s: %s\n", #call, hipGetErrorName(status_));          \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)
#define EXPECT(condition)                                                                  \
    if (!(condition)) {                                                                    \
        printf("FAILED: line %d: %s\n", __LINE__, #condition);                             \
        return 1;                                                                          \
    }

typedef struct {
    int hits;
    float best;
    unsigned char tag[3];
} Record;

__device__ int visits;
__device__ int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__device__ const double thirds[] = {0.0, 1.0 / 3, 2.0 / 3};
__device__ float grid2d[4][16];
__device__ Record record = {7, 1.5f, {'a', 'b', 'c'}};
__device__ float *work_area;
static __device__ unsigned long long total;
__constant__ int limits[2] = {100, 200};

namespace settings {
__device__ int mode = 1;
}

__device__ int next_visit() { return atomicAdd(&visits, 1); }

__global__ void visit(int *order)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    order[i] = next_visit();
    atomicAdd(&total, (unsigned long long)primes[i % 8]);
}

__global__ void fill(void)
{
    int x = threadIdx.x, y = threadIdx.y;
    grid2d[y][x] = settings::mode * (10.0f * y + x) + (float)thirds[1];
    work_area[y * 16 + x] = grid2d[y][x];
    if (x == 0 && y == 0) {
        record.hits += limits[0];
        record.best = limits[1];
        record.tag[1] = 'x';
    }
}

__global__ void turn_mode() { settings::mode = -settings::mode; }

int main()
{
    const int n = 640;
    int zero = 0, *d_order, *order = (int *)malloc(n * sizeof(int)), *seen = (int *)calloc(n, sizeof(int));
    CHECK_HIP(hipMalloc((void **)&d_order, n * sizeof(int)));
    CHECK_HIP(hipMemcpyToSymbol(HIP_SYMBOL(visits), &zero, sizeof(int)));
    const int seventeen = 18;
    CHECK_HIP(hipMemcpyToSymbol(HIP_SYMBOL(primes), &seventeen, sizeof(int), 6 * sizeof(int), hipMemcpyHostToDevice));
    visit<<<n / 64, 64>>>(d_order);
    CHECK_HIP(hipMemcpy(order, d_order, n * sizeof(int), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) {
        EXPECT(order[i] >= 0 && order[i] < n);
        EXPECT(seen[order[i]]++ == 0);
    }
    unsigned long long sum = 0;
    CHECK_HIP(hipMemcpyFromSymbol(&sum, HIP_SYMBOL(total), sizeof(sum)));
    EXPECT(sum == n / 8 * (2 + 3 + 5 + 7 + 11 + 13 + 18 + 19ull));

    float *d_work, h_work[64], h_grid[4][16];
    CHECK_HIP(hipMalloc((void **)&d_work, sizeof(h_work)));
    CHECK_HIP(hipMemcpyToSymbol(HIP_SYMBOL(work_area), &d_work, sizeof(d_work)));
    for (int round = 0; round < 2; round++) {
        hipLaunchKernelGGL(fill, dim3(1), dim3(16, 4), 0, 0);
        CHECK_HIP(hipDeviceSynchronize());
        CHECK_HIP(hipMemcpy(h_work, d_work, sizeof(h_work), hipMemcpyDeviceToHost));
        CHECK_HIP(hipMemcpyFromSymbol(h_grid, HIP_SYMBOL(grid2d), sizeof(h_grid), 0, hipMemcpyDeviceToHost));
        hipLaunchKernelGGL(turn_mode, 1, 1, 0, 0);
        for (int i = 0; i < 64; i++) {
            float want = (round ? -1 : 1) * (10.0f * (i / 16) + i % 16) + (float)(1.0 / 3);
            EXPECT(h_grid[i / 16][i % 16] == want);
            EXPECT(h_work[i] == want);
        }
    }
    Record r;
    CHECK_HIP(hipMemcpyFromSymbol(&r, HIP_SYMBOL(record), sizeof(r)));
    EXPECT(r.hits == 207 && r.best == 200 && r.tag[0] == 'a' && r.tag[1] == 'x' && r.tag[2] == 'c');

    void *address = NULL;
    size_t size = 0;
    int copy[8];
    CHECK_HIP(hipGetSymbolAddress(&address, HIP_SYMBOL(primes)));
    CHECK_HIP(hipGetSymbolSize(&size, HIP_SYMBOL(primes)));
    EXPECT(address != NULL && size == sizeof(copy));
    CHECK_HIP(hipMemset((char *)address + sizeof(int), 0, 2 * sizeof(int)));
    CHECK_HIP(hipMemcpy(copy, address, size, hipMemcpyDeviceToHost));
    const int want[8] = {2, 0, 0, 7, 11, 13, 18, 19};
    for (int i = 0; i < 8; i++)
        EXPECT(copy[i] == want[i]);
    CHECK_HIP(hipGetSymbolSize(&size, HIP_SYMBOL(grid2d)));
    EXPECT(size == sizeof(h_grid));

    CHECK_HIP(hipFree(d_order));
    CHECK_HIP(hipFree(d_work));
    free(order);
    free(seen);
    printf("PASSED\n");
    return 0;
}
