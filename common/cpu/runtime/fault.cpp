// What happens when a kernel goes wrong: one line that names kernel, block and thread, and an error that stays, as a
// device's does, instead of a crash of the whole program.
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "fibre_stacks.h"
#include "worker.h"

namespace gpu
{

// "kernel gemm, block (3,0,0), thread (17,2,0): ..." The loop engine does not note which thread it is at.
static void report(const char *kernel, bool thread_is_known, const char *format, va_list arguments)
{
    char text[512], thread[64] = "", line[1024];
    vsnprintf(text, sizeof text, format, arguments);
    if (thread_is_known)
        snprintf(thread, sizeof thread, ", thread (%u,%u,%u)", ::threadIdx.x, ::threadIdx.y, ::threadIdx.z);
    int length =
        snprintf(line, sizeof line, "kernel %s, block (%u,%u,%u)%s: %s%s\n", kernel, ::blockIdx.x, ::blockIdx.y,
                 ::blockIdx.z, thread, text, thread_is_known ? "" : " (CPU_ENGINE=fibres tells the thread)");
    if (length >= (int)sizeof line)
        length = (int)sizeof line - 1;
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        return;
}

// Leaves the kernel from wherever it is. Its fibres stay in the middle of what they did, so they are thrown away.
[[noreturn]] static void escape(Worker &self)
{
    if (self.job->grid_barrier)
        self.job->grid_barrier->abandon();
    if (self.stacks)
        self.stacks->forget(self.fibres);
    self.current = nullptr;
    siglongjmp(self.escape, 1);
}

// Only the first fault of a launch is worth a line, and several OS threads may fail at the same time.
[[noreturn]] static void fail(hipError_t error, bool thread_is_known, const char *format, va_list arguments)
{
    if (!worker) {
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        exit(3);
    }
    hipError_t none = hipSuccess;
    if (worker->job->error.compare_exchange_strong(none, error))
        report(worker->job->kernel->name, thread_is_known, format, arguments);
    escape(*worker);
}

void fault(hipError_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(error, worker && worker->current, format, arguments);
}

void fault_at(uint3 thread, uint3 block, hipError_t error, const char *format, ...)
{
    ::threadIdx = thread;
    ::blockIdx = block;
    va_list arguments;
    va_start(arguments, format);
    fail(error, true, format, arguments);
}

static const char *name_of(int signal)
{
    return signal == SIGFPE ? "integer division by zero" : signal == SIGILL ? "illegal instruction" : "invalid access";
}

static void on_signal(int signal, siginfo_t *info, void *)
{
    if (!worker) { // not ours: as if we had never been here
        struct sigaction usual = {};
        usual.sa_handler = SIG_DFL;
        sigaction(signal, &usual, nullptr);
        return; // the instruction is tried again
    }
    if (signal == SIGFPE || signal == SIGILL)
        fault(hipErrorLaunchFailure, "%s", name_of(signal));
    if (worker->stacks && worker->stacks->is_guard(info->si_addr))
        fault(hipErrorLaunchFailure,
              "stack overflow: needs more than the %zu KiB of a thread; hipDeviceSetLimit(hipLimitStackSize, bytes) or "
              "GPU_STACK=KiB gives more",
              stack_size() >> 10);
    fault(hipErrorIllegalAddress, "%s at address %p", name_of(signal), info->si_addr);
}

void catch_signals()
{
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action = {};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER; // NODEFER: the handler is left by a jump
        for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
            sigaction(signal, &action, nullptr);
    });
}

static const size_t signal_stack_bytes = 64 << 10;

void prepare_signal_stack()
{
    // A handler cannot run on the stack that has just overflowed.
    struct SignalStack {
        char *memory = (char *)malloc(signal_stack_bytes);
        SignalStack()
        {
            stack_t stack = {};
            stack.ss_sp = memory;
            stack.ss_size = signal_stack_bytes;
            sigaltstack(&stack, nullptr);
        }
        ~SignalStack()
        {
            stack_t none = {};
            none.ss_flags = SS_DISABLE;
            sigaltstack(&none, nullptr);
            free(memory);
        }
    };
    thread_local SignalStack stack;
    (void)stack;
}

// The watchdog: looks once in a while whether the launch in progress gets on.
std::atomic<unsigned long> progress{0};

namespace
{

struct Watchdog {
    std::mutex mutex;
    std::condition_variable change;
    Job *job = nullptr;

    void patrol(std::chrono::seconds patience)
    {
        std::unique_lock<std::mutex> lock(mutex);
        Job *warned = nullptr, *seen = nullptr;
        unsigned long seen_progress = 0;
        for (;;) {
            change.wait_for(lock, patience);
            const bool stuck = job && job == seen && progress.load() == seen_progress;
            if (!stuck)
                warned = nullptr; // the next job may well have the same address
            if (stuck && job != warned) {
                fprintf(stderr,
                        "kernel %s has come to no barrier and finished no block for %lld s. If it waits for what "
                        "another thread writes, it waits for ever (Ctrl-C ends it): threads of a block take turns only "
                        "at barriers, warp operations, fences and atomics, and blocks start in order\n",
                        job->kernel->name, (long long)patience.count());
                warned = job;
            }
            seen = job;
            seen_progress = progress.load();
        }
    }
};

} // namespace

void watch(Job *job)
{
    static Watchdog *dog = [] {
        Watchdog *it = new Watchdog; // never destroyed, as its thread never ends
        const std::chrono::seconds patience(environment_number("GPU_PATIENCE", 1, 1000000, 20));
        std::thread([it, patience] { it->patrol(patience); }).detach();
        return it;
    }();
    std::lock_guard<std::mutex> lock(dog->mutex);
    dog->job = job;
    progress.fetch_add(1, std::memory_order_relaxed);
}

} // namespace gpu
