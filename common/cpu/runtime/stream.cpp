// Streams. All that is given to one is done before the call returns, in the order in which it is given: an order that
// no program can tell from that of a device.
#include "stream_state.h"

using namespace gpu;

namespace gpu
{

constexpr int least_priority = 1, greatest_priority = -1;

StreamState &stream_state()
{
    static StreamState *it = new StreamState;
    return *it;
}

static hipStream_t stream_of_this_thread(StreamState &state)
{
    thread_local hipStream_t mine;
    if (!mine) {
        state.streams_of_threads.push_back(std::make_unique<ihipStream_t>());
        mine = state.streams_of_threads.back().get();
    }
    return mine;
}

hipStream_t find_stream(StreamState &state, hipStream_t handle)
{
    if (!handle || handle == hipStreamLegacy)
        return &state.null_stream;
    if (handle == hipStreamPerThread)
        return stream_of_this_thread(state);
    return state.streams.count(handle) ? handle : nullptr;
}

hipError_t submit(hipStream_t handle, std::function<hipError_t()> work, hipGraphNodeType type)
{
    StreamState &state = stream_state();
    {
        StreamLock lock(state.mutex);
        hipStream_t stream = find_stream(state, handle);
        if (!stream)
            return hipErrorInvalidHandle;
        if (stream->capture)
            return capture_node(*stream, std::move(work), type);
        hipError_t error = check_null_stream(state, stream);
        if (error != hipSuccess)
            return error;
    }
    return work(); // without the lock: a host function may well use streams
}

hipError_t synchronize(hipStream_t handle)
{
    return with_stream(handle, check_not_capturing);
}

void destroy_streams_and_events()
{
    StreamState &state = stream_state();
    StreamLock lock(state.mutex);
    while (!state.captures.empty())
        end_capture(state, state.captures.back().get());
    for (hipStream_t stream : state.streams)
        delete stream;
    for (hipEvent_t event : state.events)
        delete event;
    state.streams.clear();
    state.events.clear();
}

} // namespace gpu

hipError_t hipStreamCreateWithPriority(hipStream_t *handle, unsigned int flags, int priority)
{
    return api([&] {
        if (!handle || (flags != hipStreamDefault && flags != hipStreamNonBlocking))
            return hipErrorInvalidValue;
        ihipStream_t *stream = new ihipStream_t;
        stream->flags = flags;
        stream->priority = priority < greatest_priority ? greatest_priority
                           : priority > least_priority  ? least_priority
                                                        : priority;
        StreamState &state = stream_state();
        StreamLock lock(state.mutex);
        state.streams.insert(stream);
        *handle = stream;
        return hipSuccess;
    });
}

hipError_t hipStreamCreateWithFlags(hipStream_t *handle, unsigned int flags)
{
    return hipStreamCreateWithPriority(handle, flags, 0);
}

hipError_t hipStreamCreate(hipStream_t *handle)
{
    return hipStreamCreateWithPriority(handle, hipStreamDefault, 0);
}

hipError_t hipStreamDestroy(hipStream_t handle)
{
    return api([&] {
        StreamState &state = stream_state();
        StreamLock lock(state.mutex);
        auto entry = state.streams.find(handle); // so that the null stream and its like are no streams here
        if (entry == state.streams.end())
            return hipErrorInvalidHandle;
        leave_capture(state, handle);
        state.streams.erase(entry);
        delete handle;
        return hipSuccess;
    });
}

hipError_t hipStreamSynchronize(hipStream_t handle)
{
    return api([&] { return synchronize(handle); });
}

// Never hipErrorNotReady: nothing is left to do.
hipError_t hipStreamQuery(hipStream_t handle)
{
    return api([&] { return synchronize(handle); });
}

hipError_t hipStreamGetFlags(hipStream_t handle, unsigned int *flags)
{
    return api([&] {
        if (!flags)
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &, hipStream_t stream) {
            *flags = stream->flags;
            return hipSuccess;
        });
    });
}

hipError_t hipStreamGetPriority(hipStream_t handle, int *priority)
{
    return api([&] {
        if (!priority)
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &, hipStream_t stream) {
            *priority = stream->priority;
            return hipSuccess;
        });
    });
}

// Smaller numbers go first. Here they are remembered, and that is all.
hipError_t hipDeviceGetStreamPriorityRange(int *least, int *greatest)
{
    return api([&] {
        if (least)
            *least = least_priority;
        if (greatest)
            *greatest = greatest_priority;
        return hipSuccess;
    });
}

hipError_t hipStreamAddCallback(hipStream_t handle, hipStreamCallback_t callback, void *user_data, unsigned int flags)
{
    return api([&] {
        if (!callback || flags != 0)
            return hipErrorInvalidValue;
        hipError_t error = synchronize(handle); // a graph cannot hold one
        if (error != hipSuccess)
            return error;
        callback(handle, hipSuccess, user_data);
        return hipSuccess;
    });
}

hipError_t hipLaunchHostFunc(hipStream_t handle, hipHostFn_t function, void *user_data)
{
    return api([&] {
        if (!function)
            return hipErrorInvalidValue;
        auto work = [=] {
            function(user_data);
            return hipSuccess;
        };
        return submit(handle, work, hipGraphNodeTypeHost);
    });
}
