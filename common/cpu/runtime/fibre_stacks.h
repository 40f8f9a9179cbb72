// Memory for the stacks of a worker's fibres.
#ifndef GPU_FIBRE_STACKS_H
#define GPU_FIBRE_STACKS_H

#include "worker.h"

namespace gpu
{

// Each stack has a page without access below it, so that an overflow is a fault and no silent damage. The system gives
// memory to a page only when it is touched, so unused depth costs nothing. The stacks start at staggered addresses:
// if the distance between them were a power of two, all their top lines would fall into the same few sets of the cache.
class FibreStacks
{
  public:
    FibreStacks() = default;
    ~FibreStacks();
    FibreStacks(const FibreStacks &) = delete;
    FibreStacks &operator=(const FibreStacks &) = delete;

    // Gives the first `count` fibres a stack each on which `entry` starts, unless they have theirs already.
    void provide(Fibre *fibres, unsigned count, void (*entry)());
    // The fibres were left in the middle of something: start afresh at the next provide().
    void forget(Fibre *fibres);
    // Does the address lie in the guard page of one of the stacks?
    bool is_guard(const void *address) const;

  private:
    char *memory = nullptr;
    size_t stack_bytes = 0, stride = 0, page = 0;
    unsigned room = 0, prepared = 0;

    void map(unsigned count);
    void unmap();
};

} // namespace gpu

#endif
