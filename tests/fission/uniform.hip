// Kernels for test_uniform_check.py, one for each kind of thing that fission takes as uniform. All are right; the test makes
// the translator wrong. `uniform NAME` runs one of them on a block of 48 x 2 threads.
#include <cstdio>
#include <cstring>
#include <vector>

#include <hip/hip_runtime.h>

#define T ((int)(threadIdx.x + blockDim.x * threadIdx.y))

__global__ void value(const int *in, int *out, int n)
{
    __shared__ int s[1024];
    int shift = threadIdx.y;
    s[T] = in[T % n];
    __syncthreads();
    out[T] = s[(T + shift) % 96] + shift;
}

__global__ void condition(const int *in, int *out, int n)
{
    __shared__ int s[1024];
    for (int round = 0; round < 2; ++round) {
        s[T] = in[T % n];
        __syncthreads();
        if (s[T] % 2 == 0)
            s[T] += __shfl_xor(s[T], 1);
        __syncthreads();
    }
    out[T] = s[T];
}

__global__ void change_for_some(const int *in, int *out, int n)
{
    int found = 0;
    if (in[T % n] % 2 == 0) {
        int other = __shfl_xor(in[T % n], 1);
        found = 7;
        out[T] = other;
    }
    out[T] += found;
}

__global__ void rounds_for_some(const int *in, int *out, int n)
{
    int sum = 0, rounds = in[T % n] % 4;
    for (int i = 0; i < rounds; ++i) {
        out[T] = __shfl_xor(i, 1);
        sum += 2;
    }
    out[T] += sum;
}

static __device__ void add(int *sum, int x)
{
    *sum += x;
}

__global__ void by_address(const int *in, int *out, int n)
{
    int sum = 1;
    add(&sum, in[T % n]);
    __syncthreads();
    out[T] = sum;
}

__global__ void in_one_statement(const int *in, int *out, int n)
{
    int last = 0;
    __syncthreads();
    out[T] = in[T % n] + (last = 3);
    __syncthreads();
    out[T] += last;
}

__global__ void again(const int *in, int *out, int n)
{
    __shared__ int s[1024];
    int shift = 1, mine = threadIdx.x + shift;
    s[T] = in[T % n];
    __syncthreads();
    shift += 2;
    out[T] = s[mine % 96] + shift;
}

__global__ void returned(const int *in, int *out, int n)
{
    __shared__ int s[1024];
    s[T] = 0;
    if ((int)threadIdx.x >= n / 2)
        return;
    n = 96 - n;
    s[T] = in[T];
    __syncthreads();
    out[T] = s[T] + n;
}

__global__ void side_by_side(const int *in, int *out, int n)
{
    for (int i = 3 * (int)threadIdx.x - (int)threadIdx.x; i < 200; i += blockDim.x)
        out[threadIdx.y] = in[i % n];
}

__global__ void narrowed(const int *in, int *out, int n)
{
    __shared__ int s[1024];
    s[T] = in[T % n];
    __syncthreads();
    if (threadIdx.x < 3 + threadIdx.y)
        s[T] += 1;
    __syncthreads();
    out[T] = s[T];
}

typedef void (*Kernel)(const int *, int *, int);

int main(int, char **arguments)
{
    const struct {
        const char *name;
        Kernel kernel;
    } known[] = {{"value", value},
                 {"condition", condition},
                 {"change_for_some", change_for_some},
                 {"rounds_for_some", rounds_for_some},
                 {"by_address", by_address},
                 {"in_one_statement", in_one_statement},
                 {"again", again},
                 {"returned", returned},
                 {"side_by_side", side_by_side},
                 {"narrowed", narrowed}};
    std::vector<int> host(256);
    for (int i = 0; i < 256; ++i)
        host[i] = (int)((unsigned)i * 2654435761u >> 20);
    int *in, *out;
    (void)hipMalloc((void **)&in, 1024);
    (void)hipMalloc((void **)&out, 1024);
    (void)hipMemcpy(in, host.data(), 1024, hipMemcpyHostToDevice);
    (void)hipMemset(out, 0, 1024);
    for (auto &one : known)
        if (!strcmp(one.name, arguments[1]))
            one.kernel<<<2, dim3(48, 2)>>>(in, out, 77);
    hipError_t error = hipDeviceSynchronize();
    (void)hipMemcpy(host.data(), out, 1024, hipMemcpyDeviceToHost);
    unsigned sum = 0;
    for (int x : host)
        sum = sum * 31 + (unsigned)x;
    printf("%s %u %s\n", arguments[1], sum, hipGetErrorName(error));
    return error == hipSuccess ? 0 : 3;
}
