// Cooperative groups: the block, tiles of every size, coalesced threads, and the whole grid, which needs a cooperative
// launch and meets at a barrier of its own.
#include "expect.h"
#include <hip/hip_cooperative_groups.h>

namespace cg = cooperative_groups;

__global__ void block_group(int *out)
{
    __shared__ int seat[1024];
    cg::thread_block block = cg::this_thread_block();
    int rank = (int)block.thread_rank();
    seat[rank] = rank * 3;
    block.sync();
    int next = seat[(rank + 1) % block.size()];
    cg::sync(block);
    out[4 * rank] = next;
    out[4 * rank + 1] = (int)block.size();
    out[4 * rank + 2] = (int)(block.thread_index().x + 100 * block.thread_index().y);
    out[4 * rank + 3] = (int)block.group_index().x;
}

template <class Group> __device__ int group_sum(const Group &group, int value)
{
    for (int delta = (int)group.size() / 2; delta > 0; delta /= 2)
        value += group.shfl_xor(value, delta);
    return value;
}

template <int Size> __device__ void use_tile(cg::thread_block block, int *mine)
{
    cg::thread_block_tile<Size> tile = cg::tiled_partition<Size>(block);
    int t = (int)block.thread_rank(), rank = (int)tile.thread_rank();
    mine[0] = rank;
    mine[1] = (int)tile.size();
    mine[2] = group_sum(tile, t);
    mine[3] = tile.shfl(t, Size - 1);
    mine[4] = tile.shfl_up(t, 1);
    mine[5] = tile.shfl_down(t, 1);
    mine[6] = tile.any(rank == Size / 2);
    mine[7] = tile.all(rank < Size - 1) != 0;
    tile.sync();
}

__global__ void tiles(int *out)
{
    cg::thread_block block = cg::this_thread_block();
    int *mine = out + 48 * block.thread_rank();
    use_tile<1>(block, mine);
    use_tile<2>(block, mine + 8);
    use_tile<4>(block, mine + 16);
    use_tile<8>(block, mine + 24);
    use_tile<16>(block, mine + 32);
    use_tile<32>(block, mine + 40);
}

// Tiles may go different ways, and their members wait for one another only.
__global__ void tiles_apart(int *out)
{
    auto tile = cg::tiled_partition<8>(cg::this_thread_block());
    int t = threadIdx.x, number = t / 8, sum = 0;
    if (number % 2)
        for (int i = 0; i < number; ++i) {
            sum += tile.shfl(t, i % 8);
            tile.sync();
        }
    else
        sum = (int)tile.ballot(tile.thread_rank() % 3 == 0);
    out[t] = sum;
    cg::thread_group part = cg::tiled_partition(cg::this_thread_block(), 4);
    out[blockDim.x + t] = (int)(part.size() * 10 + part.thread_rank());
    part.sync();
}

__global__ void coalesced(int *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    if (lane % 3 == 0) {
        cg::coalesced_group active = cg::coalesced_threads();
        out[3 * t] = (int)active.size();
        out[3 * t + 1] = (int)active.thread_rank();
        out[3 * t + 2] = active.shfl(t, 0);
    }
}

// Each phase reads what another block wrote in the phase before: wrong unless the whole grid has met.
__global__ void grid_phases(int *data, int *out, int phases)
{
    cg::grid_group grid = cg::this_grid();
    int n = (int)grid.size(), i = (int)grid.thread_rank();
    for (int phase = 0; phase < phases; ++phase) {
        data[phase % 2 * n + i] = phase == 0 ? i : data[(1 - phase % 2) * n + (i + blockDim.x) % n] + 1;
        grid.sync();
    }
    out[i] = data[(phases - 1) % 2 * n + i];
}

__global__ void grid_with_early_end(int *sum, int *out)
{
    __shared__ int part;
    if (blockIdx.x == 1 && threadIdx.x >= 5)
        return; // some threads leave: the barrier goes on without them
    if (threadIdx.x == 0)
        part = 0;
    __syncthreads();
    atomicAdd(&part, 1);
    __syncthreads();
    if (threadIdx.x == 0)
        atomicAdd(sum, part);
    cg::this_grid().sync();
    if (threadIdx.x == 0)
        out[blockIdx.x] = *sum;
}

__global__ void grid_sync_outside(int *out)
{
    cg::this_grid().sync();
    *out = 1;
}

