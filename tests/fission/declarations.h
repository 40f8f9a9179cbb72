// More kernels as in kernels.h: what is declared, named and written in ways that are easy to get wrong when a kernel is cut.
#ifndef TESTS_FISSION_DECLARATIONS_H
#define TESTS_FISSION_DECLARATIONS_H

#include "kernels.h"

// ---- declarations

__global__ void pointers(const float *in, float out[], int n)
{
    __shared__ float s[1024];
    float *__restrict__ mine = out + (int)(in[HERE % n] * 0) + HERE;
    const float *const rows[2] = {in, in + 1};
    const float *const *row = rows + (in[HERE % n] > 0.5f);
    const float *walker = in + (in[HERE % n] > 0.25f);
    s[T] = **row;
    __syncthreads();
    walker += s[(T + 1) % SIZE] > 0.5f;
    *mine = s[(T + 1) % SIZE] + **row + 2 * rows[1][T % n] + *walker;
}

__global__ void constant_arrays(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    const int offsets[] = {1, 2, 5};
    constexpr int steps[3] = {3, 1, 2};
    static constexpr float weights[] = {0.25f, 0.5f, 4};
    const float pair[2] = {in[HERE % n], in[(HERE + 1) % n]};
    s[T] = pair[0] + offsets[T % 3] + steps[(T + 1) % 3];
    __syncthreads();
    out[HERE] = s[(T + offsets[(T + 1) % 3]) % SIZE] * weights[T % 3] + pair[1] + steps[T % 3];
}

__global__ void made_of_two(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    dim3 size((unsigned)(8 * in[HERE % n]), 7);
    const uint2 place = make_uint2((unsigned)(4 * in[HERE % n]), T + 1);
    unsigned int one((unsigned)(16 * in[HERE % n]));
    s[T] = size.x;
    __syncthreads();
    out[HERE] = s[(T + 1) % SIZE] + 10 * size.x + 100 * size.y + 1000 * size.z + one + place.y;
}

// A pointer of type auto cannot be kept, and need not be for the if of one thread.
__global__ void auto_pointer(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    __syncthreads();
    auto *p = s + (T + (int)(2 * in[HERE % n]) * 0);
    if (threadIdx.x == 0)
        *p = 3;
    *p = *p + 1;
    __syncthreads();
    out[HERE] = s[(T + 1) % SIZE];
}

// ---- names

constexpr int length = 4;
static __device__ float average(const float *in, int n, int first);

// `length` is here the kernel's parameter, and in average() the constant.
__global__ void hidden_name(const float *in, float *out, int length)
{
    float value = average(in, length, HERE % length);
    out[HERE] = value + length;
}

#define LENGTH_OF_ALL (length + 1)
static __device__ float weighted(float x)
{
    __syncthreads();
    return x * LENGTH_OF_ALL;
}

__global__ void hidden_by_a_macro(const float *in, float *out, int n)
{
    int length = n;
    out[HERE] = weighted(in[HERE % length]);
}

static __device__ float average(const float *in, int n, int first)
{
    float sum = 0;
    for (int k = 0; k < length; ++k)
        sum += in[(first + k) % n];
    __syncthreads();
    return sum / length;
}

template <int K> __device__ float times(float x)
{
    __syncthreads();
    return x * 2 * K;
}

template <unsigned STEP> __device__ float shifted(float x)
{
    __syncthreads();
    return STEP - 3 > 0 ? x - 1 : x + 1; // no int: STEP - 3 does not become negative
}

#define THREE 2 + 1

template <int N> __global__ void template_arguments(const float *in, float *out, int n)
{
    out[HERE] = 1 - times<THREE>(in[HERE % n]);
    out[HERE] += times<N + 1>(in[HERE % n]);
    out[HERE] += shifted<N + 1>(in[HERE % n]);
}

static __device__ float half_of(const float &x)
{
    __syncthreads();
    return x / 2;
}

static __device__ void third(float a[], float value)
{
    a += 2;
    __syncthreads();
    *a = value;
}

