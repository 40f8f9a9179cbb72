// Warp operations where the lanes of a warp go different ways: in both halves of an if, in loops that lanes leave at
// different times, behind continue, break and return, in functions and included files. Lanes that share a way meet; and
// where the ways join again, so do the lanes.
#include "expect.h"
#include "divergence.h"

__device__ int neighbour(int value)
{
    return __shfl_xor(value, 1);
}

__device__ int other_neighbour(int value)
{
    return __shfl_xor(value, 1);
}

// Each pair of lanes (2k, 2k+1) always goes the same way, so that the pair's exchange is defined everywhere.
__global__ void branches(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, pair = lane / 2, value;
    int *mine = out + 10 * t;
    if (pair % 2)
        value = __shfl_xor(t, 1);
    else
        value = __shfl_xor(t + 1000, 1);
    mine[0] = value;
    if (pair % 2) // the same function on both sides
        value = neighbour(t);
    else
        value = neighbour(t + 1000);
    mine[1] = value;
    if (pair % 3 == 0)
        value = included_neighbour(t);
    else if (pair % 3 == 1)
        value = __shfl_xor(t + 1000, 1);
    else
        value = other_neighbour(t + 2000);
    mine[2] = value;
    switch (pair % 4) {
    case 0:
        value = __shfl_xor(t, 1);
        break;
    case 1:
        value = __shfl_xor(t + 100, 1);
        // fall through
    case 2:
        value += __shfl_xor(t + 10000, 1);
        break;
    default:
        value = -1;
    }
    mine[3] = value;
    mine[4] = __shfl(t, lane ^ (warpSize - 1)); // all lanes again
    if (pair % 2) {
        value = 1;
        if (pair % 4 == 1)
            value += __shfl_xor(t, 1);
        else
            value -= __shfl_xor(t, 1);
        value += 10 * __shfl_xor(t, 1);
    }
    mine[5] = value + 100 * __popcll(__ballot(1));
    mine[6] = pair % 2 ? __shfl_xor(t + 5, 1) : __shfl_xor(t - 5, 1);
    mine[7] = included_warp_max(t * 37 % 101);
    mine[8] = pair % 2 && __shfl_xor(t, 1) > t;          // only where the left side holds
    mine[9] = pair % 2 ? included_late_neighbour(t) : t; // lanes l and l^2 differ in pair % 2 ...
}

// Lanes leave a loop one after the other; all that are in the loop are in the same round.
__global__ void loops(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, top = warpSize - 1;
    int *mine = out + 8 * t;
    int sum = 0;
    for (int i = 0; i <= lane; ++i) // the top lane makes every round
        sum += __shfl(1000 * i + t, top);
    mine[0] = sum;

    int rounds = 0, members = 0;
    while (true) {
        int here = __popcll(__ballot(1));
        if (rounds >= lane)
            break;
        members += here;
        ++rounds;
    }
    mine[1] = members;

    int turns = 0;
    for (int i = 0; i < 12; ++i) {
        if ((i + lane / 2) % 3 == 0)
            continue;
        turns += __shfl_xor(1, 1); // pairs skip the same rounds
    }
    mine[2] = turns;

    int i = 0, product = 1;
    do {
        product = product * 3 + __shfl_xor(i, 1);
        ++i;
    } while (i < lane / 2 % 7);
    mine[3] = product;

    int deep = 0;
    for (int outer = 0; outer < 3; ++outer)
        for (int inner = 0; inner <= (lane + outer) / 4 % 3; ++inner)
            deep += __popcll(__ballot(1)) > 0;
    mine[4] = deep;
    mine[5] = (int)(__ballot(1) == low_bits(warpSize)); // together again after all that

    // A queue: in each round the lowest lane that has not been served is, and tells all others its number.
    unsigned long long waiting = __ballot(lane % 3 == 1);
    int served = 0;
    while (waiting) {
        int leader = __ffsll((long long)waiting) - 1;
        served = 31 * served + __shfl(t, leader);
        waiting &= waiting - 1;
    }
    mine[6] = served;
}

// Early returns in the middle, and shuffles among those that are left.
__global__ void returns(int *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    out[3 * t] = __shfl_xor(t, 1);
    if (lane / 2 % 3 == 1)
        return;
    out[3 * t + 1] = __shfl_xor(t, 1);
    if (t >= warpSize) {
        if (lane > 9)
            return;
        out[3 * t + 2] = __shfl(t, 5);
        return;
    }
    out[3 * t + 2] = __shfl(t, warpSize - 1) + (int)__popcll(__ballot(1));
}

// Ways that join after calls to functions of this file and of the included one.
__global__ void joins(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    unsigned long long *mine = out + 6 * t;
    IncludedVote vote;
    if (lane < 10)
        mine[0] = included_neighbour(t);
    mine[0] = __ballot(1);
    if (lane < 10)
        mine[1] = vote(1);
    else
        mine[1] = __ballot(1);
    mine[2] = __ballot(lane & 1);
    if (lane % 2)
        mine[3] = included_late_neighbour(t);
    mine[3] = __ballot(1);
    auto lambda = [=](int x) { return __ballot(x); };
    mine[4] = lambda(lane < 5);
    if (lane % 2)
        mine[5] = lambda(lane < 9);
    else
        mine[5] = __ballot(1);
}

