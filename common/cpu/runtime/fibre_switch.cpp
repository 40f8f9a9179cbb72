// The switch itself. A function call may destroy all registers but the callee-saved ones, so these are all that has to
// be kept: the compiler has put everything else that matters on the stack before the call. The floating-point control
// words (mxcsr, x87; fpcr) are callee-saved too, but all fibres of an OS thread share one setting and no kernel changes
// it, so they stay as they are.
//
// The way back is a jump through a register, not a return instruction. The processor predicts a return from its own record
// of calls, which knows nothing of the switch: it would guess that the next thread goes on where the last one was called
// from, and be wrong wherever a loop has two barriers. The target of a jump it guesses from the jumps before. For the
// same reason the functions that switch (fibre.cpp) do so in their last statement: the compiler makes that a jump, so
// that gpu_fibre_switch goes straight back to the kernel.
#include "fibre_switch.h"

#include <cstdint>

#define STRING_OF(x)              #x
#define SYMBOL_TEXT(prefix, name) STRING_OF(prefix) name
#define SYMBOL(prefix)            SYMBOL_TEXT(prefix, "gpu_fibre_switch")

#if defined(__x86_64__)

// System V ABI: rdi = from, rsi = to; callee-saved rbx, rbp, r12-r15.
asm(".text\n"
    ".p2align 4\n"
    ".globl " SYMBOL(__USER_LABEL_PREFIX__) "\n" SYMBOL(__USER_LABEL_PREFIX__) ":\n"
                                                                               "    pushq %rbp\n"
                                                                               "    pushq %rbx\n"
                                                                               "    pushq %r12\n"
                                                                               "    pushq %r13\n"
                                                                               "    pushq %r14\n"
                                                                               "    pushq %r15\n"
                                                                               "    movq %rsp, (%rdi)\n"
                                                                               "    movq %rsi, %rsp\n"
                                                                               "    popq %r15\n"
                                                                               "    popq %r14\n"
                                                                               "    popq %r13\n"
                                                                               "    popq %r12\n"
                                                                               "    popq %rbx\n"
                                                                               "    popq %rbp\n"
                                                                               "    popq %rcx\n"
                                                                               "    jmpq *%rcx\n");

gpu::StackState gpu::fibre_prepare(char *, char *top, void (*entry)())
{
    // From the stack pointer up: six registers, the address to jump to, and a return address of 0, where debuggers stop.
    // At entry the stack pointer must be 8 modulo 16, as it is after a call.
    uintptr_t *frame = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)15) - 8;
    for (int i = 0; i < 8; ++i)
        frame[i] = 0;
    frame[6] = (uintptr_t)entry;
    return frame;
}

void gpu::fibre_forget(StackState) {}

#elif defined(__aarch64__)

// AAPCS64: x0 = from, x1 = to; callee-saved x19-x28, the frame pointer x29, the link register x30 and d8-d15.
asm(".text\n"
    ".p2align 4\n"
    ".globl " SYMBOL(__USER_LABEL_PREFIX__) "\n" SYMBOL(
        __USER_LABEL_PREFIX__) ":\n"
                               "    sub sp, sp, #160\n"
                               "    stp x19, x20, [sp]\n"
                               "    stp x21, x22, [sp, #16]\n"
                               "    stp x23, x24, [sp, #32]\n"
                               "    stp x25, x26, [sp, #48]\n"
                               "    stp x27, x28, [sp, #64]\n"
                               "    stp x29, x30, [sp, #80]\n"
                               "    stp d8, d9, [sp, #96]\n"
                               "    stp d10, d11, [sp, #112]\n"
                               "    stp d12, d13, [sp, #128]\n"
                               "    stp d14, d15, [sp, #144]\n"
                               "    mov x9, sp\n"
                               "    str x9, [x0]\n"
                               "    mov sp, x1\n"
                               "    ldp x19, x20, [sp]\n"
                               "    ldp x21, x22, [sp, #16]\n"
                               "    ldp x23, x24, [sp, #32]\n"
                               "    ldp x25, x26, [sp, #48]\n"
                               "    ldp x27, x28, [sp, #64]\n"
                               "    ldp x29, x30, [sp, #80]\n"
                               "    ldp d8, d9, [sp, #96]\n"
                               "    ldp d10, d11, [sp, #112]\n"
                               "    ldp d12, d13, [sp, #128]\n"
                               "    ldp d14, d15, [sp, #144]\n"
                               "    add sp, sp, #160\n"
                               "    mov x16, x30\n" // x16, x17: the registers from which a jump may enter a function under BTI
                               "    br x16\n");

gpu::StackState gpu::fibre_prepare(char *, char *top, void (*entry)())
{
    uintptr_t *frame = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)15) - 20;
    for (int i = 0; i < 20; ++i)
        frame[i] = 0;
    frame[11] = (uintptr_t)entry; // x30
    return frame;
}

void gpu::fibre_forget(StackState) {}

#else // any other processor: the C library's contexts, slower by a system call a switch

#include <ucontext.h>

gpu::StackState gpu::fibre_prepare(char *bottom, char *top, void (*entry)())
{
    ucontext_t *context = new ucontext_t;
    getcontext(context);
    context->uc_stack.ss_sp = bottom;
    context->uc_stack.ss_size = (size_t)(top - bottom);
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return context;
}

void gpu::fibre_forget(StackState state)
{
    delete (ucontext_t *)state;
}

extern "C" void gpu_fibre_switch(gpu::StackState *from, gpu::StackState to)
{
    if (!*from)
        *from = new ucontext_t;
    swapcontext((ucontext_t *)*from, (ucontext_t *)to);
}

#endif
