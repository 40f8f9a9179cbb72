// Graphs: work that was captured once, to be done again and again by one call.
//
// The nodes are done one after the other in the order of their capture. That order keeps all dependencies: a node can
// only depend on what was captured before it.
#include <algorithm>
#include <unordered_map>

#include "stream_state.h"

using namespace gpu;

namespace gpu
{

// What an instantiated graph keeps of a node. The original may be destroyed.
struct Step {
    hipGraphNodeType type;
    std::function<hipError_t()> work;
    std::vector<size_t> after; // the steps that it depends on, in rising order
};

using Steps = std::vector<Step>;

} // namespace gpu

struct hipGraphExec {
    std::shared_ptr<const Steps> steps; // shared with launches that other graphs have captured
};

namespace gpu
{

namespace
{

struct Graphs {
    std::mutex mutex;
    std::set<hipGraph_t> graphs;
    std::set<hipGraphExec_t> execs;
};

Graphs &graphs()
{
    static Graphs *it = new Graphs;
    return *it;
}

// Both checks: the caller holds the lock.
hipError_t check_graph(hipGraph_t graph)
{
    if (!graph)
        return hipErrorInvalidValue;
    return graphs().graphs.count(graph) ? hipSuccess : hipErrorInvalidHandle;
}

hipError_t check_exec(hipGraphExec_t exec)
{
    if (!exec)
        return hipErrorInvalidValue;
    return graphs().execs.count(exec) ? hipSuccess : hipErrorInvalidHandle;
}

std::shared_ptr<const Steps> steps_of(const ihipGraph &graph)
{
    auto steps = std::make_shared<Steps>();
    std::unordered_map<const hipGraphNode *, size_t> position;
    for (auto &node : graph.nodes) {
        std::vector<size_t> after;
        for (hipGraphNode *before : node->after)
            after.push_back(position.at(before));
        std::sort(after.begin(), after.end());
        position[node.get()] = steps->size();
        steps->push_back({node->type, node->work, after});
    }
    return steps;
}

hipError_t run(const Steps &steps)
{
    for (const Step &step : steps) {
        hipError_t error = step.work();
        if (error != hipSuccess)
            return error;
    }
    return hipSuccess;
}

// Stores as much as fits, null behind it, and how much that was; without an array, how much there is.
template <class T> void store(const std::vector<T> &found, T *array, size_t *count)
{
    if (!array) {
        *count = found.size();
        return;
    }
    size_t room = *count;
    for (size_t i = 0; i < room; ++i)
        array[i] = i < found.size() ? found[i] : nullptr;
    *count = std::min(room, found.size());
}

hipError_t get_nodes(hipGraph_t graph, hipGraphNode_t *array, size_t *count, bool roots_only)
{
    return api([&] {
        if (!count)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_graph(graph);
        if (error != hipSuccess)
            return error;
        Nodes found;
        for (auto &node : graph->nodes)
            if (!roots_only || node->after.empty())
                found.push_back(node.get());
        store(found, array, count);
        return hipSuccess;
    });
}

// Why an instantiated graph cannot take over another's work: its shape or its kinds of nodes differ.
hipGraphExecUpdateResult compare(const Steps &old_steps, const Steps &new_steps, size_t *where)
{
    *where = 0;
    if (old_steps.size() != new_steps.size())
        return hipGraphExecUpdateErrorTopologyChanged;
    for (size_t i = 0; i < old_steps.size(); ++i) {
        *where = i;
        if (old_steps[i].after != new_steps[i].after)
            return hipGraphExecUpdateErrorTopologyChanged;
        if (old_steps[i].type != new_steps[i].type)
            return hipGraphExecUpdateErrorNodeTypeChanged;
    }
    return hipGraphExecUpdateSuccess;
}

} // namespace

hipGraph_t keep_graph(std::unique_ptr<ihipGraph> graph)
{
    std::lock_guard<std::mutex> lock(graphs().mutex);
    graphs().graphs.insert(graph.get());
    return graph.release();
}

void destroy_graphs()
{
    std::lock_guard<std::mutex> lock(graphs().mutex);
    for (hipGraph_t graph : graphs().graphs)
        delete graph;
    for (hipGraphExec_t exec : graphs().execs)
        delete exec;
    graphs().graphs.clear();
    graphs().execs.clear();
}

} // namespace gpu

