// library_gemm.h: the vendor's matrix product; library.h says which library that is.
#ifndef COMMON_LIBRARY_GEMM_H
#define COMMON_LIBRARY_GEMM_H

#include "library.h"

// C = alpha·op(A)·op(B) + beta·C in float32, row-major, on the default stream. op(A) is m x k, op(B) k x n. Ends the
// program with status 3 where the library fails.
//
// cuBLAS and rocBLAS think in columns. A row-major matrix read by columns is its transpose, and C^T = op(B)^T·op(A)^T:
// so the operands and their sizes change places, and nothing has to be transposed.
#if defined(HAVE_CUBLAS)
static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    library_check(cublasSgemm(library_handle(), trans_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                              trans_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &alpha, b, ldb, a, lda, &beta, c, ldc));
}
#elif defined(HAVE_ROCBLAS)
static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    rocblas_operation op_a = trans_a ? rocblas_operation_transpose : rocblas_operation_none;
    rocblas_operation op_b = trans_b ? rocblas_operation_transpose : rocblas_operation_none;
    library_check(rocblas_sgemm(library_handle(), op_b, op_a, n, m, k, &alpha, b, ldb, a, lda, &beta, c, ldc));
}
#elif defined(HAVE_OPENBLAS)
// The simulated GPU's memory is the host's. OpenBLAS knows nothing of streams, so what was launched before ends first.
static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    HIP_CHECK(hipDeviceSynchronize());
    cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha,
                a, lda, b, ldb, beta, c, ldc);
}
#else
static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    (void)trans_a, (void)trans_b, (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)lda, (void)b, (void)ldb;
    (void)beta, (void)c, (void)ldc;
    fail(STATUS_FAILED, "this program was built without a library's matrix product");
}
#endif

#endif
