// transpose: B = A^T for a float32 matrix A of M x N: B[j][i] = A[i][j]. Nothing is computed, only moved.
//
// The roof is a copy of the same bytes, and a plain kernel stays far below it: whichever way its threads go, either
// what they read or what they write lies M or N floats apart, and memory moves 32 bytes at least for each 4 of them.
// The way out is a tile in shared memory: read by rows, written by rows, and turned round in between, where the stride
// costs nothing - unless all threads of a warp then want the same bank.
#ifndef STAGE2_TRANSPOSE_HIP
#define STAGE2_TRANSPOSE_HIP

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include "../common/unroll.h"

// One thread an element. Neighbouring threads read neighbouring elements of a row of A, and write them M floats apart:
// a warp's 32 floats fall into 32 different pieces of memory, and of each piece it has only 4 bytes. (With x and y
// exchanged the reads would be the ones that are scattered.)
__global__ void transpose_naive(const float *a, float *b, int m, int n)
{
    int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= n)
        return;
    // gridDim.y cannot be more than 65535: for more rows than that the grid walks on.
    for (int i = blockIdx.y * blockDim.y + threadIdx.y; i < m; i += gridDim.y * blockDim.y)
        b[(long)j * m + i] = a[(long)i * n + j];
}

enum {
    TRANSPOSE_TILE = 32, // its rows are 128 bytes: four whole pieces of memory
    TRANSPOSE_ROWS = 8,  // transpose_rows: rows of threads for the 32 rows of a tile
};

// Through a tile of 32 x 32 floats, one thread an element. Thread (x, y) reads row y of the tile from A, and after the
// barrier writes row y of the turned tile to B: both times neighbouring threads have neighbouring addresses. Only the
// tile is read down a column, tile[x][y], and shared memory has no pieces of 32 bytes. But it has banks: 4-byte words
// are dealt out to 32 banks in turn, and each bank serves one word at a time.
//   PADDING 0: the words of a column are 32 apart, so all of them lie in one bank, and 32 threads wait for each other.
//   PADDING 1: they are 33 apart, and each lies in the next bank. 128 bytes wasted, 31 rounds saved.
// The tiles are counted in one dimension, row by row of A, because gridDim.y ends at 65535.
template <int PADDING>
__global__ void __launch_bounds__(TRANSPOSE_TILE *TRANSPOSE_TILE) transpose_tile(const float *a, float *b, int m, int n)
{
    __shared__ float tile[TRANSPOSE_TILE][TRANSPOSE_TILE + PADDING];
    int x = threadIdx.x, y = threadIdx.y, tiles_across = ceil_div(n, TRANSPOSE_TILE);
    int i0 = blockIdx.x / tiles_across * TRANSPOSE_TILE, j0 = blockIdx.x % tiles_across * TRANSPOSE_TILE;
    if (i0 + y < m && j0 + x < n)
        tile[y][x] = a[(long)(i0 + y) * n + j0 + x];
    __syncthreads();
    if (j0 + y < n && i0 + x < m)
        b[(long)(j0 + y) * m + i0 + x] = tile[x][y];
}

// The padded tile with 32 x 8 threads, four elements each. A thread has its four loads under way at once, where one
// with a single element waits for that alone; the index arithmetic is spread over four elements; and a barrier holds up
// 256 threads instead of 1024, so that other blocks of the multiprocessor go on meanwhile.
__global__ void __launch_bounds__(TRANSPOSE_TILE *TRANSPOSE_ROWS) transpose_rows(const float *a, float *b, int m, int n)
{
    __shared__ float tile[TRANSPOSE_TILE][TRANSPOSE_TILE + 1];
    int x = threadIdx.x, y = threadIdx.y, tiles_across = ceil_div(n, TRANSPOSE_TILE);
    int i0 = blockIdx.x / tiles_across * TRANSPOSE_TILE, j0 = blockIdx.x % tiles_across * TRANSPOSE_TILE;
    UNROLL
    for (int r = 0; r < TRANSPOSE_TILE; r += TRANSPOSE_ROWS)
        if (i0 + y + r < m && j0 + x < n)
            tile[y + r][x] = a[(long)(i0 + y + r) * n + j0 + x];
    __syncthreads();
    UNROLL
    for (int r = 0; r < TRANSPOSE_TILE; r += TRANSPOSE_ROWS)
        if (j0 + y + r < n && i0 + x < m)
            b[(long)(j0 + y + r) * m + i0 + x] = tile[x][y + r];
}

// Number of tiles that cover A: the grid.
static inline dim3 transpose_grid(int m, int n)
{
    return dim3((unsigned)((long)ceil_div(m, TRANSPOSE_TILE) * ceil_div(n, TRANSPOSE_TILE)));
}

