// Votes and masks of the warp: __ballot, __any, __all, __activemask and their _sync forms, 64 lanes wide, in branches,
// after lanes have left, with masks that name a part of the warp; __syncwarp; __match_any_sync and __match_all_sync.
#include "expect.h"

// Bit `lane` of pattern p is the vote; a vote is any value other than 0.
__global__ void patterns(const unsigned long long *pattern, int count, unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    unsigned long long everybody = low_bits(warpSize);
    for (int p = 0; p < count; ++p) {
        int vote = pattern[p] >> lane & 1 ? (lane % 3 == 0 ? -5 : lane % 3 == 1 ? 1 : 0x10000) : 0;
        unsigned long long *mine = out + ((size_t)p * blockDim.x + t) * 6;
        mine[0] = __ballot(vote);
        mine[1] = __any(vote) != 0;
        mine[2] = __all(vote) != 0;
        mine[3] = __ballot_sync(everybody, vote);
        mine[4] = __any_sync(everybody, vote) != 0;
        mine[5] = __all_sync(everybody, vote) != 0;
    }
}

// In a branch only those who are in it take part.
__global__ void in_branches(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    unsigned long long *mine = out + 8 * t;
    if (lane % 3 == 0) {
        mine[0] = __ballot(1);
        mine[1] = __activemask();
        mine[2] = __all(lane % 3 == 0);
    } else if (lane % 3 == 1) {
        mine[0] = __ballot(lane > 10);
        mine[1] = __activemask();
        mine[2] = __any(lane % 3 == 0);
    } else {
        mine[0] = __ballot(0);
        mine[1] = __activemask();
        mine[2] = __all(lane != 5);
    }
    mine[3] = __ballot(1); // together again
    mine[4] = __activemask();
    if (lane < 8)
        mine[5] = __ballot_sync(0xff, lane & 1); // the mask names those eight
    else
        mine[5] = __ballot_sync(low_bits(warpSize) & ~0xffull, lane & 1);
    mine[6] = __any_sync(lane < 4 ? 0xfull : low_bits(warpSize) & ~0xfull, lane == 2);
    mine[7] = __all_sync(lane < 4 ? 0xfull : low_bits(warpSize) & ~0xfull, lane < 4);
}

// Lanes leave; those that stay vote without them.
__global__ void after_leaving(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    unsigned long long *mine = out + 8 * t;
    mine[0] = __ballot(1);
    if (lane % 4 == 1)
        return;
    mine[1] = __ballot(1);
    mine[2] = __all(lane % 4 != 1);
    mine[3] = __any(lane % 4 == 1);
    if (lane > 20)
        return;
    mine[4] = __ballot(lane >= 10);
    mine[5] = __activemask();
    for (int i = 0; i < 8; ++i) { // lane i goes in round i
        mine[6] = __ballot(1);
        if (lane == i)
            return;
    }
    mine[7] = __ballot(1);
}

// The last warp of a block of `blockDim.x` threads has fewer lanes; votes know.
__global__ void partial_warp(unsigned long long *out)
{
    int t = threadIdx.x;
    out[4 * t] = __ballot(1);
    out[4 * t + 1] = __all(1) != 0;
    out[4 * t + 2] = __activemask();
    out[4 * t + 3] = __ballot(t == (int)blockDim.x - 1);
}

// Numbering the voters: what a compaction does.
__global__ void compact(const int *in, int *out, int *count)
{
    int t = threadIdx.x, lane = t % warpSize;
    bool keep = in[t] > 0;
    unsigned long long keepers = __ballot(keep);
    int rank = __popcll(keepers & low_bits(lane));
    __shared__ int start[32];
    if (lane == 0)
        start[t / warpSize] = __popcll(keepers);
    __syncthreads();
    int before = 0;
    for (int w = 0; w < t / warpSize; ++w)
        before += start[w];
    if (keep)
        out[before + rank] = in[t];
    if (t == (int)blockDim.x - 1)
        *count = before + __popcll(keepers);
}

// __syncwarp orders the warp's shared memory, for all lanes or those of a mask.
__global__ void warp_barrier(int *out)
{
    __shared__ volatile int seat[256];
    int t = threadIdx.x, lane = t % warpSize, start = t - lane;
    seat[t] = t;
    __syncwarp();
    int next = seat[start + (lane + 1) % warpSize];
    __syncwarp();
    seat[t] = 10 * t;
    __syncwarp(low_bits(warpSize));
    next += seat[start + (lane + 2) % warpSize];
    __syncwarp();
    if (lane < 16) { // tree over 16 lanes
        seat[t] = lane;
        __syncwarp(0xffff);
        for (int reach = 8; reach > 0; reach /= 2) {
            if (lane < reach)
                seat[t] += seat[t + reach];
            __syncwarp(0xffff);
        }
    }
    __syncwarp();
    out[2 * t] = next;
    out[2 * t + 1] = seat[start];
}