hipError_t hipGraphCreate(hipGraph_t *graph, unsigned int flags)
{
    return api([&] {
        if (!graph || flags != 0)
            return hipErrorInvalidValue;
        *graph = keep_graph(std::make_unique<ihipGraph>());
        return hipSuccess;
    });
}

hipError_t hipGraphDestroy(hipGraph_t graph)
{
    return api([&] {
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_graph(graph);
        if (error != hipSuccess)
            return error;
        graphs().graphs.erase(graph);
        delete graph;
        return hipSuccess;
    });
}

hipError_t hipGraphGetNodes(hipGraph_t graph, hipGraphNode_t *nodes, size_t *count)
{
    return get_nodes(graph, nodes, count, false);
}

hipError_t hipGraphGetRootNodes(hipGraph_t graph, hipGraphNode_t *nodes, size_t *count)
{
    return get_nodes(graph, nodes, count, true);
}

hipError_t hipGraphGetEdges(hipGraph_t graph, hipGraphNode_t *from, hipGraphNode_t *to, size_t *count)
{
    return api([&] {
        if (!count || !from != !to)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_graph(graph);
        if (error != hipSuccess)
            return error;
        Nodes starts, ends;
        for (auto &node : graph->nodes)
            for (hipGraphNode *before : node->after) {
                starts.push_back(before);
                ends.push_back(node.get());
            }
        size_t room = *count;
        store(starts, from, count);
        if (to)
            store(ends, to, &room);
        return hipSuccess;
    });
}

hipError_t hipGraphNodeGetType(hipGraphNode_t node, hipGraphNodeType *type)
{
    return api([&] {
        if (!node || !type)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(graphs().mutex);
        for (hipGraph_t graph : graphs().graphs)
            for (auto &existing : graph->nodes)
                if (existing.get() == node) {
                    *type = node->type;
                    return hipSuccess;
                }
        return hipErrorInvalidHandle;
    });
}

hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *exec, hipGraph_t graph, unsigned long long)
{
    return api([&] {
        if (!exec)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_graph(graph);
        if (error != hipSuccess)
            return error;
        *exec = new hipGraphExec{steps_of(*graph)};
        graphs().execs.insert(*exec);
        return hipSuccess;
    });
}

hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, hipGraphNode_t *error_node, char *log,
                               size_t log_room)
{
    if (error_node)
        *error_node = nullptr;
    if (log && log_room)
        *log = 0;
    return hipGraphInstantiateWithFlags(exec, graph, 0);
}

hipError_t hipGraphExecUpdate(hipGraphExec_t exec, hipGraph_t graph, hipGraphNode_t *error_node,
                              hipGraphExecUpdateResult *result)
{
    return api([&] {
        if (!error_node || !result)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_graph(graph);
        if (error == hipSuccess)
            error = check_exec(exec);
        if (error != hipSuccess)
            return error;
        auto steps = steps_of(*graph);
        size_t where;
        *error_node = nullptr;
        *result = compare(*exec->steps, *steps, &where);
        if (*result == hipGraphExecUpdateSuccess) {
            exec->steps = steps;
            return hipSuccess;
        }
        if (where < graph->nodes.size())
            *error_node = graph->nodes[where].get();
        return hipErrorGraphExecUpdateFailure;
    });
}

hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream)
{
    return api([&] {
        std::shared_ptr<const Steps> steps;
        {
            std::lock_guard<std::mutex> lock(graphs().mutex);
            hipError_t error = check_exec(exec);
            if (error != hipSuccess)
                return error;
            steps = exec->steps;
        }
        auto work = [steps] { return run(*steps); };
        return submit(stream, work, hipGraphNodeTypeGraph);
    });
}

hipError_t hipGraphExecDestroy(hipGraphExec_t exec)
{
    return api([&] {
        std::lock_guard<std::mutex> lock(graphs().mutex);
        hipError_t error = check_exec(exec);
        if (error != hipSuccess)
            return error;
        graphs().execs.erase(exec);
        delete exec;
        return hipSuccess;
    });
}
