// checker: a program whose versions are wrong in one way each, to see that the checker of common/ says so. `right` is
// the one that must pass. test_checker.py knows what to expect of each.
#include <hip/hip_runtime.h>
#include "../../common/program.h"

// y = 2 x + y, and what a program can declare besides: i32, u8 and f64 outputs, shapes of one to four dimensions.
__global__ void checker_right(const float *x, float *y, double *half, int *index, unsigned char *low, float *scratch,
                              int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        scratch[i] = 2 * x[i];
        y[i] = scratch[i] + y[i];
        half[i] = 0.5 * x[i];
        index[i] = i - 5;
        low[i] = (unsigned char)(i % 256);
    }
}

__global__ void checker_set(float *y, int i, float value)
{
    y[i] = value;
}

__global__ void checker_copy(const float *from, float *to, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        to[i] = from[i];
}

typedef struct {
    DeviceF32 x, y, scratch, saved;
    DeviceF64 half;
    DeviceI32 index;
    DeviceU8 low;
    int n, block;
} Operands;

static void right(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = ceil_div(o->n, o->block);
    checker_right<<<grid, o->block>>>(o->x.data, o->y.data, o->half.data, o->index.data, o->low.data, o->scratch.data,
                                      o->n);
}

static void dead(const void *operands)
{
    (void)operands;
}

static void forgets_last(const void *operands)
{
    Operands o = *(const Operands *)operands;
    --o.n;
    right(&o);
}

static void off_by_one_step(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    float x = 0, y = 0;
    right(o);
    HIP_CHECK(hipMemcpy(&x, o->x.data, sizeof x, hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(&y, o->y.data, sizeof y, hipMemcpyDeviceToHost));
    checker_set<<<1, 1>>>(o->y.data, 0, y + 4 * FLT_EPSILON * (fabsf(y) + fabsf(2 * x)));
}

static void not_a_number(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    right(o);
    checker_set<<<1, 1>>>(o->y.data, o->n / 2, NAN);
}

static void infinite(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    right(o);
    checker_set<<<1, 1>>>(o->y.data, o->n / 2, INFINITY);
}

static void past_the_end(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    right(o);
    checker_set<<<1, 1>>>(o->y.data, o->n, 1);
}

static void before_the_start(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    right(o);
    checker_set<<<1, 1>>>(o->x.data, -1, 1);
}

// Right in the first launch and dead in all others: what the first one left must not be taken for a result.
static void only_once(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    static int launches = 0;
    if (launches++ == 0)
        right(o);
}

// Every launch but the first takes for y what the one before has left in scratch.
static void stale_scratch(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    static int launches = 0;
    int grid = ceil_div(o->n, o->block);
    checker_copy<<<grid, o->block>>>(o->scratch.data, o->saved.data, o->n);
    right(o);
    if (launches++ > 0)
        checker_copy<<<grid, o->block>>>(o->saved.data, o->y.data, o->n);
    checker_copy<<<grid, o->block>>>(o->y.data, o->scratch.data, o->n);
}

static void wrong_integer(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int minus_one = -1;
    right(o);
    HIP_CHECK(hipMemcpy(o->index.data, &minus_one, sizeof minus_one, hipMemcpyHostToDevice));
}

static void wrong_byte(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    right(o);
    HIP_CHECK(hipMemset(o->low.data, 1, 1));
}

static void wrong_double(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    double first = 0;
    right(o);
    HIP_CHECK(hipMemcpy(&first, o->half.data, sizeof first, hipMemcpyDeviceToHost));
    first *= 1 + 2 * DBL_EPSILON;
    HIP_CHECK(hipMemcpy(o->half.data, &first, sizeof first, hipMemcpyHostToDevice));
}

static void bad_launch(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    checker_set<<<1, 4096>>>(o->y.data, 0, 1); // more threads a block than any device has
}

int main(int argc, char **argv)
{
    int rows = 7;
    const Option options[] = {OPTION_INT("rows", &rows, "rows of every array")};
    Program program = program_begin(argc, argv, "y = 2 x + y, and more", options, LENGTH(options));
    int n = rows * 5 * 3 * 2;
    HostF32 x = host_uniform(n, program.seed, -1, 1), y = host_uniform(n, program.seed + 1, -1, 1);
    HostF64 expected = host_f64(n), bound = host_f64(n), half = host_f64(n), half_bound = host_f64(n);
    HostI32 index = host_i32(n);
    HostU8 low = host_u8(n);
    for (int i = 0; i < n; ++i) {
        expected.data[i] = 2.0 * x.data[i] + y.data[i];
        bound.data[i] = FLT_EPSILON * (2 * fabs(x.data[i]) + fabs(y.data[i]));
        half.data[i] = 0.5 * x.data[i];
        half_bound.data[i] = DBL_EPSILON * fabs(half.data[i]);
        index.data[i] = i - 5;
        low.data[i] = (uint8_t)(i % 256);
    }
    Operands o = {device_copy(x), device_copy(y), device_f32(n), device_f32(n),
                  device_f64(n),  device_i32(n),  device_u8(n),  n,
                  program.block};
    program_input(&program, "x", x, SHAPE(n));
    program_inout(&program, "y", o.y, SHAPE(rows, 5, 3, 2), expected, bound);
    program_output(&program, "half", o.half, SHAPE(rows * 5, 6), half, half_bound);
    program_output(&program, "index", o.index, SHAPE(rows, 15, 2), index);
    program_output(&program, "low", o.low, SHAPE(n), low);
    program_scratch(&program, o.scratch);
    program_work(&program, (Work){.flops = 2.0 * n, .bytes = 12.0 * n});
    program_bytes(&program, "moved", "right", 1e4 * n);
    program_bytes(&program, "moved", "only_once", 12);

    const Version versions[] = {
        {"right", right, "passes"},
        {"dead", dead, "launches nothing"},
        {"forgets_last", forgets_last, "leaves the last element out"},
        {"off_by_one_step", off_by_one_step, "one element a little beyond its bound"},
        {"not_a_number", not_a_number, "one NaN"},
        {"infinite", infinite, "one infinity"},
        {"past_the_end", past_the_end, "writes one element past y"},
        {"before_the_start", before_the_start, "writes one element before x"},
        {"only_once", only_once, "works in the first launch only"},
        {"stale_scratch", stale_scratch, "reads what an earlier launch left in scratch"},
        {"wrong_integer", wrong_integer, "one int is wrong"},
        {"wrong_byte", wrong_byte, "one byte is wrong"},
        {"wrong_double", wrong_double, "one double is wrong by two steps"},
        {"bad_launch", bad_launch, "too many threads a block"},
    };
    program_run(&program, versions, LENGTH(versions), &o);
    program_dump(&program, "host.x", x, SHAPE(n));
    program_dump(&program, "device.low", o.low, SHAPE(n / 2, 2));
    program_result(&program, "answer", 42.5);
    program_result(&program, "unknown", NAN);
    return program_end(&program);
}
