// Shared memory: static, dynamic, in device functions and templates; its alignment, its size, and that each block has
// its own.
#include "expect.h"
#include <cstdint>

struct Particle {
    float3 place;
    double mass;
    char tag[5];
};

union Word {
    unsigned bits;
    float real;
};

// Declarations of every form; none of them may lie over another.
__global__ void many_forms(int *out)
{
    __shared__ int scalar;
    __shared__ int row[40], other_row[7];
    __shared__ double grid[3][5][2];
    static __shared__ unsigned char bytes[13];
    __shared__ Particle particles[3];
    __shared__ Word word;
    __shared__ int *pointer;
    __shared__ volatile float live[4];
    __shared__ __align__(64) char aligned[70];
    __shared__ float4 vectors[2];
    int t = threadIdx.x;
    if (t == 0) {
        scalar = 1;
        word.real = 1.0f;
        pointer = &row[3];
    }
    if (t < 40)
        row[t] = 100 + t;
    if (t < 7)
        other_row[t] = 200 + t;
    if (t < 30)
        grid[t / 10][t / 2 % 5][t % 2] = 300 + t;
    if (t < 13)
        bytes[t] = (unsigned char)(50 + t);
    if (t < 3) {
        particles[t].place = make_float3(t, t + 1, t + 2);
        particles[t].mass = 0.5 * t;
        particles[t].tag[4] = (char)('a' + t);
    }
    if (t < 4)
        live[t] = 0.25f * t;
    for (int i = t; i < 70; i += blockDim.x)
        aligned[i] = (char)i;
    if (t < 2)
        vectors[t] = make_float4(t, 2 * t, 3 * t, 4 * t);
    __syncthreads();
    int wrong = scalar != 1 || word.bits != 0x3f800000u || pointer != row + 3 || *pointer != 103;
    for (int i = 0; i < 40; ++i)
        wrong += row[i] != 100 + i;
    for (int i = 0; i < 7; ++i)
        wrong += other_row[i] != 200 + i;
    for (int i = 0; i < 30; ++i)
        wrong += grid[i / 10][i / 2 % 5][i % 2] != 300 + i;
    for (int i = 0; i < 13; ++i)
        wrong += bytes[i] != 50 + i;
    for (int i = 0; i < 3; ++i)
        wrong += particles[i].place.z != i + 2 || particles[i].mass != 0.5 * i || particles[i].tag[4] != 'a' + i;
    for (int i = 0; i < 4; ++i)
        wrong += live[i] != 0.25f * i;
    for (int i = 0; i < 70; ++i)
        wrong += aligned[i] != i;
    wrong += vectors[1].w != 4 || (uintptr_t)aligned % 64 != 0 || (uintptr_t)vectors % 16 != 0;
    wrong += (uintptr_t)grid % sizeof(double) != 0 || sizeof row != 160 || sizeof grid != 240;
    out[t] = wrong;
}

// The same name in two blocks of the body.
__global__ void scopes(int *out)
{
    int t = threadIdx.x;
    {
        __shared__ int box[64];
        box[t] = t;
        __syncthreads();
        out[2 * t] = box[63 - t];
    }
    __syncthreads();
    {
        __shared__ float box[32];
        if (t < 32)
            box[t] = t * 0.5f;
        __syncthreads();
        out[2 * t + 1] = (int)(2 * box[t % 32]);
    }
}

template <class T, int N> __global__ void rotate(const T *in, T *out)
{
    __shared__ T window[N + 1];
    int t = threadIdx.x;
    window[t] = in[blockIdx.x * N + t];
    if (t == 0)
        window[N] = window[0];
    __syncthreads();
    out[blockIdx.x * N + t] = window[t + 1];
}

// Dynamic shared memory behind an odd amount of static memory, seen under several names and types.
extern __shared__ float dynamic_floats[];

