// device_info: what this GPU is, and what each number means for someone who writes kernels.
//
// Most tuning questions are answered by a few limits: how many threads a block may have, how many registers and how
// much shared memory the blocks of a multiprocessor have to share, how large the caches are. The values come from
// hipGetDeviceProperties; those that hipDeviceGetAttribute knows too are asked both ways and have to agree.
#include <hip/hip_runtime.h>
#include "../common/check.h"
#include "../common/device.h"
#include "../common/options.h"

static int disagreements = 0;

static void row(const char *what, const char *value, const char *meaning)
{
    printf("  %-26s %-28s %s\n", what, value, meaning);
}

static void row_number(const char *what, long value, const char *meaning)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", value);
    row(what, text, meaning);
}

static const char *bytes_text(char text[32], double bytes)
{
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int u = 0;
    for (; bytes >= 1024 && u < 4; ++u)
        bytes /= 1024;
    snprintf(text, 32, bytes >= 100 || bytes == (int)bytes ? "%.0f %s" : "%.1f %s", bytes, unit[u]);
    return text;
}

static void row_bytes(const char *what, double bytes, const char *meaning)
{
    char text[32];
    row(what, bytes > 0 ? bytes_text(text, bytes) : "not told", meaning);
}

// A device attribute; 0 where this device or this version of the API does not know it.
static int attribute(hipDeviceAttribute_t which, int device)
{
    int value = 0;
    if (hipDeviceGetAttribute(&value, which, device) != hipSuccess) {
        (void)hipGetLastError();
        return 0;
    }
    return value;
}

static void must_agree(const char *what, long property, hipDeviceAttribute_t which, int device)
{
    int value = attribute(which, device);
    if (value != property) {
        complain("device %d: %s is %ld as a property and %d as an attribute", device, what, property, value);
        ++disagreements;
    }
}

static void show_execution(const hipDeviceProp_t *p, int device)
{
    char text[80];
    printf("\nWhat runs\n");
    row_number("multiprocessors", p->multiProcessorCount,
               "each runs whole blocks: launch several times as many blocks");
    row_number("warp", p->warpSize, "threads that execute together; make blocks a multiple of it");
    row_number("threads a block, at most", p->maxThreadsPerBlock, "a launch with more is refused");
    row_number("threads a multiprocessor", p->maxThreadsPerMultiProcessor,
               "resident at once; while some wait for memory, others compute");
    snprintf(text, sizeof text, "%ld", (long)p->multiProcessorCount * p->maxThreadsPerMultiProcessor);
    row("threads in all", text, "fewer than this leave the device partly empty");
    snprintf(text, sizeof text, "%d x %d x %d", p->maxThreadsDim[0], p->maxThreadsDim[1], p->maxThreadsDim[2]);
    row("block, at most", text, "in x, y, z; the product is limited as well");
    snprintf(text, sizeof text, "%d x %d x %d", p->maxGridSize[0], p->maxGridSize[1], p->maxGridSize[2]);
    row("grid, at most", text, "in x, y, z: put the long dimension into x");
    must_agree("multiprocessors", p->multiProcessorCount, hipDeviceAttributeMultiprocessorCount, device);
    must_agree("warp size", p->warpSize, hipDeviceAttributeWarpSize, device);
    must_agree("threads a block", p->maxThreadsPerBlock, hipDeviceAttributeMaxThreadsPerBlock, device);
    must_agree("threads a multiprocessor", p->maxThreadsPerMultiProcessor,
               hipDeviceAttributeMaxThreadsPerMultiProcessor, device);
    must_agree("block in x", p->maxThreadsDim[0], hipDeviceAttributeMaxBlockDimX, device);
    must_agree("grid in y", p->maxGridSize[1], hipDeviceAttributeMaxGridDimY, device);
}

