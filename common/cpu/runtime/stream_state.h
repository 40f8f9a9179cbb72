// Streams, events, graphs and captures: what they consist of, and the registry of those that exist.
//
// A stream does its work at once, so there is no queue. What is left of it are its flags and, while it captures, the
// nodes that the next piece of work must come after.
#ifndef GPU_STREAM_STATE_H
#define GPU_STREAM_STATE_H

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "internal.h"

namespace gpu
{
struct Capture;
using Nodes = std::vector<hipGraphNode *>;
} // namespace gpu

struct hipGraphNode {
    hipGraphNodeType type;
    std::function<hipError_t()> work;
    gpu::Nodes after; // what must be done before
};

struct ihipGraph {
    std::vector<std::unique_ptr<hipGraphNode>> nodes; // each stands behind those that it comes after
};

struct ihipStream_t {
    unsigned flags = hipStreamDefault;
    int priority = 0;
    gpu::Capture *capture = nullptr;
    gpu::Nodes tail; // while it captures: what the next node comes after
};

struct ihipEvent_t {
    unsigned flags = hipEventDefault;
    bool recorded = false;
    std::chrono::steady_clock::time_point time;
    unsigned long long capture = 0; // the capture in which it was recorded, or 0
    gpu::Nodes tail;                // what the stream had captured by then
};

namespace gpu
{

struct Capture {
    unsigned long long id;
    hipStreamCaptureMode mode;
    std::thread::id thread; // that began it
    hipStream_t origin;
    std::vector<hipStream_t> streams; // the origin and all that were drawn in
    std::unique_ptr<ihipGraph> graph = std::make_unique<ihipGraph>();
    bool invalid = false;
};

struct StreamState {
    std::mutex mutex; // for all that follows, and all that it points to
    ihipStream_t null_stream;
    std::set<hipStream_t> streams;
    std::vector<std::unique_ptr<ihipStream_t>> streams_of_threads; // hipStreamPerThread
    std::set<hipEvent_t> events;
    std::vector<std::unique_ptr<Capture>> captures; // in progress
    unsigned long long last_capture = 0;
};

using StreamLock = std::lock_guard<std::mutex>;

StreamState &stream_state();

// All that follows: the caller holds the lock.

// The stream behind a handle, the special ones included; null where there is none.
hipStream_t find_stream(StreamState &state, hipStream_t handle);
// Calls body(state, stream) for the stream behind a handle, under the lock; hipErrorInvalidHandle where there is none.
template <class Body> hipError_t with_stream(hipStream_t handle, Body body);
// The null stream waits for all streams but the non-blocking ones, and none may wait for a stream that captures.
hipError_t check_null_stream(StreamState &state, hipStream_t stream);
// Forbidden while the stream captures: spoils the capture.
hipError_t check_not_capturing(StreamState &state, hipStream_t stream);
Capture *find_capture(StreamState &state, unsigned long long id);
hipError_t capture_node(ihipStream_t &stream, std::function<hipError_t()> work, hipGraphNodeType type);
// The stream waits for the event: it is drawn into the event's capture, or the two meet there.
hipError_t capture_wait(StreamState &state, hipStream_t stream, const ihipEvent_t &event);
// The stream is about to go.
void leave_capture(StreamState &state, hipStream_t stream);
void end_capture(StreamState &state, Capture *capture);

// Takes over the graph that a capture has made (graph.cpp; the lock need not be held).
hipGraph_t keep_graph(std::unique_ptr<ihipGraph> graph);

template <class Body> hipError_t with_stream(hipStream_t handle, Body body)
{
    StreamState &state = stream_state();
    StreamLock lock(state.mutex);
    hipStream_t stream = find_stream(state, handle);
    return stream ? body(state, stream) : hipErrorInvalidHandle;
}

} // namespace gpu

#endif
