// One dynamic shared array of bytes, declared at file scope and carved into arrays of several types: a softmax by block
// with doubles, floats and ints side by side; and the same memory through a class template that converts to T *.
#include <hip/hip_runtime.h>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#define CHECK(x)                                                                          \
    do {                                                                                  \
        hipError_t rc = (x);                                                              \
        if (rc != hipSuccess) {                                                           \
            printf("FAILED: %s:%d %s\n", __FILE__, __LINE__, hipGetErrorString(rc));      \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

extern __shared__ __align__(16) unsigned char smem[];

// One row of `columns` values a block. The index of the largest value goes to `largest`.
__global__ void softmax(const float *x, float *y, int *largest, int columns)
{
    double *partial = (double *)smem;                                       // blockDim.x
    float *row = reinterpret_cast<float *>(smem + blockDim.x * sizeof(double)); // columns
    int *where = (int *)&row[columns];                                      // blockDim.x
    const int t = threadIdx.x;

    int best = t;
    for (int c = t; c < columns; c += blockDim.x) {
        row[c] = x[blockIdx.x * columns + c];
        if (row[c] > row[best])
            best = c;
    }
    where[t] = best;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (t < half && t + half < columns && row[where[t + half]] > row[where[t]])
            where[t] = where[t + half];
        __syncthreads();
    }
    const float top = row[where[0]];
    __syncthreads();    // all have read it before it is overwritten

    double sum = 0;
    for (int c = t; c < columns; c += blockDim.x)
        sum += row[c] = expf(row[c] - top);
    partial[t] = sum;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (t < half)
            partial[t] += partial[t + half];
        __syncthreads();
    }
    for (int c = t; c < columns; c += blockDim.x)
        y[blockIdx.x * columns + c] = row[c] / partial[0];
    if (t == 0)
        largest[blockIdx.x] = where[0];
}

// The usual way around one name with several types.
template <class T>
struct SharedMemory {
    __device__ inline operator T *()
    {
        extern __shared__ int raw_memory[];
        return (T *)raw_memory;
    }
    __device__ inline operator const T *() const
    {
        extern __shared__ int raw_memory[];
        return (T *)raw_memory;
    }
};

template <class T>
__global__ void rotate(T *data, int by)
{
    T *s = SharedMemory<T>();
    s[threadIdx.x] = data[threadIdx.x];
    __syncthreads();
    data[threadIdx.x] = s[(threadIdx.x + by) % blockDim.x];
}

template <class T>
static bool rotation_works(int n, int by)
{
    T *h = (T *)malloc(n * sizeof(T)), *d;
    for (int i = 0; i < n; i++)
        h[i] = (T)(3 * i + 1);
    CHECK(hipMalloc((void **)&d, n * sizeof(T)));
    CHECK(hipMemcpy(d, h, n * sizeof(T), hipMemcpyHostToDevice));
    rotate<T><<<1, n, n * sizeof(T)>>>(d, by);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(h, d, n * sizeof(T), hipMemcpyDeviceToHost));
    bool ok = true;
    for (int i = 0; i < n; i++)
        ok = ok && h[i] == (T)(3 * ((i + by) % n) + 1);
    CHECK(hipFree(d));
    free(h);
    return ok;
}

int main()
{
    const int rows = 20, threads = 64;
    for (int columns : {1, 10, 64, 200}) {
        const int n = rows * columns;
        float *x = new float[n], *y = new float[n], *d_x, *d_y;
        int *d_largest, largest[rows];
        for (int i = 0; i < n; i++)
            x[i] = 40 * std::sin(1.0f * i) + (i % 7 == 3 ? 60.0f : 0.0f);
        CHECK(hipMalloc((void **)&d_x, n * sizeof(float)));
        CHECK(hipMalloc((void **)&d_y, n * sizeof(float)));
        CHECK(hipMalloc((void **)&d_largest, sizeof(largest)));
        CHECK(hipMemcpy(d_x, x, n * sizeof(float), hipMemcpyHostToDevice));
        size_t bytes = threads * (sizeof(double) + sizeof(int)) + columns * sizeof(float);
        softmax<<<rows, threads, bytes>>>(d_x, d_y, d_largest, columns);
        CHECK(hipGetLastError());
        CHECK(hipMemcpy(y, d_y, n * sizeof(float), hipMemcpyDeviceToHost));
        CHECK(hipMemcpy(largest, d_largest, sizeof(largest), hipMemcpyDeviceToHost));
        for (int r = 0; r < rows; r++) {
            const float *row = x + r * columns;
            int best = 0;
            double sum = 0;
            for (int c = 1; c < columns; c++)
                best = row[c] > row[best] ? c : best;
            for (int c = 0; c < columns; c++)
                sum += std::exp((double)row[c] - row[best]);
            if (largest[r] < 0 || largest[r] >= columns || row[largest[r]] != row[best]) {
                printf("FAILED: row %d of %d columns: largest at %d, expected %d\n", r, columns, largest[r], best);
                return 1;
            }
            for (int c = 0; c < columns; c++) {
                double want = std::exp((double)row[c] - row[best]) / sum;
                if (!(std::fabs(y[r * columns + c] - want) <= 1e-6 + 1e-5 * want)) {
                    printf("FAILED: softmax (%d, %d): %g, expected %g\n", r, c, y[r * columns + c], want);
                    return 1;
                }
            }
        }
        CHECK(hipFree(d_x));
        CHECK(hipFree(d_y));
        CHECK(hipFree(d_largest));
        delete[] x;
        delete[] y;
    }
    if (!rotation_works<char>(100, 7) || !rotation_works<double>(96, 50) || !rotation_works<short>(33, 1)) {
        printf("FAILED: rotation\n");
        return 1;
    }
    printf("PASSED\n");
    return 0;
}
