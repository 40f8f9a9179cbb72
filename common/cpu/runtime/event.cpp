// Events: a time on the host's clock, or a place in a capture.
#include "stream_state.h"

using namespace gpu;

namespace gpu
{

// Waiting for, and asking after, an event. One that stands for a place in a graph has not happened.
static hipError_t check_event(hipEvent_t event)
{
    StreamState &state = stream_state();
    StreamLock lock(state.mutex);
    if (!state.events.count(event))
        return hipErrorInvalidHandle;
    if (!event->capture)
        return hipSuccess;
    if (Capture *capture = find_capture(state, event->capture))
        capture->invalid = true;
    return hipErrorCapturedEvent;
}

} // namespace gpu

hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned int flags)
{
    return api([&] {
        constexpr unsigned known = hipEventBlockingSync | hipEventDisableTiming | hipEventInterprocess |
                                   hipEventReleaseToDevice | hipEventReleaseToSystem;
        if (!event || (flags & ~known))
            return hipErrorInvalidValue;
        if ((flags & hipEventInterprocess) && !(flags & hipEventDisableTiming))
            return hipErrorInvalidValue;
        ihipEvent_t *created = new ihipEvent_t;
        created->flags = flags;
        StreamState &state = stream_state();
        StreamLock lock(state.mutex);
        state.events.insert(created);
        *event = created;
        return hipSuccess;
    });
}

hipError_t hipEventCreate(hipEvent_t *event)
{
    return hipEventCreateWithFlags(event, hipEventDefault);
}

hipError_t hipEventDestroy(hipEvent_t event)
{
    return api([&] {
        StreamState &state = stream_state();
        StreamLock lock(state.mutex);
        if (!state.events.erase(event))
            return hipErrorInvalidHandle;
        delete event;
        return hipSuccess;
    });
}

hipError_t hipEventRecord(hipEvent_t event, hipStream_t handle)
{
    return api([&] {
        return with_stream(handle, [&](StreamState &state, hipStream_t stream) {
            if (!state.events.count(event))
                return hipErrorInvalidHandle;
            if (stream->capture) {
                if (stream->capture->invalid)
                    return hipErrorStreamCaptureInvalidated;
                event->recorded = false;
                event->capture = stream->capture->id;
                event->tail = stream->tail;
                return hipSuccess;
            }
            hipError_t error = check_null_stream(state, stream);
            if (error != hipSuccess)
                return error;
            event->capture = 0;
            event->tail.clear();
            event->recorded = true;
            event->time = std::chrono::steady_clock::now();
            return hipSuccess;
        });
    });
}

hipError_t hipEventSynchronize(hipEvent_t event)
{
    return api([&] { return check_event(event); });
}

hipError_t hipEventQuery(hipEvent_t event)
{
    return api([&] { return check_event(event); });
}

hipError_t hipEventElapsedTime(float *ms, hipEvent_t start, hipEvent_t stop)
{
    return api([&] {
        if (!ms)
            return hipErrorInvalidValue;
        StreamState &state = stream_state();
        StreamLock lock(state.mutex);
        for (hipEvent_t event : {start, stop}) {
            if (!state.events.count(event))
                return hipErrorInvalidHandle;
            if (event->capture)
                return hipErrorCapturedEvent;
            if (!event->recorded || (event->flags & hipEventDisableTiming))
                return hipErrorInvalidHandle;
        }
        *ms = std::chrono::duration<float, std::milli>(stop->time - start->time).count();
        return hipSuccess;
    });
}

hipError_t hipStreamWaitEvent(hipStream_t handle, hipEvent_t event, unsigned int flags)
{
    return api([&] {
        if (flags != 0)
            return hipErrorInvalidValue;
        return with_stream(handle, [&](StreamState &state, hipStream_t stream) {
            return state.events.count(event) ? capture_wait(state, stream, *event) : hipErrorInvalidHandle;
        });
    });
}
