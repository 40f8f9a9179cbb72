// Stream compaction with ballots and population counts, a scan by shuffles, and votes. Nothing is assumed
// about the width of a wavefront: warpSize is read when the kernel runs, and masks have 64 bits.
#include <hip/hip_runtime.h>
#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define BLOCK 256
#define MIN_WARP 32

#define check(x) check_((x), #x, __LINE__)
static void check_(hipError_t e, const char *call, int line)
{
    if (e) {
        printf("FAILED: %s in line %d gave %s\n", call, line, hipGetErrorString(e));
        exit(1);
    }
}

__device__ inline int inclusive_scan(int value, int lane)
{
    for (int d = 1; d < warpSize; d <<= 1) {
        int other = __shfl_up(value, d);
        if (lane >= d)
            value += other;
    }
    return value;
}

// Keeps the multiples of `divisor`, in order within the block; blocks follow each other in any order.
__global__ void compact(const int *in, int n, int divisor, int *out, int *count)
{
    __shared__ int warp_base[BLOCK / MIN_WARP], block_base;
    const int lane = threadIdx.x % warpSize, warp = threadIdx.x / warpSize, warps = blockDim.x / warpSize;
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    bool keep = i < n && in[i] % divisor == 0;

    unsigned long long ballot = __ballot(keep);
    int before = __popcll(ballot & ((1ull << lane) - 1));
    if (lane == 0)
        warp_base[warp] = __popcll(ballot);
    __syncthreads();
    if (warp == 0) {
        int kept = lane < warps ? warp_base[lane] : 0;
        int sum = inclusive_scan(kept, lane);
        if (lane < warps)
            warp_base[lane] = sum - kept;
        if (lane == warps - 1)
            block_base = atomicAdd(count, sum);
    }
    __syncthreads();
    if (keep)
        out[block_base + warp_base[warp] + before] = in[i];
}

// Per wavefront: do all, does any lane hold a positive value, which is the first, and the sum by a butterfly.
// The upper lanes of the last wavefront leave early.
__global__ void votes(const int *in, int n, int4 *out)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    int value = in[i];
    int all = __all(value > 0), any = __any(value > 0), first = __ffsll((unsigned long long)__ballot(value > 0)) - 1;
    int sum = value;
    if (i / warpSize * warpSize + warpSize <= n)
        for (int mask = warpSize / 2; mask > 0; mask /= 2)
            sum += __shfl_xor(sum, mask);
    if (threadIdx.x % warpSize == 0)
        out[i / warpSize] = make_int4(all, any, first, sum);
}

__global__ void read_warp_size(int *out) { *out = warpSize; }

int main()
{
    hipDeviceProp_t props;
    check(hipGetDeviceProperties(&props, 0));
    const int n = 10000, divisor = 7, warpSize = props.warpSize;    // hides the device's
    int *d_in, *d_out, *d_count, count = 0, device_warp = 0;
    std::vector<int> in(n), out(n), expected;
    for (int i = 0; i < n; i++) {
        in[i] = (i * 2654435761u >> 7) % 5000;
        if (in[i] % divisor == 0)
            expected.push_back(in[i]);
    }
    check(hipMalloc(&d_in, n * sizeof(int)));
    check(hipMalloc(&d_out, n * sizeof(int)));
    check(hipMalloc(&d_count, sizeof(int)));
    read_warp_size<<<1, 1>>>(d_count);
    check(hipMemcpy(&device_warp, d_count, sizeof(int), hipMemcpyDeviceToHost));
    if (device_warp != warpSize || (warpSize != 32 && warpSize != 64)) {
        printf("FAILED: the kernel sees a warp of %d, the host one of %d\n", device_warp, warpSize);
        return 1;
    }

    check(hipMemcpy(d_in, in.data(), n * sizeof(int), hipMemcpyHostToDevice));
    check(hipMemset(d_count, 0, sizeof(int)));
    hipLaunchKernelGGL(compact, (n + BLOCK - 1) / BLOCK, BLOCK, 0, 0, d_in, n, divisor, d_out, d_count);
    check(hipGetLastError());
    check(hipMemcpy(&count, d_count, sizeof(int), hipMemcpyDeviceToHost));
    if (count != (int)expected.size()) {
        printf("FAILED: kept %d elements, expected %zu\n", count, expected.size());
        return 1;
    }
    check(hipMemcpy(out.data(), d_out, count * sizeof(int), hipMemcpyDeviceToHost));
    std::sort(out.begin(), out.begin() + count);
    std::sort(expected.begin(), expected.end());
    if (!std::equal(expected.begin(), expected.end(), out.begin())) {
        printf("FAILED: kept the wrong elements\n");
        return 1;
    }

    const int m = 10 * 64 + 40;     // ends within a wavefront of 32 and of 64
    for (int i = 0; i < m; i++)
        in[i] = i % 320 < 128 ? 1 + i % 5 : i % 320 < 200 ? -i : i % 29 - 20;
    const int warps = (m + warpSize - 1) / warpSize;
    int4 *d_votes;
    std::vector<int4> got(warps);
    check(hipMalloc(&d_votes, warps * sizeof(int4)));
    check(hipMemcpy(d_in, in.data(), m * sizeof(int), hipMemcpyHostToDevice));
    votes<<<(m + 127) / 128, 128>>>(d_in, m, d_votes);
    check(hipMemcpy(got.data(), d_votes, warps * sizeof(int4), hipMemcpyDeviceToHost));
    for (int w = 0; w < warps; w++) {
        int all = 1, any = 0, first = -1, sum = 0, end = std::min(m, (w + 1) * warpSize);
        for (int i = w * warpSize; i < end; i++) {
            all &= in[i] > 0;
            any |= in[i] > 0;
            sum += in[i];
            if (in[i] > 0 && first < 0)
                first = i - w * warpSize;
        }
        if (end - w * warpSize < warpSize)
            sum = in[w * warpSize];
        int4 g = got[w];
        if (!!g.x != all || !!g.y != any || g.z != first || g.w != sum) {
            printf("FAILED: wavefront %d: all %d any %d first %d sum %d, expected %d %d %d %d\n", w, g.x, g.y, g.z, g.w,
                   all, any, first, sum);
            return 1;
        }
    }
    check(hipFree(d_in));
    check(hipFree(d_out));
    check(hipFree(d_count));
    check(hipFree(d_votes));
    printf("PASSED\n");
    return 0;
}
