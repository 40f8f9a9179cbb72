// Which lanes of a warp meet. On a device the lanes of a warp go in step, and where they part they join again at the end of
// the branch. Here each lane has its own stack and runs ahead until it waits, so the question is who belongs together:
// those at the same place whose ways there were the same. And if there are several such groups: who goes on first?
#include <cstring>

#include "worker.h"

namespace gpu
{

static bool same_file(const char *a, const char *b)
{
    return a == b || !strcmp(a, b);
}

// A mask says who meets, in whatever round of a loop each of them is. Without one the lanes that are in step meet.
static bool same_place(const Place &a, const Place &b)
{
    return a.line == b.line && same_file(a.file, b.file) &&
           (a.mask != whoever || b.mask != whoever || a.trace == b.trace);
}

// The loops and calls that a place is in, from the outermost on, and at the end the place itself.
struct Steps {
    static constexpr unsigned most = 32;
    struct Step {
        const char *file;
        int line;
        unsigned round;
    } step[most + 1];
    unsigned count = 0;

    Steps(const Warp &warp, unsigned lane)
    {
        const Place &place = warp.place[lane];
        const Way *ways[most];
        for (const Way *way = warp.first[lane].way; way && count < most; way = way->outer)
            ways[count++] = way;
        for (unsigned i = 0; i < count; ++i) {
            const Way &way = *ways[count - 1 - i];
            step[i] = {way.file, way.line, way.round};
        }
        step[count++] = {place.file, place.line, 0};
    }
};

// Who is behind and goes on first? At the first step where the ways part: who is in an earlier round of the same loop, or
// at an earlier line of the same function. A place in another file can only be in a function whose call is not known
// (an operator, for instance): it goes before those of the kernel's file, which wait for its caller.
static bool comes_before(const Worker &self, const Warp &warp, unsigned a, unsigned b)
{
    const Steps first(warp, a), second(warp, b);
    for (unsigned i = 0; i < first.count && i < second.count; ++i) {
        const Steps::Step &x = first.step[i], &y = second.step[i];
        if (!same_file(x.file, y.file))
            return same_file(y.file, self.job->kernel->file);
        if (x.line != y.line)
            return x.line < y.line;
        bool waits = i + 1 == first.count, other_waits = i + 1 == second.count;
        if (waits != other_waits)
            return other_waits; // inside a loop, call or branch of the line where the other one waits
        if (x.round != y.round)
            return x.round < y.round;
    }
    return false;
}

// The meeting takes place: what its lanes brought is put where they will read it, since the first of them may bring
// something to the next meeting before the last one has read.
static void hold_meeting(Warp &warp, uint64_t lanes)
{
    uint64_t ballot = 0;
    for (unsigned i = 0; i < warp.size; ++i) {
        uint64_t value = lanes >> i & 1 ? warp.left[i] : 0;
        warp.value[i] = value;
        ballot |= (uint64_t)(value != 0) << i;
    }
    warp.ballot = ballot;
    warp.met = lanes;
    warp.waiting &= ~lanes;
    warp.running += (unsigned)__builtin_popcountll(lanes);
}

// The lanes that wait at the place of `one`; 0 if a lane is missing that the mask of one of them names.
static uint64_t complete_meeting(const Warp &warp, unsigned one, uint64_t *there)
{
    uint64_t named = 0;
    *there = 0;
    for (unsigned i = 0; i < warp.size; ++i) {
        if (!(warp.waiting >> i & 1) || !same_place(warp.place[i], warp.place[one]))
            continue;
        *there |= (uint64_t)1 << i;
        if (warp.place[i].mask != whoever)
            named |= warp.place[i].mask;
    }
    return named & warp.live & ~*there ? 0 : *there;
}

// See worker.h.
void settle(const Worker &self, Warp &warp)
{
    if (warp.one_place && (warp.place[__builtin_ctzll(warp.waiting)].mask == whoever || warp.waiting == warp.live)) {
        hold_meeting(warp, warp.waiting);
        return;
    }
    for (uint64_t candidates = warp.waiting; candidates;) {
        unsigned first = (unsigned)__builtin_ctzll(candidates);
        for (unsigned i = first + 1; i < warp.size; ++i)
            if (candidates >> i & 1 && comes_before(self, warp, i, first))
                first = i;
        uint64_t there, lanes = complete_meeting(warp, first, &there);
        if (lanes) {
            hold_meeting(warp, lanes);
            return;
        }
        candidates &= ~there;
    }
}

} // namespace gpu
