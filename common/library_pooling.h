// library_pooling.h: the vendor's pooling; library_dnn.h says which library that is.
#ifndef COMMON_LIBRARY_POOLING_H
#define COMMON_LIBRARY_POOLING_H

#include "library_dnn.h"

// `planes` planes of h x w become as many of out_h x out_w. count_valid: averages leave the padding out.
typedef struct {
    int planes, h, w, window, stride, pad, out_h, out_w;
    bool count_valid;
} LibraryPoolShape;

// library_pooling_begin(shape, average) describes it to the library; average is false for the maximum.
// library_pooling(&pool, x, y): on the default stream. Both end the program with status 3 where the library fails.
#if defined(HAVE_CUDNN)
typedef struct {
    cudnnTensorDescriptor_t x, y;
    cudnnPoolingDescriptor_t pooling;
} LibraryPool;

static inline LibraryPool library_pooling_begin(LibraryPoolShape p, bool average)
{
    LibraryPool pool;
    cudnnPoolingMode_t mode = !average        ? CUDNN_POOLING_MAX
                              : p.count_valid ? CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING
                                              : CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING;
    pool.x = library_dnn_tensor(1, p.planes, p.h, p.w);
    pool.y = library_dnn_tensor(1, p.planes, p.out_h, p.out_w);
    library_dnn_check(cudnnCreatePoolingDescriptor(&pool.pooling));
    library_dnn_check(cudnnSetPooling2dDescriptor(pool.pooling, mode, CUDNN_PROPAGATE_NAN, p.window, p.window, p.pad,
                                                  p.pad, p.stride, p.stride));
    return pool;
}

static inline void library_pooling(const LibraryPool *pool, const float *x, float *y)
{
    const float one = 1, zero = 0;
    library_dnn_check(cudnnPoolingForward(library_dnn_handle(), pool->pooling, &one, pool->x, x, &zero, pool->y, y));
}
#elif defined(HAVE_MIOPEN)
typedef struct {
    miopenTensorDescriptor_t x, y;
    miopenPoolingDescriptor_t pooling;
} LibraryPool;

static inline LibraryPool library_pooling_begin(LibraryPoolShape p, bool average)
{
    LibraryPool pool;
    miopenPoolingMode_t mode = !average        ? miopenPoolingMax
                               : p.count_valid ? miopenPoolingAverage
                                               : miopenPoolingAverageInclusive;
    pool.x = library_dnn_tensor(1, p.planes, p.h, p.w);
    pool.y = library_dnn_tensor(1, p.planes, p.out_h, p.out_w);
    library_dnn_check(miopenCreatePoolingDescriptor(&pool.pooling));
    library_dnn_check(
        miopenSet2dPoolingDescriptor(pool.pooling, mode, p.window, p.window, p.pad, p.pad, p.stride, p.stride));
    return pool;
}

static inline void library_pooling(const LibraryPool *pool, const float *x, float *y)
{
    const float one = 1, zero = 0;
    library_dnn_check(
        miopenPoolingForward(library_dnn_handle(), pool->pooling, &one, pool->x, x, &zero, pool->y, y, false, NULL, 0));
}
#else
typedef struct {
    char nothing;
} LibraryPool;

static inline LibraryPool library_pooling_begin(LibraryPoolShape p, bool average)
{
    LibraryPool none = {0};
    (void)p, (void)average;
    return none;
}

static inline void library_pooling(const LibraryPool *pool, const float *x, float *y)
{
    (void)pool, (void)x, (void)y;
    fail(STATUS_FAILED, "this program was built without a library's pooling");
}
#endif

#endif
