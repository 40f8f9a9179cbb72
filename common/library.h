// library.h: the vendor's linear algebra, as the mark to reach: cuBLAS, rocBLAS, or OpenBLAS on the cpu backend. Which
// one it is and how it is opened stands here; the products are in library_gemm.h and library_gemv.h.
//
// A library is used only where the compiler is told that it is there, so that a program still builds by hand with one
// command and nothing installed. make looks for them and adds these flags; by hand:
//   cuda   -DHAVE_CUBLAS -lcublas        hip   -DHAVE_ROCBLAS -lrocblas        cpu   -DHAVE_OPENBLAS -lopenblas
// Without them library_name() is NULL, and a call of a product ends the program.
#ifndef COMMON_LIBRARY_H
#define COMMON_LIBRARY_H

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
static inline const char *library_name(void)
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

// library_check(status): ends the program with status 3 where a call failed. library_handle(): made at the first call
// and kept, for making one takes longer than many a product.
#if defined(HAVE_CUBLAS)
static inline void library_check(cublasStatus_t status)
{
    if (status != CUBLAS_STATUS_SUCCESS)
        fail(STATUS_FAILED, "cuBLAS: %s", cublasGetStatusString(status));
}

// Pedantic: cuBLAS must not round the inputs to TF32, which is faster and ten bits less exact (on AMD no such mode is
// on by itself).
static inline cublasHandle_t library_handle(void)
{
    static cublasHandle_t handle = NULL;
    if (!handle) {
        library_check(cublasCreate(&handle));
        library_check(cublasSetMathMode(handle, CUBLAS_PEDANTIC_MATH));
    }
    return handle;
}
#elif defined(HAVE_ROCBLAS)
static inline void library_check(rocblas_status status)
{
    if (status != rocblas_status_success)
        fail(STATUS_FAILED, "rocBLAS: %s", rocblas_status_to_string(status));
}

static inline rocblas_handle library_handle(void)
{
    static rocblas_handle handle = NULL;
    if (!handle)
        library_check(rocblas_create_handle(&handle));
    return handle;
}
#endif

#endif
