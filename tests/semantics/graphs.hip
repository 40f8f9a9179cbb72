// Graphs: what a stream is given while it captures is noted, not done; a graph is launched as often as one likes;
// events bring other streams in; and what must not be called during a capture fails with the error that says why.
#include "expect.h"

__global__ void append(int *list, int *length, int what)
{
    list[(*length)++] = what;
}

__global__ void scale(float *data, float factor, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        data[i] *= factor;
}

struct Work {
    hipStream_t a, b;
    hipEvent_t fork, join;
    int *list, *length;
};

static void reset(Work &w)
{
    *w.length = 0;
    memset(w.list, 0, 64 * sizeof(int));
}

// Ends a capture whatever has become of it.
static void end_capture(hipStream_t stream)
{
    hipGraph_t graph = nullptr;
    if (hipStreamEndCapture(stream, &graph) == hipSuccess)
        (void)hipGraphDestroy(graph);
    (void)hipGetLastError();
}

static void check_capture(Work &w)
{
    hipGraph_t graph = nullptr;
    hipGraphExec_t exec, other;
    hipStreamCaptureStatus status;
    int what = 1, argument = 10, *device;
    int host[2] = {5, 0};
    EXPECT_OK(hipMalloc(&device, sizeof(int)));
    EXPECT_OK(hipStreamIsCapturing(w.a, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusNone);
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    EXPECT_OK(hipStreamIsCapturing(w.a, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusActive);
    append<<<1, 1, 0, w.a>>>(w.list, w.length, what);
    what = 99; // the kernel's argument was taken when it was captured
    append<<<1, 1, 0, w.a>>>(w.list, w.length, argument++);
    append<<<1, 1, 0, w.a>>>(w.list, w.length, argument++);
    EXPECT_OK(hipGetLastError());
    EXPECT_OK(hipMemcpyAsync(device, &host[0], sizeof(int), hipMemcpyHostToDevice, w.a));
    EXPECT_OK(hipMemcpyAsync(&host[1], device, sizeof(int), hipMemcpyDeviceToHost, w.a));
    EXPECT_OK(hipMemsetAsync(device, 0, sizeof(int), w.a));
    EXPECT_EQ(*w.length, 0);
    EXPECT_OK(hipStreamEndCapture(w.a, &graph));
    EXPECT(graph != nullptr);
    EXPECT_EQ(*w.length, 0);
    EXPECT_EQ(host[1], 0);
    EXPECT_OK(hipStreamIsCapturing(w.a, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusNone);

    size_t nodes = 0;
    EXPECT_OK(hipGraphGetNodes(graph, nullptr, &nodes));
    EXPECT_EQ(nodes, (size_t)6);
    std::vector<hipGraphNode_t> all(nodes);
    EXPECT_OK(hipGraphGetNodes(graph, all.data(), &nodes));
    int kinds[8] = {};
    for (hipGraphNode_t node : all) {
        hipGraphNodeType type;
        EXPECT_OK(hipGraphNodeGetType(node, &type));
        ++kinds[(int)type];
    }
    EXPECT(kinds[hipGraphNodeTypeKernel] == 3 && kinds[hipGraphNodeTypeMemcpy] == 2 &&
           kinds[hipGraphNodeTypeMemset] == 1);

    EXPECT_OK(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0));
    EXPECT_OK(hipGraphInstantiateWithFlags(&other, graph, 0));
    EXPECT_OK(hipGraphDestroy(graph)); // what was instantiated lives on
    for (int round = 1; round <= 3; ++round) {
        host[0] = 5 * round; // memory is read when the graph runs
        EXPECT_OK(hipGraphLaunch(round == 2 ? other : exec, round == 3 ? w.b : w.a));
        EXPECT_OK(hipStreamSynchronize(round == 3 ? w.b : w.a));
        EXPECT_EQ(*w.length, 3 * round);
        EXPECT_EQ(host[1], 5 * round);
    }
    for (int i = 0; i < 9; ++i)
        EXPECT_AT(i, w.list[i], i % 3 == 0 ? 1 : 9 + i % 3);
    EXPECT_OK(hipGraphLaunch(exec, 0));
    EXPECT_OK(hipDeviceSynchronize());
    EXPECT_EQ(*w.length, 12);
    EXPECT_OK(hipGraphExecDestroy(exec));
    EXPECT_OK(hipGraphExecDestroy(other));
    EXPECT_OK(hipFree(device));
    // An empty capture gives an empty graph, which runs.
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeRelaxed));
    EXPECT_OK(hipStreamEndCapture(w.a, &graph));
    EXPECT_OK(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0));
    EXPECT_OK(hipGraphLaunch(exec, w.a));
    EXPECT_OK(hipGraphExecDestroy(exec));
    EXPECT_OK(hipGraphDestroy(graph));
}

