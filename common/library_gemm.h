// library_gemm.h: the vendor's matrix product, as the mark to reach: cuBLAS, rocBLAS, or OpenBLAS on the cpu backend.
//
// A library is used only where the compiler is told that it is there, so that a program still builds by hand with one
// command and nothing installed. make looks for them and adds these flags; by hand:
//   cuda   -DHAVE_CUBLAS -lcublas        hip   -DHAVE_ROCBLAS -lrocblas        cpu   -DHAVE_OPENBLAS -lopenblas
// Without them library_gemm_name() is NULL, and library_gemm() ends the program.
#ifndef COMMON_LIBRARY_GEMM_H
#define COMMON_LIBRARY_GEMM_H

#include "check.h"
#include "device.h"
#include <stdbool.h>
#if defined(HAVE_CUBLAS)
#include <cublas_v2.h>
#elif defined(HAVE_ROCBLAS)
#include <rocblas/rocblas.h>
#elif defined(HAVE_OPENBLAS)
#include <cblas.h>
#endif

// "cublas", "rocblas", "openblas"; NULL: this program was built without one.
static inline const char *library_gemm_name(void)
{
#if defined(HAVE_CUBLAS)
    return "cublas";
#elif defined(HAVE_ROCBLAS)
    return "rocblas";
#elif defined(HAVE_OPENBLAS)
    return "openblas";
#else
    return NULL;
#endif
}

// C = alpha·op(A)·op(B) + beta·C in float32, row-major, on the default stream. op(A) is m x k, op(B) k x n. Pedantic:
// cuBLAS must not round the inputs to TF32, which is faster and ten bits less exact (on AMD no such mode is on by
// itself). Ends the program with status 3 where the library fails.
//
// cuBLAS and rocBLAS think in columns. A row-major matrix read by columns is its transpose, and C^T = op(B)^T·op(A)^T:
// so the operands and their sizes change places, and nothing has to be transposed.
#if defined(HAVE_CUBLAS)
static inline void library_gemm_check(cublasStatus_t status)
{
    if (status != CUBLAS_STATUS_SUCCESS)
        fail(STATUS_FAILED, "cuBLAS: %s", cublasGetStatusString(status));
}

// Made at the first call and kept: making one takes longer than many a product.
static inline cublasHandle_t library_gemm_handle(void)
{
    static cublasHandle_t handle = NULL;
    if (!handle) {
        library_gemm_check(cublasCreate(&handle));
        library_gemm_check(cublasSetMathMode(handle, CUBLAS_PEDANTIC_MATH));
    }
    return handle;
}

static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    library_gemm_check(cublasSgemm(library_gemm_handle(), trans_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                                   trans_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &alpha, b, ldb, a, lda, &beta, c,
                                   ldc));
}
#elif defined(HAVE_ROCBLAS)
static inline void library_gemm_check(rocblas_status status)
{
    if (status != rocblas_status_success)
        fail(STATUS_FAILED, "rocBLAS: %s", rocblas_status_to_string(status));
}

static inline rocblas_handle library_gemm_handle(void)
{
    static rocblas_handle handle = NULL;
    if (!handle)
        library_gemm_check(rocblas_create_handle(&handle));
    return handle;
}

static inline void library_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                                const float *b, int ldb, float beta, float *c, int ldc)
{
    rocblas_operation op_a = trans_a ? rocblas_operation_transpose : rocblas_operation_none;
    rocblas_operation op_b = trans_b ? rocblas_operation_transpose : rocblas_operation_none;
    library_gemm_check(
        rocblas_sgemm(library_gemm_handle(), op_b, op_a, n, m, k, &alpha, b, ldb, a, lda, &beta, c, ldc));
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
