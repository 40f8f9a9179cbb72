// gemm_cpu.c: C = A·B in float32 on a CPU, from the definition to within sight of OpenBLAS. It is worth doing before the
// same on a GPU, since the ideas are the same ones: walk through memory in its order, keep a block near, keep a tile in
// registers, use all lanes. What limits it: at first the way to memory, at the end the multiply-add units.
//
// Plain C11 and OpenMP, no GPU, no backend. The versions are in gemm_cpu_loops.h (docs/low-level/matmul-cpu.md) and
// gemm_cpu_packed.h (docs/low-level/matmul-cpu-fun-stuff.md), in the order of the table below; here is the rest: data,
// check, clock. `make stage2/reference/gemm_cpu` builds and runs it; by hand, in this folder:
//   cc -std=c11 -O3 -march=native -ffp-contract=fast -fopenmp gemm_cpu.c -o gemm_cpu -lm
// and with OpenBLAS as the mark to reach: add -DHAVE_OPENBLAS and -lopenblas. -ffp-contract=fast: with -std=c11 GCC
// keeps a*b and +c apart, and half of the machine is lost.
#include "../../common/compare.h"
#include "../../common/json.h"
#include "../../common/npy.h"
#include "../../common/options.h"
#include "../../common/random.h"
#include "../../common/timing.h"
#include "gemm_cpu_packed.h"
#include <float.h>
#if defined(HAVE_OPENBLAS)
#include <cblas.h>
// Not in every cblas.h.
void openblas_set_num_threads(int threads);

static void gemm_openblas(const Product *p)
{
    openblas_set_num_threads(p->threads);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->m, p->n, p->k, 1, p->a, p->k, p->b, p->n, 0, p->c, p->n);
}
#endif

typedef struct {
    const char *name;
    void (*run)(const Product *);
    const char *what;
} Version;

static const Version versions[] = {
    {"ijk", gemm_ijk, "the definition: one element of C after the other"},
    {"ikj", gemm_ikj, "the inner loop walks along rows of B and C"},
    {"blocked", gemm_blocked, "a block of B stays in the second-level cache"},
    {"register_tile", gemm_register_tile, "4 x 32 elements of C stay in registers"},
    {"threads", gemm_threads, "register_tile, the rows of C shared out to all threads"},
    {"packed", gemm_packed, "threads, with panels of A and B copied into the order of their use"},
    {"vector_kernel", gemm_vector_kernel, "packed, with a tile in vectors that fills the registers"},
    {"prefetch", gemm_prefetch, "vector_kernel, with A and C asked for before they are needed"},
#if defined(HAVE_OPENBLAS)
    {"openblas", gemm_openblas, "the library"},
#endif
};
enum { VERSIONS = sizeof versions / sizeof versions[0], RUNS_MOST = 10000 };

// What is known of a version after its runs.
typedef struct {
    double *ms, median_ms;
    int runs;
    bool wanted, outside; // outside: it wrote before or after C
    Comparison check;
} Result;

// ---- the reference --------------------------------------------------------------------------------------------------
// In double; the products of floats are exact there. Each of the k products passes through at most k roundings of half
// a unit in the last place, in whatever order they are added up: |error| <= k·2^-24·Σ|a||b| to first order. (Higham,
// Accuracy and Stability of Numerical Algorithms, section 3.1.)
static void reference(const Product *p, double *expected, double *bound)
{
#pragma omp parallel for num_threads(p->threads)
    for (long i = 0; i < p->m; ++i) {
        double *restrict sum = expected + i * p->n, *restrict size = bound + i * p->n;
        for (long k = 0; k < p->k; ++k) {
            double a = p->a[i * p->k + k];
            for (long j = 0; j < p->n; ++j) {
                sum[j] += a * p->b[k * p->n + j];
                size[j] += fabs(a * p->b[k * p->n + j]);
            }
        }
        for (long j = 0; j < p->n; ++j)
            size[j] *= likely_roundings(p->k) * 0.5 * FLT_EPSILON;
    }
}

// ---- one run --------------------------------------------------------------------------------------------------------
enum { GUARD = 1024 }; // floats before and after C that nobody may write to

// All bytes 0xFF are a NaN: what a version leaves out, or adds to without having set it, is noticed.
static double timed_run(const Version *version, const Product *p)
{
    memset(p->c - GUARD, 0xFF, ((size_t)p->m * (size_t)p->n + 2 * GUARD) * sizeof(float));
    double start = host_seconds();
    version->run(p);
    return 1e3 * (host_seconds() - start);
}

