// hip_bfloat16: the upper half of a float. The range of a float with 8 bits of precision, so neither
// overflow nor loss scaling is a worry in training, where half has both.
#ifndef GPU_HIP_BFLOAT16_H
#define GPU_HIP_BFLOAT16_H

#include <stdint.h>

#ifndef __cplusplus
typedef struct {
    uint16_t data;
} hip_bfloat16;
#else

#include <cmath>
#include <cstring>
#include <ostream>

struct hip_bfloat16 {
    uint16_t data;

    enum truncate_t { truncate };

    hip_bfloat16() = default;
    explicit hip_bfloat16(float value) : data(bits_of(value, true)) {}
    explicit hip_bfloat16(float value, truncate_t) : data(bits_of(value, false)) {}

    operator float() const
    {
        uint32_t bits = (uint32_t)data << 16;
        float value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }

    static hip_bfloat16 round_to_bfloat16(float value) { return hip_bfloat16(value); }
    static hip_bfloat16 round_to_bfloat16(float value, truncate_t) { return hip_bfloat16(value, truncate); }

  private:
    // To nearest, ties to even, or cut off. A NaN must keep a bit of its fraction, or it becomes infinity.
    static uint16_t bits_of(float value, bool round)
    {
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if ((bits & 0x7fffffffu) > 0x7f800000u)
            return (uint16_t)(bits >> 16 | 0x40);
        return (uint16_t)((bits + (round ? 0x7fffu + (bits >> 16 & 1) : 0)) >> 16);
    }
};

inline std::ostream &operator<<(std::ostream &out, const hip_bfloat16 &a)
{
    return out << (float)a;
}

inline hip_bfloat16 operator+(hip_bfloat16 a)
{
    return a;
}

inline hip_bfloat16 operator-(hip_bfloat16 a)
{
    a.data ^= 0x8000;
    return a;
}

inline hip_bfloat16 operator+(hip_bfloat16 a, hip_bfloat16 b)
{
    return hip_bfloat16((float)a + (float)b);
}

inline hip_bfloat16 operator-(hip_bfloat16 a, hip_bfloat16 b)
{
    return hip_bfloat16((float)a - (float)b);
}

inline hip_bfloat16 operator*(hip_bfloat16 a, hip_bfloat16 b)
{
    return hip_bfloat16((float)a * (float)b);
}

inline hip_bfloat16 operator/(hip_bfloat16 a, hip_bfloat16 b)
{
    return hip_bfloat16((float)a / (float)b);
}

inline hip_bfloat16 &operator+=(hip_bfloat16 &a, hip_bfloat16 b)
{
    return a = a + b;
}

inline hip_bfloat16 &operator-=(hip_bfloat16 &a, hip_bfloat16 b)
{
    return a = a - b;
}

inline hip_bfloat16 &operator*=(hip_bfloat16 &a, hip_bfloat16 b)
{
    return a = a * b;
}

inline hip_bfloat16 &operator/=(hip_bfloat16 &a, hip_bfloat16 b)
{
    return a = a / b;
}

inline bool operator==(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a == (float)b;
}

inline bool operator!=(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a != (float)b;
}

inline bool operator<(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a < (float)b;
}

inline bool operator>(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a > (float)b;
}

inline bool operator<=(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a <= (float)b;
}

inline bool operator>=(hip_bfloat16 a, hip_bfloat16 b)
{
    return (float)a >= (float)b;
}

inline hip_bfloat16 &operator++(hip_bfloat16 &a)
{
    return a += hip_bfloat16(1.0f);
}

inline hip_bfloat16 &operator--(hip_bfloat16 &a)
{
    return a -= hip_bfloat16(1.0f);
}

inline hip_bfloat16 operator++(hip_bfloat16 &a, int)
{
    hip_bfloat16 before = a;
    ++a;
    return before;
}

inline hip_bfloat16 operator--(hip_bfloat16 &a, int)
{
    hip_bfloat16 before = a;
    --a;
    return before;
}

namespace std
{
inline bool isinf(hip_bfloat16 a)
{
    return (a.data & 0x7fff) == 0x7f80;
}

inline bool isnan(hip_bfloat16 a)
{
    return (a.data & 0x7fff) > 0x7f80;
}

inline bool iszero(hip_bfloat16 a)
{
    return (a.data & 0x7fff) == 0;
}

inline hip_bfloat16 sin(hip_bfloat16 a)
{
    return hip_bfloat16(sinf(a));
}

inline hip_bfloat16 cos(hip_bfloat16 a)
{
    return hip_bfloat16(cosf(a));
}

inline hip_bfloat16 abs(hip_bfloat16 a)
{
    a.data &= 0x7fff;
    return a;
}
} // namespace std

#endif
#endif
