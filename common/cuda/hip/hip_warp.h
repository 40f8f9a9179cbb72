// hip_warp.h: the warp operations of HIP, which name no threads, on CUDA's, which take a mask of those that take part.
//
// In HIP "whoever is here" takes part: threads of a wavefront run in step. Since Volta an NVIDIA warp may drift apart,
// and CUDA wants every thread of the mask to arrive, or it waits for them for ever. So the mask cannot be all 32: a
// kernel whose last threads have returned, or whose warp has branched, would be undefined. __activemask() is HIP's
// meaning in CUDA's words: those that execute this instruction together now. Its pitfall: after a branch the threads
// come together again where the compiler puts it, which need not be before the next shuffle; where a kernel relies on
// it, warp_sync() (common/device.h) in front makes it certain.
//
// CUDA 13 declares __any, __all and __ballot as deprecated builtins that no longer assemble, so that they cannot be
// defined again: the names are macros for functions of ours. They take no parameters, because CUDA's headers
// (libcu++, which cooperative_groups.h includes) have a type called __any with a constructor __any(...) and a template
// __all<...>: a macro with parameters breaks the constructor, a plain one renames both alike and harms nothing.
#ifndef CUDA_HIP_WARP_H
#define CUDA_HIP_WARP_H

template <typename T> static __device__ inline T hip_shfl(T value, int lane, int width = 32)
{
    return __shfl_sync(__activemask(), value, lane, width);
}

template <typename T> static __device__ inline T hip_shfl_up(T value, unsigned delta, int width = 32)
{
    return __shfl_up_sync(__activemask(), value, delta, width);
}

template <typename T> static __device__ inline T hip_shfl_down(T value, unsigned delta, int width = 32)
{
    return __shfl_down_sync(__activemask(), value, delta, width);
}

template <typename T> static __device__ inline T hip_shfl_xor(T value, int mask, int width = 32)
{
    return __shfl_xor_sync(__activemask(), value, mask, width);
}

static __device__ inline int hip_any(int condition)
{
    return __any_sync(__activemask(), condition);
}

// True where every thread that is here says so; threads that are elsewhere have no vote.
static __device__ inline int hip_all(int condition)
{
    return __all_sync(__activemask(), condition);
}

// 64 bits as in HIP, whose warps may have 64 threads; here the upper half is 0.
static __device__ inline unsigned long long hip_ballot(int condition)
{
    return __ballot_sync(__activemask(), condition);
}

static __device__ inline unsigned hip_lane_id(void)
{
    unsigned lane;
    asm("mov.u32 %0, %%laneid;" : "=r"(lane));
    return lane;
}

#define __shfl      hip_shfl
#define __shfl_up   hip_shfl_up
#define __shfl_down hip_shfl_down
#define __shfl_xor  hip_shfl_xor
#define __any       hip_any
#define __all       hip_all
#define __ballot    hip_ballot
#define __lane_id   hip_lane_id

#endif