// What later stages call: b (n x m) = the transpose of a (m x n), both row-major without gaps, on the default stream.
static inline void transpose_launch(const float *a, float *b, int m, int n)
{
    transpose_rows<<<transpose_grid(m, n), dim3(TRANSPOSE_TILE, TRANSPOSE_ROWS)>>>(a, b, m, n);
}

// Reference. No element is rounded anywhere, so nothing but the very same value is right: the bound is 0.
static inline void transpose_cpu(const float *a, double *b, int m, int n)
{
    for (int i0 = 0; i0 < m; i0 += 16) // 16 rows at a time: they fill whole cache lines of B
        for (int j = 0; j < n; ++j)
            for (int i = i0; i < i0 + 16 && i < m; ++i)
                b[(long)j * m + i] = a[(long)i * n + j];
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/program.h"

typedef struct {
    DeviceF32 a, b; // m x n, n x m
    int m, n, block;
} Operands;

// A block of so many threads, or a few less: 32 in x, the others in y.
static void naive(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int x = o->block < 32 ? o->block : 32, y = o->block / x, rows = ceil_div(o->m, y);
    dim3 grid((unsigned)ceil_div(o->n, x), (unsigned)(rows < 65535 ? rows : 65535));
    transpose_naive<<<grid, dim3((unsigned)x, (unsigned)y)>>>(o->a.data, o->b.data, o->m, o->n);
}

template <int PADDING> static void tile(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    dim3 block(TRANSPOSE_TILE, TRANSPOSE_TILE);
    transpose_tile<PADDING><<<transpose_grid(o->m, o->n), block>>>(o->a.data, o->b.data, o->m, o->n);
}

static void rows(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    transpose_launch(o->a.data, o->b.data, o->m, o->n);
}

// The banks that the first warp of a block touches when it reads the tile by columns, from the addresses in an array of
// the kernel's own shape. Lanes that want different words of one bank are served one after the other.
template <int PADDING> static void print_banks(const char *version)
{
    static float tile[TRANSPOSE_TILE][TRANSPOSE_TILE + PADDING];
    int lanes = device_warp_size(), words[32] = {0}, most = 0;
    printf("%s: rows of %d floats; lane l of the first warp reads tile[l %% 32][l / 32]\n", version, LENGTH(tile[0]));
    for (int lane = 0; lane < lanes; ++lane) {
        const float *word = &tile[lane % TRANSPOSE_TILE][lane / TRANSPOSE_TILE];
        int bank = (int)(((const char *)word - (const char *)tile) / 4 % 32);
        ++words[bank];
        most = words[bank] > most ? words[bank] : most;
        printf("%s%3d", lane % 32 ? "" : lane ? "\n      " : "  bank", bank);
    }
    printf("\n  %d lanes, at most %d of them in one bank: %d round%s, where %d would do\n", lanes, most, most,
           most == 1 ? "" : "s", ceil_div(lanes, 32));
}

int main(int argc, char **argv)
{
    int m = 2051, n = 4099;
    bool banks = false;
    // Indices are int and run up to a tile, or a step of the grid, beyond the sizes: room for it is left below 2^31.
    const Option options[] = {
        OPTION_INT_RANGE("M", &m, "rows of A, columns of B", 1, 2000000000),
        OPTION_INT_RANGE("N", &n, "columns of A, rows of B", 1, 2000000000),
        OPTION_FLAG("banks", &banks, "print the banks of shared memory that a warp reads from, too"),
    };
    const Version versions[] = {
        {"naive", naive, "one thread an element, writes M floats apart"},
        {"shared", tile<0>, "a tile of 32 x 32 in shared memory, its columns in one bank"},
        {"padded", tile<1>, "rows of the tile one float longer: a column in all banks"},
        {"rows", rows, "the same with 32 x 8 threads, four elements each"},
    };
    Program program = program_begin(argc, argv, "B = A^T, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));

    long count = (long)m * n;
    HostF32 a = host_uniform(count, program.seed, -1, 1);
    HostF64 expected = host_f64(count), bound = host_f64(count);
    transpose_cpu(a.data, expected.data, m, n);

    Operands operands = {device_copy(a), device_f32(count), m, n, program.block};
    program_input(&program, "A", a, SHAPE(m, n));
    program_output(&program, "B", operands.b, SHAPE(n, m), expected, bound);
    program_work(&program, (Work){.flops = 0, .bytes = 8.0 * m * n});
    program_run(&program, versions, LENGTH(versions), &operands);
    if (banks) {
        printf("\nShared memory has 32 banks, and bank = (byte address / 4) %% 32.\n");
        print_banks<0>("shared");
        print_banks<1>("padded, rows");
    }
    return program_end(&program);
}
#endif
#endif
