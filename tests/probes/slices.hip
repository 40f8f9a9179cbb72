// slices: what the launch functions of stage 3 do with parts of larger arrays, which begin anywhere. Everything that
// prefers quads is given arrays that begin `shift` floats behind a multiple of 16 bytes; a line for each that is wrong.
#include "../../stage3_ml_ops/attention_problem.h"
#include "../../stage3_ml_ops/attention_tiled.h"
#include "../../stage3_ml_ops/pooling.hip"
#include "../../stage3_ml_ops/softmax.hip"
#include "../../common/buffer.h"
#include "../../common/fill.h"

static int wrong;

static void expect_close(const char *what, int shift, HostF32 got, HostF32 expected, long n)
{
    for (long i = 0; i < n; ++i) {
        if (!(fabsf(got.data[i + shift] - expected.data[i]) <= 1e-5f)) {
            printf("%s: with a shift of %d element %ld is %g, not %g\n", what, shift, i, got.data[i + shift],
                   expected.data[i]);
            ++wrong;
            return;
        }
    }
}

static HostF32 shifted(HostF32 x, int shift)
{
    HostF32 y = host_f32(x.n + 4);
    memcpy(y.data + shift, x.data, sizeof(float) * (size_t)x.n);
    return y;
}

// x begins at a multiple of 16 bytes, and y does not; then both are equally far from one.
static void try_softmax(int shift)
{
    enum { ROWS = 5, COLUMNS = 79, N = ROWS * COLUMNS };
    HostF32 x = host_uniform(N, 1, -6, 6);
    DeviceF32 y = device_f32(N), y_shifted = device_f32(N + 4), x_shifted = device_copy(shifted(x, shift));
    float *d_x = device_copy(x).data;
    softmax_block_per_row_launch(d_x, y.data, ROWS, COLUMNS, false, 128);
    softmax_online_launch(d_x, y_shifted.data + shift, ROWS, COLUMNS, false, 128);
    HIP_CHECK_LAUNCH();
    expect_close("softmax_online, y", shift, host_copy(y_shifted), host_copy(y), N);
    softmax_online_launch(x_shifted.data + shift, y_shifted.data + shift, ROWS, COLUMNS, false, 128);
    HIP_CHECK_LAUNCH();
    expect_close("softmax_online, x and y", shift, host_copy(y_shifted), host_copy(y), N);
}

static void try_pooling(int shift)
{
    const Pool g = {3, 6, 8, 2, 2, 0, 3, 4, false};
    enum { IN = 3 * 6 * 8, OUT = 3 * 3 * 4 };
    HostF32 x = host_uniform(IN, 1, -1, 1), dy = host_uniform(OUT, 2, -1, 1);
    const float *d_x = device_copy(x).data, *d_dy = device_copy(dy).data;
    const float *x_shifted = device_copy(shifted(x, shift)).data + shift;
    const float *dy_shifted = device_copy(shifted(dy, shift)).data + shift;
    DeviceF32 y = device_f32(OUT), dx = device_f32(IN), y_shifted = device_f32(OUT + 4),
              dx_shifted = device_f32(IN + 4);
    int *argmax = device_i32(OUT).data, *argmax_shifted = device_i32(OUT + 4).data + shift;
    pooling_max_launch(&g, d_x, y.data, argmax, 64);
    pooling_max_quads_launch(&g, x_shifted, y_shifted.data + shift, argmax_shifted, 64);
    HIP_CHECK_LAUNCH();
    expect_close("pooling_max_quads", shift, host_copy(y_shifted), host_copy(y), OUT);
    pooling_max_backward_launch(&g, argmax, d_dy, dx.data, 64);
    pooling_max_backward_quads_launch(&g, argmax_shifted, dy_shifted, dx_shifted.data + shift, 64);
    HIP_CHECK_LAUNCH();
    expect_close("pooling_max_backward_quads", shift, host_copy(dx_shifted), host_copy(dx), IN);
    pooling_average_launch(&g, d_x, y.data, 64);
    pooling_average_quads_launch(&g, x_shifted, y_shifted.data + shift, 64);
    HIP_CHECK_LAUNCH();
    expect_close("pooling_average_quads", shift, host_copy(y_shifted), host_copy(y), OUT);
}

static void try_attention(int shift)
{
    enum { N = 70, D = 20 };
    HostF32 in = host_uniform(N * D, 1, -1, 1);
    float *d_in = device_copy(in).data, *in_shifted = device_copy(shifted(in, shift)).data + shift;
    DeviceF32 o = device_f32(N * D), o_shifted = device_f32(N * D + 4);
    const Attention a = {1, N, N, D, true, 0.25f, d_in, d_in, d_in, o.data};
    const Attention b = {1, N, N, D, true, 0.25f, in_shifted, in_shifted, in_shifted, o_shifted.data + shift};
    if (tiled_has_quads(&b) != (shift == 0)) { // its quads are loaded where the compiler does not check addresses
        printf("attention_tiled: with a shift of %d it %s quads\n", shift, shift == 0 ? "uses no" : "uses");
        ++wrong;
    }
    attention_tiled_launch(&a);
    attention_tiled_launch(&b);
    HIP_CHECK_LAUNCH();
    expect_close("attention_tiled", shift, host_copy(o_shifted), host_copy(o), N * D);
}

int main(void)
{
    for (int shift = 0; shift < 4; ++shift) {
        try_softmax(shift);
        try_pooling(shift);
        try_attention(shift);
    }
    return wrong > 0;
}
