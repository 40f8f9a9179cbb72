// Breadth-first search level by level on a random graph in CSR form: a flag goes back to the host after each
// level, in the manner of many benchmark programs: C style, globals, bool arrays on the device.
#include <hip/hip_runtime.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS_PER_BLOCK 512

struct Node {
    int starting;
    int no_of_edges;
};

int no_of_nodes;
int edge_list_size;
FILE *fp;

void BFSGraph(int argc, char **argv);

void bailout(hipError_t err, const char *msg)
{
    if (err == hipSuccess)
        return;
    fprintf(stdout, "FAILED: %s (%s)\n", msg, hipGetErrorString(err));
    exit(1);
}

__global__ void Kernel(Node *g_graph_nodes, int *g_graph_edges, bool *g_graph_mask, bool *g_updating_graph_mask,
                       bool *g_graph_visited, int *g_cost, int no_of_nodes)
{
    int tid = blockIdx.x * MAX_THREADS_PER_BLOCK + threadIdx.x;
    if (tid < no_of_nodes && g_graph_mask[tid]) {
        g_graph_mask[tid] = false;
        for (int i = g_graph_nodes[tid].starting; i < (g_graph_nodes[tid].no_of_edges + g_graph_nodes[tid].starting);
             i++) {
            int id = g_graph_edges[i];
            if (!g_graph_visited[id]) {
                g_cost[id] = g_cost[tid] + 1;
                g_updating_graph_mask[id] = true;
            }
        }
    }
}

__global__ void Kernel2(bool *g_graph_mask, bool *g_updating_graph_mask, bool *g_graph_visited, bool *g_over,
                        int no_of_nodes)
{
    int tid = blockIdx.x * MAX_THREADS_PER_BLOCK + threadIdx.x;
    if (tid < no_of_nodes && g_updating_graph_mask[tid]) {
        g_graph_mask[tid] = true;
        g_graph_visited[tid] = true;
        *g_over = true;
        g_updating_graph_mask[tid] = false;
    }
}

int main(int argc, char **argv)
{
    no_of_nodes = 0;
    edge_list_size = 0;
    BFSGraph(argc, argv);
    return 0;
}

void BFSGraph(int argc, char **argv)
{
    no_of_nodes = argc > 1 ? atoi(argv[1]) : 3000;
    Node *nodes = (Node *)malloc(sizeof(Node) * no_of_nodes);
    int *edges = (int *)malloc(sizeof(int) * no_of_nodes * 6);
    unsigned int lcg = 4711;
    for (int i = 0; i < no_of_nodes; i++) {
        nodes[i].starting = edge_list_size;
        nodes[i].no_of_edges = 0;
        for (int e = 0; e < 6; e++) {
            lcg = lcg * 69069u + 1u;
            if ((lcg >> 28) < 3) {      /* few edges: the search takes many levels, and some nodes are never reached */
                lcg = lcg * 69069u + 1u;
                edges[edge_list_size++] = (lcg >> 8) % no_of_nodes;
                nodes[i].no_of_edges++;
            }
        }
    }

    bool *h_mask = (bool *)calloc(no_of_nodes, sizeof(bool));
    int *h_cost = (int *)malloc(sizeof(int) * no_of_nodes), *cost = (int *)malloc(sizeof(int) * no_of_nodes);
    for (int i = 0; i < no_of_nodes; i++)
        h_cost[i] = cost[i] = -1;
    int source = 0;
    while (source < no_of_nodes - 1 && nodes[source].no_of_edges < 3)
        source++;
    h_mask[source] = true;
    h_cost[source] = cost[source] = 0;

    Node *d_nodes;
    int *d_edges, *d_cost;
    bool *d_mask, *d_updating, *d_visited, *d_over;
    bailout(hipMalloc((void **)&d_nodes, sizeof(Node) * no_of_nodes), "nodes");
    bailout(hipMalloc((void **)&d_edges, sizeof(int) * (edge_list_size + 1)), "edges");
    bailout(hipMalloc((void **)&d_cost, sizeof(int) * no_of_nodes), "cost");
    bailout(hipMalloc((void **)&d_mask, sizeof(bool) * no_of_nodes), "mask");
    bailout(hipMalloc((void **)&d_updating, sizeof(bool) * no_of_nodes), "updating mask");
    bailout(hipMalloc((void **)&d_visited, sizeof(bool) * no_of_nodes), "visited");
    bailout(hipMalloc((void **)&d_over, sizeof(bool)), "flag");
    hipMemcpy(d_nodes, nodes, sizeof(Node) * no_of_nodes, hipMemcpyHostToDevice);
    hipMemcpy(d_edges, edges, sizeof(int) * edge_list_size, hipMemcpyHostToDevice);
    hipMemcpy(d_cost, h_cost, sizeof(int) * no_of_nodes, hipMemcpyHostToDevice);
    hipMemcpy(d_mask, h_mask, sizeof(bool) * no_of_nodes, hipMemcpyHostToDevice);
    hipMemcpy(d_visited, h_mask, sizeof(bool) * no_of_nodes, hipMemcpyHostToDevice);
    hipMemset(d_updating, 0, sizeof(bool) * no_of_nodes);

    dim3 grid((int)ceil(no_of_nodes / (double)MAX_THREADS_PER_BLOCK), 1, 1), threads(MAX_THREADS_PER_BLOCK, 1, 1);
    int k = 0;
    bool stop;
    do {
        stop = false;
        hipMemcpy(d_over, &stop, sizeof(bool), hipMemcpyHostToDevice);
        hipLaunchKernelGGL(Kernel, dim3(grid), dim3(threads), 0, 0, d_nodes, d_edges, d_mask, d_updating, d_visited,
                           d_cost, no_of_nodes);
        hipLaunchKernelGGL(Kernel2, dim3(grid), dim3(threads), 0, 0, d_mask, d_updating, d_visited, d_over,
                           no_of_nodes);
        bailout(hipMemcpy(&stop, d_over, sizeof(bool), hipMemcpyDeviceToHost), "flag back");
        k++;
    } while (stop);
    bailout(hipMemcpy(h_cost, d_cost, sizeof(int) * no_of_nodes, hipMemcpyDeviceToHost), "costs back");
    printf("%d edges, kernel executed %d times\n", edge_list_size, k);
    hipFree(d_nodes); hipFree(d_edges); hipFree(d_cost); hipFree(d_mask);
    hipFree(d_updating); hipFree(d_visited); hipFree(d_over);

    /* the host: a queue */
    int *queue = (int *)malloc(sizeof(int) * no_of_nodes), head = 0, tail = 0, deepest = 0;
    queue[tail++] = source;
    while (head < tail) {
        int n = queue[head++];
        for (int i = nodes[n].starting; i < nodes[n].starting + nodes[n].no_of_edges; i++)
            if (cost[edges[i]] < 0) {
                deepest = cost[edges[i]] = cost[n] + 1;
                queue[tail++] = edges[i];
            }
    }
    printf("%d of %d nodes reached\n", tail, no_of_nodes);
    for (int i = 0; i < no_of_nodes; i++)
        if (h_cost[i] != cost[i]) {
            printf("FAILED: node %d costs %d, expected %d\n", i, h_cost[i], cost[i]);
            exit(1);
        }
    if (k != deepest + 1) {
        printf("FAILED: %d levels, expected %d\n", k, deepest + 1);
        exit(1);
    }
    free(nodes); free(edges); free(h_mask); free(h_cost); free(cost); free(queue);
    printf("PASSED\n");
}
