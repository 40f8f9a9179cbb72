// The addresses of the simulated GPU: ranges of the address space that nobody else uses.
//
// With ranges of its own, a device address is known as one even when the memory there has been freed, or never was
// given: a copy can refuse it, and a kernel that uses it faults instead of reading what somebody else keeps there.
#ifndef GPU_ARENA_H
#define GPU_ARENA_H

#include <cstddef>
#include <map>

namespace gpu
{

// Not for several threads at once: memory.cpp holds a lock around it.
class Arena
{
  public:
    Arena();
    // Memory that starts at a page, zeroed, with at least a page behind it that faults. Null if there is no room.
    char *take(size_t bytes);
    // Gives the memory back to the system. Its addresses come back last, so that a late use is still noticed.
    void give(char *start, size_t bytes);
    bool contains(const void *address) const;
    // What an allocation of `bytes` takes from the machine.
    size_t footprint(size_t bytes) const;

  private:
    size_t page;
    char *cursor = nullptr;          // where to look for room next
    std::map<char *, size_t> ranges; // addresses that are reserved: start and length
    std::map<char *, size_t> holes;  // those of them that are free

    bool reserve(size_t bytes);
    char *find_room(size_t bytes);
    char *carve(std::map<char *, size_t>::iterator hole, size_t bytes);
    void add_hole(char *start, size_t bytes);
};

} // namespace gpu

#endif
