// unroll.h: words in front of a loop whose number of rounds the compiler knows, and the size of a load that goes with
// them.
#ifndef COMMON_UNROLL_H
#define COMMON_UNROLL_H

// UNROLL: the loop is written out, whole. An array that is to live in registers needs that: a register has no address,
// so its number cannot depend on a loop counter. Where a loop over such an array stays a loop, the array goes to memory
// ("stack frame" in nvcc's report, "scratch" in hipcc's), and the kernel is many times slower.
//
// UNROLL_STEPS: the loop is written out as far as it pays, so that the loads of one round can be under way while
// another one computes. nvcc takes all rounds and keeps the loads apart. hipcc moves all loads to the front, and then
// has too few registers for what they bring: gemm_blocked's warp_tile, 16 rounds, had hipcc 5.2 spill 332 of them on a
// gfx90a. With two rounds it spills none. The simulated GPU's compiler gains nothing by more than one.
//
// UNROLL_VECTOR: for a loop that does the same with all elements of an array in registers. On a device it is UNROLL. A
// CPU core runs the threads of the simulated GPU one after another, and its registers hold 16 floats each: there the
// loop is a few vector instructions.
//
// LOAD_FLOATS: how many floats that lie side by side a thread should load at a time, where it wants many. 4 on a
// device: 16 bytes are its widest load, and further quads are better spread, so that the lanes of a warp read
// neighbours. 16 on a CPU: one vector register.
#if defined(__clang__) || defined(__CUDACC__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(__HIP_PLATFORM_CPU__) // <hip/hip_runtime.h> says so, and comes before this file
#define UNROLL_STEPS
#define UNROLL_VECTOR _Pragma("omp simd")
#define LOAD_FLOATS   16
#else
#if defined(__AMDGCN__)
#define UNROLL_STEPS _Pragma("unroll 2")
#else
#define UNROLL_STEPS UNROLL
#endif
#define UNROLL_VECTOR UNROLL
#define LOAD_FLOATS   4
#endif

#endif
