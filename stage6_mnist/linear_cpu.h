// linear_cpu.h: the reference of mnist_linear: one iteration of gradient descent in double, and how far a float
// computation may be from it.
//
// Every rounded operation is off by a relative u = 2^-24 at most, so a sum of k products by k u sum|a||b|. That is
// certain and, for the 60,000 products of a gradient, very far from what happens, because errors of both signs cancel.
// Where they behave like independent random numbers, lambda sqrt(k) u takes the place of k u, with a probability of at
// least 1 - 2 k exp(-lambda^2/2) (Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J.
// Sci. Comput. 41, 2019). lambda = 8 leaves one chance in 10^9 for such a sum, and a bound that is 30 times sharper.
// Errors of earlier results (weights in scores, residuals in gradients) are carried along, so that the bounds hold
// after several iterations, too.
#ifndef STAGE6_LINEAR_CPU_H
#define STAGE6_LINEAR_CPU_H

#include "mnist_data.h"
#include <float.h>
#include <math.h>

static const double LINEAR_U = 0.5 * FLT_EPSILON;

// The relative error of a sum in which no number goes through more than k roundings.
static inline double linear_rounding(double k)
{
    double likely = 8 * sqrt(k);
    return (likely < k ? likely : k) * LINEAR_U;
}

// What one iteration yields, and the error allowed for each number.
typedef struct {
    HostF64 R, R_bound; // residuals X W - T before the step, n x 10
    HostF64 G, G_bound; // gradient, features x 10
    HostF64 W, W_bound; // weights after the step, features x 10
    HostF64 loss, loss_bound;
} LinearStep;

static inline LinearStep linear_step(int n, int features)
{
    long residuals = (long)n * CLASSES, weights = (long)features * CLASSES;
    LinearStep step = {host_f64(residuals), host_f64(residuals), host_f64(weights), host_f64(weights),
                       host_f64(weights),   host_f64(weights),   host_f64(1),       host_f64(1)};
    return step;
}

// r = x W - t for one sample, and its bound: x is exact, W is off by W_bound at most.
static inline void linear_residual_cpu(const float *x, int features, int label, const double *W, const double *slack,
                                       double *r, double *bound)
{
    double y[CLASSES] = {0}, off[CLASSES] = {0};
    for (int j = 0; j < features; ++j) {
        if (x[j] == 0) // four pixels of five
            continue;
        for (int c = 0; c < CLASSES; ++c) {
            y[c] += (double)x[j] * W[j * CLASSES + c];
            off[c] += fabs((double)x[j]) * slack[j * CLASSES + c];
        }
    }
    for (int c = 0; c < CLASSES; ++c) {
        r[c] = y[c] - (label == c);
        bound[c] = off[c] + LINEAR_U * fabs(r[c]);
    }
}

// All residuals of `step`, its loss, and their bounds. loss_chain: how many numbers are added one after the other on
// the longest way to the loss.
static inline void linear_forward_cpu(const float *X, int ldx, const uint8_t *labels, int n, int features,
                                      const double *W, const double *W_bound, int loss_chain, LinearStep *step)
{
    double loss = 0, off = 0, sum_rounding = linear_rounding(features + 1), loss_rounding = linear_rounding(loss_chain);
    HostF64 slack = host_f64((long)features * CLASSES); // what one weight adds to the error of a score, for x = 1
    for (long k = 0; k < slack.n; ++k)
        slack.data[k] = sum_rounding * (fabs(W[k]) + W_bound[k]) + W_bound[k];
    for (long i = 0; i < n; ++i) {
        double *r = step->R.data + i * CLASSES, *bound = step->R_bound.data + i * CLASSES;
        linear_residual_cpu(X + i * ldx, features, labels[i], W, slack.data, r, bound);
        for (int c = 0; c < CLASSES; ++c) {
            double largest = fabs(r[c]) + bound[c];
            loss += r[c] * r[c];
            off += (2 * fabs(r[c]) + bound[c]) * bound[c] + loss_rounding * largest * largest;
        }
    }
    step->loss.data[0] = loss / n;
    step->loss_bound.data[0] = off / n + LINEAR_U * loss / n;
    host_free(slack);
}

// The gradient from the residuals of `step`, in any order of summation.
static inline void linear_gradient_cpu(const float *X, int ldx, int n, int features, LinearStep *step)
{
    double sum_rounding = linear_rounding(n + 1), scale = 2.0 / n;
    double *G = step->G.data, *bound = step->G_bound.data;
    for (long i = 0; i < n; ++i) {
        const float *x = X + i * ldx;
        const double *r = step->R.data + i * CLASSES, *r_bound = step->R_bound.data + i * CLASSES;
        double slack[CLASSES];
        for (int c = 0; c < CLASSES; ++c)
            slack[c] = r_bound[c] + sum_rounding * (fabs(r[c]) + r_bound[c]);
        for (int j = 0; j < features; ++j) {
            if (x[j] == 0)
                continue;
            for (int c = 0; c < CLASSES; ++c) {
                G[j * CLASSES + c] += (double)x[j] * r[c];
                bound[j * CLASSES + c] += fabs((double)x[j]) * slack[c];
            }
        }
    }
    for (long k = 0; k < step->G.n; ++k) {
        G[k] *= scale;
        bound[k] = scale * bound[k] + 2 * LINEAR_U * fabs(G[k]); // 2/N is rounded, and so is the product with it
    }
}

// One whole iteration from the weights W, which are known up to W_bound. `step` comes fresh from linear_step.
static inline void linear_iteration_cpu(const float *X, int ldx, const uint8_t *labels, int n, int features,
                                        const double *W, const double *W_bound, double lr, int loss_chain,
                                        LinearStep *step)
{
    linear_forward_cpu(X, ldx, labels, n, features, W, W_bound, loss_chain, step);
    linear_gradient_cpu(X, ldx, n, features, step);
    for (long k = 0; k < step->W.n; ++k) {
        double change = lr * step->G.data[k];
        step->W.data[k] = W[k] - change;
        step->W_bound.data[k] =
            W_bound[k] + lr * step->G_bound.data[k] + LINEAR_U * (fabs(change) + fabs(step->W.data[k]));
    }
}

#endif
