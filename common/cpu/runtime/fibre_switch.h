// Fibres: several stacks on one OS thread, and a switch that goes from one to another in a few nanoseconds.
#ifndef GPU_FIBRE_SWITCH_H
#define GPU_FIBRE_SWITCH_H

#include <cstddef>

namespace gpu
{

#if defined(__x86_64__) || defined(__aarch64__)
#define GPU_SWITCH_IN_ASSEMBLY 1
#else
#define GPU_SWITCH_IN_ASSEMBLY 0
#endif

// Where a stack that is not running was left: its stack pointer, below which its registers lie, or a ucontext.
typedef void *StackState;

// A state from which `entry` starts on the stack [bottom, top). entry never returns.
StackState fibre_prepare(char *bottom, char *top, void (*entry)());

// Frees what fibre_prepare or a first switch made (nothing, where the switch is in assembly).
void fibre_forget(StackState state);

} // namespace gpu

// Leaves the running stack in *from and goes on where `to` was left.
extern "C" void gpu_fibre_switch(gpu::StackState *from, gpu::StackState to);

#endif
