// Matrix product with matrices passed as structs by value, device helpers that take and return them, 16 x 16 shared
// tiles and ragged sizes; a second version keeps four results a thread in registers.
#include <hip/hip_runtime.h>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
using namespace std;

#define BLOCK_SIZE 16

typedef struct {
    int width, height, stride;
    float *elements;
} Matrix;

inline void checkError(hipError_t e, const char *where)
{
    if (e != hipSuccess) {
        cout << "FAILED: " << where << ": " << hipGetErrorString(e) << endl;
        exit(1);
    }
}

__device__ float GetElement(const Matrix A, int row, int col)
{
    return row < A.height && col < A.width ? A.elements[row * A.stride + col] : 0;
}

__device__ void SetElement(Matrix A, int row, int col, float value)
{
    if (row < A.height && col < A.width)
        A.elements[row * A.stride + col] = value;
}

// The tile of A at (row, col), counted in tiles, cut off at the edges.
__device__ Matrix GetSubMatrix(Matrix A, int row, int col)
{
    Matrix sub;
    sub.width = min(BLOCK_SIZE, A.width - col * BLOCK_SIZE);
    sub.height = min(BLOCK_SIZE, A.height - row * BLOCK_SIZE);
    sub.stride = A.stride;
    sub.elements = &A.elements[A.stride * BLOCK_SIZE * row + BLOCK_SIZE * col];
    return sub;
}

__global__ void MatMulKernel(const Matrix A, const Matrix B, Matrix C)
{
    Matrix Csub = GetSubMatrix(C, blockIdx.y, blockIdx.x);
    float Cvalue = 0;
    int row = threadIdx.y, col = threadIdx.x;
    for (int m = 0; m < (A.width + BLOCK_SIZE - 1) / BLOCK_SIZE; ++m) {
        Matrix Asub = GetSubMatrix(A, blockIdx.y, m), Bsub = GetSubMatrix(B, m, blockIdx.x);
        __shared__ float As[BLOCK_SIZE][BLOCK_SIZE];
        __shared__ float Bs[BLOCK_SIZE][BLOCK_SIZE];
        As[row][col] = GetElement(Asub, row, col);
        Bs[row][col] = GetElement(Bsub, row, col);
        __syncthreads();
        for (int e = 0; e < BLOCK_SIZE; ++e)
            Cvalue += As[row][e] * Bs[e][col];
        __syncthreads();
    }
    SetElement(Csub, row, col, Cvalue);
}

// blockDim is (16, 4): thread (x, y) holds rows y, y + 4, y + 8 and y + 12 of its column.
__global__ void MatMulRegisters(Matrix A, Matrix B, Matrix C)
{
    __shared__ float As[BLOCK_SIZE][BLOCK_SIZE + 1], Bs[BLOCK_SIZE][BLOCK_SIZE];
    const int x = threadIdx.x, row0 = blockIdx.y * BLOCK_SIZE, col = blockIdx.x * BLOCK_SIZE + x;
    float sum[4] = {0.0f};
    for (int k0 = 0; k0 < A.width; k0 += BLOCK_SIZE) {
        for (int r = threadIdx.y; r < BLOCK_SIZE; r += 4) {
            As[r][x] = GetElement(A, row0 + r, k0 + x);
            Bs[r][x] = GetElement(B, k0 + r, col);
        }
        __syncthreads();
        for (int k = 0; k < BLOCK_SIZE; k++)
#pragma unroll
            for (int i = 0; i < 4; i++)
                sum[i] += As[threadIdx.y + 4 * i][k] * Bs[k][x];
        __syncthreads();
    }
    for (int i = 0; i < 4; i++)
        SetElement(C, row0 + threadIdx.y + 4 * i, col, sum[i]);
}

static Matrix deviceCopy(const Matrix &h)
{
    Matrix d = h;
    size_t size = h.width * h.height * sizeof(float);
    checkError(hipMalloc(&d.elements, size), "hipMalloc");
    checkError(hipMemcpy(d.elements, h.elements, size, hipMemcpyHostToDevice), "hipMemcpy");
    return d;
}

static Matrix hostMatrix(int height, int width, int seed)
{
    Matrix m = {width, height, width, (float *)malloc(width * height * sizeof(float))};
    for (int i = 0; i < width * height; i++)
        m.elements[i] = ((i * 31 + seed) % 17 - 8) * 0.25f;     // exact products and sums
    return m;
}

int main(int argc, char **argv)
{
    int h = argc > 1 ? atoi(argv[1]) : 75, inner = argc > 2 ? atoi(argv[2]) : 100, w = argc > 3 ? atoi(argv[3]) : 61;
    Matrix A = hostMatrix(h, inner, 1), B = hostMatrix(inner, w, 5), C = hostMatrix(h, w, 0);
    Matrix d_A = deviceCopy(A), d_B = deviceCopy(B), d_C = deviceCopy(C);
    dim3 dimGrid((w + BLOCK_SIZE - 1) / BLOCK_SIZE, (h + BLOCK_SIZE - 1) / BLOCK_SIZE);

    for (int version = 0; version < 2; version++) {
        checkError(hipMemset(d_C.elements, 0xff, w * h * sizeof(float)), "hipMemset");
        auto t0 = chrono::steady_clock::now();
        if (version == 0)
            MatMulKernel<<<dimGrid, dim3(BLOCK_SIZE, BLOCK_SIZE)>>>(d_A, d_B, d_C);
        else
            MatMulRegisters<<<dimGrid, dim3(BLOCK_SIZE, 4)>>>(d_A, d_B, d_C);
        checkError(hipGetLastError(), "launch");
        checkError(hipDeviceSynchronize(), "kernel");
        chrono::duration<float, milli> ms = chrono::steady_clock::now() - t0;
        cout << "version " << version << ": " << ms.count() << " ms" << endl;
        checkError(hipMemcpy(C.elements, d_C.elements, w * h * sizeof(float), hipMemcpyDeviceToHost), "copy back");
        for (int i = 0; i < h; i++)
            for (int j = 0; j < w; j++) {
                double want = 0;
                for (int k = 0; k < inner; k++)
                    want += (double)A.elements[i * inner + k] * B.elements[k * w + j];
                if (!(fabs(C.elements[i * w + j] - want) <= 1e-3)) {
                    cout << "FAILED: version " << version << ", C[" << i << "][" << j << "] = " << C.elements[i * w + j]
                         << ", expected " << want << endl;
                    return 1;
                }
            }
    }
    for (Matrix *m : {&d_A, &d_B, &d_C})
        checkError(hipFree(m->elements), "hipFree");
    for (Matrix *m : {&A, &B, &C})
        free(m->elements);
    cout << "PASSED" << endl;
    return 0;
}
