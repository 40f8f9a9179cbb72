// Votes and shuffles where the lanes of a wavefront have parted: in both branches of an if, in a loop that lanes
// leave one by one, and around an atomic done by one lane for all of them. Only lanes in the same place count.
#include <hip/hip_runtime.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                             \
    if (hipError_t err = (call)) {                                              \
        printf("FAILED: %s in line %d\n", hipGetErrorString(err), __LINE__);    \
        exit(1);                                                                \
    }

typedef unsigned long long mask_t;

struct Result {
    mask_t branch, skipped, after;
    int turns, last_company, any, leader_value, sum;
};

// Adds up 1 for every lane that is here, with one atomic for all of them: the lowest lane does it.
__device__ int aggregated_increment(int *counter)
{
    const mask_t here = __ballot(1);
    const int lane = threadIdx.x % warpSize, leader = __ffsll(here) - 1;
    int base = 0;
    if (lane == leader)
        base = atomicAdd(counter, __popcll(here));
    base = __shfl(base, leader);
    return base + __popcll(here & (((mask_t)1 << lane) - 1));
}

__global__ void part(Result *results, int *counter, int *order)
{
    const int t = threadIdx.x, lane = t % warpSize;
    Result r = {};
    if (lane & 1)
        r.branch = __ballot(lane % 4 == 1);
    else
        r.branch = __ballot(lane > 3);

    if (lane % 3 == 0)
        r.skipped = __ballot(1);
    r.any = __any(lane == warpSize);    // the lanes above must not be counted as voters here
    r.after = __ballot(lane < 5);

    while (r.turns <= lane % 7) {
        r.last_company = __popcll(__ballot(1));
        r.turns++;
    }
    r.leader_value = __shfl(lane * lane, 2);

    if (lane < warpSize / 2) {
        r.sum = lane;
        for (int d = warpSize / 4; d > 0; d >>= 1)
            r.sum += __shfl_xor(r.sum, d, warpSize / 2);
    } else {
        r.sum = -__shfl(lane, warpSize - 1);
    }
    results[t] = r;

    if (t % 5 < 2)
        order[t] = aggregated_increment(counter);
}

int main()
{
    hipDeviceProp_t prop;
    CHECK(hipGetDeviceProperties(&prop, 0));
    const int warp = prop.warpSize, threads = 2 * 64;
    std::vector<Result> got(threads);
    std::vector<int> order(threads);
    Result *d_results;
    int *d_counter, *d_order, count = -1;
    CHECK(hipMalloc(&d_results, threads * sizeof(Result)));
    CHECK(hipMalloc(&d_counter, sizeof(int)));
    CHECK(hipMalloc(&d_order, threads * sizeof(int)));
    CHECK(hipMemset(d_counter, 0, sizeof(int)));
    CHECK(hipMemset(d_order, 0xff, threads * sizeof(int)));
    part<<<1, threads>>>(d_results, d_counter, d_order);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(got.data(), d_results, threads * sizeof(Result), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(&count, d_counter, sizeof(int), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(order.data(), d_order, threads * sizeof(int), hipMemcpyDeviceToHost));
    CHECK(hipFree(d_results));
    CHECK(hipFree(d_counter));
    CHECK(hipFree(d_order));

    mask_t odd = 0, even = 0, thirds = 0;
    for (int l = 0; l < warp; l++) {
        odd |= (mask_t)(l % 4 == 1) << l;
        even |= (mask_t)(l % 2 == 0 && l > 3) << l;
        thirds |= (mask_t)(l % 3 == 0) << l;
    }
    for (int t = 0; t < threads; t++) {
        const int l = t % warp;
        const Result &r = got[t];
        int company = 0, sum = 0;       // who is still in the loop on this lane's last turn
        for (int other = 0; other < warp; other++)
            company += other % 7 >= l % 7;
        for (int other = 0; other < warp / 2; other++)
            sum += other;
        const char *wrong = r.branch != (l & 1 ? odd : even)        ? "ballots in two branches"
                            : r.skipped != (l % 3 ? 0 : thirds)     ? "ballot of some lanes"
                            : r.any != 0                            ? "vote after a ballot of some lanes"
                            : r.after != 31                         ? "ballot of all lanes"
                            : r.turns != l % 7 + 1                  ? "turns of the loop"
                            : r.last_company != company             ? "ballot in a loop that lanes leave"
                            : r.leader_value != 4                   ? "shuffle after the loop"
                            : r.sum != (l < warp / 2 ? sum : 1 - warp) ? "shuffles in two branches"
                                                                    : nullptr;
        if (wrong) {
            printf("FAILED: thread %d: %s\n", t, wrong);
            return 1;
        }
    }

    std::vector<int> seen(threads, 0);
    const int expected = threads / 5 * 2 + std::min(threads % 5, 2);
    for (int t = 0; t < threads; t++) {
        const bool counted = t % 5 < 2;
        if (counted ? order[t] < 0 || order[t] >= expected || seen[order[t]]++ : order[t] != -1) {
            printf("FAILED: thread %d has number %d\n", t, order[t]);
            return 1;
        }
    }
    if (count != expected) {
        printf("FAILED: the counter is %d, expected %d\n", count, expected);
        return 1;
    }
    printf("PASSED\n");
    return 0;
}
