// Integer intrinsics against plain loops on the host, and every atomic operation by many threads at once, with
// results that do not depend on the order; among them a float maximum built on atomicCAS.
#include <hip/hip_runtime.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#define CHECK(x)                                                            \
    if ((x) != hipSuccess) {                                                \
        printf("FAILED: line %d\n", __LINE__);                              \
        exit(1);                                                            \
    }

struct Counts {
    int popc, clz, ffs, popcll, clzll, ffsll, mul24;
    unsigned brev, umulhi, field;
    unsigned long long brevll;
};

__global__ void intrinsics(const uint64_t *x, Counts *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    unsigned long long wide = x[i];
    unsigned low = (unsigned)wide;
    Counts c;
    c.popc = __popc(low), c.popcll = __popcll(wide);
    c.clz = __clz(low), c.clzll = __clzll(wide);
    c.ffs = __ffs(low), c.ffsll = __ffsll(wide);
    c.brev = __brev(low), c.brevll = __brevll(wide);
    c.mul24 = __mul24((int)(low & 0xfff), (int)(low >> 24));
    c.umulhi = __umulhi(low, 0x12345678u);
    c.field = __bitextract_u32(low, 5, 9);
    out[i] = c;
}

static Counts by_hand(uint64_t wide)
{
    unsigned low = (unsigned)wide;
    Counts c = {0, 32, 0, 0, 64, 0, int((low & 0xfff) * (low >> 24)), 0, 0, low >> 5 & 511, 0};
    for (int b = 0; b < 64; b++) {
        if (!(wide >> b & 1))
            continue;
        c.popcll++;
        c.clzll = 63 - b;
        if (!c.ffsll)
            c.ffsll = b + 1;
        c.brevll |= 1ull << (63 - b);
        if (b < 32) {
            c.popc++;
            c.clz = 31 - b;
            if (!c.ffs)
                c.ffs = b + 1;
            c.brev |= 1u << (31 - b);
        }
    }
    c.umulhi = (unsigned)((uint64_t)low * 0x12345678u >> 32);
    return c;
}

struct Atomics {
    int add, sub, min, max, exch;
    unsigned inc, dec, bit_and, bit_or, bit_xor, umax, cas_steps;
    unsigned long long wide, wide_max;
    float sum, float_max;
    double dsum;
};

__device__ float atomicMaxFloat(float *address, float value)
{
    int *as_int = (int *)address;
    int old = *as_int, assumed;
    do {
        assumed = old;
        old = atomicCAS(as_int, assumed, __float_as_int(fmaxf(value, __int_as_float(assumed))));
    } while (assumed != old);
    return __int_as_float(old);
}

__global__ void all_atomics(Atomics *a, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    atomicAdd(&a->add, i);
    atomicSub(&a->sub, 2);
    atomicMin(&a->min, 50 - i);
    atomicMax(&a->max, i * 3 % 1000);
    atomicExch(&a->exch, 7);
    atomicInc(&a->inc, 99u);
    atomicDec(&a->dec, 41u);
    atomicAnd(&a->bit_and, ~(1u << (i % 16)));
    atomicOr(&a->bit_or, 1u << (i % 20));
    atomicXor(&a->bit_xor, 0x11u * i);
    atomicMax(&a->umax, 0x80000000u + i);
    atomicAdd(&a->wide, 1ull << 33);
    atomicMax(&a->wide_max, (1ull << 40) - i);
    atomicAdd(&a->sum, 0.5f);
    atomicAdd(&a->dsum, 0.25 * i);
    atomicMaxFloat(&a->float_max, i * 1.5f - 3);
    unsigned seen = a->cas_steps, expected;
    do {        // add 3 by compare and swap
        expected = seen;
        seen = atomicCAS(&a->cas_steps, expected, expected + 3);
    } while (seen != expected);
}

int main()
{
    std::vector<uint64_t> x = {0, 1, 2, 0x80000000, 0xffffffff, 0x100000000ull, 1ull << 63, ~0ull};
    uint64_t state = 88172645463325252ull;
    while (x.size() < 500) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        x.push_back(x.size() % 3 ? state >> (x.size() % 60) : state & (state << 7));
    }
    const int n = (int)x.size();
    uint64_t *d_x;
    Counts *d_counts;
    std::vector<Counts> counts(n);
    CHECK(hipMalloc(&d_x, n * sizeof(uint64_t)));
    CHECK(hipMalloc(&d_counts, n * sizeof(Counts)));
    CHECK(hipMemcpy(d_x, x.data(), n * sizeof(uint64_t), hipMemcpyHostToDevice));
    intrinsics<<<(n + 255) / 256, 256>>>(d_x, d_counts, n);
    CHECK(hipMemcpy(counts.data(), d_counts, n * sizeof(Counts), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) {
        Counts want = by_hand(x[i]), got = counts[i];
        if (got.popc != want.popc || got.clz != want.clz || got.ffs != want.ffs || got.popcll != want.popcll ||
            got.clzll != want.clzll || got.ffsll != want.ffsll || got.mul24 != want.mul24 || got.brev != want.brev ||
            got.umulhi != want.umulhi || got.field != want.field || got.brevll != want.brevll) {
            printf("FAILED: intrinsics of %016llx\n", (unsigned long long)x[i]);
            return 1;
        }
    }

    const int m = 3000;
    Atomics a = {}, want = {}, *d_a;
    a.min = 1000000;
    a.bit_and = ~0u;
    a.float_max = -1e30f;
    a.dec = 5;
    want = a;
    for (int i = 0; i < m; i++) {
        want.add += i;
        want.bit_xor ^= 0x11u * i;
        want.dsum += 0.25 * i;
        want.dec = want.dec == 0 || want.dec > 41 ? 41 : want.dec - 1;
    }
    want.sub = -2 * m, want.min = 50 - (m - 1), want.max = 999, want.exch = 7;
    want.inc = m % 100, want.bit_and = 0xffff0000u, want.bit_or = 0xfffff, want.umax = 0x80000000u + m - 1;
    want.wide = (unsigned long long)m << 33, want.wide_max = 1ull << 40;
    want.sum = 0.5f * m, want.float_max = (m - 1) * 1.5f - 3, want.cas_steps = 3 * m;
    CHECK(hipMalloc(&d_a, sizeof(Atomics)));
    CHECK(hipMemcpy(d_a, &a, sizeof(a), hipMemcpyHostToDevice));
    all_atomics<<<(m + 99) / 100, 100>>>(d_a, m);
    CHECK(hipMemcpy(&a, d_a, sizeof(a), hipMemcpyDeviceToHost));
#define SAME(member)                                                        \
    if (a.member != want.member) {                                          \
        printf("FAILED: atomic result '%s'\n", #member);                    \
        return 1;                                                           \
    }
    SAME(add) SAME(sub) SAME(min) SAME(max) SAME(exch) SAME(inc) SAME(dec) SAME(bit_and) SAME(bit_or) SAME(bit_xor)
    SAME(umax) SAME(cas_steps) SAME(wide) SAME(wide_max) SAME(sum) SAME(float_max) SAME(dsum)
    CHECK(hipFree(d_x));
    CHECK(hipFree(d_counts));
    CHECK(hipFree(d_a));
    printf("PASSED\n");
    return 0;
}
