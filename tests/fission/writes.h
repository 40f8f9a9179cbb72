// More kernels as in kernels.h: writes and reads that do not look like what they are, and calls in odd places.
#ifndef TESTS_FISSION_WRITES_H
#define TESTS_FISSION_WRITES_H

#include "kernels.h"

struct View {
    float *data;
    int count;
};
struct Stack {
    float items[3];
    int top;
};
typedef float *FloatPointer;

// ---- functions that read or write through what they are given by value

static __device__ float at(View v, int i)
{
    return v.data[i];
}
static __device__ float bump(View v, int i)
{
    v.data[i] += 1;
    return v.data[i];
}
template <class Pointer> __device__ float first_of(Pointer p, int i)
{
    return p[i];
}
static __device__ float second_of(FloatPointer p, int i)
{
    auto q = p + i;
    return q[0];
}
template <class Pointer> __device__ void fill_second(Pointer p, float value)
{
    p[1] += value;
}
static __device__ void fill_third(FloatPointer p, float value)
{
    p[2] += value;
}

__global__ void getters(const float *in, float *out, int n)
{
    View v = {out, n};
    v.data[HERE] = in[HERE % n];
    float a = at(v, HERE), b = first_of(out, HERE), c = second_of(out, HERE);
    float d = bump(v, HERE);
    __syncthreads();
    out[HERE] = 100;
    __syncthreads();
    out[HERE] += a + 2 * b + 4 * c + 8 * d;
}

static __device__ float counted;
static inline float not_that_one(void)
{
    const float counted = 3;
    return counted;
}

__global__ void hidden_constant(const float *in, float *out, int n)
{
    if (blockIdx.x == 0 && T == 0)
        counted = 1;
    __syncthreads();
    float x = blockIdx.x == 0 ? counted + T : 0;
    __syncthreads();
    if (blockIdx.x == 0 && T == 0)
        counted = 9;
    __syncthreads();
    out[HERE] = x + in[HERE % n];
}

// ---- writes to a thread's own variables

#define PAIR(p)         (reinterpret_cast<float2 *>(&(p))[0])
#define ELEMENT(a, i)   a[i]
#define CHOSEN(c, a, b) (c ? a : b)

__global__ void writes_by_macros(const float *in, float *out, int n)
{
    float a[4] = {1, 2, 3, 4}, b = in[HERE % n], c = 1, d = 2, f[2] = {3, 4};
    PAIR(a[2]) = make_float2(b, T);
    ELEMENT(a, 1) += T;
    CHOSEN(T % 2, c, d) += T;
    reinterpret_cast<float2 &>(f[0]).y += T;
    __syncthreads();
    out[HERE] = a[0] + 2 * a[1] + 4 * a[2] + 8 * a[3] + c + d + f[1];
}

__global__ void writes_by_functions(const float *in, float *out, int n)
{
    float a[4] = {1, 2, 3, in[HERE % n]}, m[2][3] = {{1, 2, 3}, {4, 5, 6}};
    Stack s = {{in[HERE % n], 2, 3}, 1}, u = s;
    fill_second(a, T);
    fill_third(a, T);
    fill_second(m[1], T);
    float *p = s.items;
    p[1] = T;
    float *q = m[0];
    q = T % 2 ? m[0] : m[1];
    q[0] = T;
    *u.items = T;
    for (float &item : u.items)
        item += 1;
    (T % 2 ? a[0] : a[3]) += 5;
    float &r = T % 3 ? s.items[2] : u.items[2];
    r += 7;
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < 3; ++i)
        sum += a[i] + 2 * m[0][i] + 3 * m[1][i] + 4 * s.items[i] + 5 * u.items[i];
    out[HERE] = sum + a[3];
}

struct Generator {
    unsigned state;
    __device__ unsigned operator()()
    {
        state = state * 1664525 + 1013904223;
        return state >> 16;
    }
};
struct Log {
    float sum;
};
static __device__ Log &operator<<(Log &log, float x)
{
    log.sum += x;
    return log;
}

__global__ void changed_objects(const float *in, float *out, int n)
{
    Log log = {0};
    log << T << in[HERE % n];
    float a[2] = {1, 2}, *p = T % 2 ? a : 1 + a;
    *p += T;
    __syncthreads();
    out[HERE] = log.sum + a[0] + 3 * a[1];
}

// ---- guards

__global__ void guard_of_a_block(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    int step = 3;
    s[T] = in[HERE % n];
    {
        int k = T * step;
        if (k > 20)
            return;
        __syncthreads();
        s[T] += 1;
    }
    step = 1;
    __syncthreads();
    {
        int k = T + 1;
        out[HERE] = s[T] + step + k;
    }
}

__global__ void guard_of_a_guard(const float *in, float *out, int n)
{
    int i = T;
    if (i == 0)
        return;
    int row = 1000 / i; // not for thread 0
    if (row > 400)
        return;
    float sum = 0;
    for (int k = 0; k < 8; ++k)
        sum += in[(k * 7 + i) % n];
    out[HERE] = sum + row;
}

// ---- what fibres have to run

__global__ void functor_with_a_state(const float *in, float *out, int n)
{
    Generator draw = {12345u + blockIdx.x};
    for (int i = 0; i < T % 4; ++i)
        draw();
    float x = draw() % 1000;
    __syncthreads();
    out[HERE] = x + draw() % 1000 + in[HERE % n];
}

static __device__ float noisy(float *s, int k)
{
    __syncthreads();
    float value = s[(T + k) % SIZE];
    __syncthreads();
    s[T] += 1;
    return value;
}

__global__ void call_in_a_switch(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    switch (n % 3) {
    case 0:
        out[HERE] = noisy(s, 1);
        break;
    default:
        out[HERE] = 2 * noisy(s, 2);
    }
    out[HERE] += s[T];
}

__global__ void call_before_a_comma(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    s[T] = in[HERE % n];
    float x = 0, y = 0;
    x = noisy(s, 1), y = noisy(s, 2);
    out[HERE] = x + 3 * y;
}

#define LANE (t & 31)
static __device__ float by_lane(float x)
{
    int t = threadIdx.x + 1;
    __syncthreads();
    return x + LANE + t;
}

__global__ void macro_of_a_local(const float *in, float *out, int n)
{
    int t = T;
    float value = by_lane(in[HERE % n]);
    out[HERE] = value + t;
}

typedef struct {
    const int k;
    float value;
} Fixed;

__global__ void const_member(const float *in, float *out, int n)
{
    __shared__ float s[1024];
    Fixed fixed = {T, in[HERE % n]};
    s[T] = fixed.value;
    __syncthreads();
    fixed.value += s[(T + 1) % SIZE];
    __syncthreads();
    out[HERE] = fixed.value + fixed.k;
}

#endif
