// Launches that a device refuses: sizes of blocks and grids, shared memory, __launch_bounds__. Nothing runs, the error
// is told once by hipGetLastError(), as often as asked by hipPeekAtLastError(), and the next launch is a good one
// again.
#include "expect.h"

__device__ int runs;

__global__ void count_run()
{
    atomicAdd(&runs, 1);
}

__global__ void static_shared(int *out)
{
    __shared__ int big[10000];
    extern __shared__ int more[];
    big[threadIdx.x] = 1;
    __syncthreads();
    more[threadIdx.x] = big[threadIdx.x];
    *out = more[0];
    atomicAdd(&runs, 1);
}

__global__ void __launch_bounds__(64) at_most_64()
{
    atomicAdd(&runs, 1);
}

static int runs_until_now()
{
    int value = -1;
    EXPECT_OK(hipMemcpyFromSymbol(&value, runs, sizeof value));
    return value;
}

// The launch fails: the error is there, twice by Peek and once by Get, and the kernel has not run.
static void refused(hipError_t expected, const char *what)
{
    hipError_t first = hipPeekAtLastError(), second = hipPeekAtLastError(), third = hipGetLastError();
    expect_status(first, expected, what, __FILE__, __LINE__);
    expect_status(second, expected, what, __FILE__, __LINE__);
    expect_status(third, expected, what, __FILE__, __LINE__);
    EXPECT_OK(hipGetLastError());
    EXPECT_OK(hipPeekAtLastError());
    EXPECT_OK(hipDeviceSynchronize()); // no fault: the device goes on
    expect_note(runs_until_now() == 0, __FILE__, __LINE__, std::string("the kernel ran: ") + what);
}

int main()
{
    hipDeviceProp_t p;
    EXPECT_OK(hipGetDeviceProperties(&p, 0));
    const dim3 bad_blocks[] = {dim3(0),
                               dim3(1, 0),
                               dim3(1, 1, 0),
                               dim3(1025),
                               dim3(1, 1025),
                               dim3(33, 32),
                               dim3(1, 1, 1025),
                               dim3(11, 10, 10),
                               dim3(0xffffffffu),
                               dim3(65536, 65536),
                               dim3(4294967, 1000, 4),
                               dim3(2048, 2097152, 1024)}; // the last product is 0 modulo 2^32
    for (dim3 block : bad_blocks) {
        count_run<<<1, block>>>();
        refused(hipErrorInvalidConfiguration, "a bad block");
    }
    const dim3 bad_grids[] = {dim3(0),           dim3(1, 0),        dim3(1, 1, 0),
                              dim3(1, 65536),    dim3(1, 1, 65536), dim3(1, (unsigned)p.maxGridSize[1] + 1),
                              dim3(0x80000000u), dim3(0xffffffffu)};
    for (dim3 grid : bad_grids) {
        count_run<<<grid, 1>>>();
        refused(hipErrorInvalidConfiguration, "a bad grid");
    }
    count_run<<<0, 0>>>();
    refused(hipErrorInvalidConfiguration, "no grid and no block");
    hipLaunchKernelGGL(count_run, dim3(1), dim3(1025), 0, 0);
    refused(hipErrorInvalidConfiguration, "hipLaunchKernelGGL of 1025 threads");

    count_run<<<1, 1, p.sharedMemPerBlock + 1>>>();
    refused(hipErrorInvalidValue, "too much dynamic shared memory");
    count_run<<<1, 1, (size_t)-1>>>();
    refused(hipErrorInvalidValue, "a negative amount of shared memory");
    int *out = room<int>(1);
    static_shared<<<1, 32, p.sharedMemPerBlock - 10000 * sizeof(int) + 1>>>(out);
    refused(hipErrorInvalidValue, "static and dynamic shared memory together");
    at_most_64<<<1, 65>>>();
    refused(hipErrorLaunchOutOfResources, "more threads than __launch_bounds__ allows");
    count_run<<<1, 1, 0, (hipStream_t)0x1234560>>>();
    refused(hipErrorInvalidHandle, "a stream that does not exist");

    // A second failure replaces the first.
    count_run<<<0, 1>>>();
    at_most_64<<<1, 128>>>();
    EXPECT_STATUS(hipGetLastError(), hipErrorLaunchOutOfResources);
    // A success in between does not wipe out the error.
    count_run<<<0, 1>>>();
    EXPECT_EQ(runs_until_now(), 0);
    EXPECT_OK(hipDeviceSynchronize());
    EXPECT_STATUS(hipGetLastError(), hipErrorInvalidConfiguration);

    count_run<<<2, 3>>>();
    at_most_64<<<1, 64>>>();
    static_shared<<<1, 32, p.sharedMemPerBlock - 10000 * sizeof(int)>>>(out);
    EXPECT_RAN();
    EXPECT_EQ(runs_until_now(), 6 + 64 + 32);
    EXPECT_EQ(*out, 1);

    EXPECT_EQ(std::string(hipGetErrorName(hipErrorInvalidConfiguration)), std::string("hipErrorInvalidConfiguration"));
    EXPECT_EQ(std::string(hipGetErrorName(hipSuccess)), std::string("hipSuccess"));
    EXPECT_EQ(std::string(hipGetErrorString(hipErrorInvalidConfiguration)),
              std::string("invalid configuration argument"));
    EXPECT_EQ(std::string(hipGetErrorString(hipErrorOutOfMemory)), std::string("out of memory"));
    EXPECT_EQ(std::string(hipGetErrorString(hipErrorInvalidValue)), std::string("invalid argument"));
    EXPECT(hipGetErrorString((hipError_t)123456) && *hipGetErrorString((hipError_t)123456));
    EXPECT(hipGetErrorName((hipError_t)-1) && *hipGetErrorName((hipError_t)-1));
    // The numbers are HIP's: programs print them.
    const int numbers[][2] = {{hipSuccess, 0},
                              {hipErrorInvalidValue, 1},
                              {hipErrorOutOfMemory, 2},
                              {hipErrorInvalidConfiguration, 9},
                              {hipErrorInvalidSymbol, 13},
                              {hipErrorInvalidMemcpyDirection, 21},
                              {hipErrorInvalidDeviceFunction, 98},
                              {hipErrorNoDevice, 100},
                              {hipErrorInvalidDevice, 101},
                              {hipErrorInvalidHandle, 400},
                              {hipErrorNotReady, 600},
                              {hipErrorIllegalAddress, 700},
                              {hipErrorLaunchOutOfResources, 701},
                              {hipErrorLaunchTimeOut, 702},
                              {hipErrorAssert, 710},
                              {hipErrorLaunchFailure, 719},
                              {hipErrorCooperativeLaunchTooLarge, 720},
                              {hipErrorNotSupported, 801},
                              {hipErrorStreamCaptureUnsupported, 900},
                              {hipErrorStreamCaptureInvalidated, 901},
                              {hipErrorStreamCaptureUnjoined, 904},
                              {hipErrorUnknown, 999}};
    for (auto &number : numbers)
        EXPECT_EQ(number[0], number[1]);
    return expect_result();
}
