// Mathematical constants under HIP's names; F marks those for float.
#ifndef GPU_HIP_MATH_CONSTANTS_H
#define GPU_HIP_MATH_CONSTANTS_H

#include <math.h>

#define HIP_INF_F            ((float)INFINITY)
#define HIP_NAN_F            ((float)NAN)
#define HIP_MIN_DENORM_F     0x1p-149f
#define HIP_MAX_NORMAL_F     0x1.fffffep127f
#define HIP_NEG_ZERO_F       -0.0f
#define HIP_ZERO_F           0.0f
#define HIP_ONE_F            1.0f
#define HIP_SQRT_HALF_F      0.707106781f
#define HIP_SQRT_TWO_F       1.414213562f
#define HIP_THIRD_F          0.333333333f
#define HIP_PIO4_F           0.785398163f
#define HIP_PIO2_F           1.570796327f
#define HIP_3PIO4_F          2.356194490f
#define HIP_2_OVER_PI_F      0.636619772f
#define HIP_SQRT_2_OVER_PI_F 0.797884561f
#define HIP_PI_F             3.141592654f
#define HIP_L2E_F            1.442695041f
#define HIP_L2T_F            3.321928095f
#define HIP_LG2_F            0.301029996f
#define HIP_LGE_F            0.434294482f
#define HIP_LN2_F            0.693147181f
#define HIP_LNT_F            2.302585093f
#define HIP_LNPI_F           1.144729886f
#define HIP_TWO_TO_M126_F    0x1p-126f
#define HIP_TWO_TO_126_F     0x1p126f
#define HIP_TWO_TO_24_F      16777216.0f

#define HIP_INF            ((double)INFINITY)
#define HIP_NAN            ((double)NAN)
#define HIP_MIN_DENORM     0x1p-1074
#define HIP_MAX_NORMAL     0x1.fffffffffffffp1023
#define HIP_NEG_ZERO       -0.0
#define HIP_ZERO           0.0
#define HIP_ONE            1.0
#define HIP_SQRT_TWO       1.41421356237309504880
#define HIP_SQRT_HALF      0.70710678118654752440
#define HIP_THIRD          0.33333333333333333333
#define HIP_TWOTHIRD       0.66666666666666666667
#define HIP_PIO4           0.78539816339744830962
#define HIP_PIO2           1.57079632679489661923
#define HIP_3PIO4          2.35619449019234492885
#define HIP_2_OVER_PI      0.63661977236758134308
#define HIP_PI             3.14159265358979323846
#define HIP_SQRT_2_OVER_PI 0.79788456080286535588
#define HIP_SQRT_PI        1.77245385090551602730
#define HIP_SQRT_2PI       2.50662827463100050242
#define HIP_L2E            1.44269504088896340736
#define HIP_L2T            3.32192809488736234787
#define HIP_LG2            0.30102999566398119521
#define HIP_LGE            0.43429448190325182765
#define HIP_LN2            0.69314718055994530942
#define HIP_LNT            2.30258509299404568402
#define HIP_LNPI           1.14472988584940017414

#endif
