// Black-Scholes option prices with the fast device functions, mixed-type min and max, and prices clamped to a range,
// against the closed form in double.
#include <hip/hip_runtime.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#define CHECK_STATUS(x)                                                          \
    do {                                                                         \
        hipError_t rc = (x);                                                     \
        if (rc != hipSuccess) {                                                  \
            printf("FAILED: %d %s\n", (int)rc, hipGetErrorString(rc));           \
            return EXIT_FAILURE;                                                 \
        }                                                                        \
    } while (0)

const float RISKFREE = 0.02f;
const float VOLATILITY = 0.30f;

// Normal distribution by a polynomial (Abramowitz and Stegun, 26.2.17; absolute error below 7.5e-8).
__device__ __forceinline__ float cnd(float d)
{
    const float k = __fdividef(1.0f, 1.0f + 0.2316419f * fabsf(d));
    float tail = 0.39894228f * __expf(-0.5f * d * d) *
                 (k * (0.31938153f +
                       k * (-0.356563782f + k * (1.781477937f + k * (-1.821255978f + k * 1.330274429f)))));
    return d > 0 ? 1.0f - tail : tail;
}

__global__ void black_scholes(float *__restrict__ call, float *__restrict__ put, const float *__restrict__ price,
                              const float *__restrict__ strike, const float *__restrict__ years, float r, float v,
                              int n)
{
    for (int i = blockDim.x * blockIdx.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
        float S = price[i], X = strike[i], T = years[i];
        float inv_sqrt = rsqrtf(T), sqrt_t = T * inv_sqrt;
        float d1 = __fdividef(__logf(S / X) + (r + 0.5f * v * v) * T, v * sqrt_t);
        float d2 = d1 - v * sqrt_t, discounted = X * __expf(-r * T);
        float c = S * cnd(d1) - discounted * cnd(d2);
        call[i] = c;
        put[i] = c + discounted - S;
    }
}

// Prices in cents between two bounds of other types, and an index folded into the array.
__global__ void to_cents(const float *value, int *cents, unsigned int low, double high, size_t n)
{
    int i = blockDim.x * blockIdx.x + threadIdx.x;
    int source = min((size_t)i, n - 1);
    double v = max(value[source] * 100, 0.0);
    v = min(v, high);
    int rounded = max((int)(v + 0.5), low);
    if (i < (int)n)
        cents[i] = max(rounded, 3u) + min(0, i) + (int)fminf(powf(2, 0.0f), sqrtf(4));
}

static double cnd_host(double d) { return 0.5 * std::erfc(-d / std::sqrt(2.0)); }

int main()
{
    const int n = 20000, block = 192;
    float *h[5], *d[5];     // call, put, price, strike, years
    int *h_cents = new int[n], *d_cents;
    for (int a = 0; a < 5; a++) {
        h[a] = new float[n];
        CHECK_STATUS(hipMalloc((void **)&d[a], n * sizeof(float)));
    }
    CHECK_STATUS(hipMalloc((void **)&d_cents, n * sizeof(int)));
    srand(5347);
    const float low[] = {0, 0, 5, 1, 0.25f}, high[] = {0, 0, 30, 100, 10};
    for (int a = 2; a < 5; a++) {
        for (int i = 0; i < n; i++)
            h[a][i] = low[a] + (high[a] - low[a]) * (rand() / (float)RAND_MAX);
        CHECK_STATUS(hipMemcpy(d[a], h[a], n * sizeof(float), hipMemcpyHostToDevice));
    }

    auto start = std::chrono::system_clock::now();
    for (int repeat = 0; repeat < 3; repeat++)
        black_scholes<<<40, block>>>(d[0], d[1], d[2], d[3], d[4], RISKFREE, VOLATILITY, n);
    CHECK_STATUS(hipDeviceSynchronize());
    std::chrono::duration<double> seconds = std::chrono::system_clock::now() - start;
    printf("%.3f ms a launch\n", 1e3 * seconds.count() / 3);
    to_cents<<<(n + block - 1) / block, block>>>(d[0], d_cents, 150, 1000, n);
    CHECK_STATUS(hipGetLastError());
    for (int a = 0; a < 2; a++)
        CHECK_STATUS(hipMemcpy(h[a], d[a], n * sizeof(float), hipMemcpyDeviceToHost));
    CHECK_STATUS(hipMemcpy(h_cents, d_cents, n * sizeof(int), hipMemcpyDeviceToHost));

    double worst = 0;
    for (int i = 0; i < n; i++) {
        double S = h[2][i], X = h[3][i], T = h[4][i], v = VOLATILITY, r = RISKFREE;
        double d1 = (std::log(S / X) + (r + 0.5 * v * v) * T) / (v * std::sqrt(T)), d2 = d1 - v * std::sqrt(T);
        double call = S * cnd_host(d1) - X * std::exp(-r * T) * cnd_host(d2), put = call + X * std::exp(-r * T) - S;
        double error = std::max(std::fabs(h[0][i] - call), std::fabs(h[1][i] - put));
        if (!(error < 2e-4)) {
            printf("FAILED: option %d: call %g (%g), put %g (%g)\n", i, h[0][i], call, h[1][i], put);
            return EXIT_FAILURE;
        }
        worst = std::max(worst, error);
        double cents = std::min(std::max(h[0][i] * 100.0, 0.0), 1000.0);
        // a price on the border between two cents may go either way: value * 100 is rounded to float first
        if (std::fabs(h_cents[i] - 1 - std::max(cents, 150.0)) > 0.5 + 1e-3) {
            printf("FAILED: option %d costs %d cents, expected %g\n", i, h_cents[i] - 1, cents);
            return EXIT_FAILURE;
        }
    }
    printf("largest error %.2e\n", worst);
    for (int a = 0; a < 5; a++) {
        CHECK_STATUS(hipFree(d[a]));
        delete[] h[a];
    }
    CHECK_STATUS(hipFree(d_cents));
    delete[] h_cents;
    printf("PASSED\n");
    return EXIT_SUCCESS;
}
