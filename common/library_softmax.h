// library_softmax.h: the vendor's softmax over rows; library_dnn.h says which library that is.
#ifndef COMMON_LIBRARY_SOFTMAX_H
#define COMMON_LIBRARY_SOFTMAX_H

#include "library_dnn.h"

#if defined(HAVE_CUDNN) || defined(HAVE_MIOPEN)
// The matrix as the libraries see it, described anew only where it has another shape than the last time.
static inline LibraryTensor library_softmax_tensor(int rows, int columns)
{
    static LibraryTensor tensor = NULL;
    static int known_rows, known_columns;
    if (!tensor || rows != known_rows || columns != known_columns) {
        tensor = library_dnn_tensor(rows, columns, 1, 1);
        known_rows = rows;
        known_columns = columns;
    }
    return tensor;
}
#endif

// Each row of y becomes the softmax of that row of x, or its logarithm; both are rows x columns floats, on the default
// stream. Ends the program with status 3 where the library fails.
//
// Both libraries mean pictures: here each has `columns` channels and is one point in size, and "instance" takes the
// softmax over all of a picture. "Accurate" subtracts the largest element first.
#if defined(HAVE_CUDNN)
static inline void library_softmax(int rows, int columns, const float *x, float *y, bool logarithm)
{
    const float one = 1, zero = 0;
    LibraryTensor tensor = library_softmax_tensor(rows, columns);
    library_dnn_check(cudnnSoftmaxForward(library_dnn_handle(), logarithm ? CUDNN_SOFTMAX_LOG : CUDNN_SOFTMAX_ACCURATE,
                                          CUDNN_SOFTMAX_MODE_INSTANCE, &one, tensor, x, &zero, tensor, y));
}
#elif defined(HAVE_MIOPEN)
static inline void library_softmax(int rows, int columns, const float *x, float *y, bool logarithm)
{
    const float one = 1, zero = 0;
    LibraryTensor tensor = library_softmax_tensor(rows, columns);
    library_dnn_check(miopenSoftmaxForward_V2(library_dnn_handle(), &one, tensor, x, &zero, tensor, y,
                                              logarithm ? MIOPEN_SOFTMAX_LOG : MIOPEN_SOFTMAX_ACCURATE,
                                              MIOPEN_SOFTMAX_MODE_INSTANCE));
}
#else
static inline void library_softmax(int rows, int columns, const float *x, float *y, bool logarithm)
{
    (void)rows, (void)columns, (void)x, (void)y, (void)logarithm;
    fail(STATUS_FAILED, "this program was built without a library's softmax");
}
#endif

#endif