__global__ void matches(unsigned long long *out)
{
    int t = threadIdx.x, lane = t % warpSize, same = -1;
    unsigned long long everybody = low_bits(warpSize), *mine = out + 8 * t;
    mine[0] = __match_any_sync(everybody, lane % 5);
    mine[1] = __match_all_sync(everybody, 77, &same);
    mine[2] = same;
    mine[3] = __match_all_sync(everybody, lane == 9, &same);
    mine[4] = same;
    mine[5] = __match_any_sync(everybody, lane % 2 ? 0x100000000ull : 0x200000000ull);
    mine[6] = __match_any_sync(everybody, lane < 3 ? 1.5 : 2.5);
    if (lane < 4)
        mine[7] = __match_any_sync(0xf, lane / 2);
}

__global__ void lane_masks(unsigned long long *out)
{
    unsigned long long *mine = out + 5 * threadIdx.x;
    mine[0] = __lanemask_lt();
    mine[1] = __lanemask_le();
    mine[2] = __lanemask_eq();
    mine[3] = __lanemask_ge();
    mine[4] = __lanemask_gt();
}

static unsigned long long lanes_where(int from, int to, int (*chosen)(int))
{
    unsigned long long mask = 0;
    for (int lane = from; lane < to; ++lane)
        mask |= (unsigned long long)(chosen(lane) != 0) << lane;
    return mask;
}

static void check_branches(unsigned long long *out, int warp)
{
    const unsigned long long all = low_bits(warp);
    unsigned long long third[3];
    third[0] = lanes_where(0, warp, [](int lane) -> int { return lane % 3 == 0; });
    third[1] = lanes_where(0, warp, [](int lane) -> int { return lane % 3 == 1; });
    third[2] = lanes_where(0, warp, [](int lane) -> int { return lane % 3 == 2; });
    in_branches<<<1, 2 * warp>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 2 * warp; ++t) {
        int lane = t % warp;
        const unsigned long long *mine = out + 8 * t;
        EXPECT_AT(t, mine[0], lane % 3 == 0 ? third[0] : lane % 3 == 1 ? third[1] & ~low_bits(11) : 0ull);
        EXPECT_AT(t, mine[1], third[lane % 3]);
        EXPECT_AT(t, mine[2] != 0, lane % 3 == 0);
        EXPECT_AT(t, mine[3], all);
        EXPECT_AT(t, mine[4], all);
        EXPECT_AT(t, mine[5], 0xaaaaaaaaaaaaaaaaull & (lane < 8 ? 0xff : all & ~0xffull));
        EXPECT_AT(t, mine[6] != 0, lane < 4);
        EXPECT_AT(t, mine[7] != 0, lane < 4);
    }
}

static void check_leaving(unsigned long long *out, int warp)
{
    unsigned long long stay = lanes_where(0, warp, [](int lane) -> int { return lane % 4 != 1; });
    memset(out, 0, 8 * 2 * 64 * sizeof *out);
    after_leaving<<<1, 2 * warp>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 2 * warp; ++t) {
        int lane = t % warp;
        const unsigned long long *mine = out + 8 * t;
        bool first = lane % 4 != 1, second = first && lane <= 20;
        EXPECT_AT(t, mine[0], low_bits(warp));
        EXPECT_AT(t, mine[1], first ? stay : 0ull);
        EXPECT_AT(t, mine[2] != 0, first);
        EXPECT_AT(t, mine[3], 0ull);
        EXPECT_AT(t, mine[4], second ? stay & low_bits(21) & ~low_bits(10) : 0ull);
        EXPECT_AT(t, mine[5], second ? stay & low_bits(21) : 0ull);
        // Who goes in round i still sees the lanes from i on; the others see, in round 7, those from 7 on.
        EXPECT_AT(t, mine[6], second ? stay & low_bits(21) & ~low_bits(lane < 8 ? lane : 7) : 0ull);
        EXPECT_AT(t, mine[7], second && lane >= 8 ? stay & low_bits(21) & ~low_bits(8) : 0ull);
    }
}

