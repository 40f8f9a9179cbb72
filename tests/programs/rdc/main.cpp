// Several translation units: kernels in a.hip that use __device__ functions and an extern __device__ variable of
// b.hip, host code in C++ that launches through plain functions, and a helper in C.
// build: -fgpu-rdc a.hip b.hip main.cpp util.c
#include <hip/hip_runtime_api.h>
#include <cstdio>
#include <vector>
#include "shared.h"

static bool good(hipError_t e)
{
    if (e != hipSuccess)
        std::printf("FAILED: %s\n", hipGetErrorString(e));
    return e == hipSuccess;
}

int main()
{
    const int n = 3000;
    std::vector<unsigned> hashes(n), expected(n);
    unsigned *d_hashes = nullptr, matches = 0, expected_matches = 0;
    if (!good(hipMalloc((void **)&d_hashes, n * sizeof(unsigned))))
        return 1;

    for (unsigned salt : {1u, 77u}) {
        if (!good(set_salt(salt)) || !good(launch_hashes(d_hashes, n)) || !good(read_matches(&matches)))
            return 1;
        if (!good(hipMemcpy(hashes.data(), d_hashes, n * sizeof(unsigned), hipMemcpyDeviceToHost)))
            return 1;
        host_hashes(expected.data(), n, salt);
        for (int i = 0; i < n; i++) {
            expected_matches += (expected[i] & 15) == 0;
            if (hashes[i] != expected[i]) {
                std::printf("FAILED: salt %u, hash %d is %08x, expected %08x\n", salt, i, hashes[i], expected[i]);
                return 1;
            }
        }
    }
    if (matches != expected_matches) {      // the counter on the device runs on over both launches
        std::printf("FAILED: %u matches, expected %u\n", matches, expected_matches);
        return 1;
    }
    if (!good(hipFree(d_hashes)))
        return 1;
    std::printf("PASSED\n");
    return 0;
}
