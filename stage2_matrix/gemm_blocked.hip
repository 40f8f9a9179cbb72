// gemm_blocked: C = alpha·op(A)·op(B) + beta·C, from shared-memory tiles to within sight of the vendor's library.
//
// Each step of the ladder removes what the one before was waiting for: loads from shared memory (register tiles), the
// instructions that make them (quads), the way from global memory (double buffering), bank conflicts and the last
// superfluous loads (warp tiles). In the end nearly all instructions of the loop are fused multiply-adds (91 % for an
// H100, by nvcc 13), and that is as much as a float32 kernel can do.
//
// How large the tiles should be depends on registers, shared memory and the number of multiprocessors of a chip, and no
// formula knows: `--tune` measures several and remembers the best one for this device.
#ifndef STAGE2_GEMM_BLOCKED_HIP
#define STAGE2_GEMM_BLOCKED_HIP

#include <hip/hip_runtime.h>
#include "../common/file.h"
#include "gemm_quad_kernels.h"
#include "gemm_register.h"

// ---- launching ------------------------------------------------------------------------------------------------------

// Number of tiles that cover C: the grid, in one dimension because gridDim.y ends at 65535.
static inline dim3 gemm_grid(const Gemm *g, int bm, int bn)
{
    return dim3((unsigned)((long)ceil_div(g->m, bm) * ceil_div(g->n, bn)));
}

template <int BM, int BN, int BK, int TM, int TN, class Epilogue>
static void gemm_warp_tile_launch(const Gemm *g, Epilogue epilogue)
{
    dim3 grid = gemm_grid(g, BM, BN), block(BM / TM * (BN / TN));
    if (gemm_has_quads(g))
        gemm_warp_tile<BM, BN, BK, TM, TN, 4><<<grid, block>>>(*g, epilogue);
    else
        gemm_warp_tile<BM, BN, BK, TM, TN, 1><<<grid, block>>>(*g, epilogue);
}

// The sizes that --tune tries: BM x BN x BK, then TM x TN.
typedef struct {
    const char *name, *what;
    int bm, bn;
} GemmTile;

enum { GEMM_TILES = 7, GEMM_SMALL = 0, GEMM_MIDDLE = 1, GEMM_DEFAULT = 4, GEMM_DEFAULT_CPU = 6 };

static inline const GemmTile *gemm_tile(int tile)
{
    static const GemmTile tiles[GEMM_TILES] = {
        {"tile_32x32x16_4x4", "64 threads", 32, 32},       {"tile_64x64x16_8x8", "64 threads", 64, 64},
        {"tile_128x64x16_8x8", "128 threads", 128, 64},    {"tile_128x128x8_8x8", "256 threads", 128, 128},
        {"tile_128x128x8_16x8", "128 threads", 128, 128},  {"tile_256x128x8_16x8", "256 threads", 256, 128},
        {"tile_128x128x16_8x16", "128 threads", 128, 128},
    };
    return &tiles[tile];
}

template <class Epilogue> static void gemm_launch_tile(int tile, const Gemm *g, Epilogue epilogue)
{
    switch (tile) {
    case 0:
        gemm_warp_tile_launch<32, 32, 16, 4, 4>(g, epilogue);
        break;
    case 1:
        gemm_warp_tile_launch<64, 64, 16, 8, 8>(g, epilogue);
        break;
    case 2:
        gemm_warp_tile_launch<128, 64, 16, 8, 8>(g, epilogue);
        break;
    case 3:
        gemm_warp_tile_launch<128, 128, 8, 8, 8>(g, epilogue);
        break;
    case 4:
        gemm_warp_tile_launch<128, 128, 8, 16, 8>(g, epilogue);
        break;
    case 5:
        gemm_warp_tile_launch<256, 128, 8, 16, 8>(g, epilogue);
        break;
    case 6:
        gemm_warp_tile_launch<128, 128, 16, 8, 16>(g, epilogue);
        break;
    }
}

// build/tuned/gemm_blocked.BACKEND-DEVICE holds the name of the tile that was the fastest on this device.
static inline const char *gemm_tuned_path(void)
{
    static char path[400];
    text_format(path, sizeof path, "build/tuned/gemm_blocked.%s", device_slug());
    return path;
}

