// Floyd-Warshall: shortest paths between all pairs of 100 nodes, one launch a pivot, with the
// last pivot on each path kept so that the paths themselves can be walked and checked. The host code has
// variables with the names of the built-in indices, as many programs do.
#include <hip/hip_runtime.h>
#include <chrono>
#include <climits>
#include <iostream>
#include <vector>

#define NODES 100u
#define BLOCK_SIZE 16
#define UNREACHED 1000000u

#define checkHip(call) checkHipImpl((call), __LINE__)

inline void checkHipImpl(hipError_t code, int line)
{
    if (code != hipSuccess) {
        std::cerr << "line " << line << ": " << hipGetErrorName(code) << std::endl;
        std::cout << "FAILED: " << hipGetErrorString(code) << std::endl;
        std::exit(EXIT_FAILURE);
    }
}

__global__ void relax(unsigned int *distance, int *via, const unsigned int pivot)
{
    unsigned int j = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned int i = blockIdx.y * blockDim.y + threadIdx.y;
    if (i >= NODES || j >= NODES)
        return;
    unsigned int through = distance[i * NODES + pivot] + distance[pivot * NODES + j];
    if (through < distance[i * NODES + j]) {
        distance[i * NODES + j] = through;
        via[i * NODES + j] = pivot;
    }
}

// The length of the path i -> j that `via` describes, from the edges of the graph.
static unsigned int walk(const std::vector<unsigned int> &edge, const std::vector<int> &via, unsigned int i,
                         unsigned int j, int depth)
{
    int k = via[i * NODES + j];
    if (k < 0 || depth > (int)NODES)
        return edge[i * NODES + j];
    return walk(edge, via, i, k, depth + 1) + walk(edge, via, k, j, depth + 1);
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    std::vector<unsigned int> edge(NODES * NODES, UNREACHED);
    unsigned int seed = 99;
    auto next = [&seed] { return (seed = seed * 1103515245u + 12345u) >> 16; };
    for (unsigned int i = 0; i < NODES; ++i) {
        edge[i * NODES + i] = 0;
        for (int e = 0; e < 4; ++e) {
            unsigned int j = next() % NODES;
            if (j != i && i % 10 != 3)      // every tenth node has no way out
                edge[i * NODES + j] = 1 + next() % 50;
        }
    }

    std::vector<unsigned int> distance(edge);
    std::vector<int> via(NODES * NODES, -1);
    unsigned int *deviceDistance;
    int *deviceVia;
    const size_t bytes = distance.size() * sizeof(unsigned int);
    checkHip(hipMalloc(&deviceDistance, bytes));
    checkHip(hipMalloc(&deviceVia, bytes));
    checkHip(hipMemcpy(deviceDistance, distance.data(), bytes, hipMemcpyHostToDevice));
    checkHip(hipMemset(deviceVia, 0xff, bytes));

    const dim3 blockDim(BLOCK_SIZE, BLOCK_SIZE);
    const dim3 gridDim((NODES + blockDim.x - 1) / blockDim.x, (NODES + blockDim.y - 1) / blockDim.y);
    auto start = std::chrono::high_resolution_clock::now();
    for (unsigned int pivot = 0; pivot < NODES; ++pivot) {
        hipLaunchKernelGGL(relax, gridDim, blockDim, 0, hipStreamDefault, deviceDistance, deviceVia, pivot);
        checkHip(hipPeekAtLastError());
    }
    checkHip(hipDeviceSynchronize());
    auto end = std::chrono::high_resolution_clock::now();
    std::cout << "kernels: " << std::chrono::duration<double, std::milli>(end - start).count() << " ms\n";
    checkHip(hipMemcpy(distance.data(), deviceDistance, bytes, hipMemcpyDeviceToHost));
    checkHip(hipMemcpy(via.data(), deviceVia, bytes, hipMemcpyDeviceToHost));
    checkHip(hipFree(deviceDistance));
    checkHip(hipFree(deviceVia));

    std::vector<unsigned int> expected(edge);
    for (unsigned int k = 0; k < NODES; ++k)
        for (unsigned int i = 0; i < NODES; ++i)
            for (unsigned int j = 0; j < NODES; ++j)
                expected[i * NODES + j] =
                    std::min(expected[i * NODES + j], expected[i * NODES + k] + expected[k * NODES + j]);
    for (unsigned int i = 0; i < NODES; ++i)
        for (unsigned int j = 0; j < NODES; ++j) {
            unsigned int want = expected[i * NODES + j], got = distance[i * NODES + j];
            if (got != want || walk(edge, via, i, j, 0) != want) {
                std::cout << "FAILED: " << i << " -> " << j << ": " << got << ", expected " << want << std::endl;
                return EXIT_FAILURE;
            }
        }
    std::cout << "PASSED" << std::endl;
    return EXIT_SUCCESS;
}
