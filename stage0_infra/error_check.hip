// error_check: what goes wrong on a GPU goes wrong silently, unless the program asks.
//
// A kernel launch returns nothing. A launch that the device refuses leaves every output as it was, and the program
// goes on with old numbers. So every HIP call's error code is looked at, and after every launch hipGetLastError is
// asked. This program makes mistakes on purpose and shows what the checks of common/check.h say:
//     HIP_CHECK(call)     one line with file, line, call, the error's name and meaning, and the program ends, status 3
//     hip_report(call)    the same line, and the program goes on with the error as a value
//     HIP_CHECK_LAUNCH()  after kernel<<<...>>>(...): HIP_CHECK(hipGetLastError())
// The lines go to stderr. Exit status 1 if an error that must come did not come.
#include <hip/hip_runtime.h>
#include "../common/check.h"
#include "../common/device.h"
#include "../common/options.h"

__global__ void error_check_double(int *x)
{
    if (threadIdx.x == 0 && blockIdx.x == 0)
        *x *= 2;
}

#if __INCLUDE_LEVEL__ == 0

// Counts what did not behave as it must.
static int surprises = 0;

static void expect(bool holds, const char *what)
{
    printf("   %s: %s\n", holds ? "ok" : "NOT AS IT MUST BE", what);
    if (!holds) {
        complain("%s: does not hold here", what);
        ++surprises;
    }
}

// Good calls: nothing is printed by the checks, and the kernel has run.
static void good_calls(int *d_x, const char *heading)
{
    int x = 21;
    printf("\n%s\n", heading);
    HIP_CHECK(hipMemcpy(d_x, &x, sizeof x, hipMemcpyHostToDevice));
    error_check_double<<<1, 64>>>(d_x);
    hipError_t launch = hip_report(hipGetLastError());
    hipError_t copy = hip_report(hipMemcpy(&x, d_x, sizeof x, hipMemcpyDeviceToHost));
    printf("   the launch gave %s, the copy %s, and 2 x 21 is %d\n", hipGetErrorName(launch), hipGetErrorName(copy), x);
    expect(launch == hipSuccess && copy == hipSuccess && x == 42, "no error, and the right result");
}

// Block sizes that no device takes. The kernel does not run at all.
static void bad_launches(int *d_x)
{
    const int sizes[] = {0, 2048};
    printf("\n2. Launches that no device takes: a block has 1 to %d threads\n",
           device_properties()->maxThreadsPerBlock);
    for (int i = 0; i < LENGTH(sizes); ++i) {
        int x = 21;
        HIP_CHECK(hipMemcpy(d_x, &x, sizeof x, hipMemcpyHostToDevice));
        printf("   %d threads:\n", sizes[i]);
        error_check_double<<<1, sizes[i]>>>(d_x);
        hipError_t error = hip_report(hipGetLastError());
        expect(error != hipSuccess, "the launch is refused");
        HIP_CHECK(hipMemcpy(&x, d_x, sizeof x, hipMemcpyDeviceToHost));
        expect(x == 21, "the kernel has not run: the number is still 21");
    }
}

// An allocation that cannot be.
static void bad_allocation(void)
{
    const size_t bytes = (size_t)1 << 50;
    void *memory = NULL;
    printf("\n3. An allocation of 2^50 bytes, a pebibyte\n");
    hipError_t error = hip_report(hipMalloc(&memory, bytes));
    expect(error == hipErrorOutOfMemory, "there is no such memory");
    expect(memory == NULL, "the pointer was left alone: never use it after an error");
    (void)hipGetLastError(); // taken, so that the next check does not see it
}

// The last error is kept until someone asks for it.
static void last_error(int *d_x)
{
    printf("\n4. The last error waits until it is asked for\n");
    error_check_double<<<1, 2048>>>(d_x);
    hipError_t peek = hipPeekAtLastError(), peek_again = hipPeekAtLastError();
    hipError_t first = hipGetLastError(), second = hipGetLastError();
    printf("   hipPeekAtLastError: %s, again: %s\n   hipGetLastError:    %s, again: %s\n", hipGetErrorName(peek),
           hipGetErrorName(peek_again), hipGetErrorName(first), hipGetErrorName(second));
    expect(peek != hipSuccess && peek_again == peek && first == peek, "looking at an error does not remove it");
    expect(second == hipSuccess, "taking it does, so it is reported once, and at the right place");
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, "makes mistakes on purpose and shows what the error checks say", NULL, 0);
    int *d_x = NULL;
    printf("stage0_infra/error_check   %s\n", device_summary());
    printf("Lines with a file name and a line number are what the checks print (on stderr).\n");
    HIP_CHECK(hipMalloc((void **)&d_x, sizeof *d_x));
    good_calls(d_x, "1. Calls that are right");
    bad_launches(d_x);
    bad_allocation();
    last_error(d_x);
    good_calls(d_x, "5. And the program goes on: the same calls as in 1");
    HIP_CHECK(hipFree(d_x));

    printf("\nAll these errors are not sticky: the call failed, the device is as before. A fault inside a kernel (a\n"
           "wild pointer, a failed assert) is sticky: from then on every call returns that error, whatever it does,\n"
           "and only the end of the process clears it. The fault shows at the next call that waits for the kernel,\n"
           "which may be far from the guilty launch; KERNELS_SYNC=1 in the environment makes every check of a\n"
           "launch wait, so that the message names the right line.\n");
    return surprises ? STATUS_CHECK : STATUS_OK;
}
#endif