// Its number. Where --tune has not run: what won on the simulated GPU, whose threads add to rows of 16 floats, one vector
// register each, and for devices the tile with the fewest loads for each product that nvcc and hipcc fit into registers.
static inline int gemm_tuned_tile(void)
{
    static int tuned = -1; // the file is read once
    if (tuned >= 0)
        return tuned;
    char *text = file_read_text(gemm_tuned_path());
    for (int tile = 0; text && tile < GEMM_TILES; ++tile) {
        size_t length = strlen(gemm_tile(tile)->name);
        if (strncmp(text, gemm_tile(tile)->name, length) == 0 && strcmp(text + length, "\n") == 0)
            tuned = tile;
    }
    if (text && tuned < 0)
        complain("%s: names no tile of gemm_blocked; gemm_blocked --tune writes it anew", gemm_tuned_path());
    free(text);
    if (tuned < 0)
        tuned = strcmp(device_backend(), "cpu") == 0 ? GEMM_DEFAULT_CPU : GEMM_DEFAULT;
    return tuned;
}

// The tile for C of this shape. Large tiles need fewer loads for each product, but a small C fills only some of the
// multiprocessors with them, and a narrow one only a part of each tile. A rough price says which it is: the rounds in
// which the multiprocessors get through the tiles, times what one step of a tile costs: BM·BN multiply-adds, and BM +
// BN loads that count for 32 each.
static inline int gemm_tile_by_shape(const Gemm *g)
{
    const int candidates[] = {gemm_tuned_tile(), GEMM_MIDDLE, GEMM_SMALL};
    int best = candidates[0];
    double least = 0;
    for (int i = 0; i < LENGTH(candidates); ++i) {
        const GemmTile *tile = gemm_tile(candidates[i]);
        long tiles = (long)ceil_div(g->m, tile->bm) * ceil_div(g->n, tile->bn);
        double price = (double)ceil_div_long(tiles, device_multiprocessors()) *
                       ((double)tile->bm * tile->bn + 32.0 * (tile->bm + tile->bn));
        if (i == 0 || price < least) {
            best = candidates[i];
            least = price;
        }
    }
    return best;
}

