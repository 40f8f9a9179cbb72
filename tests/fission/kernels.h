// Small kernels that the fission engine cuts, or must not cut: tests/test_fission.py says which, and compares what they
// compute with the fibre engine, bit for bit. All take the same arguments: `in` and `out` have room for `n` numbers.
#ifndef TESTS_FISSION_KERNELS_H
#define TESTS_FISSION_KERNELS_H

#include <hip/hip_runtime.h>
#include "../../common/device.h"

static __device__ inline int linear_index()
{
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}

#define SIZE ((int)(blockDim.x * blockDim.y * blockDim.z))
#define T    ((int)(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)))
#define HERE ((int)blockIdx.x * SIZE + T)

// ---- barriers

__global__ void straight(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T, i = HERE;
    float x = in[i % n];
    s[t] = x;
    __syncthreads();
    out[i] = x + 2 * s[SIZE - 1 - t];
}

__global__ void in_a_loop(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T, size = SIZE;
    float sum = 0, pair[2] = {1, 2};
    for (int round = 0; round < 5; ++round) {
        s[t] = in[(HERE + round) % n] + pair[round % 2];
        __syncthreads();
        sum += s[(t + round) % size];
        pair[round % 2] += sum;
        __syncthreads();
    }
    out[HERE] = sum + pair[0];
}

__global__ void tree(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T;
    s[t] = in[HERE % n];
    for (int half = 512; half > 0; half /= 2) {
        __syncthreads();
        if (t < half && t + half < SIZE)
            s[t] += s[t + half];
    }
    if (t == 0)
        out[blockIdx.x] = s[0];
}

__global__ void tree_in_x(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = threadIdx.x, row = threadIdx.y * blockDim.x;
    s[row + t] = in[HERE % n];
    for (unsigned half = blockDim.x / 2; half > 0; half >>= 1) {
        __syncthreads();
        if (threadIdx.x < half)
            s[row + t] += s[row + t + half];
    }
    __syncthreads();
    if (t == 0)
        out[blockIdx.x * blockDim.y + threadIdx.y] = s[row];
}

// A loop that is the same for all threads, and in which a thread has nothing of its own to carry: it goes outside.
__global__ void tile_in_rows(const float *in, float *out, int n)
{
    __shared__ float s[4][1024];
    int t = T, x = threadIdx.x, base = HERE;
    for (int r = 0; r < 4; ++r)
        if ((base + r) % 5 != 2 || x == 1)
            s[r][t] = in[(base + 3 * r) % n];
        else
            s[r][t] = r;
    __syncthreads();
    for (int r = 1; r < 4; ++r) {
        float left = s[r][(t + 1) % SIZE];
        s[0][t] += left * s[r][t];
    }
    float sum = 0; // this one is carried
    for (int r = 0; r < 4; ++r)
        sum = 2 * sum + s[r][t];
    __syncthreads();
    out[base] = sum + s[0][(t + 1) % SIZE];
}

__global__ void two_buffers(const float *in, float *out, int n)
{
    __shared__ float s[2][1024];
    int t = T, now = 0;
    s[0][t] = in[HERE % n];
    __syncthreads();
    for (int step = 1; step < SIZE; step *= 2) {
        s[1 - now][t] = t >= step ? s[now][t] + s[now][t - step] : s[now][t];
        now = 1 - now;
        __syncthreads();
    }
    out[HERE] = s[now][t];
}

__global__ void early_return(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int i = HERE;
    s[T] = 1;
    if (i >= n - 7)
        return;
    s[T] = in[i];
    __syncthreads();
    out[i] = s[T] + s[0];
}

__global__ void late_return(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T;
    float x = in[HERE % n];
    s[t] = x;
    for (int round = 0; round < 3; ++round) {
        __syncthreads();
        float y = s[(t + 1) % SIZE];
        __syncthreads();
        if (x > 0.5f + 0.1f * round)
            return;
        for (int k = 0; k < 3; ++k)
            if (y > 0.9f && k == 1)
                return;
        s[t] = y;
        out[HERE] = y + round;
    }
    __syncthreads();
    out[HERE] += s[t];
}

__global__ void uniform_branches(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T;
    s[t] = in[HERE % n];
    __syncthreads();
    float x = 0;
    if (blockIdx.x % 2 == 0) {
        x = s[(t + 1) % SIZE];
        __syncthreads();
        s[t] = x * 2;
        __syncthreads();
        x += s[(t + 3) % SIZE];
    } else {
        s[t] += 1;
        __syncthreads();
        x = s[(t + 2) % SIZE];
    }
    if (n < 5)
        return;
    out[HERE] = x;
}

