// cross_entropy_cpu.h: the reference of cross_entropy.hip, in double, and how far a float result may be off.
#ifndef STAGE3_CROSS_ENTROPY_CPU_H
#define STAGE3_CROSS_ENTROPY_CPU_H

// One sample in double, and the bounds, in units of u = 2^-24 (softmax_row_sum_cpu). By way of p: the relative errors
// of p, and a logarithm of that size, with expf's error. From the logits: the error of the sum, a logarithm, and two
// differences. The loss may be off by the larger one. The gradient has the error of p, and three more operations.
static inline double cross_entropy_row_cpu(const float *x, int label, double scale, double *dx, double *dx_bound,
                                           int columns, double *loss_bound)
{
    const double u = 1.001 * 0.5 * FLT_EPSILON;
    bool counts = label != CROSS_ENTROPY_IGNORED;
    SoftmaxRow row = softmax_row_sum_cpu(x, columns);
    for (int j = 0; j < columns; ++j) {
        double d = x[j] - row.largest, p = exp(d) / row.sum, off = p - (j == label);
        double p_units = SOFTMAX_EXP + fabs(d) + row.sum_error + 2;
        dx[j] = counts ? off * scale : 0;
        dx_bound[j] = counts ? u * scale * ((p > 0 ? p_units * p : 0) + 3 * fabs(off)) + FLT_MIN : 0;
    }
    if (!counts) {
        *loss_bound = 0;
        return 0;
    }
    double d = x[label] - row.largest, loss = log(row.sum) - d;
    *loss_bound = u * (SOFTMAX_EXP + 2 + row.sum_error + fabs(d) + SOFTMAX_EXP * (log(row.sum) + loss) + loss);
    return loss;
}

// The mean of the losses and its bound: the errors of the losses, of their sum, and of the factor.
static inline double cross_entropy_mean_cpu(const double *losses, const double *bounds, double scale, int rows,
                                            double *bound)
{
    double sum = 0, errors = 0;
    for (int i = 0; i < rows; ++i) {
        sum += losses[i];
        errors += bounds[i];
    }
    *bound = 1.001 * scale * (errors + (likely_roundings(rows) + 2) * 0.5 * FLT_EPSILON * sum);
    return sum * scale;
}

#endif
