// work.h: what one launch has to do, whatever the way it does it: the operations of the formula, and the bytes that
// must move between memory and chip at least (each input read once, each output written once).
#ifndef COMMON_WORK_H
#define COMMON_WORK_H

typedef struct {
    double flops, bytes; // 0: does not apply, and no column is shown for it
} Work;

#endif
