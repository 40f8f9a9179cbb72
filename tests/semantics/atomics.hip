// Atomics: what each operation does for each type, the value it returns, and sums that come out right when all threads
// of many blocks want the same word.
#include "expect.h"
#include <algorithm>

// One thread, one word after the other: word[i] is changed once and old[i] is what the operation returned.
template <class T> __global__ void add_and_friends(T *word, T *old)
{
    old[0] = atomicAdd(&word[0], (T)5);
    old[1] = atomicSub(&word[1], (T)5);
    old[2] = atomicExch(&word[2], (T)5);
    old[3] = atomicMin(&word[3], (T)5);
    old[4] = atomicMax(&word[4], (T)5);
    old[5] = atomicCAS(&word[5], (T)7, (T)5); // it is 7
    old[6] = atomicCAS(&word[6], (T)8, (T)5); // it is not 8
    old[7] = atomicMin(&word[7], (T)9);
    old[8] = atomicMax(&word[8], (T)9);
    old[9] = atomicAdd(&word[9], 3); // a literal of another type converts
}

template <class T> __global__ void bitwise(T *word, T *old, T operand)
{
    old[0] = atomicAnd(&word[0], operand);
    old[1] = atomicOr(&word[1], operand);
    old[2] = atomicXor(&word[2], operand);
}

template <class T> __global__ void extremes(T *word, T *old, T low, T high)
{
    old[0] = atomicMin(&word[0], low);
    old[1] = atomicMax(&word[1], low);
    old[2] = atomicMin(&word[2], high);
    old[3] = atomicMax(&word[3], high);
}

__global__ void wrap_around(unsigned *word, unsigned *old)
{
    for (int i = 0; i < 10; ++i) {
        old[i] = atomicInc(&word[0], 3);      // 0 1 2 3 0 1 ...
        old[10 + i] = atomicDec(&word[1], 3); // 0 3 2 1 0 3 ...
    }
    old[20] = atomicInc(&word[2], 3); // the word is above the limit: 0
    old[21] = atomicDec(&word[3], 3); // the word is above the limit: the limit
    old[22] = atomicInc(&word[4], 0);
    old[23] = atomicDec(&word[5], 0);
    old[24] = atomicInc(&word[6], 0xffffffffu);
}

__global__ void system_forms(int *word, double *real)
{
    atomicAdd_system(&word[0], 1);
    atomicMin_system(&word[1], -3);
    atomicMax_system(&word[2], 3);
    atomicExch_system(&word[3], 9);
    atomicCAS_system(&word[4], 0, 4);
    atomicAnd_system(&word[5], 0);
    atomicOr_system(&word[6], 6);
    atomicXor_system(&word[7], 7);
    atomicSub_system(&word[8], 8);
    atomicAdd_system(real, 0.25);
}

struct Contended {
    int sum, low, high, bits_or, bits_xor, difference, by_cas;
    unsigned bits_and, up, down, tickets_up;
    unsigned long long wide_sum, wide_max, wide_by_cas;
    float float_sum, float_max;
    double double_sum, double_by_cas, double_min;
    unsigned exchanged;
    unsigned long long exchanged_sum;
};

__device__ double add_by_cas(double *address, double value)
{
    unsigned long long *word = (unsigned long long *)address, old = *word, assumed;
    do {
        assumed = old;
        old = atomicCAS(word, assumed,
                        (unsigned long long)__double_as_longlong(__longlong_as_double((long long)assumed) + value));
    } while (assumed != old);
    return __longlong_as_double((long long)old);
}