__global__ void while_and_break(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    __shared__ int limit;
    int t = T, round = 0;
    if (t == 0)
        limit = 3 + blockIdx.x;
    float x = in[HERE % n];
    __syncthreads();
    while (true) {
        s[t] = x;
        __syncthreads();
        x += s[(t + round) % SIZE];
        __syncthreads();
        ++round;
        if (round >= limit)
            break;
    }
    do {
        s[t] = x * 0.5f;
        __syncthreads();
        x = s[(t + 1) % SIZE];
        __syncthreads();
        --round;
    } while (round > 0);
    out[HERE] = x;
}

__global__ void changed_parameters(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    in += (int)threadIdx.x % n;
    out += HERE;
    n -= 1;
    s[T] = *in;
    __syncthreads();
    *out = s[(T + n) % SIZE];
}

__global__ void counting(const float *in, float *out, int n)
{
    int t = T;
    float x = in[HERE % n];
    int many = __syncthreads_count(x > 0.5f);
    if (__syncthreads_or(x > 0.999f))
        many += 1000;
    int all = __syncthreads_and(x >= 0);
    int rounds = 0;
    float y = x;
    do {
        y *= 0.5f;
        ++rounds;
    } while (__syncthreads_or(y > 0.01f));
    if (t % 3 == 1)
        return;
    out[HERE] = many + 10000 * all + rounds + __syncthreads_count(1);
}

__global__ void strided_sum(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int stride = gridDim.x * SIZE;
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride)
        sum += in[i] * in[i];
    s[T] = sum;
    __syncthreads();
    for (int half = SIZE / 2; half > 0; half /= 2) {
        if (T < half)
            s[T] += s[T + half];
        __syncthreads();
    }
    out[HERE] = s[T];
}

extern __shared__ float dynamic[];
template <int STEP, class Real> __global__ void dynamic_memory(const float *in, float *out, int n)
{
    Real *mine = (Real *)dynamic;
    mine[T] = in[HERE % n];
    __syncthreads();
    Real x = mine[(T + STEP) % SIZE];
    __syncthreads();
    mine[T] = x;
    __syncthreads();
    out[HERE] = (float)(x + mine[0]);
}

struct Pair {
    float sum;
    int count;
};

static __device__ void add(Pair *pair, float x)
{
    pair->sum += x;
    ++pair->count;
}

__global__ void structs(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    Pair pair = {0, 0};
    for (int round = 0; round < 4; ++round) {
        s[T] = in[(HERE + round) % n];
        __syncthreads();
        if (s[(T + 1) % SIZE] > 0.3f)
            add(&pair, s[(T + 1) % SIZE]);
        __syncthreads();
    }
    out[HERE] = pair.sum + pair.count;
}

static __device__ void reverse(float *s, int t, int size)
{
    float x = s[size - 1 - t];
    __syncthreads();
    s[t] = x;
    __syncthreads();
}

static __device__ float block_sum(float x)
{
    __shared__ float parts[1024];
    int t = linear_index(), size = blockDim.x * blockDim.y * blockDim.z;
    parts[t] = x;
    __syncthreads();
    for (int half = 512; half > 0; half /= 2) {
        if (t < half && t + half < size)
            parts[t] += parts[t + half];
        __syncthreads();
    }
    float sum = parts[0];
    __syncthreads();
    return sum;
}

__global__ void with_functions(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T, size = SIZE;
    s[t] = in[HERE % n];
    __syncthreads();
    reverse(s, t, size);
    float x = s[t];
    out[HERE] = x + block_sum(x);
    reverse(s, t, size);
    float mean = block_sum(s[t]) / size;
    out[HERE] += s[t] - mean;
}

__global__ void local_types(const float *in, float *out, int n)
{
    typedef float Real;
    const int many = 3;
    enum { LAST = many - 1 };
    __shared__ Real s[1024];
    Real x[many] = {1, 2, 3};
    s[T] = in[HERE % n];
    __syncthreads();
    for (int i = 0; i < many; ++i)
        x[i] += s[(T + i) % SIZE];
    if (blockIdx.x == 1) {
        __syncthreads();
        if (x[LAST] > 3.5f)
            return;
        s[T] = x[0];
    }
    __syncthreads();
    if (x[1] > 2.9f)
        return;
    __syncthreads();
    out[HERE] = x[0] * x[LAST] + s[T];
}

