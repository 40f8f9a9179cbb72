// Shuffles: all four, with and without _sync, for every width and type, and with masks that name a part of the warp.
#include "expect.h"

enum { index_form, up_form, down_form, xor_form, forms };
static const int arguments_used = 9;

// What the lanes bring: all bits of the type differ from lane to lane.
template <class T> __host__ __device__ T brought(int lane)
{
    if (std::is_floating_point<T>::value)
        return (T)(lane * 1.37 - 11.0) * (T)(lane % 2 ? 1e-3 : 1e6);
    return (T)(0x9e3779b97f4a7c15ull * (unsigned long long)(lane + 1));
}

// The lane that the manual says is read; shuffles move nothing across the borders of the groups of `width` lanes.
static int source_lane(int form, int lane, int argument, int width)
{
    int start = lane / width * width, from;
    switch (form) {
    case index_form: // modulo the width
        return start + ((argument % width) + width) % width;
    case up_form: // the lowest lanes of the group keep their own
        from = lane - argument;
        return from < start ? lane : from;
    case down_form:
        from = lane + argument;
        return from >= start + width ? lane : from;
    default: // lower groups may be read, higher ones give the lane's own value
        from = lane ^ argument;
        return from >= start + width ? lane : from;
    }
}

__host__ __device__ inline int shuffle_argument(int i, int lane)
{
    const int values[arguments_used] = {0, 1, 2, 5, 8, 13, 16, 31, 0};
    return i == arguments_used - 1 ? (lane * 7 + 3) % 32 : values[i]; // the last one differs from lane to lane
}

template <class T> __device__ T shuffle(int form, bool sync, T value, int argument, int width)
{
    const unsigned long long everybody = low_bits(warpSize);
    switch (form) {
    case index_form:
        return sync ? __shfl_sync(everybody, value, argument, width) : __shfl(value, argument, width);
    case up_form:
        return sync ? __shfl_up_sync(everybody, value, argument, width) : __shfl_up(value, argument, width);
    case down_form:
        return sync ? __shfl_down_sync(everybody, value, argument, width) : __shfl_down(value, argument, width);
    default:
        return sync ? __shfl_xor_sync(everybody, value, argument, width) : __shfl_xor(value, argument, width);
    }
}

template <class T> __global__ void all_shuffles(T *out, bool sync)
{
    int lane = threadIdx.x % warpSize, step = 0;
    T value = brought<T>(threadIdx.x);
    for (int form = 0; form < forms; ++form)
        for (int width = 1; width <= warpSize; width *= 2)
            for (int i = 0; i < arguments_used; ++i) {
                // up, down and xor want one argument for all lanes of a group: then the source reads the same form
                int argument = form == index_form ? shuffle_argument(i, lane) : shuffle_argument(i, 0);
                out[step++ * blockDim.x + threadIdx.x] = shuffle(form, sync, value, argument, width);
            }
}

template <class T> void check_type(const char *name)
{
    const int warp = warp_size(), threads = 2 * warp; // two warps, to see that they keep apart
    int steps = 0;
    for (int width = 1; width <= warp; width *= 2)
        steps += forms * arguments_used;
    T *out = room<T>((size_t)steps * threads);
    for (bool sync : {false, true}) {
        memset(out, 0, (size_t)steps * threads * sizeof(T));
        all_shuffles<T><<<1, threads>>>(out, sync);
        EXPECT_RAN();
        int step = 0;
        for (int form = 0; form < forms; ++form)
            for (int width = 1; width <= warp; width *= 2)
                for (int i = 0; i < arguments_used; ++i, ++step)
                    for (int t = 0; t < threads; ++t) {
                        int lane = t % warp, argument = shuffle_argument(i, form == index_form ? lane : 0);
                        T expected = brought<T>(t - lane + source_lane(form, lane, argument, width));
                        T got = out[(size_t)step * threads + t];
                        expect_note(!memcmp(&got, &expected, sizeof(T)), __FILE__, __LINE__,
                                    std::string(name) + (sync ? " _sync" : "") + ", form " + std::to_string(form) +
                                        ", width " + std::to_string(width) + ", argument " + std::to_string(argument) +
                                        ", thread " + std::to_string(t) + " is wrong");
                    }
    }
}

