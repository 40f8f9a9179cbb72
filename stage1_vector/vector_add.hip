// vector_add: c = a + b for n floats, one addition for every 12 bytes that move.
//
// The first kernel that everyone writes, and the first lesson in what limits a GPU: the adders are
// idle nearly all the time, because memory cannot feed them. So each version below is judged by
// the bandwidth it reaches, and the roof is the copy bandwidth that stage0_infra/roofline measured.
#include <hip/hip_runtime.h>
#include "../common/program.h"

// One thread computes one element. The last block is rarely full, hence the test.
__global__ void vector_add_per_thread(const float *a, const float *b, float *c, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        c[i] = a[i] + b[i];
}

// A fixed number of threads walks over the array: thread t takes t, t + stride, t + 2 stride, ...
// In every step neighbouring threads still touch neighbouring elements, so the accesses of a warp
// fall into the fewest possible memory transactions. Starting threads is cheap, not free: with a
// few elements a thread that cost is spread.
__global__ void vector_add_grid_stride(const float *a, const float *b, float *c, int n)
{
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride)
        c[i] = a[i] + b[i];
}

// Four elements in one 16-byte load: a quarter of the load instructions for the same bytes. Needs
// pointers aligned to 16 bytes, which hipMalloc gives (a slice at an odd offset would not be).
__global__ void vector_add_float4(const float *a, const float *b, float *c, int n)
{
    int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i + 3 < n) {
        float4 x = *(const float4 *)(a + i), y = *(const float4 *)(b + i);
        *(float4 *)(c + i) = make_float4(x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w);
    } else {
        for (; i < n; ++i) // the ragged end, at most three elements, by one thread
            c[i] = a[i] + b[i];
    }
}

// Reference. One float addition is exact to half a unit in the last place, and so is the bound.
static inline void vector_add_cpu(const float *a, const float *b, double *c, double *bound, int n)
{
    for (int i = 0; i < n; ++i) {
        c[i] = (double)a[i] + b[i];
        bound[i] = 0.5 * FLT_EPSILON * fabs(c[i]);
    }
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it

typedef struct {
    DeviceF32 a, b, c; // n elements each
    int n, block;
} Operands;

static void per_thread(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    vector_add_per_thread<<<ceil_div(o->n, o->block), o->block>>>(o->a.data, o->b.data, o->c.data, o->n);
}

static void grid_stride(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = 8 * device_multiprocessors();
    vector_add_grid_stride<<<grid, o->block>>>(o->a.data, o->b.data, o->c.data, o->n);
}

static void float4_loads(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    vector_add_float4<<<ceil_div(o->n, 4 * o->block), o->block>>>(o->a.data, o->b.data, o->c.data, o->n);
}

int main(int argc, char **argv)
{
    int n = 10000019; // a prime: no block size divides it
    // Indices are int, and the last step of a stride goes beyond n: the limit leaves room for it below 2^31.
    const Option options[] = {OPTION_INT_RANGE("n", &n, "number of elements", 1, 2000000000)};
    Program program = program_begin(argc, argv, "c = a + b, float32", options, LENGTH(options));

    HostF32 a = host_uniform(n, program.seed, -1, 1);
    HostF32 b = host_uniform(n, program.seed + 1, -1, 1);
    HostF64 expected = host_f64(n), bound = host_f64(n);
    vector_add_cpu(a.data, b.data, expected.data, bound.data, n);

    Operands operands = {device_copy(a), device_copy(b), device_f32(n), n, program.block};
    program_input(&program, "a", a, SHAPE(n));
    program_input(&program, "b", b, SHAPE(n));
    program_output(&program, "c", operands.c, SHAPE(n), expected, bound);
    program_work(&program, (Work){.flops = 1.0 * n, .bytes = 12.0 * n});

    const Version versions[] = {
        {"per_thread", per_thread, "one element a thread"},
        {"grid_stride", grid_stride, "a fixed number of threads walks over the array"},
        {"float4", float4_loads, "16 bytes a load"},
    };
    program_run(&program, versions, LENGTH(versions), &operands);
    return program_end(&program);
}
#endif
