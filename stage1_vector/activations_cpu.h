// activations_cpu.h: the reference of activations.hip, in double and in the formulas of the textbooks, and how far a
// float result may be off. A stage that fuses an activation into a kernel of its own uses the same bounds.
#ifndef STAGE1_ACTIVATIONS_CPU_H
#define STAGE1_ACTIVATIONS_CPU_H

#include "activation_functions.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

// One value of f and f', and their errors in units of FLT_EPSILON, one unit in the last place of 1.
typedef struct {
    double y, grad, y_error, grad_error;
} ActivationCpu;

// How far expf, log1pf, tanhf and erfcf may be off, in units in the last place. The CUDA C++ Programming Guide's table
// of mathematical functions has 1 or 2 for the first three (the releases differ) and 4 for erfcf, against the correctly
// rounded result, which is up to half a unit off itself; the vector functions of glibc, which the cpu backend uses,
// have 4 in all. (Measured there with 8 million arguments each, glibc 2.36: 2.6, 2.0, 2.2 and 3.0.)
#define ACTIVATION_ULP 4.5

static inline double activation_s(double x)
{
    return 1 / (1 + exp(-x));
}

// s'(x); cosh is infinite from 710 on, and 1/inf is 0.
static inline double activation_s_grad(double x)
{
    double c = cosh(0.5 * x);
    return 1 / (4 * c * c);
}

// z = e^(-|x|) is off by ACTIVATION_ULP units, which reach the result undiminished at most; every operation after that
// adds half a unit: 1 + z and the division.
static inline ActivationCpu activation_sigmoid_cpu(double x)
{
    double y = activation_s(x), grad = activation_s_grad(x);
    ActivationCpu result = {y, grad, (ACTIVATION_ULP + 1) * y, (ACTIVATION_ULP + 2) * grad}; // d counts twice in d·d
    return result;
}

static inline ActivationCpu activation_tanh_cpu(double x)
{
    double y = tanh(x), grad = 4 * activation_s_grad(2 * x);
    ActivationCpu result = {y, grad, ACTIVATION_ULP * fabs(y), (ACTIVATION_ULP + 2) * grad};
    return result;
}

// erfcf's argument, -x / sqrt 2, is off by one unit relatively (the constant and the product, half each). That moves P
// by |x|·p(x) units: far to the left many times what P itself is worth. In p the exponent x^2/2 is off by half a unit
// relatively, so p by x^2/4.
static inline ActivationCpu activation_gelu_cpu(double x)
{
    double P = 0.5 * erfc(-x * M_SQRT1_2), xp = x * exp(-0.5 * x * x) / sqrt(2 * M_PI);
    double y = x * P, grad = P + xp;
    double y_error = (ACTIVATION_ULP + 0.5) * fabs(y) + fabs(x * xp);
    double grad_error =
        ACTIVATION_ULP * P + fabs(xp) + (ACTIVATION_ULP + 1.5 + 0.25 * x * x) * fabs(xp) + 0.5 * fabs(grad);
    ActivationCpu result = {y, grad, y_error, grad_error};
    return result;
}

// v is off by 2.5 units relatively (a constant, three products, a sum), and v' by 3, and neither s nor s' changes
// faster than e^v.
static inline ActivationCpu activation_gelu_tanh_cpu(double x)
{
    const double k = 2 * sqrt(2 / M_PI);
    double v = k * (x + 0.044715 * x * x * x), dv = k * (1 + 3 * 0.044715 * x * x);
    double s = activation_s(v), ds = activation_s_grad(v), moved = ds > 0 ? 2.5 * fabs(v) * ds : 0;
    double second = ds > 0 ? x * ds * dv : 0;
    double y = x * s, grad = s + second;
    double y_error = fabs(x) * moved + (ACTIVATION_ULP + 1.5) * fabs(y);
    double grad_error = (ACTIVATION_ULP + 1) * s + moved +
                        (ds > 0 ? ACTIVATION_ULP + 6 + 2.5 * fabs(v) : 0) * fabs(second) + 0.5 * fabs(grad);
    ActivationCpu result = {y, grad, y_error, grad_error};
    return result;
}

// log1pf passes the error of z on and adds its own.
static inline ActivationCpu activation_softplus_cpu(double x)
{
    double log_part = log1p(exp(-fabs(x))), y = fmax(x, 0) + log_part, grad = activation_s(x);
    ActivationCpu result = {y, grad, 2 * ACTIVATION_ULP * log_part + 0.5 * y, (ACTIVATION_ULP + 1) * grad};
    return result;
}

static inline ActivationCpu activation_relu_cpu(double x)
{
    ActivationCpu result = {fmax(x, 0), x > 0 ? 1.0 : 0.0, 0, 0};
    return result;
}

static inline ActivationCpu activation_cpu(int function, double x)
{
    switch (function) {
    case ACTIVATION_RELU:
        return activation_relu_cpu(x);
    case ACTIVATION_SIGMOID:
        return activation_sigmoid_cpu(x);
    case ACTIVATION_TANH:
        return activation_tanh_cpu(x);
    case ACTIVATION_GELU:
        return activation_gelu_cpu(x);
    case ACTIVATION_GELU_TANH:
        return activation_gelu_tanh_cpu(x);
    default:
        return activation_softplus_cpu(x);
    }
}

// y = f(x) and dx = dy·f'(x), with bounds; |dy| <= 1. Products of errors are far below a thousandth of the errors. Below
// the smallest normal number a unit in the last place is 2^-149 whatever the number, and what is computed from such a
// number here multiplies it by less than 200: 2^-139 covers ACTIVATION_ULP of those. ReLU is exact, and so is its bound.
static inline void activations_cpu(int function, const float *x, const float *dy, double *y, double *y_bound,
                                   double *dx, double *dx_bound, int n)
{
    const double unit = 1.001 * FLT_EPSILON, least = function == ACTIVATION_RELU ? 0 : ldexp(1, -139);
    for (int i = 0; i < n; ++i) {
        ActivationCpu f = activation_cpu(function, x[i]);
        double product = function == ACTIVATION_RELU ? 0 : 0.5; // the product dy·f'(x) is rounded, dy·1 is not
        y[i] = f.y;
        y_bound[i] = unit * f.y_error + least;
        dx[i] = dy[i] * f.grad;
        dx_bound[i] = unit * (fabs((double)dy[i]) * f.grad_error + product * fabs(dx[i])) + least;
    }
}

// Is a result what is expected at infinity, at 0 and at NaN? Those values are exact or rounded once.
static inline bool activation_is_limit(double got, double wanted)
{
    if (isnan(wanted) || isinf(wanted))
        return isnan(wanted) ? isnan(got) : got == wanted;
    return fabs(got - wanted) <= (ACTIVATION_ULP + 2) * FLT_EPSILON * fabs(wanted);
}

#endif
