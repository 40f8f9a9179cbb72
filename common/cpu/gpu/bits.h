// Integer intrinsics: counting and moving bits, wide products, reinterpretation, clocks. Most are
// one instruction on a GPU; what each does is the definition in the CUDA and HIP manuals.
#ifndef GPU_BITS_H
#define GPU_BITS_H

#include <chrono>
#include <cstring>

#include "engine.h"

// Bits that are set.
inline unsigned __popc(unsigned x)
{
    return (unsigned)__builtin_popcount(x);
}

inline unsigned __popcll(unsigned long long x)
{
    return (unsigned)__builtin_popcountll(x);
}

// Leading zeros; all of them for 0, where the compiler's builtin is undefined.
inline int __clz(int x)
{
    return x == 0 ? 32 : __builtin_clz((unsigned)x);
}

inline int __clzll(long long x)
{
    return x == 0 ? 64 : __builtin_clzll((unsigned long long)x);
}

// Position of the lowest bit that is set, counted from 1; 0 if there is none.
inline unsigned __ffs(int x)
{
    return (unsigned)__builtin_ffs(x);
}

inline unsigned __ffs(unsigned x)
{
    return (unsigned)__builtin_ffs((int)x);
}

inline unsigned __ffsll(long long x)
{
    return (unsigned)__builtin_ffsll(x);
}

inline unsigned __ffsll(unsigned long long x)
{
    return (unsigned)__builtin_ffsll((long long)x);
}

// The bits in reverse order: neighbours are swapped, then pairs, then nibbles, then the bytes.
inline unsigned __brev(unsigned x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}

inline unsigned long long __brevll(unsigned long long x)
{
    return (unsigned long long)__brev((unsigned)x) << 32 | __brev((unsigned)(x >> 32));
}

// Position of the n-th set bit of `mask` from bit `base` on (upwards for n > 0, downwards for n < 0;
// n = 0 asks about the bit itself), or -1.
inline int __fns64(unsigned long long mask, unsigned base, int n)
{
    int step = n < 0 ? -1 : 1;
    int left = n < 0 ? -n : n;
    if (left == 0)
        return base < 64 && mask >> base & 1 ? (int)base : -1;
    for (int i = (int)base; i >= 0 && i < 64; i += step)
        if (mask >> i & 1 && --left == 0)
            return i;
    return -1;
}

inline int __fns32(unsigned long long mask, unsigned base, int n)
{
    return __fns64(mask & 0xffffffffu, base, n);
}

inline int __fns(unsigned mask, unsigned base, int n)
{
    return __fns64(mask, base, n);
}

// Four bytes picked from the eight of y:x, by the low three bits of each nibble of `selector`.
// The fourth bit spreads the sign of the picked byte instead.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector)
{
    unsigned long long bytes = (unsigned long long)y << 32 | x;
    unsigned result = 0;
    for (int i = 0; i < 4; ++i) {
        unsigned choice = selector >> 4 * i;
        unsigned byte = (unsigned)(bytes >> 8 * (choice & 7)) & 0xff;
        if (choice & 8)
            byte = byte & 0x80 ? 0xff : 0;
        result |= byte << 8 * i;
    }
    return result;
}

// The upper (l) or lower (r) 32 bits of hi:lo after a shift; the forms with c shift by at most 32.
inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned shift)
{
    unsigned long long both = (unsigned long long)hi << 32 | lo;
    return (unsigned)(both << (shift & 31) >> 32);
}

inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned shift)
{
    unsigned long long both = (unsigned long long)hi << 32 | lo;
    return (unsigned)(both >> (shift & 31));
}

inline unsigned __funnelshift_lc(unsigned lo, unsigned hi, unsigned shift)
{
    return shift >= 32 ? lo : __funnelshift_l(lo, hi, shift);
}

inline unsigned __funnelshift_rc(unsigned lo, unsigned hi, unsigned shift)
{
    return shift >= 32 ? hi : __funnelshift_r(lo, hi, shift);
}

// `width` bits from bit `offset` on, both modulo the word's size (so a whole word cannot be asked for).
inline unsigned __bitextract_u32(unsigned x, unsigned offset, unsigned width)
{
    return x >> (offset & 31) & ((1u << (width & 31)) - 1);
}

inline unsigned long long __bitextract_u64(unsigned long long x, unsigned offset, unsigned width)
{
    return x >> (offset & 63) & ((1ull << (width & 63)) - 1);
}