template <class V> static __device__ V warp_max(V x)
{
    for (int delta = 1; delta < warpSize; delta *= 2) {
        V other = __shfl_xor(x, delta);
        x = other > x ? other : x;
    }
    return x;
}

__global__ void with_template(const float *in, float *out, int n)
{
    float x = in[HERE % n], y = warp_max(x) + 1;
    if (warp_max<int>((int)(100 * x)) > 98)
        y += 10;
    if (T % 7 == 3) {
        double z = x;
        y += (float)warp_max(z);
    }
    out[HERE] = y;
}

// ---- no barrier

__global__ void grid_stride(const float *in, float *out, int n)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        out[i] = 2 * in[i] + 1;
}

static __device__ void dot_row(const float *in, float *out, int i, int n)
{
    float sum = 0;
    for (int k = 0; k < 20; ++k)
        sum += in[(i + k) % n] * in[k % n];
    out[i] = sum;
}

__global__ void row_loop(const float *in, float *out, int n)
{
    int i = HERE;
    if (i >= n - 3)
        return;
    dot_row(in, out, i, n);
}

__global__ void scattered_returns(const float *in, float *out, int n)
{
    int i = HERE;
    if (i % 3 == 1)
        return;
    float sum = 0;
    for (int k = 0; k < 9; ++k)
        sum += in[(i + k) % n];
    out[i] = sum;
}

// ---- warps

static __device__ inline float warp_sum(float x)
{
    for (int delta = warpSize / 2; delta > 0; delta /= 2)
        x += __shfl_down(x, delta);
    return x;
}

__global__ void shuffle_sum(const float *in, float *out, int n)
{
    float x = in[HERE % n];
    for (int delta = warpSize / 2; delta > 0; delta /= 2)
        x += __shfl_down(x, delta);
    out[HERE] = x;
}

__global__ void two_level_sum(const float *in, float *out, int n)
{
    __shared__ float parts[32];
    int t = T, lane = t % warpSize, warp = t / warpSize;
    float x = in[HERE % n];
    x = warp_sum(x);
    if (lane == 0)
        parts[warp] = x;
    __syncthreads();
    if (warp == 0) {
        float y = lane < (SIZE + warpSize - 1) / warpSize ? parts[lane] : 0;
        y = warp_sum(y);
        if (lane == 0)
            out[blockIdx.x] = y;
    }
}

__global__ void every_shuffle(const float *in, float *out, int n)
{
    int t = T, lane = t % warpSize;
    double d = in[HERE % n];
    unsigned char c = (unsigned char)(t * 7);
    float x = __shfl((float)d, (lane * 5 + 3) % warpSize) + __shfl_xor(c, 5, 16);
    x += (float)__shfl_up(d, 3) + __shfl_down(lane, 1, 8) + __shfl(lane, 3, 4);
    x += (float)__shfl_sync(~0ull, d, 1) + __shfl_xor_sync(0xffffffffull, lane, 1);
    out[HERE] = x;
}

__global__ void votes(const float *in, float *out, int n)
{
    int t = T, lane = t % warpSize;
    float x = in[HERE % n];
    unsigned long long low = __ballot(x < 0.5f), below = low & ((1ull << lane) - 1);
    int rank = __popcll(below);
    float some = __any(x > 0.97f) + 2 * __all(x > 0.01f);
    if (x < 0.4f)
        rank += 100 * __popcll(__ballot(1));
    else if (x < 0.7f)
        rank += 200 * __popcll(__ballot(lane % 2)) + __all(x < 0.69f);
    out[HERE] = rank + some;
}

__global__ void masked_rounds(const float *in, float *out, int n)
{
    int t = T, rounds = (int)(in[HERE % n] * 6);
    float sum = 0;
    for (int i = 0; i < rounds; ++i)
        sum += __shfl_xor(i + t, 1) + __popcll(__ballot(i % 2 == 0));
    while (__any(rounds > 2)) {
        rounds -= 1;
        sum += 0.5f;
    }
    if (t % 5 == 2)
        return;
    sum += __shfl_down(sum, 1);
    warp_sync();
    out[HERE] = sum;
}

__global__ void shuffle_in_a_condition(const float *in, float *out, int n)
{
    int rounds = (int)(in[HERE % n] * 6);
    float sum = 0;
    for (int i = 0; __shfl_xor(rounds, 1) > i; ++i) // 0 from a lane that has left the loop
        sum += i + 0.5f;
    out[HERE] = sum;
}

