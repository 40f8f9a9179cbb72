// npy.h: arrays for numpy. The .npy format, version 1.0: a magic string, the length of a header, the header (a Python
// dictionary as text, padded so that the data starts at a multiple of 64 bytes), the raw data. Described in numpy's
// documentation under "numpy.lib.format".
#ifndef COMMON_NPY_H
#define COMMON_NPY_H

#include "file.h"
#include "shape.h"

// The type in numpy's words: byte order, kind, bytes.
static inline const char *npy_descr(ElementType type)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    static const char *const descr[] = {">f4", ">f8", ">i4", "|u1"};
#else
    static const char *const descr[] = {"<f4", "<f8", "<i4", "|u1"};
#endif
    return descr[type];
}

// shape_count(shape) elements at `data`, in C order. Exit status 3 where the file cannot be written.
static inline void npy_write(const char *path, ElementType type, const void *data, Shape shape)
{
    char header[320];
    size_t used = text_format(header + 10, 256, "{'descr': '%s', 'fortran_order': False, 'shape': (", npy_descr(type));
    for (int d = 0; d < shape.rank; ++d)
        used += text_format(header + 10 + used, 256 - used, d ? ", %ld" : "%ld", shape.dim[d]);
    used += text_format(header + 10 + used, 256 - used, shape.rank == 1 ? ",), }" : "), }");
    while ((10 + used + 1) % 64 != 0)
        header[10 + used++] = ' ';
    header[10 + used++] = '\n';
    memcpy(header, "\x93NUMPY\x01", 7);
    header[7] = 0;
    header[8] = (char)(used & 0xFF);
    header[9] = (char)(used >> 8);

    OutputFile *file = file_create(path);
    file_write(file, header, 10 + used);
    file_write(file, data, (size_t)shape_count(shape) * type_size(type));
    file_finish(file);
}

static inline void npy_write_f32(const char *path, const float *data, Shape shape)
{
    npy_write(path, TYPE_F32, data, shape);
}

static inline void npy_write_f64(const char *path, const double *data, Shape shape)
{
    npy_write(path, TYPE_F64, data, shape);
}

static inline void npy_write_i32(const char *path, const int32_t *data, Shape shape)
{
    npy_write(path, TYPE_I32, data, shape);
}

static inline void npy_write_u8(const char *path, const uint8_t *data, Shape shape)
{
    npy_write(path, TYPE_U8, data, shape);
}

#endif
