"""A convolution as its definition says it: a loop for each index of y. The sum over c, r and s is numpy's; with loops for
these too, each product would cost what a whole window costs here, about the time of ten thousand multiplications."""
import numpy as np

import yardstick


def conv2d(x, w, bias, stride, pad):
    """x is N C H W, w is K C R S; returns N K out_h out_w in float32."""
    n, _, height, width = x.shape
    k, _, r, s = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out_h = yardstick.windows_that_fit(height, r, stride, pad)
    out_w = yardstick.windows_that_fit(width, s, stride, pad)
    y = np.empty((n, k, out_h, out_w), np.float32)
    for image in range(n):
        for filter_ in range(k):
            for p in range(out_h):
                for q in range(out_w):
                    window = padded[image, :, p * stride:p * stride + r, q * stride:q * stride + s]
                    y[image, filter_, p, q] = (window * w[filter_]).sum() + (0 if bias is None else bias[filter_])
    return y


if __name__ == "__main__":
    yardstick.main(conv2d)