// Default width, and sources beyond the warp: modulo the warp's size.
__global__ void default_width(int *out)
{
    int t = threadIdx.x;
    out[8 * t] = __shfl(t, 3);
    out[8 * t + 1] = __shfl_up(t, 1);
    out[8 * t + 2] = __shfl_down(t, 1);
    out[8 * t + 3] = __shfl_xor(t, warpSize - 1);
    out[8 * t + 4] = __shfl(t, t + 5);
    out[8 * t + 5] = __shfl(t, warpSize + 2);
    out[8 * t + 6] = __shfl(t, -1);
    out[8 * t + 7] = __shfl_sync(low_bits(warpSize), t, t + 1);
}

// A block whose last warp is not full: lanes that never were are not read, the others work as ever.
__global__ void partial_warp(int *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    int lanes = min((int)blockDim.x - (t - lane), warpSize);
    out[4 * t] = __shfl(t, lanes - 1);
    out[4 * t + 1] = __shfl_up(t, 1);
    int below = __shfl_down(t, 1);
    out[4 * t + 2] = lane + 1 < lanes ? below : -1;
    out[4 * t + 3] = __shfl_sync(low_bits(lanes), t, 0);
}

// Only the lanes of the mask come here.
__global__ void partial_masks(int *out)
{
    int t = threadIdx.x, lane = t % warpSize;
    unsigned long long odd = 0xaaaaaaaaaaaaaaaaull & low_bits(warpSize), low = low_bits(warpSize / 2);
    if (lane % 2)
        out[6 * t] = __shfl_sync(odd, t, (lane + 2) % warpSize);
    if (lane < warpSize / 2)
        out[6 * t + 1] = __shfl_xor_sync(low, t, 1);
    // Two halves, each with its own mask, in one call and then in loops of different lengths.
    unsigned long long half = lane < warpSize / 2 ? low : low << (warpSize / 2);
    out[6 * t + 2] = __shfl_xor_sync(half, t, 2);
    int sum = 0;
    for (int i = 0; i < (lane < warpSize / 2 ? 3 : 7); ++i)
        sum += __shfl_xor_sync(half, t + 1000 * i, 4);
    out[6 * t + 3] = sum;
    // Groups of four in different iterations of the same loop: each meets in its own, 100 times its number.
    int group = lane / 4;
    unsigned long long four = 0xfull << (4 * group);
    for (int i = 0; i < 16; ++i)
        if (i == (group * 5 + 3) % 16)
            out[6 * t + 4] = __shfl_sync(four, t + 100 * i, 4 * group + (lane + 1) % 4);
    if (lane == 7)
        out[6 * t + 5] = __shfl_sync(1ull << 7, t, 7);
}

// Neighbours meet in pairs, then across the pairs: a lane can only come to its second meeting after the first. No two
// lanes are at the same place for the same reason for long.
__global__ void pairs(int *out)
{
    int t = threadIdx.x, lane = t % warpSize, value = t;
    unsigned long long pair = 3ull << (lane & ~1);
    int rounds = lane / 2 % 5 + 1; // as many as the pair's number says
    for (int i = 0; i < rounds; ++i) {
        if ((lane / 2 + i) % 2)
            value += __shfl_xor_sync(pair, value, 1);
        else
            value -= __shfl_xor_sync(pair, value, 1);
    }
    out[t] = value;
}

// A sum and a scan over the warp, as every reduction has them.
__global__ void warp_sum(const float *in, float *sums, float *scans)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % warpSize;
    float sum = in[t], scan = in[t];
    for (int delta = warpSize / 2; delta > 0; delta /= 2)
        sum += __shfl_down(sum, delta);
    for (int delta = 1; delta < warpSize; delta *= 2) {
        float before = __shfl_up(scan, delta);
        if (lane >= delta)
            scan += before;
    }
    if (lane == 0)
        sums[t / warpSize] = sum;
    scans[t] = scan;
}