static void check_block_and_tiles()
{
    int *out = room<int>(48 * 1024);
    for (dim3 size : {dim3(64), dim3(10, 7), dim3(1024)}) {
        block_group<<<3, size>>>(out);
        EXPECT_RAN();
        int n = (int)(size.x * size.y);
        for (int t = 0; t < n; ++t) {
            EXPECT_AT(t, out[4 * t], (t + 1) % n * 3);
            EXPECT_AT(t, out[4 * t + 1], n);
            EXPECT_AT(t, out[4 * t + 2], t % (int)size.x + 100 * (t / (int)size.x));
            EXPECT_AT(t, out[4 * t + 3] < 3, true);
        }
    }
    const int n = 128;
    tiles<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t)
        for (int i = 0, size = 1; i < 6; ++i, size *= 2) {
            int rank = t % size, start = t - rank;
            const int *mine = out + 48 * t + 8 * i;
            const int expected[] = {rank,
                                    size,
                                    size * start + size * (size - 1) / 2,
                                    start + size - 1,
                                    rank ? t - 1 : t,
                                    rank < size - 1 ? t + 1 : t,
                                    1,
                                    0};
            for (int k = 0; k < 8; ++k)
                EXPECT_AT(100 * size + k, k == 6 ? mine[k] != 0 : mine[k], expected[k]);
        }

    tiles_apart<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int number = t / 8, sum = 0x49;
        if (number % 2) {
            sum = 0;
            for (int i = 0; i < number; ++i)
                sum += 8 * number + i % 8;
        }
        EXPECT_AT(t, out[t], sum);
        EXPECT_AT(t, out[n + t], 40 + t % 4);
    }
    coalesced<<<1, n>>>(out);
    EXPECT_RAN();
    int warp = warp_size();
    for (int t = 0; t < n; ++t)
        if (t % warp % 3 == 0) {
            EXPECT_AT(t, out[3 * t], (warp + 2) / 3);
            EXPECT_AT(t, out[3 * t + 1], t % warp / 3);
            EXPECT_AT(t, out[3 * t + 2], t - t % warp);
        }
}

static void check_grid()
{
    const int phases = 7;
    for (int blocks : {1, 2, 5})
        for (int threads : {1, 33, 128}) {
            const int n = blocks * threads;
            int *data = room<int>(2 * n), *out = room<int>(n), count = phases;
            void *arguments[] = {&data, &out, &count};
            int fit = 0;
            EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&fit, grid_phases, threads, 0));
            EXPECT(fit >= 1);
            EXPECT_OK(hipLaunchCooperativeKernel((void *)grid_phases, dim3(blocks), dim3(threads), arguments, 0, 0));
            EXPECT_RAN();
            for (int i = 0; i < n; ++i)
                EXPECT_AT(i, out[i], (i + (phases - 1) * threads) % n + phases - 1);
        }
    int *sum = room<int>(1), *out = room<int>(3);
    void *arguments[] = {&sum, &out};
    EXPECT_OK(hipLaunchCooperativeKernel((void *)grid_with_early_end, dim3(3), dim3(64), arguments, 0, nullptr));
    EXPECT_RAN();
    for (int b = 0; b < 3; ++b)
        EXPECT_AT(b, out[b], 64 + 5 + 64);

    // More blocks than can be there at once could never meet.
    hipDeviceProp_t p;
    int fit = 0;
    EXPECT_OK(hipGetDeviceProperties(&p, 0));
    EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&fit, grid_with_early_end, 1024, 0));
    EXPECT_ERROR(hipLaunchCooperativeKernel((void *)grid_with_early_end, dim3(fit * p.multiProcessorCount + 1),
                                            dim3(1024), arguments, 0, 0),
                 hipErrorCooperativeLaunchTooLarge);
    EXPECT_ERROR(hipLaunchCooperativeKernel((void *)grid_with_early_end, dim3(1), dim3(1025), arguments, 0, 0),
                 hipErrorInvalidConfiguration);
    EXPECT_ERROR(hipLaunchCooperativeKernel((void *)&fit, dim3(1), dim3(1), arguments, 0, 0),
                 hipErrorInvalidDeviceFunction);
}

int main(int argc, char **)
{
    if (argc > 1) { // a barrier of the grid in an ordinary launch: a fault, told on stderr
        grid_sync_outside<<<2, 32>>>(room<int>(1));
        EXPECT_STATUS(hipDeviceSynchronize(), hipErrorLaunchFailure);
        return expect_result();
    }
    check_block_and_tiles();
    check_grid();
    return expect_result();
}
