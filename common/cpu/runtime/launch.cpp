// A launch: what a device checks before it starts a grid, and the grid cut into runs of blocks.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "internal.h"
#include "worker.h"

GPU_THREAD_LOCAL uint3 threadIdx, blockIdx, blockDim, gridDim;

extern const int warpSize = atoi(gpu::environment_choice("GPU_WARP", {"32", "64"}));
extern const int gpu::warp_bits = warpSize == 64 ? 6 : 5;

namespace gpu
{

const char *environment_choice(const char *name, std::initializer_list<const char *> choices)
{
    const char *value = getenv(name);
    if (!value || !*value)
        return *choices.begin();
    std::string list;
    for (const char *choice : choices) {
        if (!strcmp(value, choice))
            return choice;
        list += (list.empty() ? "" : ", ") + std::string(choice);
    }
    fprintf(stderr, "%s=%s: must be one of %s\n", name, value, list.c_str());
    exit(2);
}

long environment_number(const char *name, long low, long high, long otherwise)
{
    const char *text = getenv(name);
    if (!text || !*text)
        return otherwise;
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || value < low || value > high) {
        fprintf(stderr, "%s=%s: must be a whole number from %ld to %ld\n", name, text, low, high);
        exit(2);
    }
    return value;
}

namespace
{

// CPU_ENGINE, or what the translator chose.
Engine engine_for(const Kernel &kernel)
{
    static const std::string choice = environment_choice("CPU_ENGINE", {"auto", "loop", "fission", "fibres"});
    return choice == "loop"      ? Engine::loop
           : choice == "fission" ? Engine::fission
           : choice == "fibres"  ? Engine::fibres
                                 : kernel.engine;
}

struct Configuration {
    dim3 grid, block;
    size_t shared;
    hipStream_t stream;
    bool cooperative;
};

// What runs the blocks with that engine: one of the two functions, or nullptr for fibres. Where there is nothing to cut,
// fission is a loop. False, after a line on stderr: the engine cannot run this kernel.
bool pick(const Kernel &kernel, const Configuration &c, const RunBlocks &loop, const RunBlocks &fission,
          const RunBlocks **picked)
{
    Engine engine = engine_for(kernel);
    // Cut kernels are compiled for grids whose threads an int can count (emit_cut.py).
    if (fission && engine == Engine::fission && c.grid.x > (1u << 21) - 1)
        engine = loop ? Engine::loop : Engine::fibres;
    *picked = engine == Engine::fibres ? nullptr : engine == Engine::fission && (fission || !loop) ? &fission : &loop;
    if (!*picked || **picked)
        return true;
    if (engine == Engine::loop)
        fprintf(stderr,
                "simulated GPU: kernel %s has a barrier or a warp operation, which CPU_ENGINE=loop cannot run\n",
                kernel.name);
    else
        fprintf(stderr, "simulated GPU: kernel %s, which CPU_ENGINE=fission cannot run: %s\n", kernel.name,
                kernel.uncut);
    return false;
}

thread_local std::vector<Configuration> configurations;

// The checks of a device, in the order in which CUDA's and HIP's runtimes make them.
hipError_t check(const Kernel &kernel, const Configuration &c)
{
    unsigned long threads = (unsigned long)c.block.x * c.block.y * c.block.z;
    if (c.block.x == 0 || c.block.y == 0 || c.block.z == 0 || c.grid.x == 0 || c.grid.y == 0 || c.grid.z == 0)
        return hipErrorInvalidConfiguration;
    if (c.block.x > max_block_threads || c.block.y > max_block_threads || c.block.z > max_block_threads ||
        threads > max_block_threads)
        return hipErrorInvalidConfiguration;
    if (c.grid.x > 2147483647u || c.grid.y > 65535 || c.grid.z > 65535)
        return hipErrorInvalidConfiguration;
    if (kernel.static_shared + c.shared > max_shared_bytes)
        return hipErrorInvalidValue;
    if (threads > kernel.max_threads)
        return hipErrorLaunchOutOfResources;
    return hipSuccess;
}

// Dynamic shared memory follows the static one, aligned for any vector type.
size_t dynamic_offset(const Kernel &kernel)
{
    return (kernel.static_shared + 127) / 128 * 128;
}

void run_loop(Job &job, Worker &self, unsigned long first, unsigned long last)
{
    (*job.blocks)({job.block, job.grid, first, last, job.grid.x <= 1u << 20, self.shared});
}

void run_fibres(Job &job, Worker &self, unsigned long first, unsigned long last)
{
    Blocks blocks = {job.block, job.grid, first, last, false, self.shared};
    uint3 index = blocks.index(first);
    for (unsigned long b = first; b < last; ++b, index = blocks.after(index)) {
        run_block(self, index);
        progress.fetch_add(1, std::memory_order_relaxed);
    }
}

Worker &worker_of_this_thread()
{
    thread_local std::unique_ptr<Worker> mine = std::make_unique<Worker>();
    return *mine;
}

// What a block of a kernel took when it was launched last, in seconds; before that, a guess from its number of threads.
// It decides whether other OS threads are called at all, which costs some microseconds, and how many blocks each takes
// at a time. A block may hold 32 threads with a loop over a million elements, or a thousand with one element each.
class BlockTimes
{
  public:
    double expected(const Kernel *kernel, unsigned long block_threads) const
    {
        auto found = times.find(kernel);
        return found != times.end() ? found->second : 1e-8 * (double)block_threads;
    }
    void remember(const Kernel *kernel, double seconds) { times[kernel] = seconds; }

