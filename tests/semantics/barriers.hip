// Barriers of the block: what is written before one is seen after it, the counting forms count, and threads that have
// returned are not waited for, be they a few lanes, whole warps, or all but one.
#include "expect.h"

// Every round each thread reads what its right neighbour wrote. The second barrier keeps the next round's writes back.
__global__ void pass_along(int *out, int rounds)
{
    __shared__ int seat[1024];
    int t = threadIdx.x, n = blockDim.x, value = t + 1000 * blockIdx.x;
    for (int round = 0; round < rounds; ++round) {
        seat[t] = value;
        __syncthreads();
        value = seat[(t + 1) % n];
        __syncthreads();
    }
    out[blockIdx.x * n + t] = value;
}

__device__ int block_sum(int value, int *scratch)
{
    int t = threadIdx.x;
    scratch[t] = value;
    __syncthreads();
    for (int stride = 512; stride > 0; stride /= 2) {
        if (t < stride && t + stride < (int)blockDim.x)
            scratch[t] += scratch[t + stride];
        __syncthreads();
    }
    int sum = scratch[0];
    __syncthreads();
    return sum;
}

template <class Op> __device__ int apply_after_barrier(Op op, int value)
{
    __syncthreads();
    return op(value);
}

// A barrier wherever the grammar lets one stand, as long as all threads come to it.
__global__ void barriers_everywhere(int *out, const int *uniform)
{
    __shared__ int box[1024];
    int t = threadIdx.x, n = blockDim.x, sum = block_sum(t, box);
    box[t] = 0;
    if (uniform[0])
        __syncthreads();
    else
        sum = -1;
    int i = 0;
    while (i < uniform[1]) {
        box[(t + i) % n] += 1;
        __syncthreads();
        ++i;
    }
    do {
        __syncthreads();
        box[t] += i;
        __syncthreads();
    } while (--i > 0);
    switch (uniform[2]) {
    case 0:
        sum = -2;
        break;
    case 3:
        __syncthreads();
        box[(t + 1) % n] += 100;
        // fall through
    default:
        __syncthreads();
        box[(t + 2) % n] += 1000;
    }
    for (__syncthreads(); i < 2; __syncthreads(), ++i)
        box[(t + i) % n] += 10000;
    i = uniform[0] ? (__syncthreads(), 7) : 8;
    {
        auto later = [=](int x) { return x + i; };
        sum += apply_after_barrier(later, 1);
    }
    int step = 0;
again:
    __syncthreads();
    box[(t + step) % n] += 100000;
    if (++step < 3)
        goto again;
    __syncthreads();
    out[2 * t] = sum;
    out[2 * t + 1] = box[t];
}

// patterns: 0 nobody, 1 everybody, 2 odd ones, 3 the last thread only, 4 all but thread 0.
__host__ __device__ inline bool votes(int pattern, int t, int n)
{
    return pattern == 1 || (pattern == 2 && t % 2) || (pattern == 3 && t == n - 1) || (pattern == 4 && t > 0);
}

__global__ void count_votes(int *out)
{
    int t = threadIdx.x, n = blockDim.x;
    for (int pattern = 0; pattern < 5; ++pattern) {
        bool vote = votes(pattern, t, n);
        int *mine = out + (pattern * n + t) * 4;
        mine[0] = __syncthreads_count(vote);
        mine[1] = __syncthreads_and(vote) != 0;
        mine[2] = __syncthreads_or(vote) != 0;
        mine[3] = __syncthreads_count(vote ? -256 : 0); // any value other than 0 is a vote, and one only
    }
}

// Threads from `stay` on (or below it) return at once; the others meet at barriers all the same.
__global__ void some_leave(int *out, int first, int stay)
{
    __shared__ int seat[1024];
    int t = threadIdx.x;
    if (t < first || t >= first + stay)
        return;
    seat[t] = t * t;
    __syncthreads();
    int neighbour = seat[first + (t - first + 1) % stay];
    int count = __syncthreads_count(t % 3 == 0);
    int all = __syncthreads_and(t >= first);
    int none = __syncthreads_or(t < first);
    out[4 * t] = neighbour;
    out[4 * t + 1] = count;
    out[4 * t + 2] = all != 0;
    out[4 * t + 3] = none != 0;
}

// Before step s thread s leaves (or its mirror image): the count of those that are left goes down one by one.
__global__ void leave_one_by_one(int *counts, bool from_the_end)
{
    int t = threadIdx.x, n = blockDim.x, turn = from_the_end ? n - 1 - t : t;
    for (int step = 0; step < n; ++step) {
        int left = __syncthreads_count(1);
        if (turn == n - 1)
            counts[step] = left;
        if (turn == step)
            return;
    }
}

// Each lane makes as many rounds as its number in the warp says, then leaves; the barrier is in the loop.
__global__ void different_trip_counts(int *out)
{
    __shared__ int alive[64];
    int t = threadIdx.x, trips = t % 37 + 1;
    for (int round = 0; round < trips; ++round) {
        if (t < 64)
            alive[t] = 0;
        __syncthreads();
        atomicAdd(&alive[round], 1);
        __syncthreads();
        out[t] += alive[round];
    }
}

// The end comes from different places: return in a loop, in a nested function's caller, at the end of the body.
__global__ void many_ways_out(int *out)
{
    int t = threadIdx.x;
    if (t % 5 == 0)
        return;
    __syncthreads();
    for (int i = 0; i < 4; ++i) {
        if (t % 5 == 1 && i == 2)
            return;
        out[t] += __syncthreads_count(1);
    }
    if (t % 5 == 2)
        return;
    __syncthreads();
    out[t] += 10000;
}

