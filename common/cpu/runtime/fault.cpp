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
static void report(const Worker &self, const char *format, va_list arguments)
{
    char text[512], line[1024];
    vsnprintf(text, sizeof text, format, arguments);
    int length;
    if (self.current)
        length = snprintf(line, sizeof line, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u): %s\n",
                          self.job->kernel->name, ::blockIdx.x, ::blockIdx.y, ::blockIdx.z, ::threadIdx.x,
                          ::threadIdx.y, ::threadIdx.z, text);
    else
        length = snprintf(line, sizeof line, "kernel %s, block (%u,%u,%u): %s (CPU_ENGINE=fibres tells the thread)\n",
                          self.job->kernel->name, ::blockIdx.x, ::blockIdx.y, ::blockIdx.z, text);
    if (length >= (int)sizeof line)
        length = (int)sizeof line - 1;
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        return;
}

// Leaves the kernel from wherever it is. Its fibres stay in the middle of what they did, so they are thrown away.
[[noreturn]] static void escape(Worker &self, hipError_t error)
{
    hipError_t none = hipSuccess;
    self.job->error.compare_exchange_strong(none, error);
    if (self.job->grid_barrier)
        self.job->grid_barrier->abandon();
    if (self.stacks)
        self.stacks->forget(self.fibres);
    self.current = nullptr;
    siglongjmp(self.escape, 1);
}

void fault(hipError_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!worker) {
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        exit(3);
    }
    // Only the first fault of a launch is worth a line.
    if (worker->job->error.load() == hipSuccess)
        report(*worker, format, arguments);
    va_end(arguments);
    escape(*worker, error);
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

    void patrol()
    {
        const auto patience = std::chrono::seconds(environment_number("GPU_PATIENCE", 1, 1000000, 20));
        std::unique_lock<std::mutex> lock(mutex);
        Job *warned = nullptr, *seen = nullptr;
        unsigned long seen_progress = 0;
        for (;;) {
            change.wait_for(lock, patience);
            if (job && job == seen && progress.load() == seen_progress && job != warned) {
                fprintf(stderr,
                        "kernel %s has come to no barrier and finished no block for %lld s. If a thread waits for what "
                        "another one writes, it waits for ever: threads of a block take turns only at barriers, warp "
                        "operations, fences and atomicCAS or atomicExch\n",
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
        std::thread([it] { it->patrol(); }).detach();
        return it;
    }();
    std::lock_guard<std::mutex> lock(dog->mutex);
    dog->job = job;
    progress.fetch_add(1, std::memory_order_relaxed);
}

} // namespace gpu