__global__ void dynamic(int *out, int floats)
{
    extern __shared__ char raw[];
    __shared__ char odd[13];
    int t = threadIdx.x;
    if (t < 13)
        odd[t] = (char)t;
    for (int i = t; i < floats; i += blockDim.x)
        dynamic_floats[i] = (float)i;
    __syncthreads();
    int wrong = (void *)raw != (void *)dynamic_floats || (uintptr_t)raw % 16 != 0;
    for (int i = 0; i < floats; ++i)
        wrong += ((float *)raw)[i] != (float)i;
    for (int i = 0; i < 13; ++i)
        wrong += odd[i] != i;
    // Carved up as programs do it: doubles first, then ints behind them.
    double *doubles = (double *)raw;
    int *ints = (int *)(doubles + blockDim.x);
    __syncthreads();
    doubles[t] = t * 0.25;
    ints[t] = t * 3;
    __syncthreads();
    int next = (t + 1) % blockDim.x;
    wrong += doubles[next] != next * 0.25 || ints[next] != next * 3;
    out[blockIdx.x * blockDim.x + t] = wrong;
}

template <class T> __global__ void dynamic_of_type(T *out)
{
    extern __shared__ __align__(16) unsigned char memory[];
    T *values = reinterpret_cast<T *>(memory);
    values[threadIdx.x] = out[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}

__global__ void dynamic_vectors(float4 *out)
{
    extern __shared__ float4 four[];
    four[threadIdx.x] = make_float4(threadIdx.x, 1, 2, 3);
    __syncthreads();
    out[threadIdx.x] = four[blockDim.x - 1 - threadIdx.x];
}

__global__ void older_dynamic(int *out)
{
    HIP_DYNAMIC_SHARED(int, words)
    words[threadIdx.x] = threadIdx.x * 5;
    __syncthreads();
    out[threadIdx.x] = words[(threadIdx.x + 1) % blockDim.x];
}

// Shared memory that belongs to a device function: one for the block, beside the kernel's.
__device__ int function_sum(int value)
{
    __shared__ int total;
    if (threadIdx.x == 0)
        total = 0;
    __syncthreads();
    atomicAdd(&total, value);
    __syncthreads();
    int sum = total;
    __syncthreads();
    return sum;
}

template <class T> __device__ T exchange(T value)
{
    __shared__ T seat[256];
    seat[threadIdx.x] = value;
    __syncthreads();
    T other = seat[blockDim.x - 1 - threadIdx.x];
    __syncthreads();
    return other;
}

__global__ void call_functions(int *out)
{
    __shared__ int mine[256];
    int t = threadIdx.x;
    mine[t] = t + 1000 * blockIdx.x;
    __syncthreads();
    int sum = function_sum(t), twice = function_sum(2 * t);
    double half = exchange<double>(t * 0.5);
    int whole = exchange<int>(t);
    out[5 * (blockIdx.x * blockDim.x + t)] = sum;
    out[5 * (blockIdx.x * blockDim.x + t) + 1] = twice;
    out[5 * (blockIdx.x * blockDim.x + t) + 2] = (int)(2 * half);
    out[5 * (blockIdx.x * blockDim.x + t) + 3] = whole;
    out[5 * (blockIdx.x * blockDim.x + t) + 4] = mine[(t + 1) % blockDim.x]; // untouched by the functions
}

__device__ void fill(int *row, int n, int first)
{
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        row[i] = first + i;
}

// No barrier at all, and yet shared: each thread keeps to its own element. Blocks must not see each other's.
__global__ void scratch_of_a_thread(int *out)
{
    __shared__ int scratch[100][3];
    int *mine = scratch[threadIdx.x], i = blockIdx.x * blockDim.x + threadIdx.x;
    mine[0] = i;
    mine[1] = 2 * i;
    mine[2] = mine[0] + mine[1];
    out[i] = mine[2];
}

__global__ void handed_over(int *out)
{
    __shared__ int row[128];
    fill(row, 128, 10 * blockIdx.x);
    __syncthreads();
    out[blockIdx.x * 128 + threadIdx.x] = row[127 - threadIdx.x];
}

// All 64 KiB that a block may have.
__global__ void whole_of_it(int *out, int words)
{
    extern __shared__ unsigned all[];
    for (int i = threadIdx.x; i < words; i += blockDim.x)
        all[i] = i * 2654435761u + blockIdx.x;
    __syncthreads();
    unsigned wrong = 0;
    for (int i = threadIdx.x; i < words; i += blockDim.x) {
        int j = words - 1 - i;
        wrong += all[j] != j * 2654435761u + blockIdx.x;
    }
    atomicAdd(out, (int)wrong);
}

int main()
{
    int *out = room<int>(8192);
    many_forms<<<3, 64>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 64; ++t)
        EXPECT_AT(t, out[t], 0);
    scopes<<<1, 64>>>(out);
    EXPECT_RAN();
    for (int t = 0; t < 64; ++t) {
        EXPECT_AT(t, out[2 * t], 63 - t);
        EXPECT_AT(t, out[2 * t + 1], t % 32);
    }

    double *doubles = room<double>(96), *turned = room<double>(96);
    short *shorts = room<short>(96), *turned_shorts = room<short>(96);
    for (int i = 0; i < 96; ++i)
        doubles[i] = 0.5 * i, shorts[i] = (short)i;
    rotate<double, 32><<<3, 32>>>(doubles, turned);
    rotate<short, 48><<<2, 48>>>(shorts, turned_shorts);
    EXPECT_RAN();
    for (int i = 0; i < 96; ++i) {
        EXPECT_AT(i, turned[i], 0.5 * (i % 32 == 31 ? i - 31 : i + 1));
        EXPECT_AT(i, (int)turned_shorts[i], i % 48 == 47 ? i - 47 : i + 1);
    }

    dynamic<<<5, 96, 96 * 12>>>(out, 96 * 3);
    EXPECT_RAN();
    for (int i = 0; i < 5 * 96; ++i)
        EXPECT_AT(i, out[i], 0);
    for (int i = 0; i < 96; ++i)
        doubles[i] = 0.25 * i, out[i] = 7 * i;
    dynamic_of_type<double><<<1, 96, 96 * sizeof(double)>>>(doubles);
    dynamic_of_type<int><<<1, 96, 96 * sizeof(int)>>>(out);
    EXPECT_RAN();
    for (int i = 0; i < 96; ++i) {
        EXPECT_AT(i, doubles[i], 0.25 * (95 - i));
        EXPECT_AT(i, out[i], 7 * (95 - i));
    }
    float4 *vectors = room<float4>(50);
    dynamic_vectors<<<1, 50, 50 * sizeof(float4)>>>(vectors);
    older_dynamic<<<1, 77, 77 * sizeof(int)>>>(out);
    EXPECT_RAN();
    for (int i = 0; i < 50; ++i)
        EXPECT_AT(i, vectors[i].x, (float)(49 - i));
    for (int i = 0; i < 77; ++i)
        EXPECT_AT(i, out[i], (i + 1) % 77 * 5);

    for (int n : {1, 33, 256}) {
        call_functions<<<4, n>>>(out);
        EXPECT_RAN();
        for (int i = 0; i < 4 * n; ++i) {
            int t = i % n;
            EXPECT_AT(i, out[5 * i], n * (n - 1) / 2);
            EXPECT_AT(i, out[5 * i + 1], n * (n - 1));
            EXPECT_AT(i, out[5 * i + 2], n - 1 - t);
            EXPECT_AT(i, out[5 * i + 3], n - 1 - t);
            EXPECT_AT(i, out[5 * i + 4], (t + 1) % n + 1000 * (i / n));
        }
    }
    scratch_of_a_thread<<<40, 100>>>(out);
    EXPECT_RAN();
    for (int i = 0; i < 4000; ++i)
        EXPECT_AT(i, out[i], 3 * i);
    handed_over<<<20, 128>>>(out);
    EXPECT_RAN();
    for (int i = 0; i < 20 * 128; ++i)
        EXPECT_AT(i, out[i], 10 * (i / 128) + 127 - i % 128);

    hipDeviceProp_t properties;
    EXPECT_OK(hipGetDeviceProperties(&properties, 0));
    out[0] = 0;
    whole_of_it<<<8, 256, properties.sharedMemPerBlock>>>(out, (int)(properties.sharedMemPerBlock / 4));
    EXPECT_RAN();
    EXPECT_EQ(out[0], 0);
    return expect_result();
}
