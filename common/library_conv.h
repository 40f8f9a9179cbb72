// library_conv.h: the vendor's convolution; library_dnn.h says which library that is.
#ifndef COMMON_LIBRARY_CONV_H
#define COMMON_LIBRARY_CONV_H

#include "library_dnn.h"

// What a convolution looks like, all arrays in NCHW order: x is n x c x h x w, the filters k x c x r x s, y is
// n x k x out_h x out_w.
typedef struct {
    int n, c, h, w, k, r, s, stride, pad, out_h, out_w;
} LibraryConvShape;

// library_conv_begin(shape, x, filter, y): has the library choose an algorithm for this shape, by measuring those that
// it has (cuDNN with data of its own, MIOpen with x, filter and y: y is overwritten). They differ in how much scratch
// memory they want: library_conv_scratch(&conv) bytes, which the caller provides.
// library_conv(&conv, x, filter, bias, y, scratch): y = conv(x, filter) + bias, bias may be NULL; on the default
// stream. All end the program with status 3 where the library fails.
//
// What both libraries call a convolution is ours: the filters are not turned round. Algorithms that round the inputs to
// fewer bits (TF32) are left out; those by way of other bases (FFT, Winograd) are not, and have larger errors than sums
// of products.
#if defined(HAVE_CUDNN)
typedef struct {
    cudnnTensorDescriptor_t x, y, bias;
    cudnnFilterDescriptor_t filter;
    cudnnConvolutionDescriptor_t conv;
    cudnnConvolutionFwdAlgo_t algorithm;
    size_t scratch;
} LibraryConv;

static inline LibraryConv library_conv_begin(LibraryConvShape p, const float *x, const float *filter, float *y)
{
    LibraryConv conv;
    cudnnConvolutionFwdAlgoPerf_t found[CUDNN_CONVOLUTION_FWD_ALGO_COUNT * 2];
    int count = 0, best = -1;
    (void)x, (void)filter, (void)y;
    conv.x = library_dnn_tensor(p.n, p.c, p.h, p.w);
    conv.y = library_dnn_tensor(p.n, p.k, p.out_h, p.out_w);
    conv.bias = library_dnn_tensor(1, p.k, 1, 1);
    library_dnn_check(cudnnCreateFilterDescriptor(&conv.filter));
    library_dnn_check(cudnnSetFilter4dDescriptor(conv.filter, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, p.k, p.c, p.r, p.s));
    library_dnn_check(cudnnCreateConvolutionDescriptor(&conv.conv));
    library_dnn_check(cudnnSetConvolution2dDescriptor(conv.conv, p.pad, p.pad, p.stride, p.stride, 1, 1,
                                                      CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    library_dnn_check(cudnnSetConvolutionMathType(conv.conv, CUDNN_FMA_MATH));
    library_dnn_check(cudnnFindConvolutionForwardAlgorithm(library_dnn_handle(), conv.x, conv.filter, conv.conv, conv.y,
                                                           LENGTH(found), &count, found));
    for (int i = count - 1; i >= 0; --i) // the fastest is the first
        if (found[i].status == CUDNN_STATUS_SUCCESS && found[i].mathType == CUDNN_FMA_MATH)
            best = i;
    if (best < 0)
        fail(STATUS_FAILED, "cuDNN: no algorithm for this convolution in float32");
    conv.algorithm = found[best].algo;
    conv.scratch = found[best].memory;
    return conv;
}

static inline void library_conv(const LibraryConv *conv, const float *x, const float *filter, const float *bias,
                                float *y, void *scratch)
{
    const float one = 1, zero = 0;
    library_dnn_check(cudnnConvolutionForward(library_dnn_handle(), &one, conv->x, x, conv->filter, filter, conv->conv,
                                              conv->algorithm, scratch, conv->scratch, &zero, conv->y, y));
    if (bias)
        library_dnn_check(cudnnAddTensor(library_dnn_handle(), &one, conv->bias, bias, &one, conv->y, y));
}
#elif defined(HAVE_MIOPEN)
typedef struct {
    miopenTensorDescriptor_t x, y, bias, filter;
    miopenConvolutionDescriptor_t conv;
    miopenConvFwdAlgorithm_t algorithm;
    size_t scratch;
} LibraryConv;

static inline LibraryConv library_conv_begin(LibraryConvShape p, const float *x, const float *filter, float *y)
{
    LibraryConv conv;
    miopenConvAlgoPerf_t found;
    int count = 0;
    void *scratch = NULL;
    conv.x = library_dnn_tensor(p.n, p.c, p.h, p.w);
    conv.y = library_dnn_tensor(p.n, p.k, p.out_h, p.out_w);
    conv.bias = library_dnn_tensor(1, p.k, 1, 1);
    conv.filter = library_dnn_tensor(p.k, p.c, p.r, p.s);
    library_dnn_check(miopenCreateConvolutionDescriptor(&conv.conv));
    library_dnn_check(
        miopenInitConvolutionDescriptor(conv.conv, miopenConvolution, p.pad, p.pad, p.stride, p.stride, 1, 1));
    library_dnn_check(miopenConvolutionForwardGetWorkSpaceSize(library_dnn_handle(), conv.filter, conv.x, conv.conv,
                                                               conv.y, &conv.scratch));
    HIP_CHECK(hipMalloc(&scratch, conv.scratch ? conv.scratch : 1));
    library_dnn_check(miopenFindConvolutionForwardAlgorithm(library_dnn_handle(), conv.x, x, conv.filter, filter,
                                                            conv.conv, conv.y, y, 1, &count, &found, scratch,
                                                            conv.scratch, false));
    HIP_CHECK(hipFree(scratch));
    if (count < 1)
        fail(STATUS_FAILED, "MIOpen: no algorithm for this convolution in float32");
    conv.algorithm = found.fwd_algo;
    conv.scratch = found.memory;
    return conv;
}

static inline void library_conv(const LibraryConv *conv, const float *x, const float *filter, const float *bias,
                                float *y, void *scratch)
{
    const float one = 1, zero = 0;
    library_dnn_check(miopenConvolutionForward(library_dnn_handle(), &one, conv->x, x, conv->filter, filter, conv->conv,
                                               conv->algorithm, &zero, conv->y, y, scratch, conv->scratch));
    if (bias)
        library_dnn_check(miopenOpTensor(library_dnn_handle(), miopenTensorOpAdd, &one, conv->y, y, &one, conv->bias,
                                         bias, &zero, conv->y, y));
}
#else
typedef struct {
    size_t scratch;
} LibraryConv;

static inline LibraryConv library_conv_begin(LibraryConvShape p, const float *x, const float *filter, float *y)
{
    LibraryConv none = {0};
    (void)p, (void)x, (void)filter, (void)y;
    return none;
}

static inline void library_conv(const LibraryConv *conv, const float *x, const float *filter, const float *bias,
                                float *y, void *scratch)
{
    (void)conv, (void)x, (void)filter, (void)bias, (void)y, (void)scratch;
    fail(STATUS_FAILED, "this program was built without a library's convolution");
}
#endif

// Bytes of scratch memory.
static inline size_t library_conv_scratch(const LibraryConv *conv)
{
    return conv->scratch;
}

#endif
