// shape.h: what an array is: the type of its elements and its dimensions, so that messages, printouts and files can
// say C[17,640] where the memory only knows element 656017.
#ifndef COMMON_SHAPE_H
#define COMMON_SHAPE_H

#include "text.h"
#include <stddef.h>
#include <stdint.h>

typedef enum { TYPE_F32, TYPE_F64, TYPE_I32, TYPE_U8 } ElementType;

static inline size_t type_size(ElementType type)
{
    static const size_t size[] = {4, 8, 4, 1};
    return size[type];
}

static inline const char *type_name(ElementType type)
{
    static const char *const name[] = {"f32", "f64", "i32", "u8"};
    return name[type];
}

// Element i of an array of that type, as a double (exact for all four types).
static inline double type_value(ElementType type, const void *data, long i)
{
    switch (type) {
    case TYPE_F32:
        return ((const float *)data)[i];
    case TYPE_F64:
        return ((const double *)data)[i];
    case TYPE_I32:
        return ((const int32_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

// Dimensions in C order: the last one is contiguous. rank is 1 to 4.
typedef struct {
    int rank;
    long dim[4];
} Shape;

// SHAPE(n), SHAPE(rows, columns), ...: int or long values.
#define SHAPE(...) ((Shape){(int)(sizeof((long[]){__VA_ARGS__}) / sizeof(long)), {__VA_ARGS__}})

static inline long shape_count(Shape shape)
{
    long count = 1;
    for (int d = 0; d < shape.rank; ++d)
        count *= shape.dim[d];
    return count;
}

// "17,640" for element i of a matrix; text is cut off to fit `room` bytes.
static inline void shape_index(char *text, size_t room, Shape shape, long i)
{
    long index[4] = {0, 0, 0, 0};
    for (int d = shape.rank - 1; d >= 0; --d) {
        index[d] = i % shape.dim[d];
        i /= shape.dim[d];
    }
    size_t used = 0;
    for (int d = 0; d < shape.rank; ++d)
        used += text_format(text + used, room - used, d ? ",%ld" : "%ld", index[d]);
}

// "C[17,640]"
static inline void shape_element(char *text, size_t room, const char *name, Shape shape, long i)
{
    char index[96];
    shape_index(index, sizeof index, shape, i);
    text_format(text, room, "%s[%s]", name, index);
}

#endif
