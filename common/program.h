// program.h: what every kernel program does alike. A program declares its options, inputs, outputs, the work of one
// launch and its versions; this file runs each version, checks it, times it and reports (report.h).
//
// The checker, in short: before every launch the outputs are filled with NaN bytes (operand.h), after the first and
// after the last launch every element is compared with the CPU reference under the bound that came with it
// (compare.h), and the memory around every buffer must be untouched (guard.h). None of that is timed.
#ifndef COMMON_PROGRAM_H
#define COMMON_PROGRAM_H

#include "buffer.h"
#include "check.h"
#include "compare.h"
#include "device.h"
#include "fill.h"
#include "npy.h"
#include "options.h"
#include "program_declare.h"
#include "program_files.h"
#include "program_type.h"
#include "random.h"
#include "report.h"
#include "roof.h"
#include "timer.h"
#include "work.h"
#include <float.h>
#include <math.h>

// Ends a --help: the versions, then exit status 0.
static inline void program_help_versions(const Version *versions, int count)
{
    if (count > 0)
        printf("\nversions:\n");
    for (int i = 0; i < count; ++i)
        printf("  %-20s %s\n", versions[i].name, versions[i].what);
    stdout_check();
    exit(STATUS_OK);
}

// Tells the program its versions before it makes its data, so that --help and a wrong --version are answered at once.
// Needed where the data is costly, and (with NULL, 0) where a program never calls program_run.
static inline void program_versions(Program *program, const Version *versions, int count)
{
    char names[600] = "it has none";
    size_t used = 0;
    bool found = !program->version;
    if (program->help)
        program_help_versions(versions, count);
    if (count > PROGRAM_VERSIONS)
        fail(STATUS_USAGE, "a program can have %d versions, not %d", PROGRAM_VERSIONS, count);
    for (int i = 0; i < count; ++i) {
        found = found || strcmp(versions[i].name, program->version) == 0;
        used += text_format(names + used, sizeof names - used, i ? ", %s" : "%s", versions[i].name);
    }
    if (!found)
        fail(STATUS_USAGE, "no version is called '%s'; versions: %s", program->version, names);
    program->versions = versions;
    program->version_count = count;
}

// Is this version to be run?
static inline bool program_wants(const Program *program, const char *version)
{
    return !program->version || strcmp(program->version, version) == 0;
}

// "stage1_vector/vector_add   c = a + b, float32   n=10000019   cpu backend, 2 cores, warp 32", once.
static inline void program_title(Program *program)
{
    if (program->titled)
        return;
    program->titled = true;
    printf("%s   %s", program->name, program->what);
    const char *gap = "   ";
    for (int i = 0; i < program->option_count; ++i) {
        const Option *option = &program->options[i];
        if (option->kind == OPTION_KIND_INT)
            printf("%s%s=%d", gap, option->name, *option->integer);
        else if (option->kind == OPTION_KIND_FLOAT)
            printf("%s%s=%g", gap, option->name, (double)*option->real);
        else if (option->kind == OPTION_KIND_FLAG && *option->flag)
            printf("%s%s", gap, option->name);
        else
            continue;
        gap = " ";
    }
    printf("   %s\n", device_summary());
    fflush(stdout);
}

static inline void program_prepare(void *context)
{
    const Program *program = (const Program *)context;
    for (int i = 0; i < program->operand_count; ++i)
        operand_prepare(&program->operands[i]);
}

// The values that the excerpt shows: those of the first version that fails, else those of the last one.
static inline void program_keep_shown(const Program *program, const char *version, Operand *operand,
                                      const Comparison *comparison)
{
    int print = program->print < operand->array.n ? program->print : (int)operand->array.n;
    if (!operand->shown)
        operand->shown = (double *)allocate((size_t)print, sizeof(double));
    else if (operand->worst.bad)
        return;
    operand->worst = *comparison;
    operand->shown_version = version;
    for (int k = 0; k < print; ++k)
        operand->shown[k] = type_value(operand->array.type, operand->got, excerpt_position(k, print, operand->array.n));
}

