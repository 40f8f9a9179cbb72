// cross_entropy_mean.h: what cross_entropy.hip computes over the whole batch: how many samples count, and the mean of
// their losses.
//
// The two sums over the batch, of samples that count and of losses, are taken in two steps: each block of the first one
// leaves its part in memory, and one block adds those. A batch of some thousands is a matter of one or two blocks; one
// of millions would keep a single block busy for longer than all the rest takes. How many parts there are depends on
// the rows alone and the order of the additions is fixed: the same batch gives the same bits in every run, which sums
// by atomics do not.
#ifndef STAGE3_CROSS_ENTROPY_MEAN_H
#define STAGE3_CROSS_ENTROPY_MEAN_H

#include "../common/reduce.h"

enum { CROSS_ENTROPY_THREADS = 256, CROSS_ENTROPY_ROWS = 1024, CROSS_ENTROPY_PARTS = 256 };

static inline int cross_entropy_parts(int rows)
{
    int parts = ceil_div(rows, CROSS_ENTROPY_ROWS);
    return parts < CROSS_ENTROPY_PARTS ? parts : CROSS_ENTROPY_PARTS;
}

__global__ void cross_entropy_counts(const int *labels, float *counts, int rows)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    float count = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < rows; i += gridDim.x * blockDim.x)
        count += labels[i] == CROSS_ENTROPY_IGNORED ? 0 : 1;
    count = block_sum(count, parts);
    if (threadIdx.x == 0)
        counts[blockIdx.x] = count;
}

__global__ void cross_entropy_sums(const float *losses, float *sums, int rows)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < rows; i += gridDim.x * blockDim.x)
        sum += losses[i];
    sum = block_sum(sum, parts);
    if (threadIdx.x == 0)
        sums[blockIdx.x] = sum;
}

// 1 / number of samples that count; 0 where none does, and then loss and gradient are 0. One block. The count is exact
// in float32 up to 2^24 samples.
__global__ void cross_entropy_scale(const float *counts, float *scale, int count_of_parts)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    float count = block_sum((int)threadIdx.x < count_of_parts ? counts[threadIdx.x] : 0, parts);
    if (threadIdx.x == 0)
        *scale = count > 0 ? 1 / count : 0;
}

// The mean of the losses. One block.
__global__ void cross_entropy_mean(const float *sums, const float *scale, float *loss, int count_of_parts)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    float sum = block_sum((int)threadIdx.x < count_of_parts ? sums[threadIdx.x] : 0, parts);
    if (threadIdx.x == 0)
        *loss = sum * *scale;
}

#endif
