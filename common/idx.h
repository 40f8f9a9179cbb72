// idx.h: reads IDX files, the format of MNIST: two zero bytes, the element type (8 for bytes), the number of
// dimensions, each dimension as 4 bytes with the highest first, then the data. Described on the page of the MNIST
// database. Plain files and .gz files are read alike. Link with -lz.
#ifndef COMMON_IDX_H
#define COMMON_IDX_H

#include "buffer.h"
#include "shape.h"
#include <errno.h>
#include <zlib.h>

typedef struct {
    HostU8 bytes;
    Shape shape;
} IdxU8;

// `bytes` bytes, or a message that tells a short file from a damaged one.
static inline void idx_bytes(gzFile file, const char *path, unsigned char *to, long bytes)
{
    for (long done = 0; done < bytes;) {
        long rest = bytes - done;
        int got = gzread(file, to + done, (unsigned)(rest < 1 << 30 ? rest : 1 << 30));
        if (got < 0) {
            int code = Z_OK;
            const char *reason = gzerror(file, &code);
            if (code == Z_ERRNO)
                reason = strerror(errno);
            else if (strncmp(reason, path, strlen(path)) == 0)
                reason += strlen(path) + 2; // zlib says "path: reason"
            fail(STATUS_FAILED, "%s: cannot be read: %s; fetch it again with make data", path, reason);
        }
        if (got == 0)
            fail(STATUS_FAILED, "%s: ends too early; fetch it again with make data", path);
        done += got;
    }
}

// Magic number and dimensions, checked.
static inline Shape idx_header(gzFile file, const char *path, int rank)
{
    unsigned char head[4], dimension[4];
    Shape shape = {rank, {1, 1, 1, 1}};
    idx_bytes(file, path, head, 4);
    if (head[0] != 0 || head[1] != 0 || head[2] != 8)
        fail(STATUS_FAILED, "%s: not an IDX file of bytes (it starts with %02x %02x %02x, not 00 00 08)", path, head[0],
             head[1], head[2]);
    if (head[3] != rank)
        fail(STATUS_FAILED, "%s: has %d dimensions where %d are expected; is it the right file?", path, head[3], rank);
    double total = 1;
    for (int d = 0; d < rank; ++d) {
        idx_bytes(file, path, dimension, 4);
        shape.dim[d] = (long)dimension[0] << 24 | dimension[1] << 16 | dimension[2] << 8 | dimension[3];
        total *= (double)shape.dim[d];
    }
    if (total < 1 || total > 4e9)
        fail(STATUS_FAILED, "%s: its header claims %.3g bytes of data; is it the right file?", path, total);
    return shape;
}

// The file at `path`, or where there is none at `path`.gz, with `rank` dimensions (images 3, labels 1). Exit status 3
// and one line on stderr for everything that is wrong with it. The bytes are freed like any host buffer.
static inline IdxU8 idx_read(const char *path, int rank)
{
    size_t room = strlen(path) + 4;
    char *packed = (char *)allocate(room, 1);
    text_format(packed, room, "%s.gz", path);
    const char *name = path;
    gzFile file = gzopen(path, "rb");
    if (!file && errno == ENOENT) {
        file = gzopen(packed, "rb");
        name = file ? packed : path;
        errno = ENOENT;
    }
    if (!file)
        fail(STATUS_FAILED, "%s: cannot be opened: %s; make data fetches it", path, strerror(errno));
    IdxU8 idx;
    idx.shape = idx_header(file, name, rank);
    idx.bytes = host_u8(shape_count(idx.shape));
    idx_bytes(file, name, idx.bytes.data, idx.bytes.n);
    char beyond;
    int more = gzread(file, &beyond, 1); // also makes zlib compare the checksum at the end of a .gz
    if (more != 0)
        fail(STATUS_FAILED, "%s: %s; fetch it again with make data", name,
             more > 0 ? "longer than its header says" : "its checksum is wrong");
    if (gzclose(file) != Z_OK)
        fail(STATUS_FAILED, "%s: ends too early; fetch it again with make data", name);
    free(packed);
    return idx;
}

#endif
