// host_device.h: the mark for functions that the host and kernels share. A plain C or C++ compiler knows no such words.
#ifndef COMMON_HOST_DEVICE_H
#define COMMON_HOST_DEVICE_H

#include "posix.h"

#if defined(__cplusplus) && (defined(__HIPCC__) || defined(__CUDACC__))
#include <hip/hip_runtime.h>
#define HOST_DEVICE __host__ __device__
#else
#define HOST_DEVICE
#endif

#endif