// x with `width` bits from bit `offset` on replaced by the low bits of `field`.
inline unsigned __bitinsert_u32(unsigned x, unsigned field, unsigned offset, unsigned width)
{
    unsigned mask = (1u << (width & 31)) - 1;
    return (x & ~(mask << (offset & 31))) | (field & mask) << (offset & 31);
}

inline unsigned long long __bitinsert_u64(unsigned long long x, unsigned long long field, unsigned offset,
                                          unsigned width)
{
    unsigned long long mask = (1ull << (width & 63)) - 1;
    return (x & ~(mask << (offset & 63))) | (field & mask) << (offset & 63);
}

// The upper half of a product.
inline int __mulhi(int x, int y)
{
    return (int)((long long)x * y >> 32);
}

inline unsigned __umulhi(unsigned x, unsigned y)
{
    return (unsigned)((unsigned long long)x * y >> 32);
}

inline long long __mul64hi(long long x, long long y)
{
    __extension__ typedef __int128 Wide;
    return (long long)((Wide)x * y >> 64);
}

inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y)
{
    __extension__ typedef unsigned __int128 Wide;
    return (unsigned long long)((Wide)x * y >> 64);
}

// The low 32 bits of the product of the low 24 bits: one cycle on GPUs that multiply in float units.
inline unsigned __umul24(unsigned x, unsigned y)
{
    return (x & 0xffffff) * (y & 0xffffff);
}

inline int __mul24(int x, int y)
{
    int x24 = (int)((unsigned)x << 8) >> 8, y24 = (int)((unsigned)y << 8) >> 8;
    return (int)((unsigned)x24 * (unsigned)y24);
}

// |x - y| + z
inline unsigned __sad(int x, int y, unsigned z)
{
    return (x > y ? (unsigned)x - (unsigned)y : (unsigned)y - (unsigned)x) + z;
}

inline unsigned __usad(unsigned x, unsigned y, unsigned z)
{
    return (x > y ? x - y : y - x) + z;
}

// The average of two integers without overflow: rounded down, and (with r) rounded up.
inline int __hadd(int x, int y)
{
    return (int)(((long long)x + y) >> 1);
}

inline int __rhadd(int x, int y)
{
    return (int)(((long long)x + y + 1) >> 1);
}

inline unsigned __uhadd(unsigned x, unsigned y)
{
    return (unsigned)(((unsigned long long)x + y) >> 1);
}

inline unsigned __urhadd(unsigned x, unsigned y)
{
    return (unsigned)(((unsigned long long)x + y + 1) >> 1);
}

namespace gpu
{

// The same bits as another type.
template <class To, class From> To reinterpret(From value)
{
    static_assert(sizeof(To) == sizeof(From), "as many bits as before");
    To result;
    memcpy(&result, &value, sizeof result);
    return result;
}

} // namespace gpu

inline int __float_as_int(float x)
{
    return gpu::reinterpret<int>(x);
}

inline unsigned __float_as_uint(float x)
{
    return gpu::reinterpret<unsigned>(x);
}

inline float __int_as_float(int x)
{
    return gpu::reinterpret<float>(x);
}

inline float __uint_as_float(unsigned x)
{
    return gpu::reinterpret<float>(x);
}

inline long long __double_as_longlong(double x)
{
    return gpu::reinterpret<long long>(x);
}

inline double __longlong_as_double(long long x)
{
    return gpu::reinterpret<double>(x);
}

inline int __double2hiint(double x)
{
    return (int)(__double_as_longlong(x) >> 32);
}

inline int __double2loint(double x)
{
    return (int)__double_as_longlong(x);
}

inline double __hiloint2double(int hi, int lo)
{
    return __longlong_as_double((long long)((unsigned long long)(unsigned)hi << 32 | (unsigned)lo));
}

// A load through the read-only cache. Here there is only one way to memory.
template <class T> T __ldg(const T *address)
{
    return *address;
}

// Clocks tick in nanoseconds: the simulated GPU's clock rate is 1 GHz. clock() in a kernel is the C
// library's, in CLOCKS_PER_SEC.
inline long long wall_clock64()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

inline long long clock64()
{
    return wall_clock64();
}

inline long long __clock64()
{
    return wall_clock64();
}

inline long long __clock()
{
    return wall_clock64();
}

// Waits for about that long, and lets the other threads of the block run meanwhile.
inline void __nanosleep(unsigned nanoseconds)
{
    long long start = wall_clock64();
    do
        gpu::take_turn();
    while (wall_clock64() - start < (long long)nanoseconds);
}

// Ends the kernel with an error, on purpose.
[[noreturn]] inline void __trap()
{
    gpu::fault(hipErrorLaunchFailure, "__trap() was called");
}

#endif