// fork: a -> b; both work; join: b -> a.
static void check_second_stream(Work &w)
{
    const int n = 100;
    float *data = room<float>(2 * n);
    hipGraph_t graph;
    hipGraphExec_t exec;
    hipStreamCaptureStatus status;
    for (int i = 0; i < 2 * n; ++i)
        data[i] = 1;
    reset(w);
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    append<<<1, 1, 0, w.a>>>(w.list, w.length, 1);
    EXPECT_OK(hipEventRecord(w.fork, w.a));
    EXPECT_OK(hipStreamWaitEvent(w.b, w.fork, 0));
    EXPECT_OK(hipStreamIsCapturing(w.b, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusActive);
    scale<<<2, 64, 0, w.a>>>(data, 2, n);
    scale<<<2, 64, 0, w.b>>>(data + n, 3, n);
    scale<<<2, 64, 0, w.b>>>(data + n, 5, n);
    EXPECT_OK(hipEventRecord(w.join, w.b));
    EXPECT_OK(hipStreamWaitEvent(w.a, w.join, 0));
    append<<<1, 1, 0, w.a>>>(w.list, w.length, 2);
    EXPECT_OK(hipStreamEndCapture(w.a, &graph));
    EXPECT_OK(hipStreamIsCapturing(w.b, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusNone);
    EXPECT(data[0] == 1 && data[n] == 1);

    // The edges: first -> scale a and scale b; scale a and the second scale b -> last.
    size_t nodes = 0, roots = 0, edges = 0;
    EXPECT_OK(hipGraphGetNodes(graph, nullptr, &nodes));
    EXPECT_OK(hipGraphGetRootNodes(graph, nullptr, &roots));
    EXPECT_OK(hipGraphGetEdges(graph, nullptr, nullptr, &edges));
    EXPECT_EQ(nodes, (size_t)5);
    EXPECT_EQ(roots, (size_t)1);
    EXPECT_EQ(edges, (size_t)5);
    EXPECT_OK(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0));
    EXPECT_OK(hipGraphLaunch(exec, w.a));
    EXPECT_OK(hipGraphLaunch(exec, w.a));
    EXPECT_OK(hipStreamSynchronize(w.a));
    EXPECT(data[0] == 4 && data[n - 1] == 4 && data[n] == 225 && data[2 * n - 1] == 225);
    EXPECT(*w.length == 4 && w.list[0] == 1 && w.list[1] == 2 && w.list[2] == 1 && w.list[3] == 2);
    EXPECT_OK(hipGraphExecDestroy(exec));
    EXPECT_OK(hipGraphDestroy(graph));

    // b is left out: its work would be lost.
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    EXPECT_OK(hipEventRecord(w.fork, w.a));
    EXPECT_OK(hipStreamWaitEvent(w.b, w.fork, 0));
    scale<<<2, 64, 0, w.b>>>(data, 2, n);
    graph = (hipGraph_t)1;
    EXPECT_ERROR(hipStreamEndCapture(w.a, &graph), hipErrorStreamCaptureUnjoined);
    EXPECT(graph == nullptr);
    EXPECT_OK(hipStreamIsCapturing(w.b, &status));
    EXPECT_EQ((int)status, (int)hipStreamCaptureStatusNone);
}

// Each of these acts at once or waits, which a capture cannot hold; the capture is then void.
static void check_illegal(Work &w)
{
    hipGraph_t graph;
    hipStreamCaptureStatus status;
    void *p = nullptr;
    int host = 0, *device;
    float ms;
    EXPECT_OK(hipMalloc(&device, sizeof(int)));
    auto begin = [&] {
        end_capture(w.a);
        EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    };
    auto is_void = [&](const char *what) {
        expect_status(hipStreamIsCapturing(w.a, &status), hipSuccess, what, __FILE__, __LINE__);
        expect_note(status == hipStreamCaptureStatusInvalidated, __FILE__, __LINE__,
                    std::string("still valid: ") + what);
        graph = (hipGraph_t)1;
        expect_status(hipStreamEndCapture(w.a, &graph), hipErrorStreamCaptureInvalidated, what, __FILE__, __LINE__);
        expect_note(graph == nullptr, __FILE__, __LINE__, std::string("a graph all the same: ") + what);
        (void)hipGetLastError();
    };
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    EXPECT_ERROR(hipStreamSynchronize(w.a), hipErrorStreamCaptureUnsupported);
    is_void("hipStreamSynchronize");
    begin();
    EXPECT_ERROR(hipStreamQuery(w.a), hipErrorStreamCaptureUnsupported);
    is_void("hipStreamQuery");
    begin();
    EXPECT_ERROR(hipDeviceSynchronize(), hipErrorStreamCaptureUnsupported);
    is_void("hipDeviceSynchronize");
    begin();
    EXPECT_ERROR(hipMalloc(&p, 16), hipErrorStreamCaptureUnsupported);
    is_void("hipMalloc");
    begin();
    EXPECT_ERROR(hipFree(device), hipErrorStreamCaptureUnsupported);
    is_void("hipFree");
    begin();
    EXPECT_ERROR(hipMemcpy(&host, device, sizeof host, hipMemcpyDeviceToHost), hipErrorStreamCaptureImplicit);
    is_void("hipMemcpy");
    begin();
    scale<<<1, 1>>>((float *)device, 1, 1); // the null stream waits for all others
    EXPECT_STATUS(hipGetLastError(), hipErrorStreamCaptureImplicit);
    is_void("a launch on the null stream");
    begin();
    EXPECT_OK(hipEventRecord(w.fork, w.a));
    EXPECT_ERROR(hipEventSynchronize(w.fork), hipErrorCapturedEvent);
    is_void("hipEventSynchronize");
    begin();
    EXPECT_OK(hipEventRecord(w.fork, w.a));
    EXPECT_ERROR(hipEventQuery(w.fork), hipErrorCapturedEvent);
    is_void("hipEventQuery");
    (void)ms;

    // Not illegal: another stream that does not wait for anybody works on, unless the mode is about the whole thread.
    EXPECT_ERROR(hipStreamEndCapture(w.a, &graph), hipErrorIllegalState); // not capturing
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    EXPECT_ERROR(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal), hipErrorIllegalState);
    end_capture(w.a);
    EXPECT_ERROR(hipStreamBeginCapture(0, hipStreamCaptureModeGlobal), hipErrorStreamCaptureUnsupported);
    EXPECT_ERROR(hipStreamBeginCapture(w.a, (hipStreamCaptureMode)9), hipErrorInvalidValue);
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeRelaxed));
    EXPECT_OK(hipMalloc(&p, 16)); // relaxed: what does not touch the stream is allowed
    EXPECT_OK(hipStreamEndCapture(w.a, &graph));
    EXPECT_OK(hipGraphDestroy(graph));
    EXPECT_OK(hipFree(p));
    EXPECT_OK(hipFree(device));
    // The end belongs where the beginning was.
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    EXPECT_OK(hipEventRecord(w.fork, w.a));
    EXPECT_OK(hipStreamWaitEvent(w.b, w.fork, 0));
    EXPECT_ERROR(hipStreamEndCapture(w.b, &graph), hipErrorStreamCaptureUnmatched);
    end_capture(w.a);

    hipGraphExec_t exec = nullptr;
    EXPECT_ERROR(hipGraphInstantiate(&exec, nullptr, nullptr, nullptr, 0), hipErrorInvalidValue);
    EXPECT_ERROR(hipGraphLaunch(nullptr, w.a), hipErrorInvalidValue);
    EXPECT_ERROR(hipGraphExecDestroy(nullptr), hipErrorInvalidValue);
    EXPECT_ERROR(hipGraphDestroy(nullptr), hipErrorInvalidValue);
}