static void check_branches(int warp)
{
    const int n = 2 * warp;
    int *out = room<int>(10 * n);
    branches<<<1, n>>>(out);
    EXPECT_RAN();
    int largest[2] = {0, 0};
    for (int t = 0; t < n; ++t)
        largest[t / warp] = t * 37 % 101 > largest[t / warp] ? t * 37 % 101 : largest[t / warp];
    for (int t = 0; t < n; ++t) {
        int lane = t % warp, pair = lane / 2, other = t ^ 1;
        const int *mine = out + 10 * t;
        EXPECT_AT(t, mine[0], pair % 2 ? other : other + 1000);
        EXPECT_AT(t, mine[1], pair % 2 ? other : other + 1000);
        EXPECT_AT(t, mine[2], other + 1000 * (pair % 3));
        const int by_case[] = {other, 2 * other + 10100, mine[2] + other + 10000, -1};
        EXPECT_AT(t, mine[3], by_case[pair % 4]);
        EXPECT_AT(t, mine[4], t - lane + (lane ^ (warp - 1)));
        EXPECT_AT(t, mine[5], 100 * warp + (pair % 4 == 1 ? 1 + 11 * other : pair % 4 == 3 ? 1 + 9 * other : mine[3]));
        EXPECT_AT(t, mine[6], pair % 2 ? other + 5 : other - 5);
        EXPECT_AT(t, mine[7], largest[t / warp]);
        EXPECT_AT(t, mine[8], (int)(pair % 2 && other > t));
        if (pair % 2 == 0) // the others read lanes that did not come
            EXPECT_AT(t, mine[9], t);
    }
}

static void check_loops(int warp)
{
    const int n = 2 * warp;
    int *out = room<int>(8 * n);
    loops<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int lane = t % warp, start = t - lane;
        const int *mine = out + 8 * t;
        EXPECT_AT(t, mine[0], (lane + 1) * (start + warp - 1) + 1000 * lane * (lane + 1) / 2);
        int members = 0, turns = 0, product = 1, deep = 0, served = 0;
        for (int round = 0; round < lane; ++round)
            members += warp - round;
        EXPECT_AT(t, mine[1], members);
        for (int i = 0; i < 12; ++i)
            turns += (i + lane / 2) % 3 != 0;
        EXPECT_AT(t, mine[2], turns);
        for (int i = 0; i == 0 || i < lane / 2 % 7; ++i)
            product = product * 3 + i;
        EXPECT_AT(t, mine[3], product);
        for (int outer = 0; outer < 3; ++outer)
            deep += (lane + outer) / 4 % 3 + 1;
        EXPECT_AT(t, mine[4], deep);
        EXPECT_AT(t, mine[5], 1);
        for (int other = 1; other < warp; other += 3)
            served = (int)(31u * served + start + other);
        EXPECT_AT(t, mine[6], served);
    }
}

static void check_joins(int warp)
{
    const int n = 2 * warp;
    const unsigned long long all = low_bits(warp);
    int *left = room<int>(3 * n);
    returns<<<1, n>>>(left);
    EXPECT_RAN();
    int stayed = 0;
    for (int lane = 0; lane < warp; ++lane)
        stayed += lane / 2 % 3 != 1;
    for (int t = 0; t < n; ++t) {
        int lane = t % warp, gone = lane / 2 % 3 == 1;
        EXPECT_AT(t, left[3 * t], t ^ 1);
        EXPECT_AT(t, left[3 * t + 1], gone ? 0 : t ^ 1);
        if (t >= warp)
            EXPECT_AT(t, left[3 * t + 2], gone || lane > 9 ? 0 : t - lane + 5);
        else if ((warp - 1) / 2 % 3 != 1) // else the top lane is gone and its value anyone's guess
            EXPECT_AT(t, left[3 * t + 2], gone ? 0 : warp - 1 + stayed);
    }

    unsigned long long *out = room<unsigned long long>(6 * n);
    joins<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int lane = t % warp;
        const unsigned long long *mine = out + 6 * t, even = 0x5555555555555555ull & all;
        EXPECT_AT(t, mine[0], all);
        EXPECT_AT(t, mine[1], lane < 10 ? low_bits(10) : all & ~low_bits(10));
        EXPECT_AT(t, mine[2], all & ~even);
        EXPECT_AT(t, mine[3], all);
        EXPECT_AT(t, mine[4], low_bits(5));
        EXPECT_AT(t, mine[5], lane % 2 ? low_bits(9) & ~even : even);
    }
}

int main()
{
    const int warp = warp_size();
    check_branches(warp);
    check_loops(warp);
    check_joins(warp);
    return expect_result();
}