  private:
    std::unordered_map<const Kernel *, double> times;
};

const double worthwhile = 2e-5; // seconds of work for which a call, or taking blocks, costs next to nothing

// Enough blocks at a time that taking them costs nothing beside running them, and few enough that all OS threads end
// together.
unsigned long chunk_of(unsigned long total, double block_seconds, unsigned workers)
{
    unsigned long even = total / (8ul * workers), enough = (unsigned long)fmin(1e9, worthwhile / block_seconds) + 1;
    unsigned long chunk = even > enough ? even : enough, most = (total + workers - 1) / workers;
    return chunk < most ? chunk : most;
}

// A grid whose blocks wait for one another needs all of them at once: each gets an OS thread of its own.
void run_cooperatively(Job &job)
{
    GridBarrier barrier((unsigned)job.total);
    job.grid_barrier = &barrier;
    job.chunk = 1;
    std::vector<std::thread> threads;
    for (unsigned long b = 0; b < job.total; ++b)
        threads.emplace_back([&job, &barrier] {
            prepare_signal_stack();
            work(job);
            if (job.error.load() != hipSuccess)
                barrier.abandon();
            barrier.leave();
        });
    for (std::thread &thread : threads)
        thread.join();
}

hipError_t run_grid(const Kernel &kernel, const Configuration &c, const RunBlocks *blocks, const RunThread &thread)
{
    static std::mutex one_at_a_time; // host threads that launch at the same time queue up here
    std::lock_guard<std::mutex> lock(one_at_a_time);
    Job job = {};
    job.kernel = &kernel;
    job.blocks = blocks;
    job.thread = &thread;
    job.grid = {c.grid.x, c.grid.y, c.grid.z};
    job.block = {c.block.x, c.block.y, c.block.z};
    job.use_fibres = !blocks || c.cooperative;
    job.total = (unsigned long)c.grid.x * c.grid.y * c.grid.z;
    static BlockTimes times; // one launch at a time: this function holds the lock
    double block_seconds = times.expected(&kernel, (unsigned long)c.block.x * c.block.y * c.block.z);
    bool tiny = job.total == 1 || (double)job.total * block_seconds < worthwhile;
    unsigned all = worker_count(), workers = tiny ? 1 : all; // asked for always: a wrong GPU_WORKERS is to be told
    job.chunk = chunk_of(job.total, block_seconds, workers);
    auto begin = std::chrono::steady_clock::now();
    watch(&job);
    if (c.cooperative)
        run_cooperatively(job);
    else
        work_together(job, workers - 1);
    watch(nullptr);
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    times.remember(&kernel, fmax(1e-9, seconds.count() * workers / (double)job.total));
    return job.error.load();
}

} // namespace

void work(Job &job)
{
    Worker &self = worker_of_this_thread();
    self.job = &job;
    self.dynamic_offset = dynamic_offset(*job.kernel);
    ::blockDim = job.block;
    ::gridDim = job.grid;
    worker = &self;
    if (sigsetjmp(self.escape, 0) == 0) {
        while (job.error.load(std::memory_order_relaxed) == hipSuccess) {
            unsigned long first = job.next.fetch_add(job.chunk, std::memory_order_relaxed);
            if (first >= job.total)
                break;
            unsigned long last = job.total - first < job.chunk ? job.total : first + job.chunk;
            if (job.use_fibres)
                run_fibres(job, self, first, last);
            else
                run_loop(job, self, first, last);
            progress.fetch_add(1, std::memory_order_relaxed);
        }
    }
    worker = nullptr;
}

void configure(dim3 grid, dim3 block, size_t shared, hipStream_t stream)
{
    configurations.push_back({grid, block, shared, stream, false});
}

void configure_cooperative(dim3 grid, dim3 block, size_t shared, hipStream_t stream)
{
    configurations.push_back({grid, block, shared, stream, true});
}

void launch(const Kernel &kernel, RunBlocks blocks, RunBlocks fission, RunThread thread)
{
    if (configurations.empty()) { // called like a function, without <<<...>>>
        fprintf(stderr, "simulated GPU: kernel %s was called without a launch configuration\n", kernel.name);
        remember(hipErrorInvalidConfiguration);
        return;
    }
    Configuration c = configurations.back();
    configurations.pop_back();
    hipError_t error = sticky_error();
    if (error == hipSuccess)
        error = check(kernel, c);
    const RunBlocks *picked = nullptr;
    if (error == hipSuccess && !pick(kernel, c, blocks, fission, &picked))
        error = hipErrorNotSupported;
    if (error == hipSuccess) {
        RunBlocks run = picked ? *picked : RunBlocks();
        error = submit(c.stream, [&kernel, c, run = std::move(run), thread = std::move(thread)] {
            catch_signals();
            hipError_t fault = run_grid(kernel, c, run ? &run : nullptr, thread);
            if (fault != hipSuccess)
                set_sticky_error(fault);
            return fault;
        });
    }
    remember(error);
}

void *dynamic_shared()
{
    if (!worker)
        return nullptr;
    return worker->shared + worker->dynamic_offset;
}

static size_t function_shared_used;

size_t reserve_function_shared(size_t bytes, size_t alignment)
{
    size_t offset = (function_shared_used + alignment - 1) / alignment * alignment;
    if (offset + bytes > max_shared_bytes) {
        fprintf(stderr, "simulated GPU: the __shared__ declarations of device functions take more than 64 KiB\n");
        exit(3);
    }
    function_shared_used = offset + bytes;
    return offset;
}

void *function_shared_memory(size_t offset)
{
    if (!worker)
        fault(hipErrorLaunchFailure, "shared memory used outside a kernel");
    return worker->function_shared + offset;
}

bool in_kernel()
{
    return worker != nullptr;
}

} // namespace gpu
