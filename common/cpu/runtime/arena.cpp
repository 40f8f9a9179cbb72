// Device memory by mmap: reserved addresses become memory, and memory becomes reserved addresses again.
#include "arena.h"

#include <cstdint>
#include <iterator>

#include <sys/mman.h>
#include <unistd.h>

namespace gpu
{

#if defined(MAP_NORESERVE)
constexpr int reserve_flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
constexpr int reserve_flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif

constexpr size_t huge_page = 2 << 20;
constexpr size_t worth_huge_pages = 2 * huge_page;
constexpr size_t range_at_least = (size_t)1 << 30;

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

Arena::Arena() : page((size_t)sysconf(_SC_PAGESIZE)) {}

// Reserves addresses, not memory: many at a time, as they cost nothing.
bool Arena::reserve(size_t bytes)
{
    size_t wanted = bytes + huge_page + page;
    for (size_t length : {range_at_least > 2 * wanted ? range_at_least : 2 * wanted, wanted}) {
        length = round_up(length, page);
        void *range = mmap(nullptr, length, PROT_NONE, reserve_flags, -1, 0);
        if (range == MAP_FAILED)
            continue;
        ranges[(char *)range] = length;
        add_hole((char *)range, length);
        return true;
    }
    return false;
}

bool Arena::contains(const void *address) const
{
    auto after = ranges.upper_bound((char *)address);
    if (after == ranges.begin())
        return false;
    auto range = std::prev(after);
    return (uintptr_t)address - (uintptr_t)range->first < range->second;
}

size_t Arena::footprint(size_t bytes) const
{
    return round_up(bytes, page);
}

// Takes `bytes` and the page behind them out of the hole. Large memory starts at a huge page's border, so that the
// system can use those.
char *Arena::carve(std::map<char *, size_t>::iterator hole, size_t bytes)
{
    char *start = hole->first, *end = hole->first + hole->second;
    char *from = start;
    if (bytes >= worth_huge_pages)
        from += round_up((uintptr_t)start, huge_page) - (uintptr_t)start;
    size_t wanted = bytes + page;
    if (from > end || (size_t)(end - from) < wanted)
        return nullptr;
    if (mprotect(from, bytes, PROT_READ | PROT_WRITE))
        return nullptr;
#ifdef MADV_HUGEPAGE
    if (bytes >= worth_huge_pages)
        (void)madvise(from, bytes, MADV_HUGEPAGE); // a wish, not a need
#endif
    holes.erase(hole);
    if (from > start)
        holes[start] = (size_t)(from - start);
    if (from + wanted < end)
        holes[from + wanted] = (size_t)(end - from) - wanted;
    return from;
}

char *Arena::take(size_t bytes)
{
    bytes = footprint(bytes);
    char *start = find_room(bytes);
    return start || !reserve(bytes) ? start : find_room(bytes);
}

char *Arena::find_room(size_t bytes)
{
    auto next = holes.lower_bound(cursor);
    for (size_t tried = 0, count = holes.size(); tried < count; ++tried) {
        if (next == holes.end())
            next = holes.begin();
        auto hole = next++;
        if (char *start = carve(hole, bytes)) {
            cursor = start + bytes;
            return start;
        }
    }
    return nullptr;
}

void Arena::give(char *start, size_t bytes)
{
    bytes = footprint(bytes);
    mmap(start, bytes, PROT_NONE, reserve_flags | MAP_FIXED, -1, 0);
    add_hole(start, bytes + page);
}

// Neighbouring holes become one.
void Arena::add_hole(char *start, size_t bytes)
{
    auto after = holes.lower_bound(start);
    if (after != holes.end() && start + bytes == after->first) {
        bytes += after->second;
        after = holes.erase(after);
    }
    if (after != holes.begin()) {
        auto before = std::prev(after);
        if (before->first + before->second == start) {
            before->second += bytes;
            return;
        }
    }
    holes[start] = bytes;
}

} // namespace gpu
