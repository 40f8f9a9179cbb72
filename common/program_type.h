// program_type.h: the types Program and Version; what they are for stands in program.h.
#ifndef COMMON_PROGRAM_TYPE_H
#define COMMON_PROGRAM_TYPE_H

#include "options.h"
#include "report.h"

// One way to do the work. `name` is an identifier, the same in --version, tables and docs; `what` one line about it.
typedef struct {
    const char *name;
    Launch launch;
    const char *what;
} Version;

typedef struct {
    const char *name;
    double value;
} NamedNumber;

typedef struct {
    const char *version;
    double bytes;
} VersionBytes;

enum { PROGRAM_OPERANDS = 32, PROGRAM_VERSIONS = TABLE_ROWS - 1, PROGRAM_NUMBERS = 32 };

typedef struct {
    const char *name, *what;  // "stage1_vector/vector_add"; one line
    uint64_t seed;            // --seed
    int block, repeat, print; // --block; --repeat, 0: by itself; --print
    const char *version;      // --version, NULL: all
    const char *dump, *json;  // --dump, --json, NULL: not wanted
    bool help;                // --help: nothing is to be run, program_run prints the table of versions and ends
    Roof roof;

    const Option *options;
    int option_count;
    Operand operands[PROGRAM_OPERANDS];
    int operand_count;
    Work work;
    const Version *versions;
    int version_count;
    const char *bytes; // what program_bytes counts ("moved"), or NULL
    VersionBytes version_bytes[PROGRAM_VERSIONS];
    int version_bytes_count;
    const char *library; // the version that is the vendor's library, or NULL
    Result results[PROGRAM_VERSIONS];
    int result_count;
    NamedNumber numbers[PROGRAM_NUMBERS];
    int number_count;
    bool titled, failed; // the title line is out; a check has failed
} Program;

#endif
