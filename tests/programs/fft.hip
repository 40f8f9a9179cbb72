// Fast Fourier transform, radix 2, one block a transform of 256 points in shared memory, with the complex types and
// functions of hip_complex.h, against the sum of the definition; and back again in double.
#include <hip/hip_runtime.h>
#include <hip/hip_complex.h>
#include <complex>
#include <cstdio>
#include <vector>

#define LOG_N 8
#define N (1 << LOG_N)

#define HIP_CHECK(e)                                                                  \
    do {                                                                              \
        hipError_t e_ = (e);                                                          \
        if (e_ != hipSuccess) {                                                       \
            printf("FAILED: %s at line %d\n", hipGetErrorString(e_), __LINE__);       \
            return 1;                                                                 \
        }                                                                             \
    } while (0)

// data: transforms x N points. N / 2 threads: thread t does butterfly t of each of the LOG_N stages.
__global__ void fft(const hipFloatComplex *in, hipFloatComplex *out)
{
    __shared__ hipFloatComplex s[N];
    const int t = threadIdx.x;
    for (int i = t; i < N; i += N / 2)
        s[__brev(i) >> (32 - LOG_N)] = in[blockIdx.x * N + i];
    for (int half = 1; half < N; half *= 2) {
        __syncthreads();
        int k = t & (half - 1), a = 2 * (t - k) + k, b = a + half;
        float sine, cosine;
        sincosf(-(float)M_PI * k / half, &sine, &cosine);
        hipFloatComplex twiddle = make_hipFloatComplex(cosine, sine);
        hipFloatComplex odd = hipCmulf(twiddle, s[b]), even = s[a];
        s[a] = hipCaddf(even, odd);
        s[b] = hipCsubf(even, odd);
    }
    __syncthreads();
    for (int i = t; i < N; i += N / 2)
        out[blockIdx.x * N + i] = s[i];
}

// The inverse from the definition, in double, a thread a point; the twiddle factors by repeated multiplication.
__global__ void inverse_dft(const hipFloatComplex *in, hipDoubleComplex *out)
{
    in += blockIdx.x * N;
    double angle = 2 * M_PI * threadIdx.x / N;
    hipDoubleComplex step = make_hipDoubleComplex(cos(angle), sin(angle)), w = make_hipDoubleComplex(1, 0);
    hipDoubleComplex sum = make_hipDoubleComplex(0, 0);
    for (int k = 0; k < N; k++) {
        sum = hipCfma(hipComplexFloatToDouble(in[k]), w, sum);
        w = hipCmul(w, step);
    }
    out[blockIdx.x * N + threadIdx.x] = hipCdiv(sum, make_hipDoubleComplex(N, 0));
}

__global__ void power(const hipFloatComplex *in, float *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    out[i] = hipCrealf(hipCmulf(in[i], hipConjf(in[i]))) + 0 * hipCimagf(in[i]);
    if (i % N == 0)
        out[i] = hipCabsf(in[i]);
}

int main()
{
    const int transforms = 5, points = transforms * N;
    std::vector<hipFloatComplex> in(points), out(points);
    std::vector<hipDoubleComplex> again(points);
    std::vector<float> squares(points);
    for (int i = 0; i < points; i++) {
        int t = i / N, x = i % N;
        in[i] = make_hipFloatComplex(cosf(0.2f * t * x) + (x == 3 * t), sinf(0.01f * x * x));
    }
    hipFloatComplex *d_in, *d_out;
    hipDoubleComplex *d_again;
    float *d_squares;
    HIP_CHECK(hipMalloc(&d_in, points * sizeof(hipFloatComplex)));
    HIP_CHECK(hipMalloc(&d_out, points * sizeof(hipFloatComplex)));
    HIP_CHECK(hipMalloc(&d_again, points * sizeof(hipDoubleComplex)));
    HIP_CHECK(hipMalloc(&d_squares, points * sizeof(float)));
    HIP_CHECK(hipMemcpy(d_in, in.data(), points * sizeof(hipFloatComplex), hipMemcpyHostToDevice));
    fft<<<transforms, N / 2>>>(d_in, d_out);
    inverse_dft<<<transforms, N>>>(d_out, d_again);
    power<<<points / 64, 64>>>(d_out, d_squares);
    HIP_CHECK(hipGetLastError());
    HIP_CHECK(hipMemcpy(out.data(), d_out, points * sizeof(hipFloatComplex), hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(again.data(), d_again, points * sizeof(hipDoubleComplex), hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(squares.data(), d_squares, points * sizeof(float), hipMemcpyDeviceToHost));
    HIP_CHECK(hipFree(d_in));
    HIP_CHECK(hipFree(d_out));
    HIP_CHECK(hipFree(d_again));
    HIP_CHECK(hipFree(d_squares));

    for (int t = 0; t < transforms; t++)
        for (int k = 0; k < N; k++) {
            std::complex<double> want = 0;
            for (int x = 0; x < N; x++)
                want += std::complex<double>(in[t * N + x].x, in[t * N + x].y) *
                        std::polar(1.0, -2 * M_PI * (x * k % N) / N);
            const int i = t * N + k;
            std::complex<double> got(out[i].x, out[i].y);
            if (!(std::abs(got - want) < 1e-3)) {
                printf("FAILED: transform %d, point %d: (%g, %g), expected (%g, %g)\n", t, k, got.real(), got.imag(),
                       want.real(), want.imag());
                return 1;
            }
            double magnitude = k == 0 ? std::abs(want) : std::norm(want);
            if (!(std::fabs(squares[i] - magnitude) < 1e-2 + 1e-4 * magnitude)) {
                printf("FAILED: magnitude of point %d of transform %d: %g, expected %g\n", k, t, squares[i], magnitude);
                return 1;
            }
            if (!(hypot(again[i].x - in[i].x, again[i].y - in[i].y) < 1e-5)) {
                printf("FAILED: point %d of transform %d did not come back\n", k, t);
                return 1;
            }
        }
    printf("PASSED\n");
    return 0;
}
