// device.h: which device this program runs on, and the few words that differ between vendors.
#ifndef COMMON_DEVICE_H
#define COMMON_DEVICE_H

#include "check.h"
#include "host_device.h"
#include "text.h"
#ifdef __cplusplus
#include <hip/hip_runtime.h>
#endif
#include <ctype.h>

// The simulated GPU says that it is an AMD platform, so that other people's programs compile; its headers tell.
#ifdef __HIP_PLATFORM_CPU__
#define DEVICE_IS_CPU 1
#endif

// Number of elements of an array (not of a pointer).
#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

// warp_sync(): the threads of a warp wait for each other, and what they wrote to memory before is seen by the others
// after. NVIDIA's chips since Volta need it, for their threads may drift apart. AMD's wavefronts run in step, and
// only the compiler must be told not to move memory accesses across; hipcc 5.2 has no __syncwarp for that.
#ifdef __cplusplus
#if defined(DEVICE_IS_CPU) || defined(__CUDACC__)
static inline __device__ void warp_sync(void)
{
    __syncwarp();
}
#elif defined(__HIP__)
static inline __device__ void warp_sync(void)
{
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
    __builtin_amdgcn_wave_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}
#endif
#endif

// "cuda", "hip" or "cpu": the backend that this program was compiled for.
static inline const char *device_backend(void)
{
#if defined(__HIP_PLATFORM_NVIDIA__)
    return "cuda";
#elif defined(DEVICE_IS_CPU)
    return "cpu";
#else
    return "hip";
#endif
}

// The current device's properties, asked once. The program ends with status 3 where there is no device.
static inline const hipDeviceProp_t *device_properties(void)
{
    static hipDeviceProp_t properties;
    static int known = 0;
    if (!known) {
        int device = 0;
        HIP_CHECK(hipGetDevice(&device));
        HIP_CHECK(hipGetDeviceProperties(&properties, device));
        known = 1;
    }
    return &properties;
}

static inline const char *device_name(void)
{
    return device_properties()->name;
}

// Multiprocessors (NVIDIA) or compute units (AMD); on the cpu backend, cores.
static inline int device_multiprocessors(void)
{
    return device_properties()->multiProcessorCount;
}

// Threads in a warp: 32, or 64 on AMD's CDNA chips and with GPU_WARP=64 on the cpu backend.
static inline int device_warp_size(void)
{
    return device_properties()->warpSize;
}

// Whole warps in a block of about so many threads, at least one: of 100 threads that is 3 where a warp has 32.
static inline int device_warps(int block)
{
    int warps = block / device_warp_size();
    return warps < 1 ? 1 : warps;
}

// Blocks for so many rows, and no more than 16384: enough for any device, and they go on to further rows. (AMD takes
// grids of less than 2^32 threads only, and 2^31 rows would be more.)
static inline int grid_rows(int rows)
{
    return rows < 16384 ? rows : 16384;
}

// Blocks in y or z for so many rows or planes, and no more than 65535, where a CUDA grid ends in these directions.
static inline int grid_y(long count)
{
    return count < 65535 ? (int)count : 65535;
}

// "cpu backend, 2 cores, warp 32" or "cuda backend, NVIDIA H100, 132 multiprocessors, warp 32"
static inline const char *device_summary(void)
{
    static char text[400];
    int count = device_multiprocessors();
    if (strcmp(device_backend(), "cpu") == 0)
        text_format(text, sizeof text, "cpu backend, %d core%s, warp %d", count, count == 1 ? "" : "s",
                    device_warp_size());
    else
        text_format(text, sizeof text, "%s backend, %s, %d multiprocessors, warp %d", device_backend(), device_name(),
                    count, device_warp_size());
    return text;
}

// BACKEND-DEVICE as a part of file names: "cuda-NVIDIA-H100-80GB-HBM3". Letters and digits stay, everything else
// becomes one hyphen.
static inline const char *device_slug(void)
{
    static char text[300];
    size_t used = text_format(text, sizeof text, "%s-", device_backend());
    for (const char *c = device_name(); *c && used + 1 < sizeof text; ++c) {
        if (isalnum((unsigned char)*c))
            text[used++] = *c;
        else if (text[used - 1] != '-')
            text[used++] = '-';
    }
    while (text[used - 1] == '-')
        --used;
    text[used] = '\0';
    return text;
}

#endif