static void check_matches(unsigned long long *out, int warp)
{
    matches<<<1, 2 * warp>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 2 * warp; ++t) {
        int lane = t % warp;
        const unsigned long long *mine = out + 8 * t;
        unsigned long long fifth = 0, half = 0;
        for (int other = 0; other < warp; ++other) {
            fifth |= (unsigned long long)(other % 5 == lane % 5) << other;
            half |= (unsigned long long)(other % 2 == lane % 2) << other;
        }
        EXPECT_AT(t, mine[0], fifth);
        EXPECT_AT(t, mine[1], low_bits(warp));
        EXPECT_AT(t, mine[2], 1ull);
        EXPECT_AT(t, mine[3], 0ull);
        EXPECT_AT(t, mine[4], 0ull);
        EXPECT_AT(t, mine[5], half);
        EXPECT_AT(t, mine[6], lane < 3 ? 7ull : low_bits(warp) & ~7ull);
        if (lane < 4)
            EXPECT_AT(t, mine[7], lane < 2 ? 3ull : 12ull);
    }

    lane_masks<<<1, 2 * warp>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 2 * warp; ++t) {
        int lane = t % warp;
        EXPECT_AT(t, out[5 * t], low_bits(lane));
        EXPECT_AT(t, out[5 * t + 1], low_bits(lane + 1));
        EXPECT_AT(t, out[5 * t + 2], 1ull << lane);
        EXPECT_AT(t, out[5 * t + 3], low_bits(warp) & ~low_bits(lane));
        EXPECT_AT(t, out[5 * t + 4], low_bits(warp) & ~low_bits(lane + 1));
    }
}

int main()
{
    const int warp = warp_size(), threads = 2 * warp;
    std::vector<unsigned long long> list = {0,
                                            ~0ull,
                                            1,
                                            1ull << (warp - 1),
                                            1ull << 31,
                                            0x5555555555555555ull,
                                            0x0123456789abcdefull,
                                            low_bits(warp) & ~1ull,
                                            low_bits(warp / 2)};
    for (int lane = 0; lane < warp; lane += 7)
        list.push_back(1ull << lane);
    const int count = (int)list.size();
    unsigned long long *pattern = room<unsigned long long>(count);
    unsigned long long *out = room<unsigned long long>((size_t)count * threads * 6 + 8 * 1024);
    memcpy(pattern, list.data(), count * sizeof *pattern);
    patterns<<<1, threads>>>(pattern, count, out);
    EXPECT_RAN();
    for (int p = 0; p < count; ++p)
        for (int t = 0; t < threads; ++t) {
            const unsigned long long *mine = out + ((size_t)p * threads + t) * 6, votes = list[p] & low_bits(warp);
            for (int sync = 0; sync < 2; ++sync) {
                EXPECT_AT(p, mine[3 * sync], votes);
                EXPECT_AT(p, mine[3 * sync + 1] != 0, votes != 0);
                EXPECT_AT(p, mine[3 * sync + 2] != 0, votes == low_bits(warp));
            }
        }
    check_branches(out, warp);
    check_leaving(out, warp);
    check_matches(out, warp);

    for (int n : {1, 31, 32, 33, 63, 64, 65, 250, 1023}) {
        partial_warp<<<1, n>>>(out);
        EXPECT_RAN();
        for (int t = 0; t < n; ++t) {
            int start = t / warp * warp, lanes = n - start < warp ? n - start : warp;
            EXPECT_AT(t, out[4 * t], low_bits(lanes));
            EXPECT_AT(t, out[4 * t + 1], 1ull);
            EXPECT_AT(t, out[4 * t + 2], low_bits(lanes));
            EXPECT_AT(t, out[4 * t + 3], start + lanes == n ? 1ull << (lanes - 1) : 0ull);
        }
    }

    const int n = 500;
    int *in = room<int>(n), *kept = room<int>(n), *number = room<int>(1);
    for (int i = 0; i < n; ++i)
        in[i] = (i * 7919 + 13) % 1009 - 504;
    compact<<<1, n>>>(in, kept, number);
    EXPECT_RAN();
    int expected = 0;
    for (int i = 0; i < n; ++i)
        if (in[i] > 0) {
            EXPECT_AT(i, kept[expected], in[i]);
            ++expected;
        }
    EXPECT_EQ(*number, expected);

    int *seen = room<int>(512);
    warp_barrier<<<1, 256>>>(seen);
    EXPECT_RAN();
    for (int t = 0; t < 256; ++t) {
        int lane = t % warp, start = t - lane;
        EXPECT_AT(t, seen[2 * t], start + (lane + 1) % warp + 10 * (start + (lane + 2) % warp));
        EXPECT_AT(t, seen[2 * t + 1], 120);
    }
    return expect_result();
}