// Checks what one launch of a version has left behind. What is wrong is said on stderr, at most once a version.
static inline void program_check(Program *program, Result *result)
{
    char fault[400];
    for (int i = 0; i < program->operand_count; ++i) {
        Operand *operand = &program->operands[i];
        if (!operand_is_compared(operand))
            continue;
        Comparison comparison = operand_compare(operand);
        program_keep_shown(program, result->version, operand, &comparison);
        if (comparison.bad && !result->wrong) {
            operand_describe_fault(fault, sizeof fault, operand, &comparison);
            complain("%s: %s", result->version, fault);
            result->wrong = true;
        }
        if (!result->output || comparison.ratio > result->ratio) {
            result->ratio = comparison.ratio;
            result->output = operand->name;
            result->worst = comparison.worst;
        }
    }
    bool whole = operands_guards_whole(fault, sizeof fault, program->operands, program->operand_count);
    if (!whole && !result->guard_broken) {
        complain("%s: %s", result->version, fault);
        result->guard_broken = true;
    }
    program->failed |= result->wrong || result->guard_broken;
}

// Launches once and waits. A fault is reported with the version's name: the line of the launch is in its function.
static inline void program_first_launch(const Version *version, const void *operands)
{
    version->launch(operands);
    hipError_t error = hipGetLastError();
    const char *where = "its launch";
    if (error == hipSuccess) {
        error = hipDeviceSynchronize();
        where = "its kernel";
    }
    if (error != hipSuccess)
        fail(STATUS_FAILED, "%s: %s: %s: %s", version->name, where, hipGetErrorName(error), hipGetErrorString(error));
}

// One version: a first launch, which is also the warm-up, and its check; the timed launches; a check of the last one.
static inline void program_measure(Program *program, const Version *version, const void *operands)
{
    Result *result = &program->results[program->result_count++];
    memset(result, 0, sizeof *result);
    result->version = version->name;
    result->what = version->what;
    result->library = program->library && strcmp(program->library, version->name) == 0;
    for (int i = 0; i < program->version_bytes_count; ++i)
        if (strcmp(program->version_bytes[i].version, version->name) == 0)
            result->bytes = program->version_bytes[i].bytes;
    program_prepare(program);
    program_first_launch(version, operands);
    program_check(program, result);
    result->timing = time_runs(version->launch, operands, program->repeat, program_prepare, program);
    program_check(program, result);
    program_dump_outputs(program, version->name);
}

static inline void program_report(const Program *program)
{
    Report report = {program->results, program->result_count, program->work, program->roof, 0, program->bytes};
    for (int i = 0; i < program->operand_count; ++i) {
        const Operand *operand = &program->operands[i];
        if (operand_is_compared(operand))
            report_excerpt(operand, program->print < operand->array.n ? program->print : (int)operand->array.n);
    }
    for (int i = 0; i < program->result_count; ++i)
        if (program->results[i].library)
            report.library_ms = program->results[i].timing.median_ms;
    printf("\n");
    report_table(&report);
    fflush(stdout);
}

// Runs, checks and times the versions (or the one that --version names) and prints the excerpt and the table. Before
// every launch outputs are spoiled and arrays of program_inout restored; afterwards those hold their first contents.
static inline void program_run(Program *program, const Version *versions, int count, const void *operands)
{
    program_versions(program, versions, count);
    program_title(program);
    program->result_count = 0;
    for (int i = 0; i < count; ++i)
        if (program_wants(program, versions[i].name))
            program_measure(program, &versions[i], operands);
    program_prepare(program);
    program_report(program);
}

// What program_run measured of a version; repeats is 0 where it has not run.
static inline Timing program_timing(const Program *program, const char *version)
{
    Timing none = {0, 0, 0, 0};
    for (int i = 0; i < program->result_count; ++i)
        if (strcmp(program->results[i].version, version) == 0)
            return program->results[i].timing;
    return none;
}

// The end: writes --json and --dump's program.json, frees everything, and returns the exit status for main.
static inline int program_end(Program *program)
{
    char path[PATH_MAX];
    HIP_CHECK(hipDeviceSynchronize());
    if (program->json)
        program_write_json(program, program->json);
    if (program->dump)
        program_write_json(program, program_dump_path(program, path, "program.json"));
    for (int i = 0; i < program->operand_count; ++i)
        free(program->operands[i].shown);
    buffers_free_all();
    stdout_check();
    return program->failed ? STATUS_CHECK : STATUS_OK;
}

#endif
