// What a translated kernel is made of, and what it may ask of the simulated GPU.
//
// The translator (common/cpu/translate) turns each __global__ function into a few plain C++ functions; this header
// holds the handful of types and calls that they use. Reading it beside a generated file is the quickest way to see
// what a grid, a block, a warp and a barrier are.
#ifndef GPU_ENGINE_H
#define GPU_ENGINE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

#include "../hip/hip_runtime_api.h"

// The index built-ins as device functions see them: one set for each OS thread, set before a kernel's thread runs. They
// are objects, not macros, because host code may well call a variable of its own `gridDim`. In the kernel itself
// parameters of the same names hide them (GPU_INDICES): those are plain scalars in registers, and only so can the
// compiler see that neighbouring threads touch neighbouring addresses.
#if defined(__linux__)
#define GPU_THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))
#else
#define GPU_THREAD_LOCAL __thread
#endif
extern GPU_THREAD_LOCAL uint3 threadIdx, blockIdx, blockDim, gridDim;

// Lanes in a warp: 32, or 64 with GPU_WARP=64 in the environment. No compile-time constant, as on a real device.
extern const int warpSize;
namespace gpu
{
extern const int warp_bits; // its logarithm
}

#define GPU_INDICES                                                                                                    \
    [[maybe_unused]] const uint3 threadIdx, [[maybe_unused]] const uint3 blockIdx,                                     \
        [[maybe_unused]] const uint3 blockDim, [[maybe_unused]] const uint3 gridDim
#define GPU_INLINE __attribute__((always_inline))

// Stands before the loop over the threads of a block: no iteration waits for another or reads what another writes, for
// there is no barrier between them. The compiler cannot know that; this tells it, so that it may vectorise. The other one
// is for threads that have arrays of their own: clang keeps such an array in one place for all iterations, and believes
// the promise for it too, which makes wrong code; g++ does not.
#if defined(__clang__)
#define GPU_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define GPU_INDEPENDENT_OWN
#else
#define GPU_INDEPENDENT     _Pragma("GCC ivdep")
#define GPU_INDEPENDENT_OWN GPU_INDEPENDENT
#endif

