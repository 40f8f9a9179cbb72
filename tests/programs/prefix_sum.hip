// Exclusive prefix sum after Blelloch (up-sweep and down-sweep in shared memory), over any length:
// the sums of the blocks are scanned by the same kernel, recursively, and added afterwards. Dynamic
// shared memory declared in both ways, with a different type in each of two kernels.
#include <hip/hip_runtime.h>
#include <iostream>
#include <vector>

using namespace std;

#define CHECK(call) \
    if (hipError_t err = (call)) { \
        cout << "FAILED: " << #call << ": " << hipGetErrorString(err) << endl; \
        exit(1); \
    }

const int THREADS = 64;
const int ELEMENTS = 2 * THREADS;

// One index in 16 is skipped, so that the strided accesses of the sweeps spread over the banks.
#define PAD(i) ((i) + ((i) >> 4))

__global__ void blelloch(const int *in, int *out, int *blockSums, int n)
{
    extern __shared__ int temp[];
    int tid = threadIdx.x, base = blockIdx.x * ELEMENTS;
    int lo = base + tid, hi = base + tid + THREADS;
    temp[PAD(tid)] = lo < n ? in[lo] : 0;
    temp[PAD(tid + THREADS)] = hi < n ? in[hi] : 0;

    int offset = 1;
    for (int d = ELEMENTS >> 1; d > 0; d >>= 1) {
        __syncthreads();
        if (tid < d) {
            int a = offset * (2 * tid + 1) - 1, b = offset * (2 * tid + 2) - 1;
            temp[PAD(b)] += temp[PAD(a)];
        }
        offset <<= 1;
    }
    if (tid == 0) {
        if (blockSums != NULL)
            blockSums[blockIdx.x] = temp[PAD(ELEMENTS - 1)];
        temp[PAD(ELEMENTS - 1)] = 0;
    }
    for (int d = 1; d < ELEMENTS; d <<= 1) {
        offset >>= 1;
        __syncthreads();
        if (tid < d) {
            int a = offset * (2 * tid + 1) - 1, b = offset * (2 * tid + 2) - 1;
            int t = temp[PAD(a)];
            temp[PAD(a)] = temp[PAD(b)];
            temp[PAD(b)] += t;
        }
    }
    __syncthreads();
    if (lo < n)
        out[lo] = temp[PAD(tid)];
    if (hi < n)
        out[hi] = temp[PAD(tid + THREADS)];
}

__global__ void addBlockSums(int *data, const int *sums, int n)
{
    int i = blockIdx.x * ELEMENTS + threadIdx.x;
    if (i < n)
        data[i] += sums[blockIdx.x];
    if (i + THREADS < n)
        data[i + THREADS] += sums[blockIdx.x];
}

// Inclusive scan of doubles in one block, the plain doubling scheme between two halves of a buffer.
__global__ void scanDoubles(const double *in, double *out)
{
    HIP_DYNAMIC_SHARED(double, buffer)
    int n = blockDim.x, i = threadIdx.x, from = 0;
    buffer[i] = in[i];
    __syncthreads();
    for (int d = 1; d < n; d *= 2) {
        double v = buffer[from * n + i];
        if (i >= d)
            v += buffer[from * n + i - d];
        buffer[(1 - from) * n + i] = v;
        from = 1 - from;
        __syncthreads();
    }
    out[i] = buffer[from * n + i];
}

void exclusiveScan(const int *d_in, int *d_out, int n)
{
    int blocks = (n + ELEMENTS - 1) / ELEMENTS;
    size_t bytes = PAD(ELEMENTS) * sizeof(int);
    if (blocks == 1) {
        blelloch<<<1, THREADS, bytes>>>(d_in, d_out, NULL, n);
        return;
    }
    int *d_sums, *d_scanned;
    CHECK(hipMalloc(&d_sums, blocks * sizeof(int)));
    CHECK(hipMalloc(&d_scanned, blocks * sizeof(int)));
    blelloch<<<blocks, THREADS, bytes>>>(d_in, d_out, d_sums, n);
    exclusiveScan(d_sums, d_scanned, blocks);
    addBlockSums<<<blocks, THREADS>>>(d_out, d_scanned, n);
    CHECK(hipDeviceSynchronize());
    CHECK(hipFree(d_sums));
    CHECK(hipFree(d_scanned));
}

int main()
{
    for (int n : {1, 2, ELEMENTS - 1, ELEMENTS, ELEMENTS + 1, 5000, 40001}) {
        vector<int> in(n), out(n, -1);
        for (int i = 0; i < n; i++)
            in[i] = (i * 7919 + 13) % 201 - 100;
        int *d_in, *d_out;
        CHECK(hipMalloc(&d_in, n * sizeof(int)));
        CHECK(hipMalloc(&d_out, n * sizeof(int)));
        CHECK(hipMemcpy(d_in, &in[0], n * sizeof(int), hipMemcpyHostToDevice));
        exclusiveScan(d_in, d_out, n);
        CHECK(hipGetLastError());
        CHECK(hipMemcpy(&out[0], d_out, n * sizeof(int), hipMemcpyDeviceToHost));
        CHECK(hipFree(d_in));
        CHECK(hipFree(d_out));
        int sum = 0;
        for (int i = 0; i < n; sum += in[i++])
            if (out[i] != sum) {
                cout << "FAILED: n = " << n << ", element " << i << " is " << out[i] << ", expected " << sum << endl;
                return 1;
            }
    }

    const int m = 192;
    vector<double> x(m), y(m);
    for (int i = 0; i < m; i++)
        x[i] = 0.25 * (i % 11) - 1;     // multiples of 1/4: every sum is exact
    double *d_x, *d_y;
    CHECK(hipMalloc(&d_x, m * sizeof(double)));
    CHECK(hipMalloc(&d_y, m * sizeof(double)));
    CHECK(hipMemcpy(d_x, x.data(), m * sizeof(double), hipMemcpyDefault));
    hipLaunchKernelGGL(scanDoubles, 1, m, 2 * m * sizeof(double), 0, d_x, d_y);
    CHECK(hipMemcpy(y.data(), d_y, m * sizeof(double), hipMemcpyDefault));
    CHECK(hipFree(d_x));
    CHECK(hipFree(d_y));
    double running = 0;
    for (int i = 0; i < m; i++) {
        running += x[i];
        if (y[i] != running) {
            cout << "FAILED: double " << i << " is " << y[i] << ", expected " << running << endl;
            return 1;
        }
    }
    cout << "PASSED" << endl;
}
