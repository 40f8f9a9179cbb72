// The fibre engine: every thread of a block has a stack of its own, and the threads take turns. A thread runs until it
// reaches a barrier, a warp operation or its end; then the next one that can go on does. When the last thread has come
// to a barrier, it is open for all.
#include "fibre_stacks.h"
#include "worker.h"

namespace gpu
{

GPU_THREAD_LOCAL Worker *worker;

static bool can_run(const Worker &self, const Fibre *fibre)
{
    switch (fibre->wait) {
    case Wait::nothing:
        return true;
    case Wait::barrier:
        return fibre->barrier_ticket != self.barrier_ticket;
    case Wait::meeting:
        return !(fibre->warp->waiting >> fibre->lane & 1);
    default:
        return false;
    }
}

// All live threads have come to the barrier: the ticket that they hold is no longer the current one.
static void open_barrier(Worker &self)
{
    self.votes_of_last = self.votes;
    self.total_of_last = self.at_barrier;
    self.votes = 0;
    self.at_barrier = 0;
    ++self.barrier_ticket;
    for (unsigned i = 0; i < self.warp_count; ++i)
        self.warps[i].running = (unsigned)__builtin_popcountll(self.warps[i].live);
    if (self.barrier_ticket % 64 == 0) // now and then: all OS threads count in the same place
        progress.fetch_add(1, std::memory_order_relaxed);
}

// With a few hundred stacks in turn, each one has left the first-level cache when its turn comes. The one after the next
// is known already, so its lines are fetched in advance.
static inline GPU_INLINE void switch_to(Worker &self, Fibre *from, Fibre *to)
{
    const char *soon = (const char *)to->next->state;
    __builtin_prefetch(soon);
    __builtin_prefetch(soon + 64);
    __builtin_prefetch(soon + 128);
    __builtin_prefetch(to->next->next);
    self.current = to;
    to->wait = Wait::nothing;
    ::threadIdx = to->index;
    gpu_fibre_switch(&from->state, to->state);
}

// Every thread waits and nothing can open: lanes named in a mask will never come.
[[noreturn]] static void report_deadlock(Worker &self)
{
    Warp *warp = self.warps;
    while (!warp->waiting)
        ++warp;
    unsigned lane = (unsigned)__builtin_ctzll(warp->waiting);
    const Place &place = warp->place[lane];
    ::threadIdx = warp->first[lane].index;
    fault(hipErrorLaunchTimeOut, "%s:%d: waits for ever: its mask 0x%llx names lanes that never come here", place.file,
          place.line, (unsigned long long)place.mask);
}

// Goes on with the next thread in the ring that can; the caller's own turn may be that.
static inline GPU_INLINE void give_turn(Worker &self, Fibre *from)
{
    Fibre *to = from->next;
    while (!can_run(self, to)) {
        if (to == from)
            report_deadlock(self);
        to = to->next;
    }
    if (to == from)
        from->wait = Wait::nothing;
    else
        switch_to(self, from, to);
}

static inline GPU_INLINE Fibre *fibre_that_waits(const char *what)
{
    if (!worker)
        fault(hipErrorLaunchFailure, "%s outside a kernel", what);
    if (!worker->current)
        fault(hipErrorLaunchFailure, "%s reached in a kernel that was taken for one without; CPU_ENGINE=fibres runs it",
              what);
    return worker->current;
}

static inline GPU_INLINE void wait_at_barrier(bool vote, bool of_grid)
{
    Fibre *fibre = fibre_that_waits("__syncthreads()");
    Worker &self = *worker;
    self.votes += vote;
    if (++self.at_barrier == self.live) {
        if (of_grid)
            self.job->grid_barrier->wait();
        open_barrier(self);
        return;
    }
    fibre->wait = Wait::barrier;
    fibre->barrier_ticket = self.barrier_ticket;
    if (--fibre->warp->running == 0 && fibre->warp->waiting)
        settle(self, *fibre->warp);
    give_turn(self, fibre);
}

void barrier()
{
    wait_at_barrier(false, false);
}

unsigned barrier_count(bool vote, unsigned *total)
{
    wait_at_barrier(vote, false);
    if (total)
        *total = worker->total_of_last;
    return worker->votes_of_last;
}

void grid_barrier()
{
    if (worker && !worker->job->grid_barrier)
        fault(hipErrorLaunchFailure, "a barrier of the whole grid needs hipLaunchCooperativeKernel");
    wait_at_barrier(false, true);
}

void come_to_meeting(uint64_t value, uint64_t mask, const char *file, int line)
{
    Fibre *fibre = fibre_that_waits("a warp operation");
    Worker &self = *worker;
    Warp &warp = *fibre->warp;
    unsigned lane = fibre->lane;
    const Place place = {file, line, mask, fibre->way ? fibre->way->trace : 0};
    if (!warp.waiting) {
        warp.one_place = true;
    } else if (warp.one_place) {
        const Place &other = warp.place[__builtin_ctzll(warp.waiting)];
        warp.one_place = other.file == file && other.line == line && other.mask == mask &&
                         (mask != whoever || other.trace == place.trace);
    }
    warp.place[lane] = place;
    warp.left[lane] = value;
    warp.waiting |= (uint64_t)1 << lane;
    fibre->wait = Wait::meeting;
    if (--warp.running == 0)
        settle(self, warp);
    if (!(warp.waiting >> lane & 1))
        fibre->wait = Wait::nothing;
    else
        give_turn(self, fibre);
}

Meeting meeting_held(uint64_t mask)
{
    const Fibre *fibre = worker->current;
    const Warp &warp = *fibre->warp;
    uint64_t lanes = warp.met & (mask | (uint64_t)1 << fibre->lane);
    return {warp.value, lanes, warp.ballot & lanes};
}

Way *&Way::innermost()
{
    static GPU_THREAD_LOCAL Way *outside;
    return worker && worker->current ? worker->current->way : outside;
}

void call_from(const char *file, int line)
{
    if (worker) {
        worker->call_file = file;
        worker->call_line = line;
    }
}

Call::Call()
    : Way(worker && worker->call_file ? worker->call_file : "", worker && worker->call_file ? worker->call_line : 0)
{
    if (worker)
        worker->call_file = nullptr;
}

void take_turn()
{
    if (worker && worker->current && ++worker->turns % 32 == 0)
        give_turn(*worker, worker->current);
}

unsigned lane()
{
    if (worker && worker->current)
        return worker->current->lane;
    return (::threadIdx.x + ::blockDim.x * (::threadIdx.y + ::blockDim.y * ::threadIdx.z)) % (unsigned)warpSize;
}

// The thread has returned: whoever waited for it alone can go on.
static void leave_block(Worker &self, Fibre *fibre)
{
    Warp &warp = *fibre->warp;
    fibre->wait = Wait::finished;
    fibre->previous->next = fibre->next;
    fibre->next->previous = fibre->previous;
    warp.live &= ~((uint64_t)1 << fibre->lane);
    --self.live;
    if (--warp.running == 0 && warp.waiting)
        settle(self, warp);
    if (self.at_barrier && self.at_barrier == self.live)
        open_barrier(self);
}

// Where each fibre starts. After its thread has ended it waits to be used for a thread of the next block.
static void fibre_main()
{
    for (;;) {
        Worker &self = *worker;
        Fibre *fibre = self.current;
        Thread thread = {fibre->index, ::blockIdx, ::blockDim, ::gridDim, self.shared};
        (*self.job->thread)(thread);
        leave_block(self, fibre);
        if (self.live == 0) {
            self.current = nullptr;
            gpu_fibre_switch(&fibre->state, self.main);
        } else {
            Fibre *to = fibre->next;
            for (Fibre *start = to; !can_run(self, to);) {
                to = to->next;
                if (to == start)
                    report_deadlock(self);
            }
            switch_to(self, fibre, to);
        }
    }
}

// Threads in the order x, y, z; consecutive ones form warps.
static void seat_threads(Worker &self, unsigned count)
{
    uint3 size = self.job->block;
    unsigned warp_size = (unsigned)warpSize;
    uint3 index = {0, 0, 0};
    for (unsigned i = 0; i < count; ++i) {
        Fibre &fibre = self.fibres[i];
        fibre.next = &self.fibres[i + 1 == count ? 0 : i + 1];
        fibre.previous = &self.fibres[i == 0 ? count - 1 : i - 1];
        fibre.index = index;
        fibre.wait = Wait::nothing;
        fibre.lane = (unsigned char)(i % warp_size);
        fibre.warp = &self.warps[i / warp_size];
        fibre.way = nullptr;
        if (++index.x == size.x) {
            index.x = 0;
            if (++index.y == size.y) {
                index.y = 0;
                ++index.z;
            }
        }
    }
    self.warp_count = (count + warp_size - 1) / warp_size;
    for (unsigned w = 0; w < self.warp_count; ++w) {
        Warp &warp = self.warps[w];
        warp.first = &self.fibres[w * warp_size];
        warp.size = warp.running = count - w * warp_size < warp_size ? count - w * warp_size : warp_size;
        warp.live = warp.size == 64 ? ~(uint64_t)0 : ((uint64_t)1 << warp.size) - 1;
        warp.waiting = 0;
    }
    self.live = count;
    self.at_barrier = 0;
    self.votes = 0;
}

void run_block(Worker &self, uint3 block)
{
    unsigned count = self.job->block.x * self.job->block.y * self.job->block.z;
    if (!self.stacks)
        self.stacks = std::make_unique<FibreStacks>();
    self.stacks->provide(self.fibres, count, fibre_main);
    seat_threads(self, count);
    ++self.block_number;
    ::blockIdx = block;
    ::threadIdx = self.fibres[0].index;
    self.current = &self.fibres[0];
    gpu_fibre_switch(&self.main, self.current->state);
}

Worker::Worker()
    : job(nullptr), dynamic_offset(0), main(nullptr), current(nullptr), barrier_ticket(0), turns(0), block_number(0),
      call_file(nullptr), call_line(0)
{
}

Worker::~Worker() = default;

} // namespace gpu
