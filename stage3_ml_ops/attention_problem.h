// attention_problem.h: O = softmax(Q·K^T / sqrt(d))·V as one plain struct, which all attention kernels take.
#ifndef STAGE3_ATTENTION_PROBLEM_H
#define STAGE3_ATTENTION_PROBLEM_H

#include "../common/host_device.h"
#include <stdbool.h>

enum { ATTENTION_WIDTH_MOST = 256 }; // the largest d

// Q and O are heads x n x d, K and V heads x m x d, all without gaps: n queries look at m keys, each of which stands
// for a value. What belongs to different heads (or to different samples of a batch) never meets.
typedef struct {
    int heads, n, m, d;
    bool causal; // query i sits at the place of key m - n + i and sees no key behind that; needs m >= n
    float scale; // 1 / sqrt(d)
    const float *q, *k, *v;
    float *o;
} Attention;

// How many keys query i sees: the first ones. With m > n the queries are the last n of m places, as when a text is
// continued and the keys of what was there before have been kept. For i >= n, where a block sticks out: any number will
// do.
static inline HOST_DEVICE int attention_keys(Attention a, int i)
{
    return a.causal && i < a.n ? a.m - a.n + i + 1 : a.m;
}

#endif
