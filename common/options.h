// options.h: the command line. A program lists its options once, with the variables they set; from this list come the
// parsing, the checks of every number (all of the text, no overflow, in range) and --help with the defaults.
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include "fail.h"
#include "text.h"
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef enum { OPTION_KIND_INT, OPTION_KIND_FLOAT, OPTION_KIND_TEXT, OPTION_KIND_FLAG } OptionKind;

// One pointer of the four is set, the one that the kind names.
typedef struct {
    const char *name;
    OptionKind kind;
    const char *help;
    double least, most;
    int *integer;
    float *real;
    const char **text;
    bool *flag;
} Option;

// OPTION_INT("M", &m, "rows of A and C") is --m N on the command line and M=1023 in the title. The variable's value at
// the start is the default. A size is at least 1; OPTION_INT_RANGE sets other limits (both ends allowed).
// clang-format off
#define OPTION_INT(name, variable, help) OPTION_INT_RANGE(name, variable, help, 1, INT_MAX)
#define OPTION_INT_RANGE(name, variable, help, least, most)                                                            \
    {name, OPTION_KIND_INT, help, least, most, variable, NULL, NULL, NULL}
#define OPTION_FLOAT(name, variable, help) OPTION_FLOAT_RANGE(name, variable, help, -FLT_MAX, FLT_MAX)
#define OPTION_FLOAT_RANGE(name, variable, help, least, most)                                                          \
    {name, OPTION_KIND_FLOAT, help, least, most, NULL, variable, NULL, NULL}
#define OPTION_TEXT(name, variable, help) {name, OPTION_KIND_TEXT, help, 0, 0, NULL, NULL, variable, NULL}
#define OPTION_FLAG(name, variable, help) {name, OPTION_KIND_FLAG, help, 0, 0, NULL, NULL, NULL, variable}
// clang-format on

enum { OPTIONS_MOST = 48, OPTION_NAME_MOST = 40 };

// The name on the command line: small letters.
static inline void option_flag_name(char name[OPTION_NAME_MOST], const Option *option)
{
    size_t i = 0;
    for (; option->name[i] && i + 1 < OPTION_NAME_MOST; ++i)
        name[i] = (char)tolower((unsigned char)option->name[i]);
    name[i] = '\0';
}

// "2147483647" and not "2.14748e+09": limits of whole numbers are printed in full.
static inline void option_limits(char *text, size_t room, const Option *option)
{
    if (option->kind == OPTION_KIND_INT)
        text_format(text, room, "from %.0f to %.0f", option->least, option->most);
    else if (option->least <= -FLT_MAX && option->most >= FLT_MAX)
        text_format(text, room, "finite");
    else
        text_format(text, room, "from %g to %g", option->least, option->most);
}

// The value of one option, or exit status 2.
static inline void option_set(const Option *option, const char *value)
{
    char name[OPTION_NAME_MOST], limits[80], *end;
    option_flag_name(name, option);
    option_limits(limits, sizeof limits, option);
    bool number = value && *value && !isspace((unsigned char)*value);
    errno = 0;
    switch (option->kind) {
    case OPTION_KIND_INT: {
        long parsed = number ? strtol(value, &end, 10) : 0;
        if (!number || *end || errno || (double)parsed < option->least || (double)parsed > option->most)
            fail(STATUS_USAGE, "--%s takes a whole number %s, not '%s'", name, limits, value);
        *option->integer = (int)parsed;
        break;
    }
    case OPTION_KIND_FLOAT: {
        float parsed = number ? strtof(value, &end) : 0;
        bool overflow = errno && fabsf(parsed) > 1; // a tiny value that becomes 0 is no error
        if (!number || *end || overflow || !(parsed >= option->least && parsed <= option->most))
            fail(STATUS_USAGE, "--%s takes a number, %s, not '%s'", name, limits, value);
        *option->real = parsed;
        break;
    }
    case OPTION_KIND_TEXT:
        if (!*value)
            fail(STATUS_USAGE, "--%s takes a text that is not empty", name);
        *option->text = value;
        break;
    case OPTION_KIND_FLAG:
        *option->flag = true;
        break;
    }
}

