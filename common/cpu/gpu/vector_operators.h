// Arithmetic on the built-in vector types, element by element: v + w, 2 * v, v == w.
//
// All of it is templates on purpose: a program that brings its own operator+(float4, float4), and
// many do, keeps the right of way, because C++ prefers a plain function to a template.
#ifndef GPU_VECTOR_OPERATORS_H
#define GPU_VECTOR_OPERATORS_H

namespace gpu
{

template <class V> struct VectorOf {
    static constexpr int size = 0; // not a vector
};

#define GPU_VECTOR_OF(NAME, T)                                                                                         \
    template <> struct VectorOf<NAME##1> {                                                                             \
        static constexpr int size = 1;                                                                                 \
        using Element = T;                                                                                             \
    };                                                                                                                 \
    template <> struct VectorOf<NAME##2> {                                                                             \
        static constexpr int size = 2;                                                                                 \
        using Element = T;                                                                                             \
    };                                                                                                                 \
    template <> struct VectorOf<NAME##3> {                                                                             \
        static constexpr int size = 3;                                                                                 \
        using Element = T;                                                                                             \
    };                                                                                                                 \
    template <> struct VectorOf<NAME##4> {                                                                             \
        static constexpr int size = 4;                                                                                 \
        using Element = T;                                                                                             \
    };

GPU_VECTOR_OF(char, signed char)
GPU_VECTOR_OF(uchar, unsigned char)
GPU_VECTOR_OF(short, short)
GPU_VECTOR_OF(ushort, unsigned short)
GPU_VECTOR_OF(int, int)
GPU_VECTOR_OF(uint, unsigned int)
GPU_VECTOR_OF(long, long)
GPU_VECTOR_OF(ulong, unsigned long)
GPU_VECTOR_OF(longlong, long long)
GPU_VECTOR_OF(ulonglong, unsigned long long)
GPU_VECTOR_OF(float, float)
GPU_VECTOR_OF(double, double)
#undef GPU_VECTOR_OF

template <class V> using Element = typename VectorOf<V>::Element;

// As a template parameter with a default: takes part only if V is a vector, or a vector of integers,
// or if S is a scalar that converts to V's elements.
template <class V> using IfVector = std::enable_if_t<(VectorOf<V>::size > 0), int>;
template <class V> using IfIntegers = std::enable_if_t<std::is_integral_v<Element<V>>, int>;
template <class V, class S>
using IfScalarOf = std::enable_if_t<VectorOf<S>::size == 0 && std::is_convertible_v<S, Element<V>>, int>;

// The vector whose elements are all s.
template <class V> constexpr V splat(Element<V> s)
{
    return V(s);
}

} // namespace gpu

// v OP w, v OP s, s OP v and v OP= w, v OP= s for one operator. Small integers are computed as int
// and cut back to the element type, as in C.
#define GPU_VECTOR_BINARY(OP, CONDITION)                                                                               \
    template <class V, gpu::IfVector<V> = 0, CONDITION<V> = 0> constexpr V operator OP(const V &a, const V &b)         \
    {                                                                                                                  \
        using T = gpu::Element<V>;                                                                                     \
        if constexpr (gpu::VectorOf<V>::size == 1)                                                                     \
            return V(T(a.x OP b.x));                                                                                   \
        else if constexpr (gpu::VectorOf<V>::size == 2)                                                                \
            return V(T(a.x OP b.x), T(a.y OP b.y));                                                                    \
        else if constexpr (gpu::VectorOf<V>::size == 3)                                                                \
            return V(T(a.x OP b.x), T(a.y OP b.y), T(a.z OP b.z));                                                     \
        else                                                                                                           \
            return V(T(a.x OP b.x), T(a.y OP b.y), T(a.z OP b.z), T(a.w OP b.w));                                      \
    }                                                                                                                  \
    template <class V, class S, gpu::IfVector<V> = 0, CONDITION<V> = 0, gpu::IfScalarOf<V, S> = 0>                     \
    constexpr V operator OP(const V &a, S s)                                                                           \
    {                                                                                                                  \
        return a OP gpu::splat<V>(gpu::Element<V>(s));                                                                 \
    }                                                                                                                  \
    template <class V, class S, gpu::IfVector<V> = 0, CONDITION<V> = 0, gpu::IfScalarOf<V, S> = 0>                     \
    constexpr V operator OP(S s, const V &a)                                                                           \
    {                                                                                                                  \
        return gpu::splat<V>(gpu::Element<V>(s)) OP a;                                                                 \
    }                                                                                                                  \
    template <class V, gpu::IfVector<V> = 0, CONDITION<V> = 0> constexpr V &operator OP##=(V &a, const V &b)           \
    {                                                                                                                  \
        return a = a OP b;                                                                                             \
    }                                                                                                                  \
    template <class V, class S, gpu::IfVector<V> = 0, CONDITION<V> = 0, gpu::IfScalarOf<V, S> = 0>                     \
    constexpr V &operator OP##=(V &a, S s)                                                                             \
    {                                                                                                                  \
        return a = a OP s;                                                                                             \
    }

GPU_VECTOR_BINARY(+, gpu::IfVector)
GPU_VECTOR_BINARY(-, gpu::IfVector)
GPU_VECTOR_BINARY(*, gpu::IfVector)
GPU_VECTOR_BINARY(/, gpu::IfVector)
GPU_VECTOR_BINARY(%, gpu::IfIntegers)
GPU_VECTOR_BINARY(&, gpu::IfIntegers)
GPU_VECTOR_BINARY(|, gpu::IfIntegers)
GPU_VECTOR_BINARY(^, gpu::IfIntegers)
GPU_VECTOR_BINARY(<<, gpu::IfIntegers)
GPU_VECTOR_BINARY(>>, gpu::IfIntegers)
#undef GPU_VECTOR_BINARY

template <class V, gpu::IfVector<V> = 0> constexpr V operator-(const V &a)
{
    return a * gpu::splat<V>(-1); // not 0 - a, which would lose the sign of a zero
}

template <class V, gpu::IfVector<V> = 0, gpu::IfIntegers<V> = 0> constexpr V operator~(const V &a)
{
    return a ^ gpu::splat<V>(gpu::Element<V>(-1));
}

template <class V, gpu::IfVector<V> = 0> constexpr V &operator++(V &a)
{
    return a = a + gpu::splat<V>(1);
}

template <class V, gpu::IfVector<V> = 0> constexpr V operator++(V &a, int)
{
    V before = a;
    ++a;
    return before;
}

template <class V, gpu::IfVector<V> = 0> constexpr V &operator--(V &a)
{
    return a = a - gpu::splat<V>(1);
}

template <class V, gpu::IfVector<V> = 0> constexpr V operator--(V &a, int)
{
    V before = a;
    --a;
    return before;
}

template <class V, gpu::IfVector<V> = 0> constexpr bool operator==(const V &a, const V &b)
{
    if constexpr (gpu::VectorOf<V>::size == 1)
        return a.x == b.x;
    else if constexpr (gpu::VectorOf<V>::size == 2)
        return a.x == b.x && a.y == b.y;
    else if constexpr (gpu::VectorOf<V>::size == 3)
        return a.x == b.x && a.y == b.y && a.z == b.z;
    else
        return a.x == b.x && a.y == b.y && a.z == b.z && a.w == b.w;
}

template <class V, gpu::IfVector<V> = 0> constexpr bool operator!=(const V &a, const V &b)
{
    return !(a == b);
}

#endif
