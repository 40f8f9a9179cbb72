// The many ways to declare and to launch a kernel: prototypes, extern "C", overloads, an unnamed namespace, device
// functions and launches out of macros, pointers and tables of kernels, hipLaunchKernel with an array of arguments,
// kernels under #if, launches in lambdas and in expressions; recursion, goto, switch and assert on the device.
#include <hip/hip_runtime.h>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#define HIP_OK(...)                                                                        \
    do {                                                                                   \
        if (hipError_t status = (__VA_ARGS__)) {                                           \
            printf("FAILED: %s in line %d\n", hipGetErrorString(status), __LINE__);        \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

__global__ void declared_first(int *, int n, int value);
extern "C" __global__ void with_c_name(int *data, int n);

#define DEFINE_OPERATION(NAME, EXPRESSION)                                                 \
    __device__ static inline int NAME##_operation(int x, int i)                            \
    {                                                                                      \
        (void)i;                                                                           \
        return (EXPRESSION);                                                               \
    }
DEFINE_OPERATION(negate, -x)
DEFINE_OPERATION(add_index, x + i)

__global__ void kernel_negate(int *data, int n)
{
    for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < n; i += blockDim.x * gridDim.x)
        data[i] = negate_operation(data[i], i);
}

__global__ void kernel_add_index(int *data, int n)
{
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    if (i < n)
        data[i] = add_index_operation(data[i], i);
}

#define LAUNCH(kernel, n, ...) kernel<<<((n) + 63) / 64, 64>>>(__VA_ARGS__)
#define GLOBAL_INDEX           (blockIdx.x * blockDim.x + threadIdx.x)

#if defined(__HIPCC__) && !defined(NO_SUCH_MACRO)
__global__ void chosen(int *data, int n)
{
    if (GLOBAL_INDEX < (unsigned)n)
        data[GLOBAL_INDEX] ^= 5;
}
#else
#error the other branch
__global__ void chosen(int *data, int n) {}
#endif

namespace {
__device__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__global__ void
overloaded(int *data, int n)
{
    int i = GLOBAL_INDEX;
    if (i < n) data[i] += fibonacci(i % 8);
}

__global__ void overloaded(int *data, int n, float factor)
{
    int i = GLOBAL_INDEX;
    if (i >= n) goto out;
    data[i] = static_cast<int>(data[i] * factor);
out:
    return;
}
} // namespace

template <typename T, int Step = 2> static __global__ void strided(T *data, int n, T value = T(1))
{
    for (int i = Step * (int)GLOBAL_INDEX; i < n; i += Step * (int)(gridDim.x * blockDim.x))
        data[i] += value;
}

// A block of any shape, told by a linear index over all dimensions of block and grid.
__global__ void three_dimensional(int *data, int n)
{
    unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    unsigned i = block * (blockDim.x * blockDim.y * blockDim.z) + thread;
    assert(blockDim.z == 3 && gridDim.z == 2);
    if (i >= (unsigned)n)
        return;
    switch (i % 4) {
    case 0:
        data[i] += threadIdx.x;
        break;
    case 1:
        data[i] += 10 * threadIdx.y;
        // fall through
    case 2:
        data[i] += 100 * threadIdx.z;
        break;
    default:
        data[i] -= blockIdx.x + 2 * blockIdx.y + 4 * blockIdx.z;
    }
}

typedef void (*Kernel)(int *, int);
struct Entry {
    const char *name;
    Kernel kernel;
    std::function<int(int, int)> host;      // (index, value) -> value
};

int main()
{
    const int n = 1000;
    std::vector<int> h(n), want(n);
    for (int i = 0; i < n; i++)
        h[i] = want[i] = i * 17 % 101 - 50;
    int *d;
    HIP_OK(hipMalloc(&d, n * sizeof(int)));
    HIP_OK(hipMemcpy(d, h.data(), n * sizeof(int), hipMemcpyHostToDevice));
    auto compare = [&](const char *what, const std::function<int(int, int)> &host) {
        HIP_OK(hipGetLastError());
        HIP_OK(hipMemcpy(h.data(), d, n * sizeof(int), hipMemcpyDeviceToHost));
        for (int i = 0; i < n; i++) {
            want[i] = host(i, want[i]);
            if (h[i] != want[i]) {
                printf("FAILED: %s: element %d is %d, expected %d\n", what, i, h[i], want[i]);
                exit(1);
            }
        }
    };

    /* not a launch: kernel<<<1, 1>>>(d); */
    const char *text = "nor this: declared_first<<<1, 1>>>(d, 0, 1)";
    declared_first<<<dim3{5}, dim3{250}>>>(d, n, text[0] == 'n' ? 3 : 4);
    compare("declared first", [](int, int v) { return v + 3; });
    with_c_name<<<dim3(4, 2), dim3(25, 5)>>>(d, n);
    compare("extern C", [](int, int v) { return v * 2; });

    const Entry table[] = {
        {"negate", kernel_negate, [](int, int v) { return -v; }},
        {"add index", &kernel_add_index, [](int i, int v) { return v + i; }},
        {"chosen", chosen, [](int, int v) { return v ^ 5; }},
    };
    for (const Entry &e : table) {
        e.kernel<<<8, 128>>>(d, n);
        compare(e.name, e.host);
        LAUNCH(e.kernel, n, d, n);
        compare(e.name, e.host);
        int count = n;
        void *arguments[] = {(void *)&d, &count};
        HIP_OK(hipLaunchKernel((const void *)e.kernel, dim3(10), dim3(100), arguments, 0, 0));
        compare(e.name, e.host);
    }

    overloaded<<<n / 50, 50>>>(d, n);
    compare("overload", [](int i, int v) { return v + "\0\1\1\2\3\5\10\15"[i % 8]; });
    overloaded<<<n / 50, 50>>>(d, n, 2);
    compare("overload with a factor", [](int, int v) { return v * 2; });
    auto later = [d](int value) { strided<int><<<3, 32>>>(d, n, value); };
    later(7);
    compare("launch in a lambda", [](int i, int v) { return i % 2 ? v : v + 7; });
    n > 999 ? strided<int, 3><<<2, 64, 0, 0>>>(d, n, -1) : (void)0;
    compare("launch in an expression", [](int i, int v) { return i % 3 ? v : v - 1; });
    if (n & 1)
        strided<<<1, 1>>>(d, n, 5);
    else
        strided<<<(n + 31) / (2 > 1 ? 32 : 64), (32 >> 1) << 1>>>(d, n, 5);
    compare("shifts and comparisons in the brackets", [](int i, int v) { return i % 2 ? v : v + 5; });

    dim3 grid(3, 5, 2), block(4, 3, 3);
    hipLaunchKernelGGL(three_dimensional, grid, block, 0, 0, d, n);
    compare("three dimensions", [](int i, int v) {
        int t = i % 36, b = i / 36, x = t % 4, y = t / 4 % 3, z = t / 12;
        int change[] = {x, 10 * y + 100 * z, 100 * z, -(b % 3 + 2 * (b / 3 % 5) + 4 * (b / 15))};
        return v + change[i % 4];
    });
    HIP_OK(hipFree(d));
    printf("PASSED\n");
    return 0;
}

__global__ void declared_first(int *data, int n, int value)
{
    const int i = threadIdx.x + blockDim.x * blockIdx.x;
    if (i < n)
        data[i] += value;
}

extern "C" __global__ void with_c_name(int *data, int n)
{
    int i = ((blockIdx.y * 4 + blockIdx.x) * 5 + threadIdx.y) * 25 + threadIdx.x;
    if (i < n)
        data[i] *= 2;
}
