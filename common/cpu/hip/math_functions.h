// An older name for a part of <hip/hip_runtime.h>.
#ifndef GPU_MATH_FUNCTIONS_H
#define GPU_MATH_FUNCTIONS_H

#include "hip_runtime.h"

#endif
