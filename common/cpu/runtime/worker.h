// One OS thread that runs blocks: its shared memory, its fibres, and what it is busy with.
#ifndef GPU_WORKER_H
#define GPU_WORKER_H

#include <atomic>
#include <csetjmp>
#include <memory>

#include "../gpu/engine.h"
#include "fibre_switch.h"

namespace gpu
{

constexpr unsigned max_block_threads = 1024;
constexpr unsigned max_warp_size = 64;
constexpr size_t max_shared_bytes = 64 << 10; // static and dynamic together, as on AMD's devices

class GridBarrier;

// A launch in progress, shared by the OS threads that work on it.
struct Job {
    const Kernel *kernel;
    const RunBlocks *blocks; // of the loop or the fission engine; null: fibres
    const RunThread *thread;
    uint3 grid, block;
    bool use_fibres;
    unsigned long total, chunk;      // blocks; blocks taken at a time
    std::atomic<unsigned long> next; // first block that nobody has taken
    std::atomic<hipError_t> error;   // of the first thread that failed
    GridBarrier *grid_barrier;       // cooperative launches only
};

enum class Wait : unsigned char { nothing, barrier, meeting, finished };

struct Warp;

// A thread of the block as the fibre engine sees it. The live ones form a ring, in which turns are taken.
struct alignas(64) Fibre {
    StackState state;
    Fibre *next, *previous;
    uint3 index; // threadIdx
    Wait wait;
    unsigned char lane;
    Warp *warp;
    unsigned long barrier_ticket; // the barrier it waits at
    Way *way;                     // the innermost loop or call that it is in
};

// Where a lane waits for others, and for whom.
struct Place {
    const char *file;
    int line;
    uint64_t mask;
    uint64_t trace; // of the loops and calls around that place
};

struct Warp {
    Fibre *first;           // lanes lie side by side
    unsigned size, running; // lanes; those that wait for nothing
    uint64_t live;          // lanes that have not returned, as a mask
    uint64_t waiting;       // lanes that have come to a meeting which has not been held yet
    bool one_place;         // they all wait at the same place, with the same mask
    Place place[max_warp_size];
    uint64_t left[max_warp_size];  // what each waiting lane brings
    uint64_t value[max_warp_size]; // what those of the last meeting brought
    uint64_t met;                  // who took part in it
    uint64_t ballot;               // who brought something other than 0
};

class FibreStacks;

struct Worker {
    Job *job;
    sigjmp_buf escape; // where fault() goes
    alignas(128) char shared[max_shared_bytes + 128];
    alignas(128) char function_shared[max_shared_bytes];
    size_t dynamic_offset;

    // The fibre engine:
    std::unique_ptr<FibreStacks> stacks;
    StackState main; // the stack that the OS thread came with
    Fibre fibres[max_block_threads];
    Warp warps[max_block_threads];
    unsigned warp_count;
    Fibre *current;            // null where another engine runs
    unsigned live, at_barrier; // threads that have not returned; those of them that wait at the barrier
    unsigned long barrier_ticket;
    unsigned votes, votes_of_last, total_of_last;
    unsigned turns;
    unsigned long block_number; // of those that this OS thread has run by fibres, from 1 on
    const char *call_file;      // of the call that is about to be made; null: not known
    int call_line;

    Worker();
    ~Worker();
};

// The worker of this OS thread, while it runs blocks; else null.
extern GPU_THREAD_LOCAL Worker *worker;

// Runs blocks of the job on this OS thread until none is left. Faults are caught here and stored in the job.
void work(Job &job);

// Runs one block by fibres.
void run_block(Worker &self, uint3 block);

// No lane of the warp can go on by itself: lets those meet who are behind, if all that their masks name are there.
void settle(const Worker &self, Warp &warp);

// Calls work(job) on this OS thread and on up to `helpers` pooled ones, and returns when all blocks are done.
void work_together(Job &job, unsigned helpers);
unsigned worker_count(); // OS threads that run blocks: GPU_WORKERS, or the usable cores

// Catches the signals of bad memory accesses in kernels and turns them into faults.
void catch_signals();
void prepare_signal_stack(); // for this OS thread

// While a job is watched, the watchdog says so when `progress` stands still for long. Whoever gets on counts it up.
void watch(Job *job);
extern std::atomic<unsigned long> progress;

// The value of an environment variable that must be one of `choices`; ends the program with a line if it is not.
const char *environment_choice(const char *name, std::initializer_list<const char *> choices);
// The same for a whole number in [low, high]; `otherwise` where it is not set.
long environment_number(const char *name, long low, long high, long otherwise);

// All blocks of a cooperative launch wait for each other here, each on an OS thread of its own.
class GridBarrier
{
  public:
    explicit GridBarrier(unsigned blocks);
    ~GridBarrier();
    void wait();
    void leave();   // a block has ended
    void abandon(); // a block has failed: nobody waits any more
  private:
    struct State;
    std::unique_ptr<State> state;
};

} // namespace gpu

#endif
