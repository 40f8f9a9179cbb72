// program_declare.h: the part of program.h in which a program says what it is: its name, its command line, its arrays,
// its work.
#ifndef COMMON_PROGRAM_DECLARE_H
#define COMMON_PROGRAM_DECLARE_H

#include "device.h"
#include "program_files.h"
#include "program_type.h"

// "stage1_vector/vector_add" for the main file stage1_vector/vector_add.hip, however the compiler was given its path;
// without the folder where that is no stage.
static inline const char *program_name_of(const char *path)
{
    static char name[256];
    const char *file = program_file_name(path), *folder = file;
    if (folder > path)
        --folder;
    while (folder > path && folder[-1] != '/')
        --folder;
    bool staged = strncmp(folder, "stage", 5) == 0 && isdigit((unsigned char)folder[5]);
    text_format(name, sizeof name, "%s", staged ? folder : file);
    char *dot = strrchr(name, '.');
    if (dot && !strchr(dot, '/'))
        *dot = '\0';
    return name;
}

// Without a device nothing else can be said than what to do about it.
static inline void program_need_device(bool help)
{
    int count = 0;
    hipError_t error = hipGetDeviceCount(&count);
    if (error == hipSuccess && count > 0)
        return;
    if (help) { // the program goes on to its data before it tells its versions, and that needs a device
        printf("\nThe versions are listed where a GPU is present.\n");
        stdout_check();
        exit(STATUS_OK);
    }
    fail(STATUS_FAILED, "no usable GPU for the %s backend (%s); make BACKEND=cpu builds for the simulated GPU",
         device_backend(), error == hipSuccess ? "no device" : hipGetErrorString(error));
}

// Reads the command line and finds the device. `what`: the formula and the type. `options`: the program's own; one
// with a standard name replaces the standard one.
static inline Program program_start(const char *name, int argc, char **argv, const char *what, const Option *options,
                                    int count)
{
    Program program;
    memset(&program, 0, sizeof program);
    program.name = name;
    program.what = what;
    program.options = options;
    program.option_count = count;
    program.block = 256;
    program.print = 4;
    int seed = 1;
    const Option standard[] = {
        OPTION_INT_RANGE("seed", &seed, "the random numbers of this seed", 0, INT_MAX),
        OPTION_INT_RANGE("repeat", &program.repeat, "timed runs a version; 0: as many as it takes", 0, 1000000),
        OPTION_TEXT("version", &program.version, "run this version only"),
        OPTION_INT_RANGE("block", &program.block, "threads a block, where a version leaves it open", 1, 1024),
        OPTION_INT_RANGE("print", &program.print, "elements to print", 1, 10000),
        OPTION_TEXT("dump", &program.dump, "write inputs and outputs into this folder, for numpy"),
        OPTION_TEXT("json", &program.json, "write the results into this file"),
    };
    Option all[OPTIONS_MOST];
    int all_count = 0;
    if (count > OPTIONS_MOST - LENGTH(standard))
        fail(STATUS_USAGE, "this program declares too many options");
    for (int i = 0; i < count; ++i)
        all[all_count++] = options[i];
    for (int i = 0; i < LENGTH(standard); ++i) {
        bool replaced = false;
        for (int k = 0; k < count; ++k)
            replaced = replaced || strcmp(options[k].name, standard[i].name) == 0;
        if (!replaced)
            all[all_count++] = standard[i];
    }
    const char *file = program_file_name(name);
    fail_program(file);
    program.help = options_read(argc, argv, all, all_count);
    program.seed = (uint64_t)seed;
    if (program.help)
        options_print_help(file, what, options, count, all + count, all_count - count);
    program_need_device(program.help);
    if (!program.help) {
        program.roof = roof_load();
        if (program.json)
            file_check_target(program.json); // now, and not when the work is done
        if (program.dump)
            make_folder(program.dump);
    }
    return program;
}

// __BASE_FILE__ is the file that the compiler was called for, not this header.
#define program_begin(argc, argv, what, options, count)                                                                \
    program_start(program_name_of(__BASE_FILE__), argc, argv, what, options, count)

static inline Operand *program_declare(Program *program, const char *name, Role role, Array array, Shape shape)
{
    if (program->operand_count == PROGRAM_OPERANDS)
        fail(STATUS_USAGE, "a program can declare %d arrays", PROGRAM_OPERANDS);
    if (shape_count(shape) != array.n)
        fail(STATUS_FAILED, "%s has %ld elements, and its shape %ld", name, array.n, shape_count(shape));
    Operand *operand = &program->operands[program->operand_count++];
    operand->name = name;
    operand->role = role;
    operand->array = array;
    operand->shape = shape;
    return operand;
}

static inline void program_input_array(Program *program, const char *name, Array array, Shape shape)
{
    program_declare(program, name, ROLE_INPUT, array, shape);
    program_dump_array(program, "in", name, array, shape);
}

static inline void program_scratch_array(Program *program, Array array)
{
    Shape shape = {1, {array.n, 1, 1, 1}};
    program_declare(program, "scratch", ROLE_SCRATCH, array, shape);
}

