// layernorm_checks.h: what layernorm.hip looks at beyond its table: arrays that begin anywhere, and what each way of
// computing the variance loses.
#ifndef STAGE3_LAYERNORM_CHECKS_H
#define STAGE3_LAYERNORM_CHECKS_H

#include "../common/program.h"
#include "layernorm_cpu.h"

// A layer whose arrays are parts of larger ones and begin at any float: X, Y, gamma and beta at these.
static void expect_parts(Program *program, int block)
{
    enum { M = 5, N = 79, COUNT = M * N, CASES = 4 };
    static const int begins[CASES][4] = {{1, 1, 0, 0}, {3, 3, 1, 2}, {1, 2, 0, 0}, {0, 2, 3, 3}};
    HostF32 x = host_uniform(COUNT + 3, program->seed, -1, 1), gamma = host_uniform(N + 3, program->seed + 1, -2, 2);
    HostF32 beta = host_uniform(N + 3, program->seed + 2, -1, 1), got = host_f32(COUNT + 3);
    HostF64 y = host_f64(COUNT), bound = host_f64(COUNT), mean = host_f64(M), rstd = host_f64(M), rest = host_f64(M);
    DeviceF32 d_x = device_copy(x), d_gamma = device_copy(gamma), d_beta = device_copy(beta), d_y = device_f32(got.n);
    DeviceF32 d_mean = device_f32(M), d_rstd = device_f32(M);
    for (int k = 0; k < CASES; ++k) {
        const int *at = begins[k];
        LayernormCpu cpu = {x.data + at[0], gamma.data + at[2], beta.data + at[3], y.data, bound.data, mean.data,
                            rest.data,      rstd.data,          rest.data,         N,      1e-5};
        Layernorm layer = {d_x.data + at[0],
                           d_gamma.data + at[2],
                           d_beta.data + at[3],
                           d_y.data + at[1],
                           d_mean.data,
                           d_rstd.data,
                           M,
                           N,
                           1e-5f};
        layernorm_cpu(&cpu, 0, M);
        layernorm_registers_launch(&layer, block);
        HIP_CHECK_LAUNCH();
        download(got, d_y);
        for (int i = 0; i < COUNT; ++i)
            if (!(fabs(got.data[at[1] + i] - y.data[i]) <= bound.data[i])) {
                program_expect(program, false, "registers: X begins at float %d, Y at %d: element %d is %g, not %g",
                               at[0], at[1], i, got.data[at[1] + i], y.data[i]);
                break;
            }
    }
}

// What print_accuracy compares: ways to compute the variance, and means of rows whose deviation is 0.58.
enum { WAYS = 4, MEANS = 5, ROWS = 64, COLUMNS = 1000 };

typedef struct {
    const char *name;
    void (*launch)(const Layernorm *, int block);
} Way;

// The relative error of variance + epsilon, the worst of all rows; NaN where one is.
static double worst_variance(HostF32 got, HostF64 rstd)
{
    double worst = 0;
    for (long i = 0; i < got.n; ++i) {
        double ratio = rstd.data[i] / got.data[i], error = fabs(ratio * ratio - 1);
        worst = error <= worst ? worst : error; // in this form a NaN stays
    }
    return worst;
}

// What not to do.
static void layernorm_one_pass_launch(const Layernorm *l, int block)
{
    layernorm_one_pass<<<ceil_div(l->m, block), block>>>(*l);
}

// What each way of computing the variance loses: it is what the bound is about.
static void print_accuracy(Program *program, float epsilon)
{
    static const Way ways[WAYS] = {{"two_passes_thread", layernorm_thread_per_row_launch},
                                   {"two_passes_warp", layernorm_warp_per_row_launch},
                                   {"welford", layernorm_welford_launch},
                                   {"one_pass", layernorm_one_pass_launch}};
    static const float means[MEANS] = {0, 10, 100, 1000, 10000};
    static char keys[MEANS][WAYS][40];
    HostF32 noise = host_uniform(ROWS * COLUMNS, program->seed, -1, 1), x = host_f32(noise.n), ones = host_f32(COLUMNS);
    HostF64 y = host_f64(noise.n), mean = host_f64(ROWS), rstd = host_f64(ROWS), bound = host_f64(noise.n);
    LayernormCpu cpu = {x.data,     ones.data, ones.data,  y.data,  bound.data, mean.data,
                        bound.data, rstd.data, bound.data, COLUMNS, epsilon};
    DeviceF32 d_x = device_f32(x.n), d_ones = device_copy(ones), d_y = device_f32(x.n);
    DeviceF32 d_mean = device_f32(ROWS), d_rstd = device_f32(ROWS);
    HostF32 got = host_f32(ROWS);
    Layernorm layer = {d_x.data, d_ones.data, d_ones.data, d_y.data, d_mean.data, d_rstd.data, ROWS, COLUMNS, epsilon};
    Table table;
    memset(&table, 0, sizeof table);
    table.rows = 1 + MEANS;
    table.columns = 1 + WAYS;
    text_format(table.cell[0][0], TABLE_CELL, "mean");
    for (int k = 0; k < MEANS; ++k) {
        for (long i = 0; i < x.n; ++i)
            x.data[i] = means[k] + noise.data[i];
        layernorm_cpu(&cpu, 0, ROWS);
        upload(d_x, x);
        text_format(table.cell[k + 1][0], TABLE_CELL, "%g", means[k]);
        for (int way = 0; way < WAYS; ++way) {
            ways[way].launch(&layer, program->block);
            HIP_CHECK_LAUNCH();
            download(got, d_rstd);
            double worst = worst_variance(got, rstd);
            text_format(table.cell[0][way + 1], TABLE_CELL, "%s", ways[way].name);
            text_format(table.cell[k + 1][way + 1], TABLE_CELL, isnan(worst) ? "nan" : "%.1e", worst);
            text_format(keys[k][way], sizeof keys[k][way], "%s_%g", ways[way].name, means[k]);
            program_result(program, keys[k][way], worst);
        }
    }
    printf("\nrelative error of the variance, the worst of %d rows of %d elements, deviation 0.58:\n", ROWS, COLUMNS);
    table_print(&table);
}

#endif
