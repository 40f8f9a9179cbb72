// A chain of element-wise steps, each a kernel launched by a member of a class template.
#pragma once

template <typename T>
__global__ void add_kernel(T *v, int n, T value)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        v[i] += value;
}

template <typename T>
__global__ void scale_kernel(T *v, int n, T value)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        v[i] *= value;
}

template <typename T>
class Pipeline {
public:
    Pipeline(T *data, int n) : data(data), n(n), blocks((n + 99) / 100) {}

    Pipeline &add(T value)
    {
        add_kernel<T><<<blocks, 100>>>(data, n, value);
        return *this;
    }

    Pipeline &scale(int value)      // int for T
    {
        scale_kernel<T><<<blocks, 100>>>(data, n, value);
        return *this;
    }

    void run() { MUST(hipDeviceSynchronize()); }

private:
    T *data;
    int n, blocks;
};