// A bad launch is refused when it is captured; the device is as good as before.
static void check_bad_launch(Work &w)
{
    hipGraph_t graph = nullptr;
    EXPECT_OK(hipStreamBeginCapture(w.a, hipStreamCaptureModeGlobal));
    append<<<1, 2000, 0, w.a>>>(w.list, w.length, 1);
    EXPECT_STATUS(hipGetLastError(), hipErrorInvalidConfiguration);
    end_capture(w.a);
    reset(w);
    append<<<1, 1, 0, w.a>>>(w.list, w.length, 3);
    EXPECT_OK(hipStreamSynchronize(w.a));
    EXPECT_EQ(w.list[0], 3);
    (void)graph;
}

int main()
{
    Work w;
    EXPECT_OK(hipStreamCreate(&w.a));
    EXPECT_OK(hipStreamCreate(&w.b));
    EXPECT_OK(hipEventCreate(&w.fork));
    EXPECT_OK(hipEventCreate(&w.join));
    w.list = room<int>(64);
    w.length = room<int>(1);
    check_capture(w);
    check_second_stream(w);
    check_illegal(w);
    check_bad_launch(w);
    EXPECT_OK(hipEventDestroy(w.fork));
    EXPECT_OK(hipEventDestroy(w.join));
    EXPECT_OK(hipStreamDestroy(w.a));
    EXPECT_OK(hipStreamDestroy(w.b));
    return expect_result();
}
