// library_gemv.h: the vendor's product of a matrix and a vector; library.h says which library that is.
#ifndef COMMON_LIBRARY_GEMV_H
#define COMMON_LIBRARY_GEMV_H

#include "library.h"

// y = A·x in float32 on the default stream; A is m x n, row-major, lda floats from one row to the next. Ends the
// program with status 3 where the library fails.
//
// cuBLAS and rocBLAS think in columns: read by columns, this memory is an n x m matrix, and its transpose is ours.
#if defined(HAVE_CUBLAS)
static inline void library_gemv(int m, int n, const float *a, int lda, const float *x, float *y)
{
    const float one = 1, zero = 0;
    library_check(cublasSgemv(library_handle(), CUBLAS_OP_T, n, m, &one, a, lda, x, 1, &zero, y, 1));
}
#elif defined(HAVE_ROCBLAS)
static inline void library_gemv(int m, int n, const float *a, int lda, const float *x, float *y)
{
    const float one = 1, zero = 0;
    library_check(rocblas_sgemv(library_handle(), rocblas_operation_transpose, n, m, &one, a, lda, x, 1, &zero, y, 1));
}
#elif defined(HAVE_OPENBLAS)
// The simulated GPU's memory is the host's. OpenBLAS knows nothing of streams, so what was launched before ends first.
static inline void library_gemv(int m, int n, const float *a, int lda, const float *x, float *y)
{
    HIP_CHECK(hipDeviceSynchronize());
    cblas_sgemv(CblasRowMajor, CblasNoTrans, m, n, 1, a, lda, x, 1, 0, y, 1);
}
#else
static inline void library_gemv(int m, int n, const float *a, int lda, const float *x, float *y)
{
    (void)m, (void)n, (void)a, (void)lda, (void)x, (void)y;
    fail(STATUS_FAILED, "this program was built without a library's product of a matrix and a vector");
}
#endif

#endif
