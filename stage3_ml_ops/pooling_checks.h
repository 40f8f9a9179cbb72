// pooling_checks.h: a part of the program pooling: what the table of versions cannot show. The windows in which the
// maximum is a matter of definition, and the operations one by one, beside the vendor's library.
#ifndef STAGE3_POOLING_CHECKS_H
#define STAGE3_POOLING_CHECKS_H

// Six windows of 2 x 2, whose answers are written down and not computed. Of equals, -0 and 0 among them, the first one
// in row-major order is the maximum; a NaN is larger than all numbers, and the first NaN stays.
static void expect_specials(Program *program, const Operands *all, const Version *version)
{
    enum { WINDOWS = 6, W = 2 * WINDOWS };
    static const float special[2 * W] = {1,   NAN, -INFINITY, -INFINITY, -0.0f, 0, INFINITY,  3,
                                         NAN, 1,   INFINITY,  3,         5,     2, -INFINITY, -INFINITY,
                                         0,   0,   INFINITY,  NAN,       NAN,   2, 4,         INFINITY};
    static const float max[WINDOWS] = {NAN, -INFINITY, 0, NAN, NAN, INFINITY};
    static const int argmax[WINDOWS] = {1, 2, 4, W + 7, 8, 10};
    HostF32 x = host_f32(2 * W), got = host_f32(WINDOWS), average = host_f32(WINDOWS);
    HostI32 at = host_i32(WINDOWS);
    memcpy(x.data, special, sizeof special);
    Operands o = *all;
    o.g = (Pool){1, 2, W, 2, 2, 0, 1, WINDOWS, false};
    o.x = device_copy(x);
    o.dy = device_copy(host_f32(WINDOWS));
    o.dx = device_f32(2 * W);
    o.max = device_f32(WINDOWS);
    o.average = device_f32(WINDOWS);
    o.argmax = device_i32(WINDOWS);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    download(got, o.max);
    download(at, o.argmax);
    download(average, o.average);
    for (int i = 0; i < WINDOWS; ++i) {
        bool same = isnan(max[i]) ? isnan(got.data[i]) : got.data[i] == max[i];
        program_expect(program, same && at.data[i] == argmax[i],
                       "%s: of special window %d the maximum is %g, element %d; it should be %g, element %d",
                       version->name, i, got.data[i], at.data[i], max[i], argmax[i]);
        same = isnan(max[i]) ? isnan(average.data[i]) : average.data[i] == max[i];
        program_expect(program, same, "%s: of special window %d the average is %g; it should be %g", version->name, i,
                       average.data[i], max[i]);
    }
}

// One operation, as something that can be timed.
typedef struct {
    const Operands *o;
    Operation operation;
    LibraryPool library; // where operation is NULL
    float *y;
} OneOperation;

static void one_operation(const void *operands)
{
    const OneOperation *one = (const OneOperation *)operands;
    if (one->operation)
        one->operation(one->o);
    else
        library_pooling(&one->library, one->o->x.data, one->y);
}

static int fastest_version(const Program *program)
{
    int best = -1;
    for (int i = 0; i < VERSIONS; ++i) {
        Timing timing = program_timing(program, versions[i].name);
        if (timing.repeats > 0 &&
            (best < 0 || timing.median_ms < program_timing(program, versions[best].name).median_ms))
            best = i;
    }
    return best;
}

static void print_operation(Program *program, const char *label, const OneOperation *one, double bytes)
{
    char time[32], rate[96];
    double ms = time_launch(one_operation, one, program->repeat).median_ms;
    time_text(time, sizeof time, ms);
    printf("%-22s %10s   %s\n", label, time, rate_text(rate, program->roof, (Work){0, bytes}, 1e-3 * ms));
    program_result(program, label, ms);
}

// The library's row, and whether it agrees: all elements of y with the reference.
static void print_library(Program *program, const char *label, bool average, const Operands *o, const Operand *expected)
{
    const Pool *g = &o->g;
    DeviceF32 y = device_f32(o->max.n);
    LibraryPoolShape shape = {g->planes, g->h, g->w, g->window, g->stride, g->pad, g->out_h, g->out_w, g->count_valid};
    OneOperation one = {o, NULL, library_pooling_begin(shape, average), y.data};
    print_operation(program, label, &one, 4.0 * (double)(o->x.n + y.n));
    HostF32 got = host_copy(y);
    Comparison c = compare_f32(got.data, (const double *)expected->expected.data, expected->bound, got.n);
    program_expect(program, c.bad == 0, "%s: element %ld is %g, expected %g; %ld elements are wrong", label, c.worst,
                   c.got, c.expected, c.bad);
}

// The operations one by one, in the version that was the fastest for all three. The library's maximum keeps no argmax:
// it has fewer bytes to write; its way back looks for the maxima again, with its own rule for equals, and has no row.
static void print_operations(Program *program, const Operands *o)
{
    static const char *const labels[OPERATIONS] = {"max, with argmax", "average", "max backward"};
    double in = 4.0 * (double)o->x.n, out = 4.0 * (double)o->max.n;
    const double bytes[OPERATIONS] = {in + 2 * out, in + out, in + 2 * out};
    int best = fastest_version(program);
    if (best < 0)
        return;
    printf("\none operation at a time, %s:\n", versions[best].name);
    for (int i = 0; i < OPERATIONS; ++i) {
        OneOperation one = {o, operations[best][i], {}, NULL};
        print_operation(program, labels[i], &one, bytes[i]);
    }
    if (!library_dnn_name())
        return;
    static char label[2][40];
    text_format(label[0], sizeof label[0], "max, %s", library_dnn_name());
    text_format(label[1], sizeof label[1], "average, %s", library_dnn_name());
    for (int i = 0; i < program->operand_count; ++i) {
        if (strcmp(program->operands[i].name, "max") == 0)
            print_library(program, label[0], false, o, &program->operands[i]);
        if (strcmp(program->operands[i].name, "average") == 0)
            print_library(program, label[1], true, o, &program->operands[i]);
    }
}

#endif
