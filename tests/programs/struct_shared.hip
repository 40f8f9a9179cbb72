// Structs and unions in shared memory: k-means with a struct of sums per cluster, the smallest element with its
// index, one union that two phases of a kernel use in turn, and floats ordered by their bits.
#include <hip/hip_runtime.h>
#include <cfloat>
#include <cmath>
#include <iostream>
#include <vector>

#define CHECK(cmd)                                                                          \
    {                                                                                       \
        hipError_t error = cmd;                                                             \
        if (error != hipSuccess) {                                                          \
            std::cout << "FAILED: " << #cmd << " " << hipGetErrorString(error) << std::endl; \
            return 1;                                                                       \
        }                                                                                   \
    }

#define K 5
#define BLOCK 128

struct __align__(16) Point {
    float x, y;
};

struct Cluster {
    Point sum;
    int members;
};

struct ValueIndex {
    float value;
    int index;
};

union Storage {     // the two phases never need it at the same time
    Cluster cluster[K];
    struct {
        ValueIndex best[BLOCK];
        int found;
    } search;
};

__device__ bool operator<(const ValueIndex &a, const ValueIndex &b)
{
    return a.value < b.value || (a.value == b.value && a.index < b.index);
}

__global__ void assign(const Point *points, int n, const Point *centres, Cluster *clusters, int *label,
                       ValueIndex *nearest)
{
    __shared__ Storage storage;
    __shared__ Point centre[K];
    if (threadIdx.x < K) {
        centre[threadIdx.x] = centres[threadIdx.x];
        storage.cluster[threadIdx.x] = Cluster{{0.0f, 0.0f}, 0};
    }
    __syncthreads();
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    ValueIndex mine = {FLT_MAX, -1};
    if (i < n) {
        int best = 0;
        for (int c = 0; c < K; c++) {
            float dx = points[i].x - centre[c].x, dy = points[i].y - centre[c].y, d = dx * dx + dy * dy;
            if (d < mine.value) {
                mine.value = d;
                best = c;
            }
        }
        mine.index = i;
        label[i] = best;
        atomicAdd(&storage.cluster[best].sum.x, points[i].x);
        atomicAdd(&storage.cluster[best].sum.y, points[i].y);
        atomicAdd(&storage.cluster[best].members, 1);
    }
    __syncthreads();
    if (threadIdx.x < K) {
        const Cluster &c = storage.cluster[threadIdx.x];
        atomicAdd(&clusters[threadIdx.x].sum.x, c.sum.x);
        atomicAdd(&clusters[threadIdx.x].sum.y, c.sum.y);
        atomicAdd(&clusters[threadIdx.x].members, c.members);
    }
    __syncthreads();

    storage.search.best[threadIdx.x] = mine;
    if (threadIdx.x == 0)
        storage.search.found = blockIdx.x;
    for (int s = BLOCK / 2; s; s >>= 1) {
        __syncthreads();
        if (threadIdx.x < s && storage.search.best[threadIdx.x + s] < storage.search.best[threadIdx.x])
            storage.search.best[threadIdx.x] = storage.search.best[threadIdx.x + s];
    }
    if (threadIdx.x == 0)
        nearest[storage.search.found] = storage.search.best[0];
}

union Bits {
    float f;
    unsigned int u;
};

// Unsigned numbers in the order of the floats: all bits of negative ones turned, the sign bit of the others.
__host__ __device__ unsigned int ordered(float f)
{
    union Bits b;
    b.f = f;
    return b.u & 0x80000000u ? ~b.u : b.u | 0x80000000u;
}

__global__ void smallest_float(const float *x, int n, unsigned int *result)
{
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        atomicMin(result, ordered(x[i]));
}