static inline void program_result_array(Program *program, const char *name, Role role, Array array, Shape shape,
                                        Array expected, const double *bound, long bound_count)
{
    Operand *operand = program_declare(program, name, role, array, shape);
    if (expected.n != array.n || (bound && bound_count != array.n))
        fail(STATUS_FAILED, "%s has %ld elements, its reference %ld, its bound %ld", name, array.n, expected.n,
             bound ? bound_count : array.n);
    operand->expected = expected;
    operand->bound = bound;
    operand->got = host_allocate(array.n, type_size(array.type));
    if (role == ROLE_INOUT) {
        operand->before = device_allocate(array.n, type_size(array.type));
        HIP_CHECK(hipMemcpy(operand->before, array.data, operand_bytes(operand), hipMemcpyDeviceToDevice));
        program_dump_array(program, "in", name, array, shape);
    }
}

static inline void program_result_real(Program *program, const char *name, Role role, Array array, Shape shape,
                                       HostF64 expected, HostF64 bound)
{
    program_result_array(program, name, role, array, shape, host_array(expected), bound.data, bound.n);
}

static inline void program_result_i32(Program *program, const char *name, Role role, Array array, Shape shape,
                                      HostI32 expected)
{
    program_result_array(program, name, role, array, shape, host_array(expected), NULL, 0);
}

static inline void program_result_u8(Program *program, const char *name, Role role, Array array, Shape shape,
                                     HostU8 expected)
{
    program_result_array(program, name, role, array, shape, host_array(expected), NULL, 0);
}

#ifdef __cplusplus
static inline void program_result_any(Program *program, const char *name, Role role, Array array, Shape shape,
                                      HostF64 expected, HostF64 bound)
{
    program_result_real(program, name, role, array, shape, expected, bound);
}

static inline void program_result_any(Program *program, const char *name, Role role, Array array, Shape shape,
                                      HostI32 expected)
{
    program_result_i32(program, name, role, array, shape, expected);
}

static inline void program_result_any(Program *program, const char *name, Role role, Array array, Shape shape,
                                      HostU8 expected)
{
    program_result_u8(program, name, role, array, shape, expected);
}
#define PROGRAM_RESULT(program, name, role, array, shape, ...)                                                         \
    program_result_any(program, name, role, array, shape, __VA_ARGS__)
#else
// clang-format off
#define PROGRAM_FIRST(first, ...) first
#define PROGRAM_RESULT(program, name, role, array, shape, ...)                                                         \
    _Generic(PROGRAM_FIRST(__VA_ARGS__, 0), HostF64: program_result_real, HostI32: program_result_i32,                 \
             HostU8: program_result_u8)(program, name, role, array, shape, __VA_ARGS__)
// clang-format on
#endif

// program_input(&program, "a", host, SHAPE(n)): what the versions read. The device copy is the program's own affair.
#define program_input(program, name, host, shape) program_input_array(program, name, host_array(host), shape)

// program_output(&program, "c", device, SHAPE(n), expected, bound): what the versions write, the reference in double
// and the error allowed for each element. Whole numbers have no bound: program_output(..., SHAPE(n), expected).
#define program_output(program, name, device, shape, ...)                                                              \
    PROGRAM_RESULT(program, name, ROLE_OUTPUT, device_array(device), shape, __VA_ARGS__)

// The same for an array that the versions read and write: what it holds now it will hold before every launch.
#define program_inout(program, name, device, shape, ...)                                                               \
    PROGRAM_RESULT(program, name, ROLE_INOUT, device_array(device), shape, __VA_ARGS__)

// program_scratch(&program, device): spoiled before every launch like an output, but not compared.
#define program_scratch(program, device) program_scratch_array(program, device_array(device))

// The work of one launch.
static inline void program_work(Program *program, Work work)
{
    program->work = work;
}

// What one version does with bytes where it is not the same for all: a column `what` ("moved", "memory") beside the
// times. It changes no rate: those are of program_work, so that who moves more has the lower one in the same time.
static inline void program_bytes(Program *program, const char *what, const char *version, double bytes)
{
    if (program->version_bytes_count == PROGRAM_VERSIONS)
        fail(STATUS_USAGE, "a program can have the bytes of %d versions", PROGRAM_VERSIONS);
    VersionBytes entry = {version, bytes};
    program->bytes = what;
    program->version_bytes[program->version_bytes_count++] = entry;
}

// The version of this name is the vendor's library; the others are compared with it in a column of the table.
static inline void program_library(Program *program, const char *version)
{
    program->library = version;
}

// A number that the program found out (an accuracy, a loss), for --json.
static inline void program_result(Program *program, const char *name, double value)
{
    if (program->number_count == PROGRAM_NUMBERS)
        fail(STATUS_USAGE, "a program can have %d results", PROGRAM_NUMBERS);
    NamedNumber number = {name, value};
    program->numbers[program->number_count++] = number;
}

// A check of the program's own. Where it does not hold: one line on stderr, and exit status 1 at the end.
PRINTF_LIKE(3, 4) static inline bool program_expect(Program *program, bool holds, const char *format, ...)
{
    if (!holds) {
        va_list arguments;
        va_start(arguments, format);
        fail_print(format, arguments);
        va_end(arguments);
        program->failed = true;
    }
    return holds;
}

#endif