static inline void option_print_help(const Option *option)
{
    char name[OPTION_NAME_MOST], left[64];
    static const char *const argument[] = {" N", " X", " TEXT", ""};
    option_flag_name(name, option);
    text_format(left, sizeof left, "--%s%s", name, argument[option->kind]);
    printf("  %-20s %s", left, option->help);
    if (option->kind == OPTION_KIND_INT)
        printf(" (%d)", *option->integer);
    else if (option->kind == OPTION_KIND_FLOAT)
        printf(" (%g)", (double)*option->real);
    else if (option->kind == OPTION_KIND_TEXT && *option->text)
        printf(" (%s)", *option->text);
    printf("\n");
}

// What --help prints of the options. `own` are the program's, `common` those that every program has (may be none).
static inline void options_print_help(const char *program, const char *what, const Option *own, int own_count,
                                      const Option *common, int common_count)
{
    printf("%s: %s\n\nusage: %s [options]\n", program, what, program);
    for (int i = 0; i < own_count; ++i)
        option_print_help(&own[i]);
    if (own_count && common_count)
        printf("\n");
    for (int i = 0; i < common_count; ++i)
        option_print_help(&common[i]);
    printf("  %-20s %s\n", "--help", "this text");
}

// getopt_long found something that it does not know or that lacks its value: one line and status 2.
static inline void options_wrong(int found, char **argv, const Option *options)
{
    char name[OPTION_NAME_MOST];
    if (found == ':')
        fail(STATUS_USAGE, "%s needs a value; --help lists the options", argv[optind - 1]);
    if (optopt >= 256) {
        option_flag_name(name, &options[optopt - 256]);
        fail(STATUS_USAGE, "--%s takes no value", name);
    }
    if (optopt)
        fail(STATUS_USAGE, "unknown option -%c; --help lists the options", optopt);
    fail(STATUS_USAGE, "unknown option %s; --help lists the options", argv[optind - 1]);
}

// Sets the variables from the command line. An unknown option, a missing or bad value and an argument that belongs to
// no option end the program with status 2. True: --help is there, and no variable has been changed.
static inline bool options_read(int argc, char **argv, const Option *options, int count)
{
    struct option table[OPTIONS_MOST + 1];
    char names[OPTIONS_MOST][OPTION_NAME_MOST];
    memset(table, 0, sizeof table);
    if (count > OPTIONS_MOST)
        fail(STATUS_USAGE, "this program declares more than %d options", OPTIONS_MOST);
    for (int i = 1; i < argc; ++i)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    for (int i = 0; i < count; ++i) {
        option_flag_name(names[i], &options[i]);
        table[i].name = names[i];
        table[i].has_arg = options[i].kind == OPTION_KIND_FLAG ? no_argument : required_argument;
        table[i].val = 256 + i; // beyond the characters, which would be short options
    }
    opterr = 0;
    for (int found; (found = getopt_long(argc, argv, ":", table, NULL)) != -1;) {
        if (found == ':' || found == '?')
            options_wrong(found, argv, options);
        option_set(&options[found - 256], optarg);
    }
    if (optind < argc)
        fail(STATUS_USAGE, "'%s' belongs to no option; --help lists the options", argv[optind]);
    return false;
}

// The file name of argv[0], for messages.
static inline const char *program_file_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "program";
}

// For a program that has its own list of options and nothing else: reads them; --help prints them and ends with 0.
static inline void options_parse(int argc, char **argv, const char *what, const Option *options, int count)
{
    const char *program = program_file_name(argc > 0 ? argv[0] : NULL);
    fail_program(program);
    if (options_read(argc, argv, options, count)) {
        options_print_help(program, what, options, count, NULL, 0);
        stdout_check();
        exit(STATUS_OK);
    }
}

#endif
