// activations: y = f(x) and dx = dy·f'(x), element by element, for six functions f of activation_functions.h: what
// stands between the layers of a network, on the way forward and on the way back.
//
// The bytes are those of vector_add, but f is not free any more: expf, erfcf and tanhf are ten to forty instructions
// each. Whether that shows depends on the machine: a GPU has them done while it waits for memory, mostly. The program
// times each function by itself to answer it. The other half of the work is to be right for every x: the functions are
// held to bounds at ±0, ±88, ±89, ±104, at denormal and at huge numbers, and checked at ±infinity and NaN.
#include <hip/hip_runtime.h>
#include "../common/program.h"
#include "activation_functions.h"

// One kernel for all functions: every thread looks up which one is meant. All threads of a warp find the same answer,
// so none waits for another; what it costs is that the kernel needs the registers of the greediest function for all of
// them, and that the compiler cannot arrange one function's instructions around the loads.
__global__ void activations_switched(int function, const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = activation(function, x[i]);
}

__global__ void activations_switched_grad(int function, const float *x, const float *dy, float *dx, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        dx[i] = dy[i] * activation_grad(function, x[i]);
}

// The same with the function as a constant of the template: one kernel for each, and the choice is made by the host,
// once a launch.
template <int FUNCTION> __global__ void activations_specialised(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = activation(FUNCTION, x[i]);
}

template <int FUNCTION> __global__ void activations_specialised_grad(const float *x, const float *dy, float *dx, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        dx[i] = dy[i] * activation_grad(FUNCTION, x[i]);
}

// Four elements a thread. Fewer load instructions, and four evaluations that do not wait for each other: where one of
// them has to wait for its own last result, the next one computes.
template <int FUNCTION> __global__ void activations_float4(const float *x, float *y, int n)
{
    int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i + 3 < n) {
        float4 a = *(const float4 *)(x + i);
        *(float4 *)(y + i) = make_float4(activation(FUNCTION, a.x), activation(FUNCTION, a.y),
                                         activation(FUNCTION, a.z), activation(FUNCTION, a.w));
    } else {
        for (; i < n; ++i)
            y[i] = activation(FUNCTION, x[i]);
    }
}

template <int FUNCTION> __global__ void activations_float4_grad(const float *x, const float *dy, float *dx, int n)
{
    int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i + 3 < n) {
        float4 a = *(const float4 *)(x + i), g = *(const float4 *)(dy + i);
        *(float4 *)(dx + i) = make_float4(g.x * activation_grad(FUNCTION, a.x), g.y * activation_grad(FUNCTION, a.y),
                                          g.z * activation_grad(FUNCTION, a.z), g.w * activation_grad(FUNCTION, a.w));
    } else {
        for (; i < n; ++i)
            dx[i] = dy[i] * activation_grad(FUNCTION, x[i]);
    }
}

#include "activations_cpu.h"

#if __INCLUDE_LEVEL__ == 0

