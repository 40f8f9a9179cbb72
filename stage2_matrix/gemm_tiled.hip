// gemm_tiled: C = alpha·op(A)·op(B) + beta·C with tiles in shared memory: a block loads a piece of A and a piece of B
// once, and each element is then used by a whole row or column of threads.
//
// With tiles of T x T, global memory delivers each element of A only N/T times, and not N times. What is left to
// complain about: every product still takes two loads from shared memory, so that most instructions are loads and not
// multiply-adds. gemm_blocked takes it from there.
#ifndef STAGE2_GEMM_TILED_HIP
#define STAGE2_GEMM_TILED_HIP

#include <hip/hip_runtime.h>
#include "gemm_problem.h"

// One thread an element of C, TILE x TILE threads a block. Whichever way an operand lies in memory, threads with
// neighbouring x load neighbouring floats: a transposed operand is turned round on its way into the tile. The column
// that is too many puts the elements of a tile's column into different banks of shared memory, or that turn would have
// all threads of a warp write into one bank. Tiles that stick out are filled with zeros, which add nothing.
template <int TILE> __global__ void __launch_bounds__(TILE *TILE) gemm_tiled(Gemm g)
{
    __shared__ float a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];
    int x = threadIdx.x, y = threadIdx.y, tiles_across = ceil_div(g.n, TILE);
    int i0 = blockIdx.x / tiles_across * TILE, j0 = blockIdx.x % tiles_across * TILE; // the tile of C
    float sum = 0;
    for (int k0 = 0; k0 < g.k; k0 += TILE) {
        if (g.trans_a)
            a_tile[x][y] = i0 + x < g.m && k0 + y < g.k ? gemm_a(&g, i0 + x, k0 + y) : 0;
        else
            a_tile[y][x] = i0 + y < g.m && k0 + x < g.k ? gemm_a(&g, i0 + y, k0 + x) : 0;
        if (g.trans_b)
            b_tile[x][y] = j0 + y < g.n && k0 + x < g.k ? gemm_b(&g, k0 + x, j0 + y) : 0;
        else
            b_tile[y][x] = j0 + x < g.n && k0 + y < g.k ? gemm_b(&g, k0 + y, j0 + x) : 0;
        __syncthreads(); // the tiles are complete
        for (int k = 0; k < TILE; ++k)
            sum += a_tile[y][k] * b_tile[k][x];
        __syncthreads(); // nobody needs them any more
    }
    if (i0 + y < g.m && j0 + x < g.n)
        gemm_write(&g, i0 + y, j0 + x, sum);
}

// The grid is one row of tiles after the other in one dimension: gridDim.y would end at 65535.
template <int TILE> static inline void gemm_tiled_launch(const Gemm *g)
{
    long tiles = (long)ceil_div(g->m, TILE) * ceil_div(g->n, TILE);
    gemm_tiled<TILE><<<dim3((unsigned)tiles), dim3(TILE, TILE)>>>(*g);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "gemm_program.h"

template <int TILE> static void tile(const void *operands)
{
    gemm_tiled_launch<TILE>(&((const GemmOperands *)operands)->g);
}

int main(int argc, char **argv)
{
    GemmOptions sizes = {511, 516, 500, 0, false, false, 1, 0};
    const Option options[] = {GEMM_OPTIONS(sizes)};
    const Version versions[] = {
        {"tile_16", tile<16>, "tiles of 16 x 16: 256 threads a block, 2 KiB of shared memory"},
        {"tile_32", tile<32>, "tiles of 32 x 32: half the traffic, 1024 threads that wait for each other"},
        {library_name(), gemm_library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "C = alpha op(A) op(B) + beta C, float32", options, LENGTH(options));
    program_versions(&program, versions, count);
    GemmOperands operands = gemm_operands(&program, &sizes);
    gemm_run(&program, versions, count, &operands);
    return program_end(&program);
}
#endif
#endif
