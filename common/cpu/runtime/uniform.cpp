// The memory of a checking build: for each place in the kernel, and each round of the loops around it, what the first
// thread of the block saw there (see gpu/uniform.h).
#include <vector>

#include "../gpu/uniform.h"
#include "worker.h"

namespace gpu
{

namespace
{

// An open table of the block that runs on this OS thread. The entries of earlier blocks count as free.
class Sightings
{
  public:
    Seen first(unsigned long block, uint64_t key, const Seen &mine)
    {
        if (block != current) {
            current = block;
            used = 0;
        }
        if (2 * (used + 1) > entries.size())
            grow();
        Entry &entry = find(key);
        if (entry.block != current) {
            entry = {key, current, mine};
            ++used;
        }
        return entry.seen;
    }

  private:
    struct Entry {
        uint64_t key;
        unsigned long block; // 0: free
        Seen seen;
    };

    Entry &find(uint64_t key)
    {
        size_t i = (size_t)(key ^ key >> 29) & (entries.size() - 1);
        while (entries[i].block == current && entries[i].key != key)
            i = (i + 1) & (entries.size() - 1);
        return entries[i];
    }

    void grow()
    {
        std::vector<Entry> before(entries.empty() ? 1024 : 2 * entries.size(), Entry());
        before.swap(entries);
        for (const Entry &entry : before)
            if (entry.block == current)
                find(entry.key) = entry;
    }

    std::vector<Entry> entries;
    unsigned long current = 0;
    size_t used = 0;
};

} // namespace

static uint64_t mixed(uint64_t a, uint64_t b)
{
    return (a ^ b) * 0x9e3779b97f4a7c15u;
}

// The way of the current thread to this place: through which rounds of which loops.
static uint64_t here(unsigned place)
{
    const Way *way = worker->current->way;
    return mixed(way ? way->trace : 0, place);
}

static Seen first_of(uint64_t key, uint64_t bits)
{
    static thread_local Sightings sightings;
    return sightings.first(worker->block_number, key, {bits, ::threadIdx});
}

// With CPU_ENGINE=loop one thread comes after the other, and nothing is taken as uniform.
static bool is_fibre()
{
    return worker && worker->current;
}

Seen seen_first(unsigned place, uint64_t bits)
{
    return is_fibre() ? first_of(here(place), bits) : Seen{bits, ::threadIdx};
}

bool check_together(unsigned place, const char *file, int line)
{
    if (!is_fibre())
        return true;
    const uint64_t bits = here(place) << 20 | (uint64_t)line;
    const Seen first = first_of(mixed(worker->barrier_ticket, ~(uint64_t)0), bits);
    const uint3 other = first.thread;
    const int line_of_first = (int)(first.bits & 0xfffff);
    if (first.bits != bits)
        fault(hipErrorLaunchFailure,
              "%s:%d: all threads are taken to meet at this barrier, but thread (%u,%u,%u) waits in line %d%s", file,
              line, other.x, other.y, other.z, line_of_first, line_of_first == line ? ", in another round" : "");
    return true;
}

void check_all_lanes(const char *file, int line)
{
    if (!is_fibre())
        return;
    const Warp &warp = *worker->current->warp;
    const uint64_t away = warp.live & ~warp.met;
    if (!away)
        return;
    const uint3 other = warp.first[__builtin_ctzll(away)].index;
    fault(hipErrorLaunchFailure, "%s:%d: all lanes are taken to come here, but thread (%u,%u,%u) did not", file, line,
          other.x, other.y, other.z);
}

} // namespace gpu