static void show_on_chip(const hipDeviceProp_t *p, int device)
{
    char text[80];
    printf("\nWhat blocks share on the chip\n");
    row_number("registers a block", p->regsPerBlock, "32 bits each, divided by all threads of a block");
    if (p->maxThreadsPerMultiProcessor > 0 && p->regsPerBlock > 0) {
        snprintf(text, sizeof text, "%d", p->regsPerBlock / p->maxThreadsPerMultiProcessor);
        row("registers for full house", text, "a thread that uses more keeps others out; is it worth it?");
    }
    row_bytes("shared memory a block", (double)p->sharedMemPerBlock,
              "without asking for more; common code uses 48 KiB");
    row_bytes("shared memory, all", (double)p->maxSharedMemoryPerMultiProcessor,
              "a multiprocessor's; divided by a block's, it limits the blocks");
    row_bytes("constant memory", (double)p->totalConstMem, "fast where all threads of a warp read the same address");
    must_agree("shared memory a block", (long)p->sharedMemPerBlock, hipDeviceAttributeMaxSharedMemoryPerBlock, device);
    must_agree("registers a block", p->regsPerBlock, hipDeviceAttributeMaxRegistersPerBlock, device);
}

static void show_memory(const hipDeviceProp_t *p, int device)
{
    size_t free_bytes = 0, total_bytes = 0;
    char text[80], a[32], b[32];
    printf("\nMemory\n");
    HIP_CHECK(hipMemGetInfo(&free_bytes, &total_bytes));
    snprintf(text, sizeof text, "%s of %s", bytes_text(a, (double)free_bytes), bytes_text(b, (double)total_bytes));
    row("free now", text, "hipMemGetInfo; other programs use it too");
    row_bytes("last-level cache", p->l2CacheSize, "data smaller than this may never reach memory: mind it when timing");
    if (p->memoryBusWidth > 0 && p->memoryClockRate > 0) {
        // Two transfers a clock, as in all DDR memories.
        snprintf(text, sizeof text, "%.0f GB/s", 2.0 * p->memoryClockRate * 1e3 * p->memoryBusWidth / 8 * 1e-9);
        row("bandwidth on paper", text, "from clock and width; stage0_infra/roofline measures what is reached");
    }
    must_agree("L2 cache", p->l2CacheSize, hipDeviceAttributeL2CacheSize, device);
    must_agree("memory bus", p->memoryBusWidth, hipDeviceAttributeMemoryBusWidth, device);
}

static void show_clock_and_abilities(const hipDeviceProp_t *p)
{
    char text[80];
    printf("\nOther things\n");
    snprintf(text, sizeof text, "%.2f GHz", 1e-6 * p->clockRate);
    row("clock", p->clockRate > 0 ? text : "not told", "at best; heat and power keep it lower");
    row("concurrent kernels", p->concurrentKernels ? "yes" : "no", "kernels of several streams may overlap");
    row("cooperative launch", p->cooperativeLaunch ? "yes" : "no", "a barrier over the whole grid is possible");
    row("managed memory", p->managedMemory ? "yes" : "no", "one pointer for host and device");
    row("integrated", p->integrated ? "yes" : "no", "yes: it shares the host's memory, copies move nothing far");
}

static void show_device(int device)
{
    hipDeviceProp_t p;
    HIP_CHECK(hipSetDevice(device));
    HIP_CHECK(hipGetDeviceProperties(&p, device));
    printf("\ndevice %d: %s (%s, %d.%d)\n", device, p.name, p.gcnArchName, p.major, p.minor);
    show_execution(&p, device);
    show_on_chip(&p, device);
    show_memory(&p, device);
    show_clock_and_abilities(&p);
}

int main(int argc, char **argv)
{
    int count = 0, driver = 0, runtime = 0;
    options_parse(argc, argv, "the properties of each device, and what they mean for a kernel", NULL, 0);
    HIP_CHECK(hipGetDeviceCount(&count));
    HIP_CHECK(hipDriverGetVersion(&driver));
    HIP_CHECK(hipRuntimeGetVersion(&runtime));
    printf("stage0_infra/device_info   %s backend, %d device%s, driver %d, runtime %d\n", device_backend(), count,
           count == 1 ? "" : "s", driver, runtime);
    if (strcmp(device_backend(), "cpu") == 0)
        printf("The device is simulated on this machine's CPU: a multiprocessor is a core, and its limits are\n"
               "those of a GPU of its kind.\n");
    for (int device = 0; device < count; ++device)
        show_device(device);
    return disagreements ? STATUS_CHECK : STATUS_OK;
}