__global__ void converted_arguments(const float *in, float *out, int n)
{
    int whole = (int)(10 * in[HERE % n]);
    float exact = 10 * in[HERE % n], *p = out + HERE;
    float value = half_of(whole) + 0;
    value += half_of(exact);
    third(p, value);
    __syncthreads();
    *p += T;
}

[[nodiscard]] static __device__ float doubled(float x)
{
    __syncthreads();
    return 2 * x;
}

__global__ void attributes(const float *in, float *out, int n)
{
    float value = doubled(in[HERE % n]);
    out[HERE] = value;
}

// ---- macros that are more than one operand

#define ONE_OR(more)  1 ? more : 0
#define FIVE_OR(more) 5 ? more : 0
#define FOUR          3 + 1

__global__ void loose_macros(const float *in, float *out, int n)
{
    __syncthreads();
    out[HERE] = in[HERE % n];
    __syncthreads();
    if (threadIdx.x < ONE_OR(n))
        out[HERE] += 9;
    __syncthreads();
    if (threadIdx.x == FIVE_OR(n))
        out[HERE] += 5;
    __syncthreads();
    for (int i = threadIdx.x; i < 2 * FOUR; i += blockDim.x)
        out[HERE] += i;
}

// ---- ways

// The inner return is there for n of one parity only.
template <int PARITY> __global__ void return_for_some_sizes(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    __syncthreads();
    if (n % 2 == PARITY) {
        if (threadIdx.x % 3 == 1)
            return;
        s[T] += __shfl_up(s[T], 1);
    }
    out[HERE] = s[T] + 1;
    if (threadIdx.x == 0)
        out[HERE] += s[0];
    if (T % 5 == 2)
        return;
    out[HERE] += 2;
    __syncthreads();
    if (threadIdx.x == 0)
        out[HERE] += 3;
}

// clang-format off
__global__ void branches_in_a_line(const float *in, float *out, int n)
{
    float x = in[HERE % n];
    if (x > 0.5f) x += __shfl_xor(x, 1); x += 100 * __shfl(x, 0);
    for (int round = 0; round < 3; ++round) {
        if (x > 2) { x -= __shfl_xor(x, 1); if (x > 5) x += __shfl_xor(x, 2); else x /= 2 + __shfl_up(x, 1); } else x = 1 - __shfl_xor(x, 3); x += __shfl(x, 0);
    }
    out[HERE] = x;
}
// clang-format on

__global__ void __launch_bounds__(256) few_threads(const float *in, float *out, int n)
{
    float value = in[HERE % n];
    if (T >= SIZE - 2)
        value += __shfl_xor(value, 1);
    if (T > 2 * SIZE)
        value += __shfl_xor(value, 2);
    __syncwarp(0xffffffff);
    while (value < 2)
        value += 1 + 0.25f * __shfl_xor(value, 4);
    out[HERE] = value;
}

namespace elsewhere
{
constexpr int far = 3;
static __device__ float farther(float x)
{
    __syncthreads();
    return x + far;
}
static __device__ float late(float x)
{
    __syncthreads();
    return x + 1;
}
} // namespace elsewhere
using elsewhere::farther;
using elsewhere::late;

__global__ void of_a_namespace(const float *in, float *out, int n)
{
    float value = late(in[HERE % n]);
    out[HERE] = value;
}

// ---- what fibres have to run

__global__ void looks_like_a_function(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int last(n);
    s[T] = in[HERE % n];
    __syncthreads();
    out[HERE] = s[(T + 1) % SIZE] + last;
}

__global__ void type_of_a_variable(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    float value = in[HERE % n];
    using Value = decltype(value);
    s[T] = (Value)T + value;
    __syncthreads();
    out[HERE] = s[(T + 1) % SIZE] + value;
}

__global__ void of_another_namespace(const float *in, float *out, int n)
{
    float value = farther(in[HERE % n]);
    value += late(value);
    out[HERE] = value;
}

#endif
