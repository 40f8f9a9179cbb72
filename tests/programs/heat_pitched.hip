// Heat equation on a 2-D grid in pitched memory: hipMallocPitch, hipMemcpy2D of a whole grid and of
// a window, hipMemset2D, and two buffers that change places after each step.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

static int fail(const char *what, hipError_t err = hipSuccess)
{
    std::printf("FAILED: %s %s\n", what, err == hipSuccess ? "" : hipGetErrorString(err));
    return 1;
}

#define TRY(x)                         \
    if (hipError_t e_ = x) {           \
        return fail(#x, e_);           \
    }

__device__ __forceinline__ float *row(void *base, size_t pitch, int y)
{
    return (float *)((char *)base + y * pitch);
}

__global__ void heat_step(float *from, float *to, size_t pitch, int width, int height, float k)
{
    const int x = blockDim.x * blockIdx.x + threadIdx.x;
    const int y = blockDim.y * blockIdx.y + threadIdx.y;
    if (x >= width || y >= height)
        return;
    const float *centre = row(from, pitch, y);
    float value = centre[x];
    if (x > 0 && x < width - 1 && y > 0 && y < height - 1) {
        const float *above = row(from, pitch, y - 1), *below = row(from, pitch, y + 1);
        value += k * (centre[x - 1] + centre[x + 1] + above[x] + below[x] - 4.0f * value);
    }
    row(to, pitch, y)[x] = value;
}

int main()
{
    const int W = 101, H = 67, steps = 30;
    const float k = 0.2f;
    std::vector<float> grid(W * H), result(W * H, -1.0f);
    for (int i = 0; i < W * H; i++)
        grid[i] = i * 31 % 97 - 20.0f;
    for (int x = 0; x < W; x++)
        grid[x] = 100.0f;                       // hot upper edge
    for (int y = 0; y < H; y++)
        grid[y * W + W - 1] = -50.0f + y;       // right edge

    float *d_a = NULL, *d_b = NULL;
    size_t pitch = 0, pitch_b = 0;
    TRY(hipMallocPitch((void **)&d_a, &pitch, W * sizeof(float), H));
    TRY(hipMallocPitch((void **)&d_b, &pitch_b, W * sizeof(float), H));
    if (pitch < W * sizeof(float) || pitch % sizeof(float) != 0 || pitch != pitch_b)
        return fail("an impossible pitch");
    TRY(hipMemcpy2D(d_a, pitch, grid.data(), W * sizeof(float), W * sizeof(float), H, hipMemcpyHostToDevice));
    TRY(hipMemset2D(d_b, pitch, 0xff, W * sizeof(float), H));

    dim3 threads(32, 8);
    dim3 blocks((W + threads.x - 1) / threads.x, (H + threads.y - 1) / threads.y);
    for (int s = 0; s < steps; s++) {
        heat_step<<<blocks, threads>>>(d_a, d_b, pitch, W, H, k);
        std::swap(d_a, d_b);
    }
    TRY(hipGetLastError());
    TRY(hipMemcpy2D(result.data(), W * sizeof(float), d_a, pitch, W * sizeof(float), H, hipMemcpyDeviceToHost));

    std::vector<double> now(grid.begin(), grid.end()), then(now);
    for (int s = 0; s < steps; s++) {
        for (int y = 1; y < H - 1; y++)
            for (int x = 1; x < W - 1; x++) {
                int i = y * W + x;
                then[i] = now[i] + (double)k * (now[i - 1] + now[i + 1] + now[i - W] + now[i + W] - 4 * now[i]);
            }
        now.swap(then);
    }
    double heat = 0;
    for (int i = 0; i < W * H; i++) {
        double error = result[i] - now[i];
        if (!(error * error <= 1e-6)) {
            std::printf("at (%d, %d): %g, expected %g\n", i % W, i / W, result[i], now[i]);
            return fail("the temperature differs from the host's");
        }
        heat += now[i];
    }
    std::printf("mean temperature %.4f\n", heat / (W * H));

    // A window of 20 x 5 out of the middle, device to device, then back into the middle of a larger host array.
    const int ww = 20, wh = 5, x0 = 31, y0 = 7, stride = 33;
    std::unique_ptr<float[]> window(new float[stride * 9]());
    float *d_window;
    TRY(hipMalloc(&d_window, ww * wh * sizeof(float)));
    TRY(hipMemcpy2D(d_window, ww * sizeof(float), (char *)d_a + y0 * pitch + x0 * sizeof(float), pitch,
                    ww * sizeof(float), wh, hipMemcpyDeviceToDevice));
    TRY(hipMemcpy2DAsync(&window[2 * stride + 3], stride * sizeof(float), d_window, ww * sizeof(float),
                         ww * sizeof(float), wh, hipMemcpyDeviceToHost, 0));
    TRY(hipStreamSynchronize(0));
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < stride; x++) {
            bool inside = x >= 3 && x < 3 + ww && y >= 2 && y < 2 + wh;
            float want = inside ? result[(y0 + y - 2) * W + x0 + x - 3] : 0.0f;
            if (std::memcmp(&window[y * stride + x], &want, sizeof want) != 0)
                return fail("the copied window is wrong");
        }
    TRY(hipFree(d_a));
    TRY(hipFree(d_b));
    TRY(hipFree(d_window));
    std::printf("PASSED\n");
    return 0;
}
