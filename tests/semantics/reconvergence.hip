// When do the lanes of a warp meet again after they went different ways? On a GPU that runs a warp in step, where the
// branch ends: at the end of the if, or of the loop's round. A simulation that looks only at the line where a lane
// waits gets these cases wrong: the same line stands for several rounds, several callers, and a later line may come
// first.
#include "expect.h"
#include "divergence.h"

__device__ unsigned long long company()
{
    return __ballot(1);
}

__device__ unsigned long long company_below();

// Line of the first meeting < line of the second, but the second one of a round comes before the first of the next.
__global__ void op_at_loop_head(unsigned long long *out, int rounds)
{
    int lane = threadIdx.x % warpSize;
    for (int i = 0; i < rounds; ++i) {
        unsigned long long everybody = __ballot(1);
        unsigned long long some = 0;
        if ((lane + i) % 3 == 0)
            some = __ballot(1);
        out[2 * (i * blockDim.x + threadIdx.x)] = everybody;
        out[2 * (i * blockDim.x + threadIdx.x) + 1] = some;
    }
}

// One place, reached by some lanes in even rounds and by the others in odd ones.
__global__ void same_place_other_round(unsigned long long *out, int rounds)
{
    int lane = threadIdx.x % warpSize;
    for (int i = 0; i < rounds; ++i)
        if ((lane + i) % 2 == 0)
            out[i * blockDim.x + threadIdx.x] = __ballot(1);
}

// The same function from both sides of a branch, and from two loops.
__global__ void one_function_two_callers(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    if (lane < 7)
        out[3 * t] = company();
    else
        out[3 * t] = company();
    int sum = 0;
    if (lane % 2) {
        for (int i = 0; i < 3; ++i)
            sum += __popcll(company());
    } else {
        for (int i = 0; i < 5; ++i)
            sum += __popcll(company());
    }
    out[3 * t + 1] = sum;
    out[3 * t + 2] = company();
}

// The function stands below the kernel, so its line says nothing about when its turn is.
__global__ void function_below(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    if (lane >= 10)
        out[2 * t] = company_below();
    out[2 * t + 1] = __ballot(1);
}

__device__ unsigned long long company_below()
{
    return __ballot(1);
}

__device__ int warp_sum(int value)
{
    for (int delta = warpSize / 2; delta > 0; delta /= 2)
        value += __shfl_xor(value, delta);
    return value;
}

// Some lanes are still busy in a branch while the others are ahead, in a function that all of them call.
__global__ void branch_then_function(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, value = lane;
    if (lane / 2 % 2)
        value = __shfl_xor(lane, 1);
    out[3 * t] = warp_sum(value);
    if (lane / 2 % 2)
        value = __shfl_xor(lane, 1);
    out[3 * t + 1] = included_warp_max(value);
    IncludedVote vote;
    if (lane < 10)
        value = __popcll(vote(1));
    else
        value = __popcll(__ballot(1));
    out[3 * t + 2] = 100 * value + __popcll(vote(lane & 1));
}

// How programs without __match_any_sync serve equal keys together: the lowest lane that waits names its key, and all
// that have the same one are served and leave.
__global__ void serve_by_key(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, key = lane % 5;
    bool waits = true;
    for (int turn = 0; waits; ++turn) {
        int first = __ffsll((long long)__ballot(1)) - 1;
        if (key == __shfl(key, first)) {
            out[t] = 100 * turn + __popcll(__ballot(1));
            waits = false;
        }
    }
}

// An inner loop with a length of its own in each lane, inside an outer one.
__global__ void nested_loops(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, all = 0, inner = 0;
    for (int i = 0; i < 4; ++i) {
        all += __popcll(__ballot(1));
        for (int j = 0; j < (lane + i) % 4; ++j)
            inner += __popcll(__ballot(1));
        all += __popcll(__ballot(1));
    }
    out[2 * t] = all;
    out[2 * t + 1] = inner;
}

int main()
{
    const int warp = warp_size(), n = 2 * warp, rounds = 6;
    const unsigned long long everybody = low_bits(warp);
    unsigned long long *out = room<unsigned long long>(2 * rounds * n);
    op_at_loop_head<<<1, n>>>(out, rounds);
    EXPECT_RAN();
    for (int i = 0; i < rounds; ++i)
        for (int t = 0; t < n; ++t) {
            unsigned long long third = 0;
            for (int lane = 0; lane < warp; ++lane)
                third |= (unsigned long long)((lane + i) % 3 == 0) << lane;
            EXPECT_AT(i, out[2 * (i * n + t)], everybody);
            EXPECT_AT(i, out[2 * (i * n + t) + 1], (t % warp + i) % 3 == 0 ? third : 0ull);
        }

    memset(out, 0, rounds * n * sizeof *out);
    same_place_other_round<<<1, n>>>(out, rounds);
    EXPECT_RAN();
    for (int i = 0; i < rounds; ++i)
        for (int t = 0; t < n; ++t) {
            unsigned long long half = (i % 2 ? 0xaaaaaaaaaaaaaaaaull : 0x5555555555555555ull) & everybody;
            EXPECT_AT(i, out[i * n + t], (t % warp + i) % 2 == 0 ? half : 0ull);
        }

    one_function_two_callers<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int lane = t % warp;
        EXPECT_AT(t, out[3 * t], lane < 7 ? low_bits(7) : everybody & ~low_bits(7));
        EXPECT_AT(t, out[3 * t + 1], (unsigned long long)(lane % 2 ? 3 : 5) * (warp / 2));
        EXPECT_AT(t, out[3 * t + 2], everybody);
    }

    function_below<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        if (t % warp >= 10)
            EXPECT_AT(t, out[2 * t], everybody & ~low_bits(10));
        EXPECT_AT(t, out[2 * t + 1], everybody);
    }

    int *counts = room<int>(3 * n);
    branch_then_function<<<1, n>>>(counts);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        EXPECT_AT(t, counts[3 * t], warp * (warp - 1) / 2);
        EXPECT_AT(t, counts[3 * t + 1], warp - 1);
        EXPECT_AT(t, counts[3 * t + 2], 100 * (t % warp < 10 ? 10 : warp - 10) + warp / 2);
    }

    serve_by_key<<<1, n>>>(counts);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int key = t % warp % 5, group = 0;
        for (int other = key; other < warp; other += 5)
            ++group;
        EXPECT_AT(t, counts[t], 100 * key + group);
    }

    nested_loops<<<1, n>>>(counts);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int lane = t % warp, inner = 0;
        for (int i = 0; i < 4; ++i)
            for (int j = 0; j < (lane + i) % 4; ++j)
                inner += warp / 4 * (3 - j); // of four neighbours, 3 - j have more than j rounds
        EXPECT_AT(t, counts[2 * t], 8 * warp);
        EXPECT_AT(t, counts[2 * t + 1], inner);
    }
    return expect_result();
}