__global__ void warp_per_row(const float *in, float *out, int n)
{
    int lane = T % warpSize, warps = (SIZE + warpSize - 1) / warpSize;
    for (int i = blockIdx.x * warps + T / warpSize; i < n / 16; i += gridDim.x * warps) {
        float sum = 0;
        for (int j = lane; j < 16; j += warpSize)
            sum += in[16 * i + j];
        sum = warp_sum(sum);
        if (lane == 0)
            out[i] = sum;
    }
}

// A thread that has returned takes no further rounds.
__global__ void return_in_rounds(const float *in, float *out, int n)
{
    int x = (int)(in[HERE % n] * 1000), rounds = x % 7;
    for (int i = 0; i < rounds; ++i) {
        x += __shfl_xor(x, 1);
        out[HERE] = x;
        if (x % 5 == 2)
            return;
    }
    out[HERE] = x + 0.5f;
}

// Counters that outlive their loop end with another value in each thread, and so does one beside them in a step.
__global__ void counters_that_stay(const float *in, float *out, int n)
{
    int x = (int)(in[HERE % n] * 1000), rounds = x % 6, i, j = 2, k = 0;
    for (i = 0; i < rounds; ++i)
        x += __shfl_xor(x, 1);
    for (; j < rounds; ++j)
        x -= __shfl_down(x, 1);
    for (int l = 0; l < rounds; ++l, ++k)
        x ^= __shfl_up(x, 2);
    out[HERE] = x % 1000 + 1000 * i + 10000 * j + 100000 * k;
}

__global__ void shuffle_of_a_shuffle(const float *in, float *out, int n)
{
    int t = T;
    float x = in[HERE % n];
    out[HERE] = __shfl(__shfl_xor(x, 1), __shfl(t, 2) % 5 + t % 7);
}

// Lanes that went different ways do not meet, though they are in the same line.
__global__ void two_ways_in_a_line(const float *in, float *out, int n)
{
    int x = (int)(in[HERE % n] * 1000);
    // clang-format off
    if (x & 1) x += __shfl_xor(x, 1); else if (x & 2) x -= __shfl_xor(x, 1); else x ^= __shfl_xor(x, 1);
    // clang-format on
    out[HERE] = x;
}

template <int BITS> __global__ void own_warp_size(const float *in, float *out, int n)
{
    const int warpSize = 1 << BITS;
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    __syncthreads();
    out[HERE] = s[T / warpSize * warpSize] + __shfl_sync(~0ull, s[T], 40);
}

// Nobody is number 0.5, or 2^32.
__global__ void no_such_thread(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    long far = (1l << 32) + n / (n + 1);
    float half = n / (2.0f * n);
    s[T] = in[HERE % n];
    __syncthreads();
    if (threadIdx.x == far)
        s[T] = 2;
    __syncthreads();
    if (threadIdx.x == half)
        s[T] = 3;
    __syncthreads();
    out[HERE] = s[T];
}

// An unsigned counter that starts below zero is not the smallest in thread 0, and one that goes down ends by wrapping.
__global__ void from_below_zero(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    float sum = 0;
    int back = -2;
    for (unsigned i = threadIdx.x - 2; i < (unsigned)n; i += blockDim.x)
        sum += in[i];
    for (size_t i = threadIdx.x - 3; i < (size_t)n; i += blockDim.x)
        sum += 2 * in[i];
    for (long i = threadIdx.x - 3; i < n; i += 2 * blockDim.x)
        sum = in[i] - 0.5f * sum;
    for (unsigned i = threadIdx.x + 9; i < (unsigned)n + 9; i += back)
        sum += in[i];
    for (int i = (int)threadIdx.x - 3; i < n; i += blockDim.x)
        sum += i < 0 ? 100 : 3 * in[i];
    s[T] = sum;
    __syncthreads();
    out[HERE] = sum + s[(T + 1) % SIZE];
}

// Ifs of one thread, amid others; and variables that are not carried from one loop to the next for them.
__global__ void one_thread(const float *in, float *out, int n)
{
    __shared__ float s[1024], total[4];
    int t = threadIdx.x, one = 1;
    s[T] = in[HERE % n];
    if (t == 0)
        total[0] = total[1] = total[2] = total[3] = 0;
    __syncthreads();
    float value = 2 * s[T], pair[2] = {1, value};
    if (threadIdx.x == blockDim.x - 1)
        pair[1] += 5;
    const float &mine = s[T];
    if (t == one)
        value += mine;
    float other = value + pair[1];
    if (t == 0 && threadIdx.y == 0 && threadIdx.z == 0)
        total[0] = other;
    other += pair[0];
    if (t == 0)
        total[1] += threadIdx.y == 0 && threadIdx.z == 0 ? other : 0;
    else
        other += 1;
    if (t == n)
        total[2] = 1;
    out[HERE] = other + value;
    __syncthreads();
    if (t == 0)
        out[HERE] += total[0] + total[1] + total[2];
}