int main()
{
    const int n = 1000, blocks = (n + BLOCK - 1) / BLOCK;
    std::vector<Point> points(n), centres(K);
    for (int i = 0; i < n; i++) {
        points[i].x = i * 37 % 128 * 0.25f;
        points[i].y = i * 53 % 96 * 0.5f;
    }
    for (int c = 0; c < K; c++)
        centres[c] = {6.5f * c, 9.0f * c};
    Point *d_points, *d_centres;
    Cluster *d_clusters, clusters[K], expected[K] = {};
    int *d_label;
    ValueIndex *d_nearest;
    std::vector<int> label(n);
    std::vector<ValueIndex> nearest(blocks);
    CHECK(hipMalloc(&d_points, n * sizeof(Point)));
    CHECK(hipMalloc(&d_centres, K * sizeof(Point)));
    CHECK(hipMalloc(&d_clusters, sizeof(clusters)));
    CHECK(hipMalloc(&d_label, n * sizeof(int)));
    CHECK(hipMalloc(&d_nearest, blocks * sizeof(ValueIndex)));
    CHECK(hipMemcpy(d_points, points.data(), n * sizeof(Point), hipMemcpyHostToDevice));
    CHECK(hipMemcpy(d_centres, centres.data(), K * sizeof(Point), hipMemcpyHostToDevice));
    CHECK(hipMemset(d_clusters, 0, sizeof(clusters)));
    assign<<<blocks, BLOCK>>>(d_points, n, d_centres, d_clusters, d_label, d_nearest);
    CHECK(hipGetLastError());
    CHECK(hipMemcpy(clusters, d_clusters, sizeof(clusters), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(label.data(), d_label, n * sizeof(int), hipMemcpyDeviceToHost));
    CHECK(hipMemcpy(nearest.data(), d_nearest, blocks * sizeof(ValueIndex), hipMemcpyDeviceToHost));

    // coordinates and centres are multiples of 1/4, so that distances and sums are exact
    std::vector<ValueIndex> expected_nearest(blocks, ValueIndex{FLT_MAX, -1});
    for (int i = 0; i < n; i++) {
        float best = FLT_MAX;
        int where = -1;
        for (int c = 0; c < K; c++) {
            float dx = points[i].x - centres[c].x, dy = points[i].y - centres[c].y;
            if (dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                where = c;
            }
        }
        if (label[i] != where) {
            std::cout << "FAILED: point " << i << " went to cluster " << label[i] << ", not " << where << std::endl;
            return 1;
        }
        expected[where].sum.x += points[i].x;
        expected[where].sum.y += points[i].y;
        expected[where].members++;
        if (best < expected_nearest[i / BLOCK].value)
            expected_nearest[i / BLOCK] = {best, i};
    }
    for (int c = 0; c < K; c++)
        if (clusters[c].sum.x != expected[c].sum.x || clusters[c].sum.y != expected[c].sum.y ||
            clusters[c].members != expected[c].members) {
            std::cout << "FAILED: sums of cluster " << c << std::endl;
            return 1;
        }
    for (int b = 0; b < blocks; b++)
        if (nearest[b].index != expected_nearest[b].index || nearest[b].value != expected_nearest[b].value) {
            std::cout << "FAILED: nearest of block " << b << ": " << nearest[b].index << std::endl;
            return 1;
        }

    float *x = (float *)points.data(), smallest = FLT_MAX;
    for (int i = 0; i < n; i++) {
        x[i] = (i % 3 ? 1 : -1) * std::exp(0.01f * (i * 7 % n));
        smallest = std::fmin(smallest, x[i]);
    }
    unsigned int result = 0;
    CHECK(hipMemset(d_label, 0xff, sizeof(int)));
    CHECK(hipMemcpy(d_points, x, n * sizeof(float), hipMemcpyHostToDevice));
    smallest_float<<<1, 100>>>((const float *)d_points, n, (unsigned int *)d_label);
    CHECK(hipMemcpy(&result, d_label, sizeof(int), hipMemcpyDeviceToHost));
    if (result != ordered(smallest)) {
        std::cout << "FAILED: smallest float" << std::endl;
        return 1;
    }
    for (void *p : {(void *)d_points, (void *)d_centres, (void *)d_clusters, (void *)d_label, (void *)d_nearest})
        CHECK(hipFree(p));
    std::cout << "PASSED" << std::endl;
    return 0;
}
