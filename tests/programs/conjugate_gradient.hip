// Conjugate gradients in double precision on a sparse matrix in CSR form (the five-point Laplacian of a 20 x 17
// grid plus a diagonal), with Jacobi as preconditioner, and the plain Jacobi iteration beside it.
#include <hip/hip_runtime.h>
#include <cmath>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

typedef double real;

static void throwOnError(hipError_t code, const char *what)
{
    if (code != hipSuccess)
        throw std::runtime_error(std::string(what) + ": " + hipGetErrorString(code));
}
#define HIP(call) throwOnError(hip##call, "hip" #call)

struct Csr {
    int rows;
    std::vector<int> start, column;
    std::vector<real> value;
};

template <typename T>
T *toDevice(const std::vector<T> &h)
{
    T *d = nullptr;
    HIP(Malloc(&d, h.size() * sizeof(T)));
    HIP(Memcpy(d, h.data(), h.size() * sizeof(T), hipMemcpyHostToDevice));
    return d;
}

// y = A x: a thread a row.
__global__ void spmv(int rows, const int *__restrict__ start, const int *__restrict__ column,
                     const real *__restrict__ value, const real *__restrict__ x, real *__restrict__ y)
{
    int r = blockDim.x * blockIdx.x + threadIdx.x;
    if (r >= rows)
        return;
    real sum = 0.0;
    for (int k = start[r]; k < start[r + 1]; ++k)
        sum += value[k] * __ldg(&x[column[k]]);
    y[r] = sum;
}

__global__ void dot(int n, const real *x, const real *y, real *result)
{
    __shared__ real cache[128];
    real sum = 0.0;
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        sum += x[i] * y[i];
    cache[threadIdx.x] = sum;
    __syncthreads();
    for (int i = blockDim.x / 2; i != 0; i /= 2) {
        if (threadIdx.x < i)
            cache[threadIdx.x] += cache[threadIdx.x + i];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        *result = cache[0];
}

__global__ void axpby(int n, real a, const real *x, real b, real *y)
{
    int i = blockDim.x * blockIdx.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + b * y[i];
}

__global__ void divide(int n, const real *x, const real *diagonal, real *y)
{
    int i = blockDim.x * blockIdx.x + threadIdx.x;
    if (i < n)
        y[i] = x[i] / diagonal[i];
}

static real residual(const Csr &A, const std::vector<real> &x, const std::vector<real> &b)
{
    real worst = 0;
    for (int r = 0; r < A.rows; ++r) {
        real sum = b[r];
        for (int k = A.start[r]; k < A.start[r + 1]; ++k)
            sum -= A.value[k] * x[A.column[k]];
        if (!(std::fabs(sum) <= worst))
            worst = std::fabs(sum);
    }
    return worst;
}

static int run()
{
    const int nx = 20, ny = 17, n = nx * ny, threads = 64, blocks = (n + threads - 1) / threads;
    Csr A{n, {0}, {}, {}};
    std::vector<real> diagonal, b(n), x(n, 0.0), zero(n, 0.0);
    for (int r = 0; r < n; ++r) {
        int i = r % nx, j = r / nx;
        auto add = [&](bool inside, int c, real v) {
            if (inside) {
                A.column.push_back(c);
                A.value.push_back(v);
            }
        };
        add(j > 0, r - nx, -1), add(i > 0, r - 1, -1);
        add(true, r, 4.5 + (r % 3));
        add(i < nx - 1, r + 1, -1), add(j < ny - 1, r + nx, -1);
        A.start.push_back((int)A.column.size());
        diagonal.push_back(4.5 + (r % 3));
        b[r] = std::cos(0.1 * r);
    }

    int *start = toDevice(A.start), *column = toDevice(A.column);
    real *value = toDevice(A.value), *d = toDevice(diagonal), *d_b = toDevice(b), *d_x = toDevice(zero);
    real *r = toDevice(b), *z = toDevice(zero), *p = toDevice(zero), *q = toDevice(zero), *scalar = toDevice(zero);
    auto inner = [&](const real *u, const real *v) {
        real result = 0;
        hipLaunchKernelGGL(dot, dim3(1), dim3(128), 0, 0, n, u, v, scalar);
        HIP(Memcpy(&result, scalar, sizeof(real), hipMemcpyDeviceToHost));
        return result;
    };

    real rz = 0;
    int iterations = 0;
    for (; iterations < 100 && (iterations == 0 || rz > 1e-26); ++iterations) {
        divide<<<blocks, threads>>>(n, r, d, z);
        real next = inner(r, z);
        axpby<<<blocks, threads>>>(n, 1, z, iterations ? next / rz : 0, p);
        rz = next;
        spmv<<<blocks, threads>>>(n, start, column, value, p, q);
        real alpha = rz / inner(p, q);
        axpby<<<blocks, threads>>>(n, alpha, p, 1, d_x);
        axpby<<<blocks, threads>>>(n, -alpha, q, 1, r);
    }
    HIP(GetLastError());
    HIP(Memcpy(x.data(), d_x, n * sizeof(real), hipMemcpyDeviceToHost));
    real error = residual(A, x, b);
    std::cout << "conjugate gradients: " << iterations << " iterations, residual " << error << std::endl;
    if (!(error < 1e-11) || iterations >= 60) {
        std::cout << "FAILED: conjugate gradients" << std::endl;
        return 1;
    }

    // Jacobi: x += D^-1 (b - A x), from zero; the spectral radius is below 0.9
    HIP(Memset(d_x, 0, n * sizeof(real)));
    for (int k = 0; k < 250; ++k) {
        spmv<<<blocks, threads>>>(n, start, column, value, d_x, q);
        axpby<<<blocks, threads>>>(n, 1, d_b, -1, q);
        divide<<<blocks, threads>>>(n, q, d, z);
        axpby<<<blocks, threads>>>(n, 1, z, 1, d_x);
    }
    HIP(DeviceSynchronize());
    HIP(Memcpy(x.data(), d_x, n * sizeof(real), hipMemcpyDeviceToHost));
    error = residual(A, x, b);
    std::cout << "Jacobi: residual " << error << std::endl;
    if (!(error < 1e-9)) {
        std::cout << "FAILED: Jacobi" << std::endl;
        return 1;
    }
    for (void *memory : {(void *)start, (void *)column, (void *)value, (void *)d, (void *)d_b, (void *)d_x, (void *)r,
                         (void *)z, (void *)p, (void *)q, (void *)scalar})
        HIP(Free(memory));
    std::cout << "PASSED" << std::endl;
    return 0;
}

int main()
{
    try {
        return run();
    } catch (const std::exception &e) {
        std::cout << "FAILED: " << e.what() << std::endl;
        return 1;
    }
}
