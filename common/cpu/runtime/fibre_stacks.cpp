// Stacks for fibres, with guard pages: see fibre_stacks.h.
#include "fibre_stacks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace gpu
{

static std::atomic<size_t> requested_stack_bytes{0};

void set_stack_size(size_t bytes)
{
    requested_stack_bytes = bytes;
}

size_t stack_size()
{
    if (!requested_stack_bytes)
        requested_stack_bytes = (size_t)environment_number("GPU_STACK", 16, 1 << 20, 64) << 10;
    return requested_stack_bytes;
}

void FibreStacks::map(unsigned count)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    stack_bytes = (stack_size() + page - 1) / page * page;
    stride = page + stack_bytes + page; // guard, stack, and room for the stagger
    void *area =
        mmap(nullptr, stride * count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) {
        fprintf(stderr, "simulated GPU: no memory for %u stacks of %zu KiB; GPU_STACK=KiB makes them smaller\n", count,
                stack_bytes >> 10);
        exit(3);
    }
    memory = (char *)area;
    room = count;
    for (unsigned i = 0; i < count; ++i)
        mprotect(memory + i * stride, page, PROT_NONE);
}

void FibreStacks::unmap()
{
    if (memory)
        munmap(memory, stride * room);
    memory = nullptr;
    room = 0;
}

void FibreStacks::provide(Fibre *fibres, unsigned count, void (*entry)())
{
    if (count > room || stack_bytes < stack_size()) {
        forget(fibres);
        unmap();
        map(count);
    }
    for (; prepared < count; ++prepared) {
        char *bottom = memory + prepared * stride + page;
        char *top = bottom + stack_bytes + (prepared * 192) % page;
        fibres[prepared].state = fibre_prepare(bottom, top, entry);
    }
}

void FibreStacks::forget(Fibre *fibres)
{
    for (unsigned i = 0; i < prepared; ++i)
        fibre_forget(fibres[i].state);
    prepared = 0;
}

bool FibreStacks::is_guard(const void *address) const
{
    const char *byte = (const char *)address;
    return memory && byte >= memory && byte < memory + stride * room && (size_t)(byte - memory) % stride < page;
}

FibreStacks::~FibreStacks()
{
    unmap();
}

} // namespace gpu
