// <hip/hip_vector_types.h> for NVIDIA: float4 and the like come with the CUDA runtime.
#ifndef CUDA_HIP_VECTOR_TYPES_H
#define CUDA_HIP_VECTOR_TYPES_H

#include <vector_functions.h>
#include <vector_types.h>

#endif
