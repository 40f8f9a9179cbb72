// printf in a kernel: every format, long lines, and that the host's own output comes in order with it. The test reads
// it.
#include "expect.h"

__device__ void say(const char *what, int number)
{
    printf("function %s %d\n", what, number);
}

__global__ void formats(const char *text)
{
    int t = threadIdx.x;
    printf("thread %d of %u: %s\n", t, blockDim.x, t % 2 ? "odd" : "even");
    if (t == 0) {
        printf("[%5d|%-5d|%05d|%+d|%x|%X|%o|%c|%%]\n", 42, 42, 42, 42, 255, 255, 8, 'z');
        printf("[%lld|%llu|%ld|%hhd|%zu]\n", -1234567890123ll, 18446744073709551615ull, 99l, (signed char)-3,
               (size_t)7);
        printf("[%f|%.2f|%8.3f|%e|%g|%a]\n", 1.5, 2.345f, -3.14159, 12345.678, 1e-10, 0.5);
        printf("[%s|%10s|%-6s|%.3s]\n", text, "right", "left", "truncated");
        printf("[%p]\n", (void *)0);
        printf("no arguments\n");
        printf("[%*d]\n", 6, 7);
        say("called", 5);
    }
}

__global__ void after_barrier(int n)
{
    __shared__ int sum;
    if (threadIdx.x == 0)
        sum = 0;
    __syncthreads();
    atomicAdd(&sum, 1);
    __syncthreads();
    if (threadIdx.x == blockDim.x - 1 && blockIdx.x == 0)
        printf("sum %d of %d\n", sum, n);
}

__global__ void many(int lines)
{
    for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < lines; i += gridDim.x * blockDim.x)
        printf("line %04d with some text behind it, to see that lines are not torn\n", i);
}

int main()
{
    static char *text = room<char>(16);
    strcpy(text, "from memory");
    printf("before\n");
    formats<<<1, 4>>>(text);
    EXPECT_RAN();
    printf("between\n");
    after_barrier<<<2, 100>>>(100);
    EXPECT_RAN();
    many<<<8, 64>>>(2000);
    EXPECT_RAN();
    printf("after\n");
    return expect_result();
}
