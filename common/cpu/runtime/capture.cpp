// Stream capture: work that a stream is given becomes the nodes of a graph instead of being done.
#include <algorithm>

#include "stream_state.h"

using namespace gpu;

namespace gpu
{

// What this thread allows while a capture is in progress: hipThreadExchangeStreamCaptureMode.
static thread_local hipStreamCaptureMode mode_of_thread = hipStreamCaptureModeGlobal;

static bool known(hipStreamCaptureMode mode)
{
    return mode == hipStreamCaptureModeGlobal || mode == hipStreamCaptureModeThreadLocal ||
           mode == hipStreamCaptureModeRelaxed;
}

static hipError_t spoil(Capture &capture, hipError_t error)
{
    capture.invalid = true;
    return error;
}

static bool null_stream_waits_for(const Capture &capture)
{
    auto blocking = [](hipStream_t stream) { return stream->flags != hipStreamNonBlocking; };
    return std::any_of(capture.streams.begin(), capture.streams.end(), blocking);
}

hipError_t check_null_stream(StreamState &state, hipStream_t stream)
{
    if (stream != &state.null_stream)
        return hipSuccess;
    hipError_t error = hipSuccess;
    for (auto &capture : state.captures)
        if (null_stream_waits_for(*capture))
            error = spoil(*capture, hipErrorStreamCaptureImplicit);
    return error;
}

hipError_t check_not_capturing(StreamState &state, hipStream_t stream)
{
    if (stream->capture)
        return spoil(*stream->capture, hipErrorStreamCaptureUnsupported);
    return check_null_stream(state, stream);
}

hipError_t check_no_capture()
{
    StreamState &state = stream_state();
    StreamLock lock(state.mutex);
    hipError_t error = hipSuccess;
    for (auto &capture : state.captures) {
        if (mode_of_thread == hipStreamCaptureModeRelaxed || capture->mode == hipStreamCaptureModeRelaxed)
            continue;
        bool for_all = capture->mode == hipStreamCaptureModeGlobal && mode_of_thread == hipStreamCaptureModeGlobal;
        if (for_all || capture->thread == std::this_thread::get_id())
            error = spoil(*capture, hipErrorStreamCaptureUnsupported);
    }
    return error;
}

hipError_t check_no_capture_at_all()
{
    StreamState &state = stream_state();
    StreamLock lock(state.mutex);
    hipError_t error = hipSuccess;
    for (auto &capture : state.captures)
        error = spoil(*capture, hipErrorStreamCaptureUnsupported);
    return error;
}

Capture *find_capture(StreamState &state, unsigned long long id)
{
    for (auto &capture : state.captures)
        if (capture->id == id)
            return capture.get();
    return nullptr;
}

hipError_t capture_node(ihipStream_t &stream, std::function<hipError_t()> work, hipGraphNodeType type)
{
    if (stream.capture->invalid)
        return hipErrorStreamCaptureInvalidated;
    auto node = std::make_unique<hipGraphNode>(hipGraphNode{type, std::move(work), stream.tail});
    stream.tail = {node.get()};
    stream.capture->graph->nodes.push_back(std::move(node));
    return hipSuccess;
}

hipError_t capture_wait(StreamState &state, hipStream_t stream, const ihipEvent_t &event)
{
    Capture *theirs = find_capture(state, event.capture);
    if (!theirs) {
        bool outside = event.recorded || event.capture;
        if (stream->capture && outside)
            return spoil(*stream->capture, hipErrorStreamCaptureIsolation);
        return hipSuccess; // it has happened, or will never
    }
    if (theirs->invalid)
        return hipErrorStreamCaptureInvalidated;
    if (stream == &state.null_stream)
        return spoil(*theirs, hipErrorStreamCaptureImplicit);
    if (stream->capture && stream->capture != theirs) {
        stream->capture->invalid = true;
        return spoil(*theirs, hipErrorStreamCaptureMerge);
    }
    if (!stream->capture) {
        stream->capture = theirs;
        theirs->streams.push_back(stream);
    }
    for (hipGraphNode *node : event.tail)
        if (std::find(stream->tail.begin(), stream->tail.end(), node) == stream->tail.end())
            stream->tail.push_back(node);
    return hipSuccess;
}

// Does all that `stream` captured come before what its capture's origin does next?
static bool is_joined(const Capture &capture, const ihipStream_t &stream)
{
    std::set<hipGraphNode *> reached;
    Nodes to_visit = capture.origin->tail;
    while (!to_visit.empty()) {
        hipGraphNode *node = to_visit.back();
        to_visit.pop_back();
        if (reached.insert(node).second)
            to_visit.insert(to_visit.end(), node->after.begin(), node->after.end());
    }
    return std::all_of(stream.tail.begin(), stream.tail.end(), [&](auto node) { return reached.count(node) != 0; });
}

void end_capture(StreamState &state, Capture *capture)
{
    for (hipStream_t stream : capture->streams) {
        stream->capture = nullptr;
        stream->tail.clear();
    }
    auto is_it = [&](auto &entry) { return entry.get() == capture; };
    state.captures.erase(std::find_if(state.captures.begin(), state.captures.end(), is_it));
}

void leave_capture(StreamState &state, hipStream_t stream)
{
    Capture *capture = stream->capture;
    if (!capture)
        return;
    if (capture->origin == stream) {
        end_capture(state, capture);
        return;
    }
    if (!is_joined(*capture, *stream))
        capture->invalid = true;
    capture->streams.erase(std::find(capture->streams.begin(), capture->streams.end(), stream));
}

// What stands in the way of a graph from this capture.
static hipError_t fault_of(const Capture &capture)
{
    if (capture.invalid)
        return hipErrorStreamCaptureInvalidated;
    bool all = std::all_of(capture.streams.begin(), capture.streams.end(),
                           [&](hipStream_t stream) { return is_joined(capture, *stream); });
    return all ? hipSuccess : hipErrorStreamCaptureUnjoined;
}

} // namespace gpu

