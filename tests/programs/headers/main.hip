// Kernels, launches and dynamic shared memory in included files. There are two files common.h: quoted
// includes look beside the file that includes first, so main.hip gets its own and include/reduce.cuh the other.
// build: -I include main.hip
#include <hip/hip_runtime.h>
#include <cmath>
#include <cstdio>
#include <vector>

#include "common.h"
#include "kernels/saxpy.h"
#include "kernels/smooth.cu"
#include "pipeline.hpp"
#include <reduce.cuh>

#if WHICH_COMMON != 1 || !defined(REDUCE_BLOCK)
#error each common.h must be the one beside the file that includes it
#endif

int main()
{
    const int n = 4321;
    std::vector<float> x(n), y(n), got(n);
    for (int i = 0; i < n; i++) {
        x[i] = 0.5f * (i % 21);
        y[i] = 10 - i % 8;
    }
    float *d_x, *d_y, *d_z;
    MUST(hipMalloc(&d_x, n * sizeof(float)));
    MUST(hipMalloc(&d_y, n * sizeof(float)));
    MUST(hipMalloc(&d_z, n * sizeof(float)));
    MUST(hipMemcpy(d_x, x.data(), n * sizeof(float), hipMemcpyHostToDevice));
    MUST(hipMemcpy(d_y, y.data(), n * sizeof(float), hipMemcpyHostToDevice));

    saxpy_launch(n, SCALE, d_x, d_y);
    float sum = reduce_launch(d_y, n);
    smooth<<<(n + 63) / 64, 64, (64 + 2) * sizeof(float)>>>(d_y, d_z, n);
    Pipeline<float>(d_z, n).add(1).scale(2).run();
    MUST(hipMemcpy(got.data(), d_z, n * sizeof(float), hipMemcpyDeviceToHost));
    MUST(hipFree(d_x));
    MUST(hipFree(d_y));
    MUST(hipFree(d_z));

    double expected_sum = 0;
    for (int i = 0; i < n; i++) {
        y[i] += SCALE * x[i];
        expected_sum += y[i];
    }
    if (sum != expected_sum) {      // multiples of 1/2, exact
        printf("FAILED: sum %f, expected %f\n", sum, expected_sum);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        float left = i > 0 ? y[i - 1] : 0, right = i + 1 < n ? y[i + 1] : 0;
        float want = (0.25f * left + 0.5f * y[i] + 0.25f * right + 1) * 2;
        if (got[i] != want) {
            printf("FAILED: element %d is %f, expected %f\n", i, got[i], want);
            return 1;
        }
    }
    printf("PASSED\n");
    return 0;
}
