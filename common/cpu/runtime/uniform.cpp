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

Seen seen_first(unsigned place, uint64_t bits)
{
    const Seen mine = {bits, ::threadIdx};
    if (!worker || !worker->current) // CPU_ENGINE=loop: one thread after the other, and nothing is taken as uniform
        return mine;
    static thread_local Sightings sightings;
    const Way *way = worker->current->way;
    uint64_t key = ((way ? way->trace : 0) ^ place) * 0x9e3779b97f4a7c15u;
    return sightings.first(worker->block_number, key, mine);
}

} // namespace gpu
