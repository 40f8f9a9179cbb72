// What the files of the runtime share: errors, the registries of memory, streams and kernels, and submit(), through
// which everything that a stream does passes.
#ifndef GPU_INTERNAL_H
#define GPU_INTERNAL_H

#include <functional>

#include "../hip/hip_runtime_api.h"

namespace gpu
{

struct Kernel;

// ---- errors (error.cpp) ----

// Notes an error as the OS thread's last one (success leaves the note as it is) and returns it.
hipError_t remember(hipError_t error);
// The note itself: read, or exchanged for another.
hipError_t last_error();
hipError_t exchange_last_error(hipError_t error);

// A fault in a kernel spoils the device: every later call returns the fault, until hipDeviceReset().
hipError_t sticky_error();
void set_sticky_error(hipError_t error); // the first one stays
void clear_sticky_error();

// The frame of every API function: nothing happens on a spoilt device, and an error is noted.
template <class Body> hipError_t api(Body body)
{
    hipError_t error = sticky_error();
    return remember(error != hipSuccess ? error : body());
}

// ---- memory (memory.cpp, allocate.cpp) ----

enum class MemoryKind {
    device,     // hipMalloc and its kin
    managed,    // hipMallocManaged
    host,       // hipHostMalloc
    registered, // the program's own, after hipHostRegister
    symbol      // a __device__ or __constant__ variable
};

struct Region {
    char *base;
    size_t bytes; // as asked for
    MemoryKind kind;
    unsigned flags;
};

// The live allocation that holds the address, ends excluded.
bool find_region(const void *address, Region *region);
hipError_t register_host_memory(void *address, size_t bytes, unsigned flags);
void add_symbol_region(const void *address, size_t bytes);
hipError_t allocate(void **address, size_t bytes, MemoryKind kind, unsigned flags);
hipError_t release(void *address, MemoryKind kind, MemoryKind or_kind);
size_t memory_total(); // bytes that hipMalloc and its kin may have in all
size_t memory_used();
size_t memory_used_at_most(); // the highest that memory_used() has been
void reset_memory_used_at_most();
void release_all_memory();

// Where a copy's pointer must lie. `any`: wherever it does lie.
enum class Side { any, host, device };
// May `bytes` from the address on be copied? hipErrorInvalidValue for null, freed, unknown device addresses and for
// ranges that leave the allocation; hipErrorInvalidMemcpyDirection for device memory where host memory belongs.
hipError_t check_range(const void *address, size_t bytes, Side side);

// hipMemcpy and hipMemcpyAsync without api() around them.
hipError_t copy_now(void *to, const void *from, size_t bytes, hipMemcpyKind kind);
hipError_t copy_on_stream(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream);

// ---- streams, events, capture (stream.cpp, event.cpp, capture.cpp) ----

// Does `work` now, or records it into the graph that the stream is capturing. hipErrorInvalidHandle for a stream that
// does not exist; the capture errors where the null stream would have to wait for a stream that captures.
hipError_t submit(hipStream_t stream, std::function<hipError_t()> work, hipGraphNodeType type = hipGraphNodeTypeKernel);

// Waits for the stream, which has nothing left to do: an error if it does not exist, or captures.
hipError_t synchronize(hipStream_t stream);

// For calls that a capture forbids, as they act at once: hipMalloc, hipFree, synchronous copies.
hipError_t check_no_capture();
// For calls that wait for the whole device.
hipError_t check_no_capture_at_all();

void destroy_streams_and_events();
void destroy_graphs();

// ---- symbols, kernels, device ----

hipError_t check_device(int device);
inline constexpr int clock_khz = 1000000; // clock64() counts nanoseconds

} // namespace gpu

#endif