// assert() in device code: one line that names kernel, block and thread, then the launch ends with hipErrorAssert.
#ifdef NDEBUG
#define gpu_assert(condition) ((void)0)
#else
#define gpu_assert(condition)                                                                                          \
    ((condition) ? (void)0                                                                                             \
                 : ::gpu::fault_at(threadIdx, blockIdx, hipErrorAssert, "%s:%d: assertion `%s' failed", __FILE__,      \
                                   __LINE__, #condition))
#endif

namespace gpu
{

// How a kernel runs. loop: each thread runs to its end before the next one starts, so a block is a plain loop. fission:
// the kernel is cut at its barriers, and each of the pieces is such a loop (see fission.h). fibres: each thread has a
// stack of its own and they take turns, switched at barriers and warp operations.
enum class Engine { loop, fission, fibres };

// What is known of a kernel when it is compiled.
struct Kernel {
    const char *name, *file;
    int line;
    Engine engine;        // what the translator chose
    size_t static_shared; // bytes of __shared__ declarations
    unsigned max_threads; // __launch_bounds__, or 1024
    const char *uncut;    // why fission cannot run it; "" if it can, or need not
};

// A run of consecutive blocks of one launch, given to one OS thread.
struct Blocks {
    uint3 blockDim, gridDim;
    unsigned long first, last; // linear block numbers, last excluded
    bool small_grid;           // gridDim.x <= 2^20: blockIdx.x * blockDim.x + threadIdx.x cannot overflow an int
    void *shared;              // room for the kernel's __shared__ declarations, used by one block after the other

    // blockIdx of linear block number b; x runs fastest, as devices do it.
    uint3 index(unsigned long b) const
    {
        unsigned long row = b / gridDim.x;
        return {(unsigned)(b % gridDim.x), (unsigned)(row % gridDim.y), (unsigned)(row / gridDim.y)};
    }
    // The one after it, without the divisions, which would cost as much as a small block.
    uint3 after(uint3 index) const
    {
        if (++index.x == gridDim.x) {
            index.x = 0;
            if (++index.y == gridDim.y) {
                index.y = 0;
                ++index.z;
            }
        }
        return index;
    }
};

// One thread of one block, for the fibre engine.
struct Thread {
    uint3 threadIdx, blockIdx, blockDim, gridDim;
    void *shared;
};

using RunBlocks = std::function<void(const Blocks &)>;
using RunThread = std::function<void(const Thread &)>;

// kernel<<<grid, block, shared, stream>>>(arguments) is translated to (configure(grid, block, shared, stream),
// kernel(arguments)): the configuration waits, on a stack of this OS thread, for the launch that takes it off.
void configure(dim3 grid, dim3 block, size_t shared = 0, hipStream_t stream = nullptr);
void configure_cooperative(dim3 grid, dim3 block, size_t shared, hipStream_t stream);

// Checks the configuration as a device would (hipErrorInvalidConfiguration for 0 or more than 1024 threads,
// hipErrorInvalidValue for more than 64 KiB of shared memory, hipErrorLaunchOutOfResources for more threads than
// __launch_bounds__ allows), then runs the grid or records it in the graph that the stream is capturing. `blocks`
// and `fission` are empty where the loop engine or the fission engine cannot run the kernel; fibres run any. The outcome
// is the OS thread's last error.
void launch(const Kernel &kernel, RunBlocks blocks, RunBlocks fission, RunThread thread);

// A promise to the compiler, not a check: it may take the condition for true.
inline GPU_INLINE void assume(bool condition)
{
    if (!condition)
        __builtin_unreachable();
}

// For the device functions that a kernel calls: they see the index built-ins as the globals above. The loop engine sets
// the thread's index only for kernels that reach such a function, since it costs the vectorisation of the loop.
inline void set_block_index(uint3 index)
{
    volatile uint3 &place = ::blockIdx; // a signal handler may read it in the middle of the block
    place.x = index.x;
    place.y = index.y;
    place.z = index.z;
}
inline void set_thread_index(uint3 index)
{
    ::threadIdx = index;
}

// The dynamic shared memory of the block that runs on this OS thread, 16-byte aligned.
void *dynamic_shared();

// extern __shared__ T name[]; outside any function.
template <class T> struct DynamicShared {
    operator T *() const { return (T *)dynamic_shared(); }
};

// __shared__ declarations inside a __device__ function: one T for each block, apart from the kernel's own.
size_t reserve_function_shared(size_t bytes, size_t alignment);
void *function_shared_memory(size_t offset);
template <class T> inline const size_t function_shared_offset = reserve_function_shared(sizeof(T), alignof(T));
template <class T> T &device_function_shared()
{
    return *(T *)function_shared_memory(function_shared_offset<T>);
}

// __syncthreads(). Threads that have returned are not waited for.
void barrier();
// A barrier that also counts: how many of the block's live threads came with `true`. `total` receives how many came.
unsigned barrier_count(bool vote, unsigned *total = nullptr);
// Cooperative launches only: all blocks of the grid.
void grid_barrier();

// The lanes of a warp meet: every shuffle, vote and __syncwarp is one meeting, at which each lane leaves a value and
// then reads the others'. `mask` names the lanes that must come, or is `whoever` for the operations without a mask: then
// those take part whose way leads here. Where lanes wait at different places, those that are behind go on first: by the
// rounds of the loops that they are in, then by the line.
constexpr uint64_t whoever = ~(uint64_t)0;
struct Meeting {
    const uint64_t *value; // by lane
    uint64_t lanes;        // who took part (within the caller's mask)
    uint64_t ballot;       // which of them left a value other than 0
};
void come_to_meeting(uint64_t value, uint64_t mask, const char *file, int line); // returns when it has been held
Meeting meeting_held(uint64_t mask);
inline Meeting meet(uint64_t value, uint64_t mask, const char *file, int line)
{
    come_to_meeting(value, mask, file, line);
    return meeting_held(mask);
}

// Where a thread is on its way through the kernel: in which loop and round, in which call. The translator puts a Way into
// each loop, and a Call into each device function, in which the lanes of a warp can meet. Only by these can the runtime
// tell who is behind: the line of a warp operation is the same in each round of a loop and for each caller of a function.
class Way
{
  public:
    Way(const char *file_, int line_) : outer(innermost()), file(file_), line(line_)
    {
        trace = ((outer ? outer->trace : 0) ^ (unsigned)line) * 0x9e3779b97f4a7c15u + 1;
        innermost() = this;
    }
    ~Way() { innermost() = outer; }
    Way(const Way &) = delete;
    void next()
    {
        ++round;
        trace += 0xd1b54a32d192ed03u;
    }

    Way *const outer;
    const char *const file; // of the loop or the call
    const int line;
    unsigned round = 0;
    uint64_t trace; // of all lines and rounds up to here: equal where two threads are in step

  private:
    static Way *&innermost(); // of the current thread
};

void call_from(const char *file, int line); // notes the place of the call that follows
class Call : public Way
{
  public:
    Call();
};

unsigned lane();                   // of the current thread in its warp
bool in_kernel();                  // does this OS thread run a kernel now?
void take_turn();                  // for spin loops: lets the other threads of the block run now and then
void set_stack_size(size_t bytes); // for each thread of the fibre engine; 64 KiB at first
size_t stack_size();

// Ends the running kernel with `error`, after one line on stderr that names kernel, block and thread.
[[noreturn]] void fault(hipError_t error, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same from the kernel itself, which knows its indices also where the loop engine has not noted the thread's.
[[noreturn]] void fault_at(uint3 thread, uint3 block, hipError_t error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

} // namespace gpu

#endif
