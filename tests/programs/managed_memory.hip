// Managed memory: one pointer for host and device, written by turns; a class that allocates itself there, and a
// linked list whose nodes point to each other.
// build: -std=c++17 managed_memory.hip
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <new>

#define CK(x)                                                                      \
    if (auto e = (x); e != hipSuccess) {                                           \
        std::printf("FAILED: %s: %s\n", #x, hipGetErrorString(e));                 \
        std::exit(1);                                                              \
    }

// Base of classes whose objects, made with new, are seen by both sides.
class Managed {
public:
    void *operator new(size_t bytes)
    {
        void *p;
        CK(hipMallocManaged(&p, bytes));
        return p;
    }
    void operator delete(void *p)
    {
        CK(hipDeviceSynchronize());
        CK(hipFree(p));
    }
};

class Accumulator : public Managed {
    int count = 0;
    double sum = 0;

public:
    __device__ void take(double v)
    {
        atomicAdd(&count, 1);
        atomicAdd(&sum, v);
    }
    double mean() const { return sum / count; }
    int taken() const { return count; }
};

struct Node : Managed {
    int value;
    Node *next;
    Node(int value, Node *next) : value(value), next(next) {}
};

__global__ void scale(double *x, int n, double factor)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        x[i] *= factor;
}

__global__ void accumulate(const double *x, int n, Accumulator *a)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        a->take(x[i]);
}

__global__ void reverse(Node **head)
{
    Node *done = nullptr;
    for (Node *n = *head; n != nullptr;) {
        Node *rest = n->next;
        n->value *= 10;
        n->next = done;
        done = n;
        n = rest;
    }
    *head = done;
}

int main()
{
    const int n = 1000;
    double *x;
    CK(hipMallocManaged((void **)&x, n * sizeof(double)));
    for (int i = 0; i < n; i++)
        x[i] = i;
    scale<<<2, 64>>>(x, n, 2);      // an int for a double
    CK(hipDeviceSynchronize());
    for (int i = 0; i < n; i++)
        x[i] += 1;
    scale<<<2, 64>>>(x, n, 0.5);
    auto *a = new Accumulator;
    accumulate<<<(n + 255) / 256, 256>>>(x, n, a);
    CK(hipDeviceSynchronize());
    for (int i = 0; i < n; i++)
        if (x[i] != i + 0.5) {
            std::printf("FAILED: x[%d] = %g\n", i, x[i]);
            return 1;
        }
    if (a->taken() != n || a->mean() != (n - 1) / 2.0 + 0.5) {
        std::printf("FAILED: %d values, mean %g\n", a->taken(), a->mean());
        return 1;
    }
    delete a;

    Node **head;
    CK(hipMallocManaged(&head, sizeof(Node *), hipMemAttachGlobal));
    *head = nullptr;
    for (int i = 5; i >= 1; i--)
        *head = new Node(i, *head);
    reverse<<<1, 1>>>(head);
    CK(hipDeviceSynchronize());
    int want = 50;
    for (Node *node = *head; node; want -= 10) {
        if (node->value != want) {
            std::printf("FAILED: list holds %d, expected %d\n", node->value, want);
            return 1;
        }
        Node *next = node->next;
        delete node;
        node = next;
    }
    if (want != 0) {
        std::printf("FAILED: the list ends too early\n");
        return 1;
    }
    CK(hipFree(head));
    CK(hipFree(x));
    std::printf("PASSED\n");
    return 0;
}
