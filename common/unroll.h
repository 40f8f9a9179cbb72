// unroll.h: two words in front of a loop whose number of rounds the compiler knows.
#ifndef COMMON_UNROLL_H
#define COMMON_UNROLL_H

// UNROLL: the loop is written out, whole. An array that is to live in registers needs that: a register has no address,
// so its number cannot depend on a loop counter. Where a loop over such an array stays a loop, the array goes to memory
// ("stack frame" in nvcc's report, "scratch" in hipcc's), and the kernel is many times slower.
//
// UNROLL_STEPS: the loop is written out as far as it pays, so that the loads of one round can be under way while
// another one computes. nvcc takes all rounds and keeps the loads apart. hipcc moves all loads to the front, and then
// has too few registers for what they bring: gemm_blocked's warp_tile, 16 rounds, had hipcc 5.2 spill 332 of them on a
// gfx90a. With two rounds it spills none.
#if defined(__AMDGCN__)
#define UNROLL       _Pragma("unroll")
#define UNROLL_STEPS _Pragma("unroll 2")
#elif defined(__CUDACC__) || defined(__clang__)
#define UNROLL       _Pragma("unroll")
#define UNROLL_STEPS _Pragma("unroll")
#else
#define UNROLL       _Pragma("GCC unroll 16")
#define UNROLL_STEPS _Pragma("GCC unroll 16")
#endif

#endif
