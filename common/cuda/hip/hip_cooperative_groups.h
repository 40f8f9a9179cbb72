// <hip/hip_cooperative_groups.h> for NVIDIA: the same namespace and names in both.
#ifndef CUDA_HIP_COOPERATIVE_GROUPS_H
#define CUDA_HIP_COOPERATIVE_GROUPS_H

#include "hip_runtime.h"
#include <cooperative_groups.h>

#endif