static void check_masks()
{
    const int warp = warp_size(), n = 3 * warp;
    int *out = room<int>(6 * n);
    memset(out, 0xff, 6 * n * sizeof(int));
    partial_masks<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int lane = t % warp, start = t - lane, trips = lane < warp / 2 ? 3 : 7, group = lane / 4;
        EXPECT_AT(t, out[6 * t], lane % 2 ? start + (lane + 2) % warp : -1);
        EXPECT_AT(t, out[6 * t + 1], lane < warp / 2 ? start + (lane ^ 1) : -1);
        EXPECT_AT(t, out[6 * t + 2], start + (lane ^ 2));
        EXPECT_AT(t, out[6 * t + 3], trips * (start + (lane ^ 4)) + 1000 * trips * (trips - 1) / 2);
        EXPECT_AT(t, out[6 * t + 4], start + 4 * group + (lane + 1) % 4 + 100 * ((group * 5 + 3) % 16));
        EXPECT_AT(t, out[6 * t + 5], lane == 7 ? t : -1);
    }
    pairs<<<1, n>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < n; t += 2) {
        int pair = t % warp / 2, even = t, odd = t + 1;
        for (int i = 0; i < pair % 5 + 1; ++i) {
            int sign = (pair + i) % 2 ? 1 : -1, before = even;
            even += sign * odd;
            odd += sign * before;
        }
        EXPECT_AT(t, out[t], even);
        EXPECT_AT(t + 1, out[t + 1], odd);
    }
}

int main()
{
    const int warp = warp_size();
    check_type<int>("int");
    check_type<unsigned>("unsigned");
    check_type<long>("long");
    check_type<unsigned long>("unsigned long");
    check_type<long long>("long long");
    check_type<unsigned long long>("unsigned long long");
    check_type<float>("float");
    check_type<double>("double");

    int *out = room<int>(8 * 1024);
    default_width<<<1, 2 * warp>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 2 * warp; ++t) {
        int lane = t % warp, start = t - lane;
        EXPECT_AT(t, out[8 * t], start + 3);
        EXPECT_AT(t, out[8 * t + 1], lane ? t - 1 : t);
        EXPECT_AT(t, out[8 * t + 2], lane < warp - 1 ? t + 1 : t);
        EXPECT_AT(t, out[8 * t + 3], start + warp - 1 - lane);
        EXPECT_AT(t, out[8 * t + 4], start + (lane + 5) % warp);
        EXPECT_AT(t, out[8 * t + 5], start + 2);
        EXPECT_AT(t, out[8 * t + 6], start + warp - 1);
        EXPECT_AT(t, out[8 * t + 7], start + (lane + 1) % warp);
    }

    for (int n : {1, 5, 31, 33, 63, 65, 100, 1023}) {
        partial_warp<<<1, n>>>(out);
        EXPECT_RAN();
        for (int t = 0; t < n; ++t) {
            int lane = t % warp, start = t - lane, lanes = n - start < warp ? n - start : warp;
            EXPECT_AT(t, out[4 * t], start + lanes - 1);
            EXPECT_AT(t, out[4 * t + 1], lane ? t - 1 : t);
            EXPECT_AT(t, out[4 * t + 2], lane + 1 < lanes ? t + 1 : -1);
            EXPECT_AT(t, out[4 * t + 3], start);
        }
    }
    check_masks();

    const int n = 4 * 256;
    float *in = room<float>(n), *sums = room<float>(n), *scans = room<float>(n);
    for (int i = 0; i < n; ++i)
        in[i] = (float)(i * 31 % 101) - 50; // small whole numbers: every order of adding is exact
    warp_sum<<<4, 256>>>(in, sums, scans);
    EXPECT_RAN();
    float sum = 0;
    for (int i = 0; i < n; ++i) {
        sum = i % warp ? sum + in[i] : in[i];
        EXPECT_AT(i, scans[i], sum);
        if (i % warp == warp - 1)
            EXPECT_AT(i, sums[i / warp], sum);
    }
    return expect_result();
}
