// activation_functions.h: the functions between the layers of a network, and their derivatives, one float in and one
// out. activations.hip measures and checks them; the kernels of later stages call them where a value is in a register
// anyway.
//
// Each is written so that no x breaks it:
//   nothing overflows on the way   e^(-|x|) is at most 1, where e^x is infinite from 88.8 on, and inf/inf is NaN
//   nothing cancels                1 - s(x) is 0 from x = 17.4 on, where e^(-|x|) / (1 + e^(-|x|)) has all its digits
//   NaN stays NaN                  fmaxf(x, 0) gives 0 for NaN, and an error of an earlier layer would be gone unseen
// There is no branch in them, only choices between two values: the threads of a warp stay together.
#ifndef STAGE1_ACTIVATION_FUNCTIONS_H
#define STAGE1_ACTIVATION_FUNCTIONS_H

#include <hip/hip_runtime.h>

// ReLU: max(x, 0). In this form NaN is kept: it is not below 0.
static inline __device__ float activation_relu(float x)
{
    return x < 0 ? 0 : x;
}

// 1 to the right of 0 and 0 to the left; at 0, where there is no derivative, 0, as PyTorch and TensorFlow have it.
static inline __device__ float activation_relu_grad(float x)
{
    return x > 0 ? 1 : x <= 0 ? 0 : x;
}

// sigmoid: s(x) = 1 / (1 + e^-x). For negative x numerator and denominator are multiplied by e^x.
static inline __device__ float activation_sigmoid(float x)
{
    float z = expf(-fabsf(x));
    return (x >= 0 ? 1 : z) / (1 + z);
}

// s'(x) = s(x) (1 - s(x)) = z / (1 + z)^2, the same for x and -x.
static inline __device__ float activation_sigmoid_grad(float x)
{
    float z = expf(-fabsf(x)), d = 1 + z;
    return z / (d * d);
}

static inline __device__ float activation_tanh(float x)
{
    return tanhf(x);
}

// tanh'(x) = 1 - tanh(x)^2 = 4 s'(2x)
static inline __device__ float activation_tanh_grad(float x)
{
    return 4 * activation_sigmoid_grad(2 * x);
}

// GELU: x·P(x), P the normal distribution function (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016). Their
// 1 + erf(x / sqrt 2) is erfc(-x / sqrt 2) here: to the left of 0 the former is a difference of almost equal numbers.
// And 0 times infinity is NaN: beyond 20, where P is 0 or 1 to the last bit, x counts as 20 in it; the product has to be
// with the limited x to the left, and with x itself to the right.
#define ACTIVATION_GELU_FAR 20.0f

static inline __device__ float activation_gelu(float x)
{
    float t = x < -ACTIVATION_GELU_FAR ? -ACTIVATION_GELU_FAR : x;
    return 0.5f * t * erfcf(-0.70710678f * t);
}

// GELU'(x) = P(x) + x·p(x), p the density e^(-x^2/2) / sqrt(2 pi).
static inline __device__ float activation_gelu_grad(float x)
{
    float t = x < -ACTIVATION_GELU_FAR ? -ACTIVATION_GELU_FAR : x > ACTIVATION_GELU_FAR ? ACTIVATION_GELU_FAR : x;
    return 0.5f * erfcf(-0.70710678f * t) + t * (0.39894228f * expf(-0.5f * t * t));
}

// The tanh form of GELU, from the same paper: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), within 5e-4 of the exact
// one, for hardware where erf is slow. (1 + tanh(v/2)) / 2 is s(v): the same number, with no cancellation, by one e^x.
#define ACTIVATION_GELU_1 1.5957691f   // 2 sqrt(2/pi)
#define ACTIVATION_GELU_3 0.071354816f // 2 sqrt(2/pi) 0.044715

static inline __device__ float activation_gelu_tanh(float x)
{
    float t = x < -ACTIVATION_GELU_FAR ? -ACTIVATION_GELU_FAR : x;
    return t * activation_sigmoid(t * (ACTIVATION_GELU_1 + ACTIVATION_GELU_3 * t * t));
}

// (t s(v))' = s(v) + t·s'(v)·v'
static inline __device__ float activation_gelu_tanh_grad(float x)
{
    float t = x < -ACTIVATION_GELU_FAR ? -ACTIVATION_GELU_FAR : x > ACTIVATION_GELU_FAR ? ACTIVATION_GELU_FAR : x;
    float v = t * (ACTIVATION_GELU_1 + ACTIVATION_GELU_3 * t * t);
    float dv = ACTIVATION_GELU_1 + 3 * ACTIVATION_GELU_3 * t * t;
    float z = expf(-fabsf(v)), d = 1 + z;
    return (v >= 0 ? 1 : z) / d + t * (z / (d * d)) * dv;
}

// softplus: ln(1 + e^x), a smooth ReLU. e^x is taken out where it is large; log1p(z) has all digits where z is so
// small that 1 + z is 1.
static inline __device__ float activation_softplus(float x)
{
    return (x < 0 ? 0 : x) + log1pf(expf(-fabsf(x)));
}

static inline __device__ float activation_softplus_grad(float x)
{
    return activation_sigmoid(x);
}

// One of them by number. Where the number is a constant, the compiler leaves that case and nothing else.
enum {
    ACTIVATION_RELU,
    ACTIVATION_SIGMOID,
    ACTIVATION_TANH,
    ACTIVATION_GELU,
    ACTIVATION_GELU_TANH,
    ACTIVATION_SOFTPLUS,
    ACTIVATIONS
};

static inline __device__ float activation(int function, float x)
{
    switch (function) {
    case ACTIVATION_RELU:
        return activation_relu(x);
    case ACTIVATION_SIGMOID:
        return activation_sigmoid(x);
    case ACTIVATION_TANH:
        return activation_tanh(x);
    case ACTIVATION_GELU:
        return activation_gelu(x);
    case ACTIVATION_GELU_TANH:
        return activation_gelu_tanh(x);
    default:
        return activation_softplus(x);
    }
}

static inline __device__ float activation_grad(int function, float x)
{
    switch (function) {
    case ACTIVATION_RELU:
        return activation_relu_grad(x);
    case ACTIVATION_SIGMOID:
        return activation_sigmoid_grad(x);
    case ACTIVATION_TANH:
        return activation_tanh_grad(x);
    case ACTIVATION_GELU:
        return activation_gelu_grad(x);
    case ACTIVATION_GELU_TANH:
        return activation_gelu_tanh_grad(x);
    default:
        return activation_softplus_grad(x);
    }
}

#endif