// Some blocks return whole, and shared memory of one block must not be taken for that of the next.
__global__ void blocks_apart(int *out)
{
    __shared__ int sum;
    if (blockIdx.x % 3 == 2)
        return;
    if (threadIdx.x == 0)
        sum = 0;
    __syncthreads();
    atomicAdd(&sum, (int)(threadIdx.x * (blockIdx.x + 1)));
    __syncthreads();
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

// Hillis and Steele's scan: log2(n) rounds with two barriers each, two buffers.
__global__ void scan(const int *in, int *out)
{
    extern __shared__ int line[];
    int t = threadIdx.x, n = blockDim.x, from = 0;
    line[t] = in[t];
    __syncthreads();
    for (int reach = 1; reach < n; reach *= 2) {
        int sum = line[from * n + t];
        if (t >= reach)
            sum += line[from * n + t - reach];
        from = 1 - from;
        line[from * n + t] = sum;
        __syncthreads();
    }
    out[t] = line[from * n + t];
}

static void check_block(int n)
{
    int *out = room<int>(20 * 1024), *in = room<int>(1024), *uniform = room<int>(3);
    pass_along<<<3, n>>>(out, 5);
    EXPECT_RAN();
    for (int i = 0; i < 3 * n; ++i)
        EXPECT_AT(i, out[i], (i % n + 5) % n + 1000 * (i / n));

    uniform[0] = 1, uniform[1] = 3, uniform[2] = 3;
    barriers_everywhere<<<1, n>>>(out, uniform);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        EXPECT_AT(t, out[2 * t], n * (n - 1) / 2 + 8);
        EXPECT_AT(t, out[2 * t + 1], 3 + (3 + 2 + 1) + 100 + 1000 + 20000 + 300000);
    }

    count_votes<<<1, n>>>(out);
    EXPECT_RAN();
    for (int pattern = 0; pattern < 5; ++pattern) {
        int count = 0;
        for (int t = 0; t < n; ++t)
            count += votes(pattern, t, n);
        for (int t = 0; t < n; ++t) {
            const int *mine = out + (pattern * n + t) * 4;
            EXPECT_AT(pattern, mine[0], count);
            EXPECT_AT(pattern, mine[1], (int)(count == n));
            EXPECT_AT(pattern, mine[2], (int)(count > 0));
            EXPECT_AT(pattern, mine[3], count);
        }
    }

    for (bool from_the_end : {false, true}) {
        leave_one_by_one<<<1, n>>>(out, from_the_end);
        EXPECT_RAN();
        for (int step = 0; step < n; ++step)
            EXPECT_AT(step, out[step], n - step);
    }

    for (int t = 0; t < n; ++t)
        in[t] = t * 7919 % 1000 - 400;
    scan<<<1, n, 2 * n * sizeof(int)>>>(in, out);
    EXPECT_RAN();
    for (int t = 0, sum = 0; t < n; ++t) {
        sum += in[t];
        EXPECT_AT(t, out[t], sum);
    }
}

static void check_leavers(int n, int first, int stay)
{
    int *out = room<int>(4 * 1024);
    some_leave<<<2, n>>>(out, first, stay); // both blocks write the same
    EXPECT_RAN();
    int count = 0;
    for (int t = first; t < first + stay; ++t)
        count += t % 3 == 0;
    for (int t = 0; t < n; ++t) {
        bool stayed = t >= first && t < first + stay;
        int neighbour = first + (t - first + 1) % stay;
        EXPECT_AT(t, out[4 * t], stayed ? neighbour * neighbour : 0);
        EXPECT_AT(t, out[4 * t + 1], stayed ? count : 0);
        EXPECT_AT(t, out[4 * t + 2], (int)stayed);
        EXPECT_AT(t, out[4 * t + 3], 0);
    }
}

int main()
{
    for (int n : {1, 2, 31, 32, 33, 63, 64, 65, 100, 256, 1024})
        check_block(n);
    check_leavers(256, 0, 64);  // whole warps leave
    check_leavers(256, 64, 64); // ... on both sides
    check_leavers(256, 0, 50);  // some lanes of a warp too
    check_leavers(256, 77, 101);
    check_leavers(1024, 0, 1); // all but one
    check_leavers(1024, 1023, 1);
    check_leavers(1024, 500, 1);
    check_leavers(65, 64, 1);
    check_leavers(33, 1, 31);
    check_leavers(1024, 0, 1023);

    const int n = 200;
    int *out = room<int>(1024);
    different_trip_counts<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int expected = 0;
        for (int round = 0; round < t % 37 + 1; ++round)
            for (int other = 0; other < n; ++other)
                expected += other % 37 + 1 > round;
        EXPECT_AT(t, out[t], expected);
    }

    memset(out, 0, 1024 * sizeof(int));
    many_ways_out<<<1, 100>>>(out);
    EXPECT_RAN();
    const int expected[5] = {0, 160, 80 + 80 + 60 + 60, 80 + 80 + 60 + 60 + 10000, 80 + 80 + 60 + 60 + 10000};
    for (int t = 0; t < 100; ++t)
        EXPECT_AT(t, out[t], expected[t % 5]);

    int *sums = room<int>(60 * 70);
    blocks_apart<<<60, 70>>>(sums);
    EXPECT_RAN();
    for (int i = 0; i < 60 * 70; ++i)
        EXPECT_AT(i, sums[i], i / 70 % 3 == 2 ? 0 : 69 * 70 / 2 * (i / 70 + 1));
    return expect_result();
}
