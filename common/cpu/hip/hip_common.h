// Which compiler and which platform a HIP source is being built for. The simulated GPU answers like
// AMD's: programs with two branches then take the one that has no NVIDIA assembly in it.
#ifndef GPU_HIP_COMMON_H
#define GPU_HIP_COMMON_H

#ifndef __HIPCC__
#define __HIPCC__ 1
#endif
#ifndef __HIP__
#define __HIP__ 1
#endif
#ifndef __HIP_PLATFORM_AMD__
#define __HIP_PLATFORM_AMD__ 1
#endif
#ifndef __HIP_PLATFORM_HCC__
#define __HIP_PLATFORM_HCC__ 1
#endif
// And this is how one tells it from the real thing.
#define __HIP_PLATFORM_CPU__ 1

// What the simulated GPU can do, asked at compile time by older programs.
#define __HIP_ARCH_HAS_GLOBAL_INT32_ATOMICS__     1
#define __HIP_ARCH_HAS_GLOBAL_FLOAT_ATOMIC_EXCH__ 1
#define __HIP_ARCH_HAS_SHARED_INT32_ATOMICS__     1
#define __HIP_ARCH_HAS_SHARED_FLOAT_ATOMIC_EXCH__ 1
#define __HIP_ARCH_HAS_FLOAT_ATOMIC_ADD__         1
#define __HIP_ARCH_HAS_GLOBAL_INT64_ATOMICS__     1
#define __HIP_ARCH_HAS_SHARED_INT64_ATOMICS__     1
#define __HIP_ARCH_HAS_DOUBLES__                  1
#define __HIP_ARCH_HAS_WARP_VOTE__                1
#define __HIP_ARCH_HAS_WARP_BALLOT__              1
#define __HIP_ARCH_HAS_WARP_SHUFFLE__             1
#define __HIP_ARCH_HAS_WARP_FUNNEL_SHIFT__        1
#define __HIP_ARCH_HAS_THREAD_FENCE_SYSTEM__      1
#define __HIP_ARCH_HAS_SYNC_THREAD_EXT__          1
#define __HIP_ARCH_HAS_SURFACE_FUNCS__            0
#define __HIP_ARCH_HAS_3DGRID__                   1
#define __HIP_ARCH_HAS_DYNAMIC_PARALLEL__         0

#endif
