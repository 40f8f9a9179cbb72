// The registry of allocations: who owns an address, and may it be used as a call wants to use it?
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

#include <unistd.h>

#include "arena.h"
#include "internal.h"

namespace gpu
{

namespace
{

// Never destroyed: destructors of a program's globals may still free memory.
struct Memory {
    std::mutex mutex;
    Arena arena;
    std::map<uintptr_t, Region> regions; // by their first address
    size_t used = 0, used_at_most = 0;   // bytes of the arena
};

Memory &memory()
{
    static Memory *it = new Memory;
    return *it;
}

// The caller holds the lock.
const Region *region_of(const Memory &m, const void *address)
{
    auto after = m.regions.upper_bound((uintptr_t)address);
    if (after == m.regions.begin())
        return nullptr;
    const Region &region = std::prev(after)->second;
    return (uintptr_t)address - (uintptr_t)region.base < region.bytes ? &region : nullptr;
}

// A container may have less memory than its machine.
size_t container_limit()
{
    for (const char *path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::ifstream file(path);
        size_t bytes;
        if (file >> bytes)
            return bytes;
    }
    return SIZE_MAX;
}

bool in_arena(MemoryKind kind)
{
    return kind == MemoryKind::device || kind == MemoryKind::managed || kind == MemoryKind::host;
}

// The caller holds the lock.
void release_region(Memory &m, std::map<uintptr_t, Region>::iterator entry)
{
    const Region &region = entry->second;
    if (in_arena(region.kind)) {
        m.used -= m.arena.footprint(region.bytes);
        m.arena.give(region.base, region.bytes);
    }
    m.regions.erase(entry);
}

constexpr size_t fill_at_most = 1 << 20;

} // namespace

size_t memory_total()
{
    static const size_t total = [] {
        size_t physical = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
        size_t limit = container_limit();
        return limit < physical ? limit : physical;
    }();
    return total;
}

size_t memory_used()
{
    std::lock_guard<std::mutex> lock(memory().mutex);
    return memory().used;
}

size_t memory_used_at_most()
{
    std::lock_guard<std::mutex> lock(memory().mutex);
    return memory().used_at_most;
}

void reset_memory_used_at_most()
{
    std::lock_guard<std::mutex> lock(memory().mutex);
    memory().used_at_most = memory().used;
}

hipError_t allocate(void **address, size_t bytes, MemoryKind kind, unsigned flags)
{
    if (!address)
        return hipErrorInvalidValue;
    *address = nullptr;
    if (bytes == 0)
        return hipSuccess;
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    if (bytes > memory_total() || m.arena.footprint(bytes) > memory_total() - m.used)
        return hipErrorOutOfMemory;
    char *start = m.arena.take(bytes);
    if (!start)
        return hipErrorOutOfMemory;
    m.used += m.arena.footprint(bytes);
    if (m.used > m.used_at_most)
        m.used_at_most = m.used;
    if (kind == MemoryKind::device && bytes <= fill_at_most)
        memset(start, 0xFF, m.arena.footprint(bytes));
    m.regions[(uintptr_t)start] = {start, bytes, kind, flags};
    *address = start;
    return hipSuccess;
}

hipError_t release(void *address, MemoryKind kind, MemoryKind or_kind)
{
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    auto entry = m.regions.find((uintptr_t)address);
    if (entry == m.regions.end() || (entry->second.kind != kind && entry->second.kind != or_kind))
        return hipErrorInvalidValue;
    release_region(m, entry);
    return hipSuccess;
}

void release_all_memory()
{
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    for (auto entry = m.regions.begin(); entry != m.regions.end();) {
        auto next = std::next(entry);
        if (entry->second.kind != MemoryKind::symbol)
            release_region(m, entry);
        entry = next;
    }
}

bool find_region(const void *address, Region *region)
{
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    const Region *found = region_of(m, address);
    if (found)
        *region = *found;
    return found != nullptr;
}

void add_symbol_region(const void *address, size_t bytes)
{
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    m.regions[(uintptr_t)address] = {(char *)address, bytes, MemoryKind::symbol, 0};
}

hipError_t register_host_memory(void *address, size_t bytes, unsigned flags)
{
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    auto after = m.regions.lower_bound((uintptr_t)address);
    bool meets_next = after != m.regions.end() && after->first - (uintptr_t)address < bytes;
    if (region_of(m, address) || meets_next)
        return hipErrorHostMemoryAlreadyRegistered;
    if (m.arena.contains(address))
        return hipErrorInvalidValue;
    m.regions[(uintptr_t)address] = {(char *)address, bytes, MemoryKind::registered, flags};
    return hipSuccess;
}

hipError_t check_range(const void *address, size_t bytes, Side side)
{
    if (!address)
        return hipErrorInvalidValue;
    Memory &m = memory();
    std::lock_guard<std::mutex> lock(m.mutex);
    const Region *region = region_of(m, address);
    if (!region) // ours, but freed or never given; or the program's own
        return side == Side::device || m.arena.contains(address) ? hipErrorInvalidValue : hipSuccess;
    bool for_device_only = region->kind == MemoryKind::device || region->kind == MemoryKind::symbol;
    if (side == Side::host && for_device_only)
        return hipErrorInvalidMemcpyDirection;
    size_t left = region->bytes - (size_t)((const char *)address - region->base);
    if (bytes <= left)
        return hipSuccess;
    // Of the program's own memory only a part need be registered.
    return region->kind == MemoryKind::registered && side != Side::device ? hipSuccess : hipErrorInvalidValue;
}

} // namespace gpu
