// Blocks and grids of every shape: each thread exists once, knows its place, and sits in the lane of the warp that its
// linear number says: x runs fastest, then y, then z.
#include "expect.h"

struct Place {
    uint3 thread, block;
    dim3 block_size, grid_size;
    int visits;
};

__global__ void note_place(Place *places)
{
    unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    Place *place = &places[(size_t)block * (blockDim.x * blockDim.y * blockDim.z) + thread];
    place->thread.x = threadIdx.x;
    place->thread.y = threadIdx.y;
    place->thread.z = threadIdx.z;
    place->block.x = blockIdx.x;
    place->block.y = blockIdx.y;
    place->block.z = blockIdx.z;
    place->block_size = dim3(blockDim.x, blockDim.y, blockDim.z);
    place->grid_size = dim3(gridDim.x, gridDim.y, gridDim.z);
    atomicAdd(&place->visits, 1);
}

// The same through device functions, which see the built-ins without being handed them.
__device__ __noinline__ unsigned linear_thread()
{
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}

__device__ unsigned linear_block()
{
    return blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
}

__device__ size_t linear_index()
{
    return (size_t)linear_block() * (blockDim.x * blockDim.y * blockDim.z) + linear_thread();
}

__global__ void count_by_function(int *visits, unsigned *names)
{
    atomicAdd(&visits[linear_index()], 1);
    names[linear_index()] = threadIdx.x | threadIdx.y << 10 | threadIdx.z << 20;
}

// Lane and warp: lane 0 of each warp tells its number to the others.
__global__ void note_warp(int *first_of_warp, unsigned long long *company, int *lane)
{
    int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    size_t i = (size_t)block * (blockDim.x * blockDim.y * blockDim.z) + thread;
    first_of_warp[i] = __shfl(thread, 0);
    company[i] = __ballot(1);
    lane[i] = __lane_id();
}

__global__ void older_names(unsigned *out)
{
    unsigned i = hipBlockIdx_x * hipBlockDim_x + hipThreadIdx_x;
    out[i] = hipGridDim_x * 1000 + hipThreadIdx_y + hipThreadIdx_z + hipBlockIdx_y + hipBlockIdx_z + hipBlockDim_y +
             hipBlockDim_z + hipGridDim_y + hipGridDim_z;
}

static void check_shape(dim3 grid, dim3 block)
{
    size_t in_block = (size_t)block.x * block.y * block.z, n = in_block * grid.x * grid.y * grid.z;
    int warp = warp_size();
    Place *places;
    int *visits, *first, *lane;
    unsigned *names;
    unsigned long long *company;
    EXPECT_OK(hipMallocManaged((void **)&places, n * sizeof *places));
    EXPECT_OK(hipMallocManaged((void **)&visits, n * sizeof *visits));
    EXPECT_OK(hipMallocManaged((void **)&names, n * sizeof *names));
    EXPECT_OK(hipMallocManaged((void **)&first, n * sizeof *first));
    EXPECT_OK(hipMallocManaged((void **)&lane, n * sizeof *lane));
    EXPECT_OK(hipMallocManaged((void **)&company, n * sizeof *company));
    memset((void *)places, 0, n * sizeof *places);
    memset(visits, 0, n * sizeof *visits);

    note_place<<<grid, block>>>(places);
    count_by_function<<<grid, block>>>(visits, names);
    note_warp<<<grid, block>>>(first, company, lane);
    EXPECT_RAN();
    for (size_t i = 0; i < n; ++i) {
        unsigned t = (unsigned)(i % in_block), b = (unsigned)(i / in_block);
        const Place &place = places[i];
        unsigned x = t % block.x, y = t / block.x % block.y, z = t / block.x / block.y;
        EXPECT_AT(i, place.visits, 1);
        EXPECT_AT(i, place.thread.x, x);
        EXPECT_AT(i, place.thread.y, y);
        EXPECT_AT(i, place.thread.z, z);
        EXPECT_AT(i, place.block.x, b % grid.x);
        EXPECT_AT(i, place.block.y, b / grid.x % grid.y);
        EXPECT_AT(i, place.block.z, b / grid.x / grid.y);
        EXPECT(place.block_size.x == block.x && place.block_size.y == block.y && place.block_size.z == block.z);
        EXPECT(place.grid_size.x == grid.x && place.grid_size.y == grid.y && place.grid_size.z == grid.z);
        EXPECT_AT(i, visits[i], 1);
        EXPECT_AT(i, names[i], x | y << 10 | z << 20);
        int warp_start = (int)t / warp * warp,
            lanes = (int)in_block - warp_start < warp ? (int)in_block - warp_start : warp;
        EXPECT_AT(i, first[i], warp_start);
        EXPECT_AT(i, company[i], low_bits(lanes));
        EXPECT_AT(i, lane[i], (int)t % warp);
    }
    void *all[] = {places, visits, names, first, lane, company};
    for (void *one : all)
        EXPECT_OK(hipFree(one));
}

int main()
{
    for (unsigned size : {1, 31, 32, 33, 63, 64, 65, 96, 127, 1023, 1024})
        for (unsigned blocks : {1, 3})
            check_shape(blocks, size);
    const dim3 blocks[] = {dim3(32, 32),    dim3(1, 1024), dim3(3, 5, 7),  dim3(1, 1, 64), dim3(16, 1, 3),
                           dim3(16, 4, 16), dim3(7, 9),    dim3(33, 2, 2), dim3(1, 33),    dim3(64, 16)};
    for (dim3 block : blocks)
        check_shape(dim3(2, 3, 2), block);
    const dim3 grids[] = {dim3(1, 7), dim3(1, 1, 5), dim3(4, 3, 2), dim3(97), dim3(2, 1, 9)};
    for (dim3 grid : grids)
        check_shape(grid, dim3(5, 3, 2));
    check_shape(70000, 1);          // more than 65535 blocks in x
    check_shape(dim3(1, 65535), 1); // as many as y takes
    check_shape(dim3(1, 1, 65535), 1);

    unsigned *out = room<unsigned>(40);
    older_names<<<4, 10>>>(out);
    EXPECT_RAN();
    for (int i = 0; i < 40; ++i)
        EXPECT_AT(i, out[i], 4004u);
    return expect_result();
}
