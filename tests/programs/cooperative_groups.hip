// Cooperative groups: a block as a group, tiles of 16 and 4 with shuffles, groups passed to functions,
// and one cooperative launch whose blocks meet at a barrier of the whole grid between two phases.
#include <hip/hip_runtime.h>
#include <hip/hip_cooperative_groups.h>
#include <iostream>
#include <numeric>
#include <vector>

namespace cg = cooperative_groups;
using std::cout;

#define CHECK(x)                                                            \
    if ((x) != hipSuccess) {                                                \
        cout << "FAILED: " #x " in line " << __LINE__ << "\n";              \
        exit(1);                                                            \
    }

// Sum over a group through shared memory; works for a block, and for a tile that has its own slice of it.
__device__ unsigned int group_sum(cg::thread_group g, unsigned int *slice, unsigned int value)
{
    const unsigned int rank = g.thread_rank();
    for (unsigned int i = g.size() / 2; i > 0; i /= 2) {
        slice[rank] = value;
        g.sync();
        if (rank < i)
            value += slice[rank + i];
        g.sync();
    }
    return value;       // right for rank 0
}

template <unsigned int Size>
__device__ int tile_sum(cg::thread_block_tile<Size> tile, int value)
{
    for (int offset = tile.size() / 2; offset > 0; offset /= 2)
        value += tile.shfl_down(value, offset);
    return tile.shfl(value, 0);
}

__global__ void sums(const unsigned int *in, unsigned int *block_sums, int *sums16, int *sums4, unsigned int *sums8)
{
    extern __shared__ unsigned int workspace[];
    cg::thread_block block = cg::this_thread_block();
    const unsigned int i = blockIdx.x * block.size() + block.thread_rank();
    unsigned int whole = group_sum(block, workspace, in[i]);
    if (block.thread_rank() == 0)
        block_sums[block.group_index().x] = whole;
    block.sync();

    cg::thread_group tile8 = cg::tiled_partition(block, 8);
    unsigned int part = group_sum(tile8, workspace + block.thread_rank() / 8 * 8, in[i]);
    if (tile8.thread_rank() == 0)
        sums8[i / 8] = part;

    cg::thread_block_tile<16> tile16 = cg::tiled_partition<16>(block);
    int sum16 = tile_sum<16>(tile16, in[i]);
    if (tile16.thread_rank() == 15)
        sums16[i / 16] = sum16;

    auto tile4 = cg::tiled_partition<4>(block);
    int v = in[i];
    for (int mask = 2; mask; mask >>= 1)
        v += tile4.shfl_xor(v, mask);
    sums4[i / 4] = v;       // all four lanes hold the same
}

// Phase 1: every block adds up its part. Phase 2, after all blocks: everyone subtracts the mean of all.
__global__ void subtract_mean(float *data, float *partial, int n)
{
    cg::grid_group grid = cg::this_grid();
    const int stride = gridDim.x * blockDim.x, first = grid.thread_rank();
    __shared__ float s[64];
    float mine = 0;
    for (int i = first; i < n; i += stride)
        mine += data[i];
    s[threadIdx.x] = mine;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (unsigned int t = 1; t < blockDim.x; t++)
            mine += s[t];
        partial[blockIdx.x] = mine;
    }
    grid.sync();
    float total = 0;
    for (unsigned int b = 0; b < gridDim.x; b++)
        total += partial[b];
    for (int i = first; i < n; i += stride)
        data[i] -= total / n;
}

template <typename T>
bool equal(const char *name, const T *device, const std::vector<unsigned int> &in, unsigned int group)
{
    std::vector<T> got(in.size() / group);
    CHECK(hipMemcpy(got.data(), device, got.size() * sizeof(T), hipMemcpyDeviceToHost));
    for (size_t g = 0; g < got.size(); g++) {
        unsigned int want = std::accumulate(in.begin() + g * group, in.begin() + (g + 1) * group, 0u);
        if ((unsigned int)got[g] != want) {
            cout << "FAILED: " << name << " " << g << " is " << got[g] << ", expected " << want << "\n";
            return false;
        }
    }
    return true;
}

int main()
{
    const unsigned int threads = 128, blocks = 6, n = threads * blocks;
    std::vector<unsigned int> in(n);
    for (unsigned int i = 0; i < n; i++)
        in[i] = i * i % 1009;
    unsigned int *d_in, *d_blocks, *d_8;
    int *d_16, *d_4;
    CHECK(hipMalloc(&d_in, n * 4));
    CHECK(hipMalloc(&d_blocks, blocks * 4));
    CHECK(hipMalloc(&d_16, n / 16 * 4));
    CHECK(hipMalloc(&d_8, n / 8 * 4));
    CHECK(hipMalloc(&d_4, n / 4 * 4));
    CHECK(hipMemcpy(d_in, in.data(), n * 4, hipMemcpyHostToDevice));
    sums<<<blocks, threads, threads * sizeof(unsigned int)>>>(d_in, d_blocks, d_16, d_4, d_8);
    CHECK(hipGetLastError());
    if (!equal("block", d_blocks, in, threads) || !equal("tile of 16", d_16, in, 16) ||
        !equal("tile of 8", d_8, in, 8) || !equal("tile of 4", d_4, in, 4))
        return 1;

    int supported = 0, m = 5000;
    CHECK(hipDeviceGetAttribute(&supported, hipDeviceAttributeCooperativeLaunch, 0));
    if (supported) {
        std::vector<float> x(m), y(m);
        for (int i = 0; i < m; i++)
            x[i] = i % 100;     // the mean is 49.5, and all sums are exact
        float *d_x, *d_partial;
        CHECK(hipMalloc(&d_x, m * sizeof(float)));
        CHECK(hipMalloc(&d_partial, 4 * sizeof(float)));
        CHECK(hipMemcpy(d_x, x.data(), m * sizeof(float), hipMemcpyHostToDevice));
        void *args[] = {&d_x, &d_partial, &m};
        CHECK(hipLaunchCooperativeKernel((void *)subtract_mean, dim3(4), dim3(64), args, 0, 0));
        CHECK(hipDeviceSynchronize());
        CHECK(hipMemcpy(y.data(), d_x, m * sizeof(float), hipMemcpyDeviceToHost));
        for (int i = 0; i < m; i++)
            if (y[i] != x[i] - 49.5f) {
                cout << "FAILED: grid barrier: element " << i << " is " << y[i] << "\n";
                return 1;
            }
        CHECK(hipFree(d_x));
        CHECK(hipFree(d_partial));
    } else {
        cout << "this device has no cooperative launch\n";
    }
    CHECK(hipFree(d_in));
    CHECK(hipFree(d_blocks));
    CHECK(hipFree(d_16));
    CHECK(hipFree(d_8));
    CHECK(hipFree(d_4));
    cout << "PASSED\n";
}
