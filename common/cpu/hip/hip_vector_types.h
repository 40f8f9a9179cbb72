// The built-in vector types (char1 ... double4) and dim3, for C11 and C++17.
//
// A vector of two or four elements is aligned to its whole size, so that a GPU can move it with one
// load of up to 16 bytes; a vector of three is three scalars in a row with the alignment of one.
// They stay plain data: no default value, free to stand in unions and in __shared__ arrays.
#ifndef GPU_HIP_VECTOR_TYPES_H
#define GPU_HIP_VECTOR_TYPES_H

#ifdef __cplusplus
#include <type_traits>

// The constructors that HIP gives: one value an element, or one value for all of them. The elements
// may be of any type that converts, also in braces, where C++ would refuse int for float.
#define GPU_VECTOR_CONSTRUCTORS_1(V, T)                                                                                \
    V() = default;                                                                                                     \
    constexpr V(T x_) : x(x_) {}
#define GPU_VECTOR_CONSTRUCTORS_2(V, T)                                                                                \
    V() = default;                                                                                                     \
    constexpr explicit V(T all) : x(all), y(all) {}                                                                    \
    template <class A, class B> constexpr V(A x_, B y_) : x((T)x_), y((T)y_) {}
#define GPU_VECTOR_CONSTRUCTORS_3(V, T)                                                                                \
    V() = default;                                                                                                     \
    constexpr explicit V(T all) : x(all), y(all), z(all) {}                                                            \
    template <class A, class B, class C> constexpr V(A x_, B y_, C z_) : x((T)x_), y((T)y_), z((T)z_) {}
#define GPU_VECTOR_CONSTRUCTORS_4(V, T)                                                                                \
    V() = default;                                                                                                     \
    constexpr explicit V(T all) : x(all), y(all), z(all), w(all) {}                                                    \
    template <class A, class B, class C, class D>                                                                      \
    constexpr V(A x_, B y_, C z_, D w_) : x((T)x_), y((T)y_), z((T)z_), w((T)w_)                                       \
    {                                                                                                                  \
    }
#define GPU_VECTOR_INLINE constexpr
#else
#define GPU_VECTOR_CONSTRUCTORS_1(V, T)
#define GPU_VECTOR_CONSTRUCTORS_2(V, T)
#define GPU_VECTOR_CONSTRUCTORS_3(V, T)
#define GPU_VECTOR_CONSTRUCTORS_4(V, T)
#define GPU_VECTOR_INLINE static inline
#endif

#define GPU_VECTOR_TYPES(NAME, T)                                                                                      \
    typedef struct NAME##1                                                                                             \
    {                                                                                                                  \
        T x;                                                                                                           \
        GPU_VECTOR_CONSTRUCTORS_1(NAME##1, T)                                                                          \
    }                                                                                                                  \
    NAME##1;                                                                                                           \
    typedef struct __attribute__((aligned(2 * sizeof(T)))) NAME##2                                                     \
    {                                                                                                                  \
        T x, y;                                                                                                        \
        GPU_VECTOR_CONSTRUCTORS_2(NAME##2, T)                                                                          \
    }                                                                                                                  \
    NAME##2;                                                                                                           \
    typedef struct NAME##3                                                                                             \
    {                                                                                                                  \
        T x, y, z;                                                                                                     \
        GPU_VECTOR_CONSTRUCTORS_3(NAME##3, T)                                                                          \
    }                                                                                                                  \
    NAME##3;                                                                                                           \
    typedef struct __attribute__((aligned(4 * sizeof(T)))) NAME##4                                                     \
    {                                                                                                                  \
        T x, y, z, w;                                                                                                  \
        GPU_VECTOR_CONSTRUCTORS_4(NAME##4, T)                                                                          \
    }                                                                                                                  \
    NAME##4;                                                                                                           \
    GPU_VECTOR_INLINE NAME##1 make_##NAME##1(T x)                                                                      \
    {                                                                                                                  \
        NAME##1 v = {x};                                                                                               \
        return v;                                                                                                      \
    }                                                                                                                  \
    GPU_VECTOR_INLINE NAME##2 make_##NAME##2(T x, T y)                                                                 \
    {                                                                                                                  \
        NAME##2 v = {x, y};                                                                                            \
        return v;                                                                                                      \
    }                                                                                                                  \
    GPU_VECTOR_INLINE NAME##3 make_##NAME##3(T x, T y, T z)                                                            \
    {                                                                                                                  \
        NAME##3 v = {x, y, z};                                                                                         \
        return v;                                                                                                      \
    }                                                                                                                  \
    GPU_VECTOR_INLINE NAME##4 make_##NAME##4(T x, T y, T z, T w)                                                       \
    {                                                                                                                  \
        NAME##4 v = {x, y, z, w};                                                                                      \
        return v;                                                                                                      \
    }

GPU_VECTOR_TYPES(char, signed char)
GPU_VECTOR_TYPES(uchar, unsigned char)
GPU_VECTOR_TYPES(short, short)
GPU_VECTOR_TYPES(ushort, unsigned short)
GPU_VECTOR_TYPES(int, int)
GPU_VECTOR_TYPES(uint, unsigned int)
GPU_VECTOR_TYPES(long, long)
GPU_VECTOR_TYPES(ulong, unsigned long)
GPU_VECTOR_TYPES(longlong, long long)
GPU_VECTOR_TYPES(ulonglong, unsigned long long)
GPU_VECTOR_TYPES(float, float)
GPU_VECTOR_TYPES(double, double)

// The extent of a grid or a block. What is not given is 1.
typedef struct dim3 {
    unsigned int x, y, z;
#ifdef __cplusplus
    constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1) : x(x_), y(y_), z(z_) {}
    constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    constexpr operator uint3() const
    {
        return uint3{x, y, z};
    }
#endif
} dim3;

#ifdef __cplusplus
#include "../gpu/vector_operators.h"
#endif
#endif