static bool guards_hold(const Product *p)
{
    static const unsigned char full[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    const float *after = p->c + (long)p->m * p->n;
    for (int i = 0; i < GUARD; ++i)
        if (memcmp(p->c - GUARD + i, full, 4) != 0 || memcmp(after + i, full, 4) != 0)
            return false;
    return true;
}

// The threads of OpenBLAS and those of OpenMP stay awake for a while after their work, each in the way of the others.
static void let_threads_sleep(void)
{
    struct timespec pause = {0, 50 * 1000 * 1000};
    nanosleep(&pause, NULL);
}

// ---- all runs -------------------------------------------------------------------------------------------------------
// The first run of each version is checked and only warms up. Then they take turns, so that a machine that slows down
// slows all of them down. Without --repeat a version has 11 runs, those of a second and more have one.
static void measure(const Product *p, int repeat, const double *expected, const double *bound, const char *dump,
                    Result *results)
{
    int rounds = 0;
    for (int v = 0; v < VERSIONS; ++v) {
        Result *r = &results[v];
        if (!r->wanted)
            continue;
        double ms = timed_run(&versions[v], p);
        r->check = compare_f32(p->c, expected, bound, (long)p->m * p->n);
        r->outside = !guards_hold(p);
        r->runs = repeat ? repeat : ms < 1000 ? 11 : 1;
        r->ms = (double *)allocate((size_t)r->runs, sizeof(double));
        rounds = r->runs > rounds ? r->runs : rounds;
        if (dump) {
            char path[4096];
            text_format(path, sizeof path, "%s/%s.C.npy", dump, versions[v].name);
            npy_write_f32(path, p->c, SHAPE(p->m, p->n));
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (int v = 0; v < VERSIONS; ++v) {
            if (!results[v].wanted || round >= results[v].runs)
                continue;
            bool library = strcmp(versions[v].name, "openblas") == 0;
            if (library || v == 0)
                let_threads_sleep();
            results[v].ms[round] = timed_run(&versions[v], p);
        }
    }
}

// The multiply-adds a second that these threads can do, in GFLOP/s: the best of 7 short runs.
static double measure_peak(int threads)
{
    double best = 0;
    float sink;
    for (int run = 0; run < 7; ++run) {
        double start = host_seconds(), work = multiply_adds(500000, threads, 0.5f, 0.25f, &sink);
        double rate = 1e-9 * work / (host_seconds() - start);
        best = rate > best ? rate : best;
    }
    return isfinite(sink) ? best : 0; // the sums are used: they cannot be left out
}

// ---- what is printed ------------------------------------------------------------------------------------------------
// Prints the table; false where a check fails.
static bool report(const Product *p, double peak, const Result *results)
{
    double work = 2e-9 * p->m * p->n * p->k, library_ms = 0;
    bool right = true;
    for (int v = 0; v < VERSIONS; ++v)
        if (results[v].wanted && strcmp(versions[v].name, "openblas") == 0)
            library_ms = results[v].median_ms;
    printf("gemm_cpu   C = A·B, float32   M=%d N=%d K=%d   threads %d, vectors of %d floats\n", p->m, p->n, p->k,
           p->threads, LANES);
    printf("multiply-adds on registers alone: %.0f GFLOP/s\n\n", peak);
    printf("version         time (median)   GFLOP/s   of peak   vs openblas   max error/bound   check\n");
    for (int v = 0; v < VERSIONS; ++v) {
        const Result *r = &results[v];
        if (!r->wanted)
            continue;
        bool wrong = r->check.bad > 0, outside = r->outside;
        double rate = 1e3 * work / r->median_ms;
        char library[16] = "-";
        if (library_ms > 0)
            text_format(library, sizeof library, "%.1f %%", 100 * library_ms / r->median_ms);
        printf("%-14s %11.3f ms %9.2f %7.1f %% %13s %17.2g   %s\n", versions[v].name, r->median_ms, rate,
               100 * rate / peak, library, r->check.ratio,
               wrong     ? "WRONG"
               : outside ? "OUTSIDE"
                         : "ok");
        if (wrong) {
            char element[64];
            shape_element(element, sizeof element, "C", SHAPE(p->m, p->n), r->check.worst);
            complain("%s: %s is %g instead of %g", versions[v].name, element, r->check.got, r->check.expected);
        }
        right = right && !wrong && !outside;
    }
    return right;
}

static void write_json(const char *path, const Product *p, double peak, const Result *results)
{
    OutputFile *file = file_create(path);
    Json json = json_begin(file_stream(file));
    json_text(&json, "program", "stage2_matrix/reference/gemm_cpu");
    json_integer(&json, "M", p->m);
    json_integer(&json, "N", p->n);
    json_integer(&json, "K", p->k);
    json_integer(&json, "threads", p->threads);
    json_integer(&json, "lanes", LANES);
    json_number(&json, "peak_gflop_per_s", peak);
    json_array(&json, "versions");
    for (int v = 0; v < VERSIONS; ++v) {
        const Result *r = &results[v];
        if (!r->wanted)
            continue;
        json_object(&json, NULL);
        json_text(&json, "version", versions[v].name);
        json_number(&json, "median_ms", r->median_ms);
        json_number(&json, "gflop_per_s", 2e-6 * p->m * p->n * p->k / r->median_ms);
        json_number(&json, "error_over_bound", r->check.ratio);
        json_bool(&json, "ok", r->check.bad == 0 && !r->outside);
        json_close(&json);
    }
    json_end(&json);
    file_finish(file);
}

// ---- the program ----------------------------------------------------------------------------------------------------
// Is the version in a list like "packed,openblas"?
static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

// Marks the versions of the list, all where it is NULL. Each name in it must be one.
static void choose(const char *list, Result *results)
{
    int names = 1, found = 0;
    for (const char *at = list; at && *at; ++at)
        names += *at == ',';
    for (int v = 0; v < VERSIONS; ++v) {
        results[v].wanted = !list || listed(list, versions[v].name);
        found += results[v].wanted;
    }
    if (list && found != names)
        fail(STATUS_USAGE, "--version %s: not all of these are versions, each once; --help lists them", list);
}

static float *random_matrix(long count, uint64_t seed)
{
    float *x = (float *)allocate((size_t)count, sizeof(float));
#pragma omp parallel for
    for (long i = 0; i < count; ++i)
        x[i] = random_uniform(seed, (uint64_t)i, -1, 1);
    return x;
}

static float *aligned_floats(size_t count)
{
    void *memory = NULL;
    if (posix_memalign(&memory, 4096, count * sizeof(float)) != 0)
        fail(STATUS_FAILED, "out of memory: %zu floats; choose smaller sizes", count);
    memset(memory, 0, count * sizeof(float)); // the pages are there before the clock runs
    return (float *)memory;
}

static void options_and_versions(int argc, char **argv, const Option *options, int count)
{
    const char *what = "C = A·B in float32 on the CPU";
    fail_program(program_file_name(argv[0]));
    if (!options_read(argc, argv, options, count))
        return;
    options_print_help(program_file_name(argv[0]), what, options, count, NULL, 0);
    printf("\nversions:\n");
    for (int v = 0; v < VERSIONS; ++v)
        printf("  %-14s %s\n", versions[v].name, versions[v].what);
    stdout_check();
    exit(STATUS_OK);
}

int main(int argc, char **argv)
{
    Product p = {.m = 1023, .n = 1024, .k = 1000, .threads = least(omp_get_max_threads(), 256)};
    p.mc = 16 * ROWS;
    p.kc = 512;
    p.nc = 2048;
    int repeat = 0, seed = 1;
    const char *list = NULL, *json = NULL, *dump = NULL;
    const Option options[] = {
        OPTION_INT_RANGE("M", &p.m, "rows of A and C", 1, 32768),
        OPTION_INT_RANGE("N", &p.n, "columns of B and C", 1, 32768),
        OPTION_INT_RANGE("K", &p.k, "columns of A, rows of B", 1, 32768),
        OPTION_INT_RANGE("threads", &p.threads, "threads", 1, 256),
        OPTION_INT_RANGE("mc", &p.mc, "rows of the packed block of A", 1, 32768),
        OPTION_INT_RANGE("kc", &p.kc, "columns of it, rows of the packed block of B", 1, 32768),
        OPTION_INT_RANGE("nc", &p.nc, "columns of the packed block of B; best a multiple of the tile", 1, 32768),
        OPTION_TEXT("version", &list, "one version only, or several: ikj,packed"),
        OPTION_INT_RANGE("repeat", &repeat, "measured runs of each version; 0: 11, or 1 if it is slow", 0, RUNS_MOST),
        OPTION_INT_RANGE("seed", &seed, "of the random numbers in A and B", 0, INT_MAX),
        OPTION_TEXT("dump", &dump, "write A, B and each version's C into this folder, for numpy"),
        OPTION_TEXT("json", &json, "write the table to this file"),
    };
    Result results[VERSIONS] = {{0}};
    options_and_versions(argc, argv, options, sizeof options / sizeof options[0]);
    choose(list, results);
    long count = (long)p.m * p.n;
    float *a = random_matrix((long)p.m * p.k, 2 * (uint64_t)seed),
          *b = random_matrix((long)p.k * p.n, 2 * (uint64_t)seed + 1), *c = aligned_floats((size_t)count + 2 * GUARD);
    double *expected = (double *)allocate((size_t)count, sizeof(double)),
           *bound = (double *)allocate((size_t)count, sizeof(double));
    p.a = a, p.b = b, p.c = c + GUARD;
    p.packed_a = aligned_floats((size_t)p.threads * packed_a_room(&p));
    p.packed_b = aligned_floats(packed_b_room(&p));
    if (dump) {
        char path[4096];
        make_folder(dump);
        text_format(path, sizeof path, "%s/in.A.npy", dump);
        npy_write_f32(path, a, SHAPE(p.m, p.k));
        text_format(path, sizeof path, "%s/in.B.npy", dump);
        npy_write_f32(path, b, SHAPE(p.k, p.n));
    }
    reference(&p, expected, bound);
    double peak = measure_peak(p.threads);
    measure(&p, repeat, expected, bound, dump, results);
    for (int v = 0; v < VERSIONS; ++v) {
        if (!results[v].wanted)
            continue;
        results[v].median_ms = timing_of(results[v].ms, results[v].runs).median_ms;
        free(results[v].ms);
    }
    bool right = report(&p, peak, results);
    if (json)
        write_json(json, &p, peak, results);
    free(a), free(b), free(c), free(p.packed_a), free(p.packed_b), free(expected), free(bound);
    stdout_check();
    return right ? STATUS_OK : STATUS_CHECK;
}