hipError_t hipStreamBeginCapture(hipStream_t handle, hipStreamCaptureMode mode)
{
    return api([&] {
        if (!known(mode))
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &state, hipStream_t stream) {
            if (stream == &state.null_stream)
                return hipErrorStreamCaptureUnsupported;
            if (stream->capture)
                return hipErrorIllegalState;
            auto capture = std::make_unique<Capture>();
            capture->id = ++state.last_capture;
            capture->mode = mode;
            capture->thread = std::this_thread::get_id();
            capture->origin = stream;
            capture->streams = {stream};
            stream->capture = capture.get();
            state.captures.push_back(std::move(capture));
            return hipSuccess;
        });
    });
}

hipError_t hipStreamEndCapture(hipStream_t handle, hipGraph_t *graph)
{
    return api([&] {
        if (!graph)
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &state, hipStream_t stream) {
            Capture *capture = stream->capture;
            if (!capture)
                return hipErrorIllegalState;
            if (capture->origin != stream)
                return spoil(*capture, hipErrorStreamCaptureUnmatched);
            if (capture->mode != hipStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
                return hipErrorStreamCaptureWrongThread;
            hipError_t error = fault_of(*capture);
            *graph = error == hipSuccess ? keep_graph(std::move(capture->graph)) : nullptr;
            end_capture(state, capture);
            return error;
        });
    });
}

hipError_t hipStreamGetCaptureInfo(hipStream_t handle, hipStreamCaptureStatus *status, unsigned long long *id)
{
    return api([&] {
        if (!status)
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &state, hipStream_t stream) {
            if (stream == &state.null_stream)
                for (auto &capture : state.captures)
                    if (null_stream_waits_for(*capture))
                        return hipErrorStreamCaptureImplicit;
            *status = !stream->capture           ? hipStreamCaptureStatusNone
                      : stream->capture->invalid ? hipStreamCaptureStatusInvalidated
                                                 : hipStreamCaptureStatusActive;
            if (id)
                *id = stream->capture ? stream->capture->id : 0;
            return hipSuccess;
        });
    });
}

hipError_t hipStreamIsCapturing(hipStream_t handle, hipStreamCaptureStatus *status)
{
    return hipStreamGetCaptureInfo(handle, status, nullptr);
}

hipError_t hipThreadExchangeStreamCaptureMode(hipStreamCaptureMode *mode)
{
    return api([&] {
        if (!mode || !known(*mode))
            return hipErrorInvalidValue;
        std::swap(*mode, mode_of_thread);
        return hipSuccess;
    });
}