// C = alpha·op(A)·op(B) + beta·C on the default stream, for any sizes: what later stages call. `epilogue`: GemmPlain,
// or a struct of their own (gemm_epilogue).
template <class Epilogue> static inline void gemm_launch(const Gemm *g, Epilogue epilogue)
{
    gemm_launch_tile(gemm_tile_by_shape(g), g, epilogue);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "gemm_naive.hip"
#include "gemm_program.h"
#include "gemm_tiled.hip"

static void naive(const void *operands)
{
    const GemmOperands *o = (const GemmOperands *)operands;
    gemm_naive_coalesced_launch(&o->g, o->block);
}

static void tiled(const void *operands)
{
    gemm_tiled_launch<32>(&((const GemmOperands *)operands)->g);
}

static void register_1d(const void *operands)
{
    const Gemm *g = &((const GemmOperands *)operands)->g;
    gemm_register_1d<64, 64, 8, 8><<<gemm_grid(g, 64, 64), 512>>>(*g);
}

static void register_2d(const void *operands)
{
    const Gemm *g = &((const GemmOperands *)operands)->g;
    gemm_register_2d<128, 128, 8, 8, 8><<<gemm_grid(g, 128, 128), 256>>>(*g);
}

static void float4_loads(const void *operands)
{
    const Gemm *g = &((const GemmOperands *)operands)->g;
    if (gemm_has_quads(g))
        gemm_float4<128, 128, 8, 8, 8, 4><<<gemm_grid(g, 128, 128), 256>>>(*g);
    else
        gemm_float4<128, 128, 8, 8, 8, 1><<<gemm_grid(g, 128, 128), 256>>>(*g);
}

static void double_buffer(const void *operands)
{
    const Gemm *g = &((const GemmOperands *)operands)->g;
    if (gemm_has_quads(g))
        gemm_double_buffer<128, 128, 8, 8, 8, 4><<<gemm_grid(g, 128, 128), 256>>>(*g);
    else
        gemm_double_buffer<128, 128, 8, 8, 8, 1><<<gemm_grid(g, 128, 128), 256>>>(*g);
}

static void warp_tile(const void *operands)
{
    gemm_launch_tile(gemm_tuned_tile(), &((const GemmOperands *)operands)->g, GemmPlain());
}

static void by_shape(const void *operands)
{
    gemm_launch(&((const GemmOperands *)operands)->g, GemmPlain());
}

template <int TILE> static void one_tile(const void *operands)
{
    gemm_launch_tile(TILE, &((const GemmOperands *)operands)->g, GemmPlain());
}

// After all tiles have run: the fastest one's name goes into the file. Not after a wrong result, and not where C is so
// small that large tiles could not show what they are worth.
static void remember_fastest(const Program *program, const Gemm *g)
{
    int best = 0;
    if (program->failed)
        return;
    if (gemm_grid(g, 256, 128).x < (unsigned)device_multiprocessors()) {
        printf("Nothing is remembered: C has fewer tiles of 256 x 128 than the device has multiprocessors.\n");
        return;
    }
    for (int tile = 1; tile < GEMM_TILES; ++tile)
        if (program_timing(program, gemm_tile(tile)->name).median_ms <
            program_timing(program, gemm_tile(best)->name).median_ms)
            best = tile;
    OutputFile *file = file_create(gemm_tuned_path());
    fprintf(file_stream(file), "%s\n", gemm_tile(best)->name);
    file_finish(file);
    printf("%s is the fastest: written to %s\n", gemm_tile(best)->name, gemm_tuned_path());
}

int main(int argc, char **argv)
{
    GemmOptions sizes = {511, 516, 500, 0, false, false, 1, 0};
    bool tune = false;
    const Option options[] = {
        GEMM_OPTIONS(sizes),
        OPTION_FLAG("tune", &tune, "measure the tile sizes of warp_tile, keep the best for this device"),
    };
    const Version ladder[] = {
        {"naive", naive, "one thread an element (gemm_naive)"},
        {"tiled", tiled, "tiles of 32 x 32 in shared memory (gemm_tiled)"},
        {"register_1d", register_1d, "8 elements of a column a thread, their sums in registers"},
        {"register_2d", register_2d, "8 x 8 elements a thread"},
        {"float4", float4_loads, "loads of 16 bytes, the tile of A transposed"},
        {"double_buffer", double_buffer, "the next tiles are loaded while these are multiplied"},
        {"warp_tile", warp_tile, "the threads of a warp in a rectangle; the tile sizes that --tune found"},
        {"by_shape", by_shape, "the same kernel, smaller tiles for a small C: what later stages call"},
        {library_name(), gemm_library, "the vendor's library"},
    };
    Version tiles[GEMM_TILES + 1] = {
        {NULL, one_tile<0>, NULL}, {NULL, one_tile<1>, NULL}, {NULL, one_tile<2>, NULL}, {NULL, one_tile<3>, NULL},
        {NULL, one_tile<4>, NULL}, {NULL, one_tile<5>, NULL}, {NULL, one_tile<6>, NULL}, ladder[LENGTH(ladder) - 1],
    };
    for (int i = 0; i < GEMM_TILES; ++i) {
        tiles[i].name = gemm_tile(i)->name;
        tiles[i].what = gemm_tile(i)->what;
    }
    int without = library_name() ? 0 : 1;
    Program program = program_begin(argc, argv, "C = alpha op(A) op(B) + beta C, float32", options, LENGTH(options));
    const Version *versions = tune ? tiles : ladder;
    int count = (tune ? LENGTH(tiles) : LENGTH(ladder)) - without;
    if (tune && program.version)
        fail(STATUS_USAGE, "--tune compares all tile sizes: leave --version away");
    program_versions(&program, versions, count);
    if (tune) { // can the file be written? Now, and not when the work is done
        make_folder("build/tuned");
        file_check_target(gemm_tuned_path());
    }
    GemmOperands operands = gemm_operands(&program, &sizes);
    gemm_run(&program, versions, count, &operands);
    if (tune)
        remember_fastest(&program, &operands.g);
    else if (program_wants(&program, "warp_tile") || program_wants(&program, "by_shape"))
        printf("(warp_tile here: %s; by_shape: %s)\n", gemm_tile(gemm_tuned_tile())->name,
               gemm_tile(gemm_tile_by_shape(&operands.g))->name);
    return program_end(&program);
}
#endif
#endif
