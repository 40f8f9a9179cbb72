// printf in a kernel, with the standard output turned into a file so that the lines can be checked, and
// clock64 around a loop of known work.
#include <hip/hip_runtime.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct Clocks {
    long long begin, end;
    float result;
};

__global__ void speak(const float *values, int n)
{
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    if (i < n)
        printf("[%d:%02u] %s %.3f %c 100%% %llx\n", (int)blockIdx.x, (unsigned)threadIdx.x,
               i % 2 ? "odd" : "even", values[i], 'a' + i, 0xabcdef0123ull + i);
    if (i == n)
        printf("no arguments\n");
}

__global__ void measure(Clocks *clocks, int iterations)
{
    long long begin = clock64();
    float x = threadIdx.x;
    for (int k = 0; k < iterations; k++)
        x = x * 0.5f + 1.0f;
    clocks[threadIdx.x].result = x;
    __threadfence();
    clocks[threadIdx.x].begin = begin;
    clocks[threadIdx.x].end = clock64();
}

int main()
{
    const int n = 6;
    float h[n], *d;
    for (int i = 0; i < n; i++)
        h[i] = 1.5f * i - 2;
    if (hipMalloc(&d, sizeof(h)) != hipSuccess ||
        hipMemcpy(d, h, sizeof(h), hipMemcpyHostToDevice) != hipSuccess) {
        printf("FAILED: no device memory\n");
        return 1;
    }

    fflush(stdout);
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);
    if (file == NULL || saved < 0 || dup2(fileno(file), STDOUT_FILENO) < 0) {
        printf("FAILED: cannot redirect the standard output\n");
        return 1;
    }
    speak<<<3, 4>>>(d, n);
    hipError_t error = hipDeviceSynchronize();
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);

    char text[4096];
    rewind(file);
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = 0;
    int lines = 0;
    for (size_t c = 0; c < length; c++)
        lines += text[c] == '\n';
    if (error != hipSuccess || lines != n + 1 || strstr(text, "no arguments\n") == NULL) {
        printf("FAILED: %s, %d lines:\n%s", hipGetErrorString(error), lines, text);
        return 1;
    }
    for (int i = 0; i < n; i++) {       // in any order
        char want[128];
        snprintf(want, sizeof(want), "[%d:%02d] %s %.3f %c 100%% %llx\n", i / 4, i % 4, i % 2 ? "odd" : "even", h[i],
                 'a' + i, 0xabcdef0123ull + i);
        if (strstr(text, want) == NULL) {
            printf("FAILED: line %d is missing in:\n%s", i, text);
            return 1;
        }
    }

    Clocks *d_clocks, shorter[32], longer[32];
    long long sum_short = 0, sum_long = 0;
    if (hipMalloc(&d_clocks, sizeof(shorter)) != hipSuccess)
        return 1;
    measure<<<1, 32>>>(d_clocks, 10);
    hipMemcpy(shorter, d_clocks, sizeof(shorter), hipMemcpyDeviceToHost);
    measure<<<1, 32>>>(d_clocks, 20000);
    hipMemcpy(longer, d_clocks, sizeof(longer), hipMemcpyDeviceToHost);
    for (int t = 0; t < 32; t++) {
        if (shorter[t].end < shorter[t].begin || longer[t].end < longer[t].begin || longer[t].result != 2.0f) {
            printf("FAILED: thread %d: clock from %lld to %lld, result %g\n", t, longer[t].begin, longer[t].end,
                   longer[t].result);
            return 1;
        }
        sum_short += shorter[t].end - shorter[t].begin;
        sum_long += longer[t].end - longer[t].begin;
    }
    if (sum_long <= sum_short) {
        printf("FAILED: 2000 times the work took %lld clocks instead of %lld\n", sum_long, sum_short);
        return 1;
    }
    hipFree(d);
    hipFree(d_clocks);
    printf("PASSED\n");
    return 0;
}
