// Complex numbers as HIP has them: a float2 or double2 with functions around it. Beware that the
// operator * of these types is that of the vectors, element by element; hipCmulf is the product.
#ifndef GPU_HIP_COMPLEX_H
#define GPU_HIP_COMPLEX_H

#include <math.h>

#include "hip_vector_types.h"

typedef float2 hipFloatComplex;
typedef double2 hipDoubleComplex;
typedef hipFloatComplex hipComplex;

// The same functions for both precisions; F is the suffix of the names that work on floats.
#define GPU_COMPLEX(COMPLEX, REAL, F)                                                                                  \
    static inline COMPLEX make_##COMPLEX(REAL re, REAL im)                                                             \
    {                                                                                                                  \
        COMPLEX z = {re, im};                                                                                          \
        return z;                                                                                                      \
    }                                                                                                                  \
    static inline REAL hipCreal##F(COMPLEX z)                                                                          \
    {                                                                                                                  \
        return z.x;                                                                                                    \
    }                                                                                                                  \
    static inline REAL hipCimag##F(COMPLEX z)                                                                          \
    {                                                                                                                  \
        return z.y;                                                                                                    \
    }                                                                                                                  \
    static inline COMPLEX hipConj##F(COMPLEX z)                                                                        \
    {                                                                                                                  \
        return make_##COMPLEX(z.x, -z.y);                                                                              \
    }                                                                                                                  \
    static inline REAL hipCsqabs##F(COMPLEX z)                                                                         \
    {                                                                                                                  \
        return z.x * z.x + z.y * z.y;                                                                                  \
    }                                                                                                                  \
    /* without overflow where only the square is too large */                                                          \
    static inline REAL hipCabs##F(COMPLEX z)                                                                           \
    {                                                                                                                  \
        return hypot##F(z.x, z.y);                                                                                     \
    }                                                                                                                  \
    static inline COMPLEX hipCadd##F(COMPLEX a, COMPLEX b)                                                             \
    {                                                                                                                  \
        return make_##COMPLEX(a.x + b.x, a.y + b.y);                                                                   \
    }                                                                                                                  \
    static inline COMPLEX hipCsub##F(COMPLEX a, COMPLEX b)                                                             \
    {                                                                                                                  \
        return make_##COMPLEX(a.x - b.x, a.y - b.y);                                                                   \
    }                                                                                                                  \
    static inline COMPLEX hipCmul##F(COMPLEX a, COMPLEX b)                                                             \
    {                                                                                                                  \
        return make_##COMPLEX(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);                                           \
    }                                                                                                                  \
    static inline COMPLEX hipCdiv##F(COMPLEX a, COMPLEX b)                                                             \
    {                                                                                                                  \
        REAL square = hipCsqabs##F(b);                                                                                 \
        return make_##COMPLEX((a.x * b.x + a.y * b.y) / square, (a.y * b.x - a.x * b.y) / square);                     \
    }                                                                                                                  \
    static inline COMPLEX hipCfma##F(COMPLEX a, COMPLEX b, COMPLEX c)                                                  \
    {                                                                                                                  \
        return hipCadd##F(hipCmul##F(a, b), c);                                                                        \
    }

GPU_COMPLEX(hipFloatComplex, float, f)
GPU_COMPLEX(hipDoubleComplex, double, )
#undef GPU_COMPLEX

static inline hipComplex make_hipComplex(float re, float im)
{
    return make_hipFloatComplex(re, im);
}

static inline hipFloatComplex hipComplexDoubleToFloat(hipDoubleComplex z)
{
    return make_hipFloatComplex((float)z.x, (float)z.y);
}

static inline hipDoubleComplex hipComplexFloatToDouble(hipFloatComplex z)
{
    return make_hipDoubleComplex((double)z.x, (double)z.y);
}

#endif