static const char *const names[ACTIVATIONS] = {"relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "softplus"};

typedef struct {
    DeviceF32 x, dy;                           // n elements each
    DeviceF32 y[ACTIVATIONS], dx[ACTIVATIONS]; // of the functions first ... last
    int first, last, n, block;
} Operands;

static void switched(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = ceil_div(o->n, o->block);
    for (int f = o->first; f <= o->last; ++f) {
        activations_switched<<<grid, o->block>>>(f, o->x.data, o->y[f].data, o->n);
        activations_switched_grad<<<grid, o->block>>>(f, o->x.data, o->dy.data, o->dx[f].data, o->n);
    }
}

template <int FUNCTION> static void specialised_one(const Operands *o)
{
    int grid = ceil_div(o->n, o->block);
    activations_specialised<FUNCTION><<<grid, o->block>>>(o->x.data, o->y[FUNCTION].data, o->n);
    activations_specialised_grad<FUNCTION><<<grid, o->block>>>(o->x.data, o->dy.data, o->dx[FUNCTION].data, o->n);
}

template <int FUNCTION> static void float4_one(const Operands *o)
{
    int grid = ceil_div(ceil_div(o->n, 4), o->block);
    activations_float4<FUNCTION><<<grid, o->block>>>(o->x.data, o->y[FUNCTION].data, o->n);
    activations_float4_grad<FUNCTION><<<grid, o->block>>>(o->x.data, o->dy.data, o->dx[FUNCTION].data, o->n);
}

static void specialised(const void *operands)
{
    static void (*const one[ACTIVATIONS])(const Operands *) = {
        specialised_one<ACTIVATION_RELU>, specialised_one<ACTIVATION_SIGMOID>,   specialised_one<ACTIVATION_TANH>,
        specialised_one<ACTIVATION_GELU>, specialised_one<ACTIVATION_GELU_TANH>, specialised_one<ACTIVATION_SOFTPLUS>};
    const Operands *o = (const Operands *)operands;
    for (int f = o->first; f <= o->last; ++f)
        one[f](o);
}

static void float4_loads(const void *operands)
{
    static void (*const one[ACTIVATIONS])(const Operands *) = {
        float4_one<ACTIVATION_RELU>, float4_one<ACTIVATION_SIGMOID>,   float4_one<ACTIVATION_TANH>,
        float4_one<ACTIVATION_GELU>, float4_one<ACTIVATION_GELU_TANH>, float4_one<ACTIVATION_SOFTPLUS>};
    const Operands *o = (const Operands *)operands;
    for (int f = o->first; f <= o->last; ++f)
        one[f](o);
}

// --function: sets which functions are run.
static void choose(Operands *o, const char *function)
{
    o->first = 0;
    o->last = ACTIVATIONS - 1;
    if (strcmp(function, "all") == 0)
        return;
    char list[200] = "all";
    size_t used = 3;
    for (int f = 0; f < ACTIVATIONS; ++f) {
        if (strcmp(function, names[f]) == 0)
            o->first = o->last = f;
        used += text_format(list + used, sizeof list - used, ", %s", names[f]);
    }
    if (o->first != o->last)
        fail(STATUS_USAGE, "--function: no function is called '%s'; functions: %s", function, list);
}

// Every eighth element is one at which careless formulas break; the others lie where the functions are curved.
static HostF32 make_x(int n, uint64_t seed)
{
    static const float outliers[] = {0,  9,   13.5f,  17.5f,   20,     20.5f, 88,    88.7228f,
                                     89, 104, 1e-40f, FLT_MIN, 1e-20f, 1e13f, 1e30f, FLT_MAX};
    HostF32 x = host_uniform(n, seed, -6, 6);
    for (int i = 5, k = 0; i < n; i += 8, ++k) {
        float outlier = outliers[k / 2 % LENGTH(outliers)];
        x.data[i] = k % 2 ? outlier : -outlier;
    }
    return x;
}

// What comes out where a bound has no meaning, at ±infinity and NaN, and at ±0: limits that are known without computing
// them. NaN must stay NaN in all of them; the checker cannot say that, for to it NaN is always wrong.
static void expect_limits(Program *program, const Operands *all, const Version *version)
{
    // f(-inf), f(0), f(inf), and the same of f'
    static const double limits[ACTIVATIONS][6] = {{0, 0, INFINITY, 0, 0, 1},   {0, 0.5, 1, 0, 0.25, 0},
                                                  {-1, 0, 1, 0, 1, 0},         {0, 0, INFINITY, 0, 0.5, 1},
                                                  {0, 0, INFINITY, 0, 0.5, 1}, {0, M_LN2, INFINITY, 0, 0.5, 1}};
    static const float special[] = {-INFINITY, -0.0f, 0.0f, INFINITY, NAN, -INFINITY, NAN};
    static const int limit_of[] = {0, 1, 1, 2, -1, 0, -1};
    enum { COUNT = 7 }; // a quad and a ragged end
    HostF32 x = host_f32(COUNT), dy = host_f32(COUNT), y = host_f32(COUNT), dx = host_f32(COUNT);
    for (int i = 0; i < COUNT; ++i) {
        x.data[i] = special[i];
        dy.data[i] = 1;
    }
    Operands o = *all;
    o.n = COUNT;
    o.x = device_copy(x);
    o.dy = device_copy(dy);
    for (int f = o.first; f <= o.last; ++f) {
        o.y[f] = device_f32(COUNT);
        o.dx[f] = device_f32(COUNT);
    }
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    for (int f = o.first; f <= o.last; ++f) {
        download(y, o.y[f]);
        download(dx, o.dx[f]);
        for (int i = 0; i < COUNT; ++i) {
            double wanted_y = limit_of[i] < 0 ? NAN : limits[f][limit_of[i]];
            double wanted_dx = limit_of[i] < 0 ? NAN : limits[f][3 + limit_of[i]];
            program_expect(program, activation_is_limit(y.data[i], wanted_y), "%s: %s(%g) is %g, not %g", version->name,
                           names[f], special[i], y.data[i], wanted_y);
            program_expect(program, activation_is_limit(dx.data[i], wanted_dx), "%s: %s'(%g) is %g, not %g",
                           version->name, names[f], special[i], dx.data[i], wanted_dx);
        }
    }
}

// What the functions cost, one by one, in the version that was the fastest: the bytes are the same for all.
static void print_functions(Program *program, const Operands *all, const Version *versions, int count)
{
    const Version *best = NULL;
    for (int i = 0; i < count; ++i) {
        Timing timing = program_timing(program, versions[i].name);
        if (timing.repeats > 0 && (!best || timing.median_ms < program_timing(program, best->name).median_ms))
            best = &versions[i];
    }
    char text[96];
    Work work = {.flops = 0, .bytes = 20.0 * all->n};
    printf("\none function at a time, %s, y and dx:\n", best->name);
    for (int f = all->first; f <= all->last; ++f) {
        Operands o = *all;
        o.first = o.last = f;
        double ms = time_launch(best->launch, &o, program->repeat).median_ms;
        char time[32];
        time_text(time, sizeof time, ms);
        printf("%-10s %10s   %s\n", names[f], time, rate_text(text, program->roof, work, 1e-3 * ms));
        program_result(program, names[f], ms);
    }
}

int main(int argc, char **argv)
{
    int n = 1000003; // a prime: no block size divides it
    const char *function = "all";
    const Option options[] = {
        OPTION_INT_RANGE("n", &n, "number of elements", 1, 2000000000),
        OPTION_TEXT("function", &function, "relu, sigmoid, tanh, gelu, gelu_tanh, softplus or all"),
    };
    const Version versions[] = {
        {"switched", switched, "one kernel, which looks up its function for every element"},
        {"specialised", specialised, "a kernel for each function, by a template"},
        {"float4", float4_loads, "16 bytes a load, four evaluations side by side"},
    };
    Program program = program_begin(argc, argv, "y = f(x), dx = dy f'(x), float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    Operands operands;
    choose(&operands, function);

    HostF32 x = make_x(n, program.seed), dy = host_uniform(n, program.seed + 1, -1, 1);
    operands.x = device_copy(x);
    operands.dy = device_copy(dy);
    operands.n = n;
    operands.block = program.block;
    program_input(&program, "x", x, SHAPE(n));
    program_input(&program, "dy", dy, SHAPE(n));
    static char labels[ACTIVATIONS][2][24];
    for (int f = operands.first; f <= operands.last; ++f) {
        HostF64 y = host_f64(n), y_bound = host_f64(n), dx = host_f64(n), dx_bound = host_f64(n);
        activations_cpu(f, x.data, dy.data, y.data, y_bound.data, dx.data, dx_bound.data, n);
        operands.y[f] = device_f32(n);
        operands.dx[f] = device_f32(n);
        text_format(labels[f][0], sizeof labels[f][0], "%s_y", names[f]);
        text_format(labels[f][1], sizeof labels[f][1], "%s_dx", names[f]);
        program_output(&program, labels[f][0], operands.y[f], SHAPE(n), y, y_bound);
        program_output(&program, labels[f][1], operands.dx[f], SHAPE(n), dx, dx_bound);
    }
    program_work(&program, (Work){.flops = 0, .bytes = 20.0 * n * (operands.last - operands.first + 1)});

    program_run(&program, versions, LENGTH(versions), &operands);
    for (int i = 0; i < LENGTH(versions); ++i)
        if (program_wants(&program, versions[i].name))
            expect_limits(&program, &operands, &versions[i]);
    print_functions(&program, &operands, versions, LENGTH(versions));
    return program_end(&program);
}
#endif
