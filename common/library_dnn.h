// library_dnn.h: the vendor's neural networks, as the mark to reach: cuDNN or MIOpen. Which one it is and how it is
// opened stands here; the operations are in library_softmax.h and the like. (library.h is the same for matrices.)
//
// A library is used only where the compiler is told that it is there, so that a program still builds by hand with one
// command and nothing installed. make looks for them and adds these flags; by hand:
//   cuda   -DHAVE_CUDNN -lcudnn        hip   -DHAVE_MIOPEN -lMIOpen
// Without them, and on the cpu backend always, library_dnn_name() is NULL, and a call of an operation ends the program.
#ifndef COMMON_LIBRARY_DNN_H
#define COMMON_LIBRARY_DNN_H

#include "check.h"
#include "device.h"
#include <stdbool.h>
#if defined(HAVE_CUDNN)
#include <cudnn.h>
#elif defined(HAVE_MIOPEN)
#include <miopen/miopen.h>
#endif

// "cudnn", "miopen"; NULL: this program was built without one.
static inline const char *library_dnn_name(void)
{
#if defined(HAVE_CUDNN)
    return "cudnn";
#elif defined(HAVE_MIOPEN)
    return "miopen";
#else
    return NULL;
#endif
}

// library_dnn_check(status): ends the program with status 3 where a call failed. library_dnn_handle(): made at the
// first call and kept. library_dnn_tensor(...): describes n x c x h x w floats without gaps, w running fastest; it is
// kept until the program ends, so a program asks once for each shape.
#if defined(HAVE_CUDNN)
typedef cudnnTensorDescriptor_t LibraryTensor;

static inline void library_dnn_check(cudnnStatus_t status)
{
    if (status != CUDNN_STATUS_SUCCESS)
        fail(STATUS_FAILED, "cuDNN: %s", cudnnGetErrorString(status));
}

static inline cudnnHandle_t library_dnn_handle(void)
{
    static cudnnHandle_t handle = NULL;
    if (!handle)
        library_dnn_check(cudnnCreate(&handle));
    return handle;
}

static inline LibraryTensor library_dnn_tensor(int n, int c, int h, int w)
{
    LibraryTensor tensor;
    library_dnn_check(cudnnCreateTensorDescriptor(&tensor));
    library_dnn_check(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w));
    return tensor;
}
#elif defined(HAVE_MIOPEN)
typedef miopenTensorDescriptor_t LibraryTensor;

static inline void library_dnn_check(miopenStatus_t status)
{
    if (status != miopenStatusSuccess)
        fail(STATUS_FAILED, "MIOpen: %s", miopenGetErrorString(status));
}

static inline miopenHandle_t library_dnn_handle(void)
{
    static miopenHandle_t handle = NULL;
    if (!handle)
        library_dnn_check(miopenCreate(&handle));
    return handle;
}

static inline LibraryTensor library_dnn_tensor(int n, int c, int h, int w)
{
    LibraryTensor tensor;
    library_dnn_check(miopenCreateTensorDescriptor(&tensor));
    library_dnn_check(miopenSet4dTensorDescriptor(tensor, miopenFloat, n, c, h, w));
    return tensor;
}
#endif

#endif