__global__ void contend(Contended *c, unsigned char *ticket_seen)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&c->sum, t % 7 - 3);
    atomicSub(&c->difference, t % 5);
    atomicMin(&c->low, (t * 7919) % 100003 - 50000);
    atomicMax(&c->high, (t * 7919) % 100003 - 50000);
    atomicOr(&c->bits_or, 1 << t % 23);
    atomicXor(&c->bits_xor, t * 2654435761u);
    atomicAnd(&c->bits_and, ~(1u << t % 19));
    atomicInc(&c->up, 1000);
    atomicDec(&c->down, 1000);
    unsigned ticket = atomicInc(&c->tickets_up, 0xffffffffu);
    ticket_seen[ticket] = (unsigned char)(ticket_seen[ticket] + 1);
    atomicAdd(&c->wide_sum, (1ull << 33) + t);
    atomicMax(&c->wide_max, (unsigned long long)t << 35);
    atomicAdd(&c->float_sum, (float)(t % 4)); // whole numbers below 2^24: exact in every order
    atomicMax(&c->float_max, (float)(t % 1000) - 0.5f);
    atomicAdd(&c->double_sum, t * 0.125);
    atomicMin(&c->double_min, 3.0 - t);
    add_by_cas(&c->double_by_cas, t * 0.5);
    int seen = c->by_cas, expected;
    do {
        expected = seen;
        seen = atomicCAS(&c->by_cas, expected, expected + 3);
    } while (seen != expected);
    // What goes in by exchange comes out once: the sum of what came out and what is left is the sum of what went in.
    atomicAdd(&c->exchanged_sum, (unsigned long long)atomicExch(&c->exchanged, (unsigned)t));
}

__global__ void shared_histogram(const unsigned char *data, int n, int *bins)
{
    __shared__ int mine[256];
    __shared__ float weight;
    for (int b = threadIdx.x; b < 256; b += blockDim.x)
        mine[b] = 0;
    if (threadIdx.x == 0)
        weight = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        atomicAdd(&mine[data[i]], 1);
        atomicAdd(&weight, 1.0f);
    }
    __syncthreads();
    for (int b = threadIdx.x; b < 256; b += blockDim.x)
        atomicAdd(&bins[b], mine[b]);
    if (threadIdx.x == 0)
        atomicAdd(&bins[256], (int)weight);
}

template <class T> void check_type(T start)
{
    T *word = room<T>(10), *old = room<T>(10);
    std::fill(word, word + 10, start);
    word[5] = word[6] = 7;
    word[9] = 100;
    add_and_friends<T><<<1, 1>>>(word, old);
    EXPECT_RAN();
    const T after[] = {
        (T)(start + 5),        (T)(start - 5),        5,  std::min(start, (T)5), std::max(start, (T)5), 5, 7,
        std::min(start, (T)9), std::max(start, (T)9), 103};
    for (int i = 0; i < 10; ++i) {
        EXPECT_AT(i, old[i], i == 5 || i == 6 ? (T)7 : i == 9 ? (T)100 : start);
        EXPECT_AT(i, word[i], after[i]);
    }
}

template <class T> void check_bits()
{
    T *word = room<T>(3), *old = room<T>(3), start = (T)0x123456789abcdef0ull, operand = (T)0xff00ff0ff00ff0aaull;
    std::fill(word, word + 3, start);
    bitwise<T><<<1, 1>>>(word, old, operand);
    EXPECT_RAN();
    const T after[] = {(T)(start & operand), (T)(start | operand), (T)(start ^ operand)};
    for (int i = 0; i < 3; ++i) {
        EXPECT_AT(i, old[i], start);
        EXPECT_AT(i, word[i], after[i]);
    }
}

// The order of the type itself counts: signed, unsigned or real.
template <class T> void check_extremes(T low, T high)
{
    T *word = room<T>(4), *old = room<T>(4);
    word[0] = word[1] = high;
    word[2] = word[3] = low;
    extremes<T><<<1, 1>>>(word, old, low, high);
    EXPECT_RAN();
    const T before[] = {high, high, low, low}, after[] = {low, high, low, high};
    for (int i = 0; i < 4; ++i) {
        EXPECT_AT(i, old[i], before[i]);
        EXPECT_AT(i, word[i], after[i]);
    }
}

