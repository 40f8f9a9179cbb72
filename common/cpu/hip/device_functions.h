// An older name for a part of <hip/hip_runtime.h>.
#ifndef GPU_DEVICE_FUNCTIONS_H
#define GPU_DEVICE_FUNCTIONS_H

#include "hip_runtime.h"

#endif