// Who takes part is everybody, nobody, those from one thread to another, or those with gaps between them.
__global__ void masks_of_many_shapes(const float *in, float *out, int n)
{
    float value = in[HERE % n];
    for (int shape = 0; shape < 12; ++shape) {
        int t = T, size = SIZE;
        bool mine = shape == 0   ? t < size
                    : shape == 1 ? t >= size
                    : shape == 2 ? t >= 5 && t < 70
                    : shape == 3 ? t % 2
                    : shape == 4 ? t % 64 > 8
                    : shape == 5 ? t == size - 1
                    : shape == 6 ? t >= 64
                    : shape == 7 ? t % 63 == 62
                    : shape == 8 ? t < 8 || t >= size - 8
                    : shape == 9 ? t != size / 2
                                 : value > shape * 0.05f;
        if (mine) {
            value += 0.5f * __shfl_xor(value, 1);
            if (t % 32 != 7)
                value += 0.25f * __shfl_down(value, 3);
        } else
            value -= 0.125f * __shfl_up(value, 2);
    }
    out[HERE] = value;
}

enum Colour { RED, GREEN, BLUE };
enum class Kind : unsigned char { ODD, EVEN };

__global__ void enums(const float *in, float *out, int n)
{
    enum Half { LOW, HIGH };
    __shared__ float s[1024];
    float value = in[HERE % n];
    Colour colour = value < 0.3f ? RED : value < 0.6f ? GREEN : BLUE;
    enum Colour next = (Colour)((colour + 1) % 3);
    Kind kind = T % 2 ? Kind::ODD : Kind::EVEN;
    Half half = value < 0.5f ? LOW : HIGH;
    s[T] = colour + 4 * next;
    __syncthreads();
    if (kind == Kind::ODD && half == HIGH) {
        next = colour;
        half = LOW;
    }
    out[HERE] = s[(T + 1) % SIZE] + 100 * next + 1000 * half + 3000 * (int)kind + colour;
}

// A switch's break is its own, around warp operations as elsewhere.
__global__ void switch_in_rounds(const float *in, float *out, int n)
{
    float value = in[HERE % n];
    for (int round = 0; round < T % 5; ++round) {
        switch ((T + round) % 3) {
        case 0:
            value += 1;
            break;
        case 1:
            value *= 0.5f; // fall through
        default:
            value -= 3;
        }
        value += __shfl_xor(value, 2);
    }
    out[HERE] = value;
}

// ---- what fibres have to run

__global__ void barrier_for_some(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    if (T < SIZE) // all of them, but who knows
        __syncthreads();
    out[HERE] = s[(T + 1) % SIZE];
}

__global__ void shadowing(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int t = T;
    s[t] = in[HERE % n];
    __syncthreads();
    for (int round = 0; round < 2; ++round) {
        int t = (T + 1) % SIZE;
        __syncthreads();
        out[HERE] = s[t];
    }
}

__global__ void kept_pointer(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    float pair[2] = {in[HERE % n], 1}, *p = T % 2 ? pair : pair + 1;
    s[T] = *p;
    __syncthreads();
    *p += s[(T + 1) % SIZE];
    __syncthreads();
    out[HERE] = pair[0] + 3 * pair[1];
}

__global__ void jumps(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    switch (n % 2) {
    case 0:
        __syncthreads();
        break;
    default:
        __syncthreads();
    }
    out[HERE] = s[(T + 1) % SIZE];
}

__global__ void continue_in_a_switch(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    float sum = 0;
    for (int round = 0; round < 3; ++round) {
        s[T] = in[(HERE + round) % n];
        __syncthreads();
        switch (round) {
        case 1:
            continue; // the round of the loop that all threads take together
        }
        sum += s[(T + 1) % SIZE];
        __syncthreads();
        sum *= 2;
    }
    out[HERE] = sum;
}

#define DOUBLE_IT value = 2 * in[HERE % n]

__global__ void macro_that_changes(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    float value = n;
    DOUBLE_IT; // each thread has another value, which the text does not show
    s[T] = value;
    __syncthreads();
    out[HERE] = value + s[(T + 1) % SIZE];
}

#endif
