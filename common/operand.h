// operand.h: the arrays that a program declares, and what the checker does with them: spoil the outputs before a
// launch, compare them after it, look at the guard zones.
#ifndef COMMON_OPERAND_H
#define COMMON_OPERAND_H

#include "buffer.h"
#include "compare.h"

typedef enum {
    ROLE_INPUT,   // read only; known here for dumps
    ROLE_OUTPUT,  // written only
    ROLE_INOUT,   // read and written: has its first contents before every launch
    ROLE_SCRATCH, // for the versions' own use; not compared
} Role;

typedef struct {
    const char *name;
    Role role;
    Array array; // ROLE_INPUT: on the host; otherwise on the device
    Shape shape;
    Array expected;      // reference, on the host
    const double *bound; // error allowed for each element; NULL: the values must be equal
    void *before;        // ROLE_INOUT: the first contents, on the device
    void *got;           // host copy of the version's result
    Comparison worst;    // of the version that the excerpt shows
    double *shown;       // its values at the excerpt's positions
    const char *shown_version;
} Operand;

static inline size_t operand_bytes(const Operand *operand)
{
    return (size_t)operand->array.n * type_size(operand->array.type);
}

static inline bool operand_is_compared(const Operand *operand)
{
    return operand->role == ROLE_OUTPUT || operand->role == ROLE_INOUT;
}

// Before a launch. 0xFF in every byte is NaN as a float or double, -1 as an int and 255 as a byte: an element that the
// kernel forgets cannot pass for a result. What is read and written gets its first contents back.
static inline void operand_prepare(const Operand *operand)
{
    if (operand->role == ROLE_INOUT)
        HIP_CHECK(hipMemcpy(operand->array.data, operand->before, operand_bytes(operand), hipMemcpyDeviceToDevice));
    else if (operand->role != ROLE_INPUT)
        HIP_CHECK(hipMemset(operand->array.data, 0xFF, operand_bytes(operand)));
}

// After a launch: fetches the result into operand->got and compares it with the reference.
static inline Comparison operand_compare(const Operand *operand)
{
    HIP_CHECK(hipMemcpy(operand->got, operand->array.data, operand_bytes(operand), hipMemcpyDeviceToHost));
    return compare_values(operand->array.type, operand->got, operand->expected.type, operand->expected.data,
                          operand->bound, operand->array.n);
}

// "c[17] is nan, expected 0.716490 +- 2.1e-08; 23 of 100 elements are wrong". Whole numbers have no +-.
static inline void operand_describe_fault(char *text, size_t room, const Operand *operand, const Comparison *comparison)
{
    char element[160], allowed[40] = "";
    shape_element(element, sizeof element, operand->name, operand->shape, comparison->worst);
    if (operand->bound)
        text_format(allowed, sizeof allowed, " +- %.2g", comparison->bound);
    text_format(text, room, "%s is %.9g, expected %.9g%s; %ld of %ld elements are wrong", element, comparison->got,
                comparison->expected, allowed, comparison->bad, operand->array.n);
}

// The name of the array that lives in an allocation, or "a device buffer" where the program declared none.
static inline const char *operand_name_of(const Operand *operands, int count, const Allocation *allocation)
{
    const char *begin = (const char *)allocation->data;
    for (int i = 0; i < count; ++i) {
        const char *data = (const char *)operands[i].array.data;
        if (operands[i].array.on_device && data >= begin && data <= begin + allocation->bytes)
            return operands[i].name;
    }
    return "a device buffer";
}

// Looks at the guard zones of every device buffer. True where all are whole; otherwise `text` says which one is not,
// and all are made whole again, so that the next version is not blamed for it.
static inline bool operands_guards_whole(char *text, size_t room, const Operand *operands, int count)
{
    bool whole = true;
    for (const Allocation *a = *device_allocations(); a; a = a->next) {
        long where = 0;
        if (guard_whole(a->data, a->bytes, &where))
            continue;
        const char *name = operand_name_of(operands, count, a);
        if (where < 0)
            text_format(text, room, "wrote outside %s: byte %ld before its start", name, -where);
        else
            text_format(text, room, "wrote outside %s: byte %ld past its end", name, where - (long)a->bytes + 1);
        guard_fill(a->data, a->bytes);
        whole = false;
    }
    return whole;
}

#endif
