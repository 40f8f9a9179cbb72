// Critical sections: a lock of atomicCAS and atomicExch taken by one thread a block, one taken by every thread of a
// block in turn, and a hash table with a lock a bucket whose chains are linked by all threads.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(e) check((e), __LINE__)
static inline void check(hipError_t e, int line)
{
    if (e != hipSuccess) {
        printf("FAILED: line %d: %s\n", line, hipGetErrorString(e));
        exit(1);
    }
}

struct Lock {
    int *mutex;

    Lock()
    {
        CHECK(hipMalloc((void **)&mutex, sizeof(int)));
        CHECK(hipMemset(mutex, 0, sizeof(int)));
    }
    void release() { CHECK(hipFree(mutex)); }
    __device__ void lock()
    {
        while (atomicCAS(mutex, 0, 1) != 0)
            ;
        __threadfence();
    }
    __device__ void unlock()
    {
        __threadfence();
        atomicExch(mutex, 0);
    }
};

// A running mean and maximum cannot be updated by one atomic: the lock keeps both together.
struct Statistics {
    double sum;
    int count, largest, largest_block;
};

__global__ void gather(Lock lock, const int *values, volatile Statistics *s)
{
    __shared__ int block_sum, block_max;
    if (threadIdx.x == 0)
        block_sum = block_max = 0;
    __syncthreads();
    int v = values[blockIdx.x * blockDim.x + threadIdx.x];
    atomicAdd(&block_sum, v);
    atomicMax(&block_max, v);
    __syncthreads();
    if (threadIdx.x == 0) {
        lock.lock();
        s->sum = s->sum + block_sum;
        s->count = s->count + 1;
        if (block_max > s->largest) {
            s->largest = block_max;
            s->largest_block = blockIdx.x;
        }
        lock.unlock();
    }
}

// All threads of a wavefront want the lock. The one that has it must get through the critical section in the same
// round of the loop, or lanes that run in step would wait for each other for ever.
__global__ void count_all(int *mutex, volatile int *counter)
{
    bool done = false;
    while (!done) {
        if (atomicCAS(mutex, 0, 1) == 0) {
            __threadfence();
            *counter = *counter + 1;
            __threadfence();
            atomicExch(mutex, 0);
            done = true;
        }
    }
}

const int BUCKETS = 37;

__global__ void insert(const int *values, int n, int *locks, volatile int *heads, volatile int *next)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        int b = values[i] % BUCKETS;
        for (bool waiting = true; waiting;) {
            if (!atomicCAS(&locks[b], 0, 1)) {
                next[i] = heads[b];
                heads[b] = i;
                __threadfence();
                atomicExch(&locks[b], 0);
                waiting = false;
            }
        }
    }
}

int main()
{
    const int threads = 64, blocks = 50, n = threads * blocks;
    std::vector<int> values(n);
    Statistics expected = {0, blocks, -1, -1}, zero = {0, 0, -1, -1}, got;
    for (int i = 0; i < n; i++) {
        values[i] = (i * 48271 + 11) % 10007;       // all different: a multiplier below the prime modulus
        expected.sum += values[i];
        if (values[i] > expected.largest) {
            expected.largest = values[i];
            expected.largest_block = i / threads;
        }
    }
    int *d_values, *d_ints;
    Statistics *d_stats;
    CHECK(hipMalloc(&d_values, n * sizeof(int)));
    CHECK(hipMalloc(&d_stats, sizeof(Statistics)));
    CHECK(hipMemcpy(d_values, values.data(), n * sizeof(int), hipMemcpyHostToDevice));
    CHECK(hipMemcpy(d_stats, &zero, sizeof(zero), hipMemcpyHostToDevice));
    Lock lock;
    gather<<<blocks, threads>>>(lock, d_values, d_stats);
    CHECK(hipMemcpy(&got, d_stats, sizeof(got), hipMemcpyDeviceToHost));
    lock.release();
    if (got.sum != expected.sum || got.count != blocks || got.largest != expected.largest ||
        got.largest_block != expected.largest_block) {
        printf("FAILED: sum %g of %d blocks, largest %d in block %d\n", got.sum, got.count, got.largest,
               got.largest_block);
        return 1;
    }

    // mutex, counter, locks, heads, next
    const size_t ints = 2 + 2 * BUCKETS + n;
    CHECK(hipMalloc(&d_ints, ints * sizeof(int)));
    CHECK(hipMemset(d_ints, 0, (2 + BUCKETS) * sizeof(int)));
    CHECK(hipMemset(d_ints + 2 + BUCKETS, 0xff, BUCKETS * sizeof(int)));
    count_all<<<6, 96>>>(d_ints, d_ints + 1);
    int *d_heads = d_ints + 2 + BUCKETS, *d_next = d_heads + BUCKETS;
    insert<<<7, 32>>>(d_values, n, d_ints + 2, d_heads, d_next);
    std::vector<int> h(ints), seen(n, 0);
    CHECK(hipMemcpy(h.data(), d_ints, ints * sizeof(int), hipMemcpyDeviceToHost));
    if (h[1] != 6 * 96) {
        printf("FAILED: the counter under the lock reads %d\n", h[1]);
        return 1;
    }
    const int *heads = &h[2 + BUCKETS], *next = heads + BUCKETS;
    for (int b = 0; b < BUCKETS; b++)
        for (int i = heads[b], length = 0; i != -1; i = next[i])
            if (i < 0 || i >= n || values[i] % BUCKETS != b || seen[i]++ || ++length > n) {
                printf("FAILED: chain %d is broken at %d\n", b, i);
                return 1;
            }
    for (int i = 0; i < n; i++)
        if (!seen[i]) {
            printf("FAILED: element %d was lost\n", i);
            return 1;
        }
    for (void *p : {(void *)d_values, (void *)d_ints, (void *)d_stats})
        CHECK(hipFree(p));
    printf("PASSED\n");
    return 0;
}
