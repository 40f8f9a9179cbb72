// Threads that wait for other threads of their block without a barrier: locks by atomicCAS and atomicExch, flags in
// volatile shared memory with fences, tickets. A GPU gives every warp its turn, so these end.
#include "expect.h"

// One thread of each warp takes the lock: the classic form that also works where a warp runs in step.
__global__ void lock_by_warps(int *lock, int *sum, int rounds)
{
    if (threadIdx.x % warpSize == 0)
        for (int i = 0; i < rounds; ++i) {
            while (atomicCAS(lock, 0, 1) != 0) {
            }
            __threadfence();
            *(volatile int *)sum = *(volatile int *)sum + 1;
            __threadfence();
            atomicExch(lock, 0);
        }
}

// Every thread for itself, in the form that cannot deadlock inside a warp.
__global__ void lock_by_threads(int *lock, int *sum)
{
    bool done = false;
    while (!done)
        if (atomicCAS(lock, 0, 1) == 0) {
            __threadfence();
            *(volatile int *)sum = *(volatile int *)sum + 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
}

// With independent threads even the plain form ends: the holder gets its turn.
__global__ void lock_plainly(int *lock, int *sum)
{
    while (atomicExch(lock, 1) != 0) {
    }
    *(volatile int *)sum += 1;
    __threadfence();
    atomicExch(lock, 0);
}

// The last thread lights a flag, all others look at it; then each warp waits for the next one, the last one for nobody.
__global__ void flags(int *out)
{
    __shared__ volatile int flag, stage[33];
    int t = threadIdx.x, n = blockDim.x, warp = t / warpSize, last = (n - 1) / warpSize;
    if (t == 0)
        flag = 0;
    if (t % warpSize == 0)
        stage[warp] = 0;
    __syncthreads();
    if (t == n - 1) {
        __threadfence_block();
        flag = 1;
    }
    while (flag == 0)
        __threadfence_block();
    if (t % warpSize == 0) {
        int behind = 0;
        while (warp < last && behind == 0) {
            behind = stage[warp + 1];
            __threadfence_block();
        }
        stage[warp] = behind + 1;
        __threadfence_block();
    }
    while (stage[warp] == 0)
        __threadfence_block();
    out[t] = stage[warp];
}

// A polling read by an atomic that changes nothing.
__global__ void tickets(unsigned *serving, int *order)
{
    unsigned mine = (threadIdx.x * 7 + 3) % blockDim.x; // 7 does not divide the size
    while (atomicAdd(serving, 0u) != mine) {
    }
    order[mine] = threadIdx.x;
    __threadfence();
    atomicAdd(serving, 1u);
}

// Blocks that wait for earlier ones, as decoupled scans do: those started first are never held up by those that follow.
__global__ void chain_of_blocks(unsigned *next, volatile int *done, int *out)
{
    __shared__ unsigned place;
    if (threadIdx.x == 0)
        place = atomicAdd(next, 1u); // by the order of starting, not by blockIdx
    __syncthreads();
    if (threadIdx.x == 0) {
        if (place > 0)
            while (done[place - 1] == 0)
                __threadfence();
        int sum = place > 0 ? done[place - 1] : 0;
        __threadfence();
        done[place] = sum + 1;
        out[place] = sum + 1;
    }
}

int main()
{
    int *lock = room<int>(1), *sum = room<int>(1), *out = room<int>(1024);
    lock_by_warps<<<4, 256>>>(lock, sum, 20);
    EXPECT_RAN();
    EXPECT_EQ(*sum, 4 * 256 / warp_size() * 20);
    *sum = 0;
    lock_by_threads<<<3, 200>>>(lock, sum);
    EXPECT_RAN();
    EXPECT_EQ(*sum, 600);
    *sum = 0;
    lock_plainly<<<2, 96>>>(lock, sum);
    EXPECT_RAN();
    EXPECT_EQ(*sum, 192);
    EXPECT_EQ(*lock, 0);

    for (int n : {2, 33, 100, 512}) {
        flags<<<1, n>>>(out);
        EXPECT_RAN();
        for (int t = 0; t < n; ++t)
            EXPECT_AT(t, out[t], (n - 1) / warp_size() - t / warp_size() + 1);
    }
    unsigned *serving = room<unsigned>(1);
    tickets<<<1, 128>>>(serving, out);
    EXPECT_RAN();
    EXPECT_EQ(*serving, 128u);
    for (int t = 0; t < 128; ++t)
        EXPECT_AT(t, out[(t * 7 + 3) % 128], t);

    const int blocks = 300;
    unsigned *next = room<unsigned>(1);
    int *done = room<int>(blocks);
    chain_of_blocks<<<blocks, 64>>>(next, done, out);
    EXPECT_RAN();
    for (int b = 0; b < blocks; ++b)
        EXPECT_AT(b, out[b], b + 1);
    return expect_result();
}
