// conv2d_numpy.h: the rows `numpy_loops` and `numpy_im2col` of the table (--numpy): the same convolution in Python, on
// the same data, checked like a kernel. A script measures itself, so that its start and its files are not counted.
#ifndef STAGE3_CONV2D_NUMPY_H
#define STAGE3_CONV2D_NUMPY_H

#include "../common/program.h"
#include "conv2d_problem.h"

// Pixels of y, all channels, up to which the loops in Python are bearable: they need some microseconds for each.
enum { CONV2D_LOOPS_MOST = 2000000 };

// Sets PYTHON, for the shell, to a Python that can import numpy: what it says already, else what make has installed,
// else the system's. NULL, or why there is none.
static const char *numpy_missing(void)
{
    if (getenv("PYTHON") == NULL)
        setenv("PYTHON", access("build/venv/bin/python", X_OK) == 0 ? "build/venv/bin/python" : "python3", 1);
    if (access("stage3_ml_ops/reference/yardstick.py", R_OK) != 0)
        return "stage3_ml_ops/reference is not below this folder";
    fflush(stdout);
    if (system("\"$PYTHON\" -c 'import numpy' >/dev/null 2>&1") != 0)
        return "no Python that can import numpy; PYTHON= names one";
    return NULL;
}

// Runs a script, checks what it computed, and adds its row.
static void numpy_row(Program *program, const Conv2d *g, const char *version, const char *script)
{
    char command[1000], line[200] = "";
    DeviceF32 y = {g->y, (long)g->n * g->k * conv2d_pixels(g)};
    HostF32 got = host_f32(y.n);
    Result *result = &program->results[program->result_count++];
    memset(result, 0, sizeof *result);
    result->version = version;
    result->what = script;
    text_format(command, sizeof command,
                "\"$PYTHON\" stage3_ml_ops/reference/%s --inputs '%s' --stride %d --pad %d --repeat %d", script,
                program_results_path(program, ""), g->stride, g->pad, program->repeat);
    fflush(stdout);
    FILE *pipe = popen(command, "r");
    bool whole = pipe && fgets(line, sizeof line, pipe) &&
                 sscanf(line, "%lf %lf %lf %d", &result->timing.median_ms, &result->timing.min_ms,
                        &result->timing.max_ms, &result->timing.repeats) == 4 &&
                 fread(got.data, sizeof(float), (size_t)got.n, pipe) == (size_t)got.n && fgetc(pipe) == EOF;
    if (!pipe || pclose(pipe) != 0 || !whole)
        fail(STATUS_FAILED, "%s: the script did not deliver its result", script);
    program_prepare(program);
    upload(y, got);
    program_check(program, result);
    program_dump_outputs(program, version);
    host_free(got);
}

// The inputs of the scripts, in the folder of the program's results: g's, on the host.
static void numpy_inputs(const Program *program, const Conv2d *host)
{
    npy_write(program_results_path(program, "x.npy"), TYPE_F32, host->x, SHAPE(host->n, host->c, host->h, host->w));
    npy_write(program_results_path(program, "w.npy"), TYPE_F32, host->filter,
              SHAPE(host->k, host->c, host->r, host->s));
    unlink(program_results_path(program, "bias.npy"));
    if (host->bias)
        npy_write(program_results_path(program, "bias.npy"), TYPE_F32, host->bias, SHAPE(host->k));
}

// program_run with numpy's rows at the end. device and host: the same convolution, with pointers there and here.
static void conv2d_run_with_numpy(Program *program, const Version *versions, int count, const void *operands,
                                  const Conv2d *device, const Conv2d *host)
{
    const char *missing = numpy_missing();
    long elements = (long)host->n * host->k * conv2d_pixels(host);
    program_versions(program, versions, count);
    program_title(program);
    for (int i = 0; i < count; ++i)
        if (program_wants(program, versions[i].name))
            program_measure(program, &versions[i], operands);
    if (!missing) {
        numpy_inputs(program, host);
        if (elements <= CONV2D_LOOPS_MOST)
            numpy_row(program, device, "numpy_loops", "conv2d.py");
        numpy_row(program, device, "numpy_im2col", "conv2d_im2col.py");
        unlink(program_results_path(program, "x.npy"));
        unlink(program_results_path(program, "w.npy"));
        unlink(program_results_path(program, "bias.npy"));
    }
    program_prepare(program);
    program_report(program);
    if (missing)
        printf("(no rows of numpy: %s)\n", missing);
    else if (elements > CONV2D_LOOPS_MOST)
        printf("(no row numpy_loops: %ld elements of y would take too long; it is there up to %d)\n", elements,
               (int)CONV2D_LOOPS_MOST);
}

#endif
