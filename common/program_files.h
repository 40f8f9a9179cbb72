// program_files.h: the part of program.h that writes files: --dump for numpy, --json for tables, and where a program
// puts its results.
#ifndef COMMON_PROGRAM_FILES_H
#define COMMON_PROGRAM_FILES_H

#include "device.h"
#include "npy.h"
#include "program_type.h"

// DIR/file in `path`, which has room for PATH_MAX bytes.
static inline const char *program_dump_path(const Program *program, char *path, const char *file)
{
    if (text_format(path, PATH_MAX, "%s/%s", program->dump, file) == PATH_MAX - 1)
        fail(STATUS_USAGE, "--dump: the folder's name is too long");
    return path;
}

// DIR/PREFIX.NAME.npy (DIR/NAME.npy without a prefix), only with --dump. The array may be on the host or the device.
static inline void program_dump_array(const Program *program, const char *prefix, const char *name, Array array,
                                      Shape shape)
{
    char path[PATH_MAX], file[300];
    if (!program->dump || program->help)
        return;
    if (shape_count(shape) != array.n)
        fail(STATUS_FAILED, "%s has %ld elements, and its shape %ld", name, array.n, shape_count(shape));
    void *copy = NULL;
    if (array.on_device) {
        size_t size = type_size(array.type);
        copy = allocate((size_t)array.n, size);
        HIP_CHECK(hipMemcpy(copy, array.data, (size_t)array.n * size, hipMemcpyDeviceToHost));
    }
    text_format(file, sizeof file, prefix ? "%s.%s.npy" : "%s%s.npy", prefix ? prefix : "", name);
    npy_write(program_dump_path(program, path, file), array.type, copy ? copy : array.data, shape);
    free(copy);
}

// program_dump(&program, "first.W", buffer, SHAPE(...)): for what a trainer wants to keep besides; any buffer.
#define program_dump(program, name, buffer, shape) program_dump_array(program, NULL, name, any_array(buffer), shape)

// What the last launch of a version has left, as operand->got holds it.
static inline void program_dump_outputs(const Program *program, const char *version)
{
    for (int i = 0; i < program->operand_count; ++i) {
        const Operand *operand = &program->operands[i];
        Array got = {operand->array.type, operand->got, operand->array.n, false};
        if (operand_is_compared(operand))
            program_dump_array(program, version, operand->name, got, operand->shape);
    }
}

// build/results/stageN_x/program/FILE; the folder is made. The text is valid until the next call.
static inline const char *program_results_path(const Program *program, const char *file)
{
    static char path[PATH_MAX];
    text_format(path, sizeof path, "build/results/%s", program->name);
    make_folder(path);
    text_format(path, sizeof path, "build/results/%s/%s", program->name, file);
    return path;
}

static inline void program_json_options(Json *json, const Program *program)
{
    json_object(json, "sizes");
    for (int i = 0; i < program->option_count; ++i)
        if (program->options[i].kind == OPTION_KIND_INT)
            json_integer(json, program->options[i].name, *program->options[i].integer);
    json_close(json);
    json_object(json, "scalars");
    for (int i = 0; i < program->option_count; ++i)
        if (program->options[i].kind == OPTION_KIND_FLOAT)
            json_number(json, program->options[i].name, (double)*program->options[i].real);
    json_close(json);
    json_object(json, "flags");
    for (int i = 0; i < program->option_count; ++i)
        if (program->options[i].kind == OPTION_KIND_FLAG)
            json_bool(json, program->options[i].name, *program->options[i].flag);
    json_close(json);
    json_object(json, "texts");
    for (int i = 0; i < program->option_count; ++i)
        if (program->options[i].kind == OPTION_KIND_TEXT && *program->options[i].text)
            json_text(json, program->options[i].name, *program->options[i].text);
    json_close(json);
}

static inline void program_json_operands(Json *json, const Program *program)
{
    static const char *const role[] = {"in", "out", "inout", "scratch"};
    json_array(json, "arrays");
    for (int i = 0; i < program->operand_count; ++i) {
        const Operand *operand = &program->operands[i];
        if (operand->role == ROLE_SCRATCH)
            continue;
        json_object(json, NULL);
        json_text(json, "name", operand->name);
        json_text(json, "role", role[operand->role]);
        json_text(json, "type", type_name(operand->array.type));
        json_array(json, "shape");
        for (int d = 0; d < operand->shape.rank; ++d)
            json_integer(json, NULL, operand->shape.dim[d]);
        json_close(json);
        json_close(json);
    }
    json_close(json);
}

// One row of the table. What is not known is null.
static inline void program_json_result(Json *json, const Program *program, const Result *result, double library_ms)
{
    double seconds = 1e-3 * result->timing.median_ms, percent = roof_percent(program->roof, program->work, seconds);
    char element[96] = "";
    json_object(json, NULL);
    json_text(json, "name", result->version);
    json_text(json, "what", result->what);
    json_bool(json, "library", result->library);
    json_number(json, "median_ms", result->timing.median_ms);
    json_number(json, "min_ms", result->timing.min_ms);
    json_number(json, "max_ms", result->timing.max_ms);
    json_integer(json, "repeats", result->timing.repeats);
    json_number(json, "bytes", result->bytes > 0 ? result->bytes : NAN);
    json_number(json, "gb_per_s", program->work.bytes > 0 ? 1e-9 * program->work.bytes / seconds : NAN);
    json_number(json, "gflop_per_s", program->work.flops > 0 ? 1e-9 * program->work.flops / seconds : NAN);
    json_number(json, "roof_percent", percent >= 0 ? percent : NAN);
    json_number(json, "vs_library_percent", library_ms > 0 ? 100 * library_ms / result->timing.median_ms : NAN);
    json_number(json, "max_error_over_bound", result->output ? result->ratio : NAN);
    for (int i = 0; i < program->operand_count; ++i)
        if (program->operands[i].name == result->output)
            shape_element(element, sizeof element, result->output, program->operands[i].shape, result->worst);
    json_text(json, "worst", element);
    json_text(json, "check",
              result->wrong          ? "wrong"
              : result->guard_broken ? "outside"
              : result->output       ? "ok"
                                     : "none");
    json_close(json);
}

// Everything about this run, for --json and for --dump's program.json alike.
static inline void program_write_json(const Program *program, const char *path)
{
    double library_ms = 0;
    OutputFile *file = file_create(path);
    Json json = json_begin(file_stream(file));
    json_text(&json, "program", program->name);
    json_text(&json, "what", program->what);
    json_text(&json, "backend", device_backend());
    json_text(&json, "device", device_name());
    json_integer(&json, "multiprocessors", device_multiprocessors());
    json_integer(&json, "warp", device_warp_size());
    json_integer(&json, "seed", (long long)program->seed);
    json_integer(&json, "block", program->block);
    program_json_options(&json, program);
    program_json_operands(&json, program);
    json_number(&json, "flops", program->work.flops);
    json_number(&json, "bytes", program->work.bytes);
    if (program->bytes)
        json_text(&json, "bytes_of_versions", program->bytes); // what versions[].bytes counts
    for (int i = 0; i < program->result_count; ++i)
        if (program->results[i].library)
            library_ms = program->results[i].timing.median_ms;
    json_array(&json, "versions");
    for (int i = 0; i < program->result_count; ++i)
        program_json_result(&json, program, &program->results[i], library_ms);
    json_close(&json);
    json_object(&json, "results");
    for (int i = 0; i < program->number_count; ++i)
        json_number(&json, program->numbers[i].name, program->numbers[i].value);
    json_close(&json);
    json_end(&json);
    file_finish(file);
}

#endif
