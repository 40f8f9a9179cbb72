// What the random kernels of grammar.py share, and the function that runs one: a line of output a shape of the block.
#ifndef TESTS_FISSION_FUZZ_H
#define TESTS_FISSION_FUZZ_H

#include <cstdio>
#include <cstring>
#include <vector>

#include <hip/hip_runtime.h>

#define SIZE (blockDim.x * blockDim.y * blockDim.z)
#define T    (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z))
#define HERE (blockIdx.x * SIZE + T)

static __device__ inline unsigned mix(unsigned a, unsigned b)
{
    unsigned x = a * 2654435761u + b;
    return x ^ x >> 15;
}

static __device__ inline void bump(unsigned *x, unsigned by)
{
    *x += by;
}

// Which NaN comes of inf - inf is the compiler's affair, and so is the order of -0 and 0 in a sum.
static __device__ inline unsigned bits(float x)
{
    return x != x ? 7 : x == 0 ? 0 : __float_as_uint(x);
}

typedef void (*Kernel)(const unsigned *, unsigned *, unsigned *, unsigned, unsigned, float);

static void run(const char *name, Kernel kernel)
{
    const dim3 blocks[] = {dim3(1), dim3(31), dim3(33), dim3(64), dim3(7, 5), dim3(16, 16, 2), dim3(96)};
    for (dim3 block : blocks) {
        const unsigned grid = 2, threads = block.x * block.y * block.z, n = grid * threads + 21, room = n + 64;
        std::vector<unsigned> host(3 * room);
        unsigned *memory, random = 12345;
        for (unsigned &x : host) {
            random = random * 1664525 + 1013904223;
            x = random >> 7;
        }
        (void)hipMalloc((void **)&memory, host.size() * sizeof(unsigned));
        (void)hipMemcpy(memory, host.data(), host.size() * sizeof(unsigned), hipMemcpyHostToDevice);
        kernel<<<grid, block>>>(memory, memory + room, memory + 2 * room, n, 5, 1.5f);
        hipError_t launched = hipGetLastError(), error = hipDeviceSynchronize();
        (void)hipMemcpy(host.data(), memory, host.size() * sizeof(unsigned), hipMemcpyDeviceToHost);
        unsigned long long hash = 14695981039346656037u;
        for (unsigned x : host)
            hash = (hash ^ x) * 1099511628211u;
        printf("%s %ux%ux%u %016llx %s\n", name, block.x, block.y, block.z, hash,
               hipGetErrorName(error != hipSuccess ? error : launched));
        (void)hipFree(memory);
    }
}

#endif
