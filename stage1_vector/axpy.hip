// axpy: y = alpha·x + y for n floats, in place: one multiply-add for every 12 bytes that move.
//
// The update of BLAS level 1, and the one that every training step ends with (w = w - lr·g is axpy with alpha = -lr).
// Its bytes are those of vector_add, so its time should be too: the multiplication comes free with the addition. New is
// that the kernel overwrites what it reads. Whoever runs it twice gets another result, so the program puts the first y
// back before every launch. And two threads must never share an element: in vector_add the second one would write the
// same sum again, here it adds alpha·x once more.
#include <hip/hip_runtime.h>
#include "../common/program.h"

// One thread computes one element. The compiler makes one instruction of the product and the sum, a fused multiply-add,
// which rounds once instead of twice. alpha comes by value: all threads read it from constant memory, at no cost.
__global__ void axpy_per_thread(float alpha, const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = alpha * x[i] + y[i];
}

// A fixed number of threads walks over the arrays in steps of the whole grid. Neighbouring threads still touch
// neighbouring elements in each step. That pays where starting a thread costs more than its one element.
__global__ void axpy_grid_stride(float alpha, const float *x, float *y, int n)
{
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride)
        y[i] = alpha * x[i] + y[i];
}

// Four elements a thread, 16 bytes a load and a store. hipMalloc aligns x and y well enough (256 bytes); a slice that
// starts at an odd element would not do. The last one to three elements are nobody's quad: the thread that would have
// had them takes them one by one.
__global__ void axpy_float4(float alpha, const float *x, float *y, int n)
{
    int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i + 3 < n) {
        float4 a = *(const float4 *)(x + i), b = *(const float4 *)(y + i);
        *(float4 *)(y + i) = make_float4(alpha * a.x + b.x, alpha * a.y + b.y, alpha * a.z + b.z, alpha * a.w + b.w);
    } else {
        for (; i < n; ++i)
            y[i] = alpha * x[i] + y[i];
    }
}

// Reference. Product and sum are rounded, each by at most u = 2^-24 of its size; a fused multiply-add leaves the first
// rounding out. Together u (|alpha·x| + |s|), and as the second one rounds a sum that is already off, a little more.
// Where the product is too small for a normal number, rounding it costs up to half the smallest one, 2^-150.
static inline void axpy_cpu(float alpha, const float *x, const float *y, double *sum, double *bound, int n)
{
    const double u = 0.5 * FLT_EPSILON;
    for (int i = 0; i < n; ++i) {
        double product = (double)alpha * x[i];
        sum[i] = product + y[i];
        bound[i] = u * ((1 + u) * fabs(product) + fabs(sum[i])) + ldexp(1, -149);
    }
}

#if __INCLUDE_LEVEL__ == 0

typedef struct {
    DeviceF32 x, y; // n elements each
    float alpha;
    int n, block;
} Operands;

static void per_thread(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    axpy_per_thread<<<ceil_div(o->n, o->block), o->block>>>(o->alpha, o->x.data, o->y.data, o->n);
}

static void grid_stride(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = 8 * device_multiprocessors();
    axpy_grid_stride<<<grid, o->block>>>(o->alpha, o->x.data, o->y.data, o->n);
}

static void float4_loads(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int quads = ceil_div(o->n, 4);
    axpy_float4<<<ceil_div(quads, o->block), o->block>>>(o->alpha, o->x.data, o->y.data, o->n);
}

int main(int argc, char **argv)
{
    int n = 10000019; // a prime: no block size divides it
    float alpha = -0.7f;
    const Option options[] = {
        OPTION_INT_RANGE("n", &n, "number of elements", 1, 2000000000),
        OPTION_FLOAT_RANGE("alpha", &alpha, "the factor of x", -1e30f, 1e30f),
    };
    Program program = program_begin(argc, argv, "y = alpha x + y, float32", options, LENGTH(options));

    HostF32 x = host_uniform(n, program.seed, -1, 1);
    HostF32 y = host_uniform(n, program.seed + 1, -1, 1);
    HostF64 expected = host_f64(n), bound = host_f64(n);
    axpy_cpu(alpha, x.data, y.data, expected.data, bound.data, n);

    Operands operands = {device_copy(x), device_copy(y), alpha, n, program.block};
    program_input(&program, "x", x, SHAPE(n));
    program_inout(&program, "y", operands.y, SHAPE(n), expected, bound);
    program_work(&program, (Work){.flops = 2.0 * n, .bytes = 12.0 * n});

    const Version versions[] = {
        {"per_thread", per_thread, "one element a thread"},
        {"grid_stride", grid_stride, "a fixed number of threads walks over the arrays"},
        {"float4", float4_loads, "16 bytes a load"},
    };
    program_run(&program, versions, LENGTH(versions), &operands);
    return program_end(&program);
}
#endif