static void check_contended()
{
    const int blocks = 60, threads = 250, n = blocks * threads;
    Contended *c = room<Contended>(1), e = {};
    unsigned char *tickets = room<unsigned char>(n);
    c->low = c->high = e.low = e.high = 77;
    c->bits_and = e.bits_and = 0xffffffffu;
    c->exchanged = 123456;
    contend<<<blocks, threads>>>(c, tickets);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        int spread = (int)((long long)t * 7919 % 100003) - 50000;
        e.sum += t % 7 - 3;
        e.difference -= t % 5;
        e.low = std::min(e.low, spread);
        e.high = std::max(e.high, spread);
        e.bits_or |= 1 << t % 23;
        e.bits_xor ^= (int)(t * 2654435761u);
        e.bits_and &= ~(1u << t % 19);
        e.wide_sum += (1ull << 33) + t;
        e.float_sum += t % 4;
        e.double_sum += t * 0.125;
        e.double_by_cas += t * 0.5;
        e.exchanged_sum += t;
        EXPECT_AT(t, (int)tickets[t], 1); // every ticket was drawn, and once
    }
    EXPECT_EQ(c->sum, e.sum);
    EXPECT_EQ(c->difference, e.difference);
    EXPECT_EQ(c->low, e.low);
    EXPECT_EQ(c->high, e.high);
    EXPECT_EQ(c->bits_or, e.bits_or);
    EXPECT_EQ(c->bits_xor, e.bits_xor);
    EXPECT_EQ(c->bits_and, e.bits_and);
    EXPECT_EQ(c->up, (unsigned)n % 1001u);
    EXPECT_EQ(c->down, (1001u - (unsigned)n % 1001u) % 1001u);
    EXPECT_EQ(c->wide_sum, e.wide_sum);
    EXPECT_EQ(c->wide_max, (unsigned long long)(n - 1) << 35);
    EXPECT_EQ(c->float_sum, e.float_sum);
    EXPECT_EQ(c->float_max, 998.5f);
    EXPECT_EQ(c->double_sum, e.double_sum);
    EXPECT_EQ(c->double_min, 3.0 - (n - 1));
    EXPECT_EQ(c->double_by_cas, e.double_by_cas);
    EXPECT_EQ(c->by_cas, 3 * n);
    EXPECT_EQ(c->exchanged_sum + c->exchanged, e.exchanged_sum + 123456);
}

int main()
{
    check_type<int>(3);
    check_type<int>(-20);
    check_type<unsigned>(3);
    check_type<unsigned>(0xfffffffeu);
    check_type<unsigned long long>(3);
    check_type<unsigned long long>(0xfffffffffffffffeull);
    check_type<float>(3.25f);
    check_type<float>(-1e6f);
    check_type<double>(3.25);
    check_type<double>(-1e12);
    check_bits<int>();
    check_bits<unsigned>();
    check_bits<unsigned long long>();
    check_extremes<int>(-2147483647 - 1, 2147483647);
    check_extremes<unsigned>(1, 0xffffffffu);
    check_extremes<unsigned long long>(1, ~0ull);
    check_extremes<long long>(-0x7fffffffffffffffll, 5);
    check_extremes<float>(-1.5f, -1.25f);
    check_extremes<float>(-3e38f, 3e38f);
    check_extremes<double>(-1e300, 1e-300);

    unsigned *word = room<unsigned>(7), *old = room<unsigned>(25);
    const unsigned start[] = {0, 0, 9, 9, 5, 5, 0xffffffffu}, end[] = {2, 2, 0, 3, 0, 0, 0};
    memcpy(word, start, sizeof start);
    wrap_around<<<1, 1>>>(word, old);
    EXPECT_RAN();
    for (unsigned i = 0; i < 10; ++i) {
        EXPECT_AT(i, old[i], i % 4);
        EXPECT_AT(i, old[10 + i], (4 - i % 4) % 4);
    }
    for (int i = 0; i < 7; ++i)
        EXPECT_AT(i, word[i], end[i]);
    for (int i = 2; i < 7; ++i)
        EXPECT_AT(i, old[18 + i], start[i]);

    int *whole = room<int>(9);
    double *real = room<double>(1);
    whole[5] = 5;
    system_forms<<<1, 1>>>(whole, real);
    EXPECT_RAN();
    const int after[] = {1, -3, 3, 9, 4, 0, 6, 7, -8};
    for (int i = 0; i < 9; ++i)
        EXPECT_AT(i, whole[i], after[i]);
    EXPECT_EQ(*real, 0.25);
    check_contended();

    const int n = 40000;
    unsigned char *data = room<unsigned char>(n);
    int *bins = room<int>(257);
    std::vector<int> expected(257);
    for (int i = 0; i < n; ++i) {
        data[i] = (unsigned char)(i * i % 253);
        ++expected[data[i]];
    }
    expected[256] = n;
    shared_histogram<<<16, 256>>>(data, n, bins);
    EXPECT_RAN();
    for (int b = 0; b < 257; ++b)
        EXPECT_AT(b, bins[b], expected[b]);
    return expect_result();
}
