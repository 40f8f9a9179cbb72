// The host API's conveniences for C++: pointers of any type, symbols by their names, kernels by theirs.
#ifndef GPU_API_TEMPLATES_H
#define GPU_API_TEMPLATES_H

#include "symbol.h"

template <class T> hipError_t hipMalloc(T **address, size_t bytes)
{
    return hipMalloc((void **)address, bytes);
}

template <class T> hipError_t hipMallocManaged(T **address, size_t bytes, unsigned int flags = hipMemAttachGlobal)
{
    return hipMallocManaged((void **)address, bytes, flags);
}

template <class T> hipError_t hipMallocPitch(T **address, size_t *pitch, size_t width, size_t height)
{
    return hipMallocPitch((void **)address, pitch, width, height);
}

template <class T> hipError_t hipHostMalloc(T **address, size_t bytes, unsigned int flags = hipHostMallocDefault)
{
    return hipHostMalloc((void **)address, bytes, flags);
}

template <class T> hipError_t hipHostAlloc(T **address, size_t bytes, unsigned int flags = hipHostAllocDefault)
{
    return hipHostAlloc((void **)address, bytes, flags);
}

template <class T> hipError_t hipMallocHost(T **address, size_t bytes)
{
    return hipMallocHost((void **)address, bytes);
}

template <class T> hipError_t hipMallocAsync(T **address, size_t bytes, hipStream_t stream)
{
    return hipMallocAsync((void **)address, bytes, stream);
}

template <class T> hipError_t hipMallocFromPoolAsync(T **address, size_t bytes, hipMemPool_t pool, hipStream_t stream)
{
    return hipMallocFromPoolAsync((void **)address, bytes, pool, stream);
}

template <class T> hipError_t hipHostGetDevicePointer(T **device_address, void *address, unsigned int flags)
{
    return hipHostGetDevicePointer((void **)device_address, address, flags);
}

// Symbols. A variable binds to T &; the address of one (HIP_SYMBOL(&x) in some programs) is no variable itself and
// goes to the functions that take a const void *.

template <class T>
hipError_t hipMemcpyToSymbol(T &symbol, const void *from, size_t bytes, size_t offset = 0,
                             hipMemcpyKind kind = hipMemcpyHostToDevice)
{
    return hipMemcpyToSymbol(gpu::symbol_address(symbol), from, bytes, offset, kind);
}

template <class T>
hipError_t hipMemcpyFromSymbol(void *to, T &symbol, size_t bytes, size_t offset = 0,
                               hipMemcpyKind kind = hipMemcpyDeviceToHost)
{
    return hipMemcpyFromSymbol(to, gpu::symbol_address(symbol), bytes, offset, kind);
}

template <class T>
hipError_t hipMemcpyToSymbolAsync(T &symbol, const void *from, size_t bytes, size_t offset, hipMemcpyKind kind,
                                  hipStream_t stream = 0)
{
    return hipMemcpyToSymbolAsync(gpu::symbol_address(symbol), from, bytes, offset, kind, stream);
}

template <class T>
hipError_t hipMemcpyFromSymbolAsync(void *to, T &symbol, size_t bytes, size_t offset, hipMemcpyKind kind,
                                    hipStream_t stream = 0)
{
    return hipMemcpyFromSymbolAsync(to, gpu::symbol_address(symbol), bytes, offset, kind, stream);
}

template <class T> hipError_t hipGetSymbolAddress(void **address, T &symbol)
{
    return hipGetSymbolAddress(address, gpu::symbol_address(symbol));
}

template <class T> hipError_t hipGetSymbolSize(size_t *bytes, T &symbol)
{
    return hipGetSymbolSize(bytes, gpu::symbol_address(symbol));
}

// Kernels.

template <class... P>
hipError_t hipLaunchKernel(void (*kernel)(P...), dim3 grid, dim3 block, void **arguments, size_t shared = 0,
                           hipStream_t stream = 0)
{
    return hipLaunchKernel((const void *)kernel, grid, block, arguments, shared, stream);
}

template <class... P>
hipError_t hipLaunchCooperativeKernel(void (*kernel)(P...), dim3 grid, dim3 block, void **arguments,
                                      unsigned int shared = 0, hipStream_t stream = 0)
{
    return hipLaunchCooperativeKernel((const void *)kernel, grid, block, arguments, shared, stream);
}

template <class... P> hipError_t hipFuncGetAttributes(hipFuncAttributes *attributes, void (*kernel)(P...))
{
    return hipFuncGetAttributes(attributes, (const void *)kernel);
}

template <class... P> hipError_t hipFuncSetAttribute(void (*kernel)(P...), hipFuncAttribute attribute, int value)
{
    return hipFuncSetAttribute((const void *)kernel, attribute, value);
}

template <class... P> hipError_t hipFuncSetCacheConfig(void (*kernel)(P...), hipFuncCache_t config)
{
    return hipFuncSetCacheConfig((const void *)kernel, config);
}

template <class... P> hipError_t hipFuncSetSharedMemConfig(void (*kernel)(P...), hipSharedMemConfig config)
{
    return hipFuncSetSharedMemConfig((const void *)kernel, config);
}

template <class... P>
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void (*kernel)(P...), int block_size,
                                                        size_t shared)
{
    return hipOccupancyMaxActiveBlocksPerMultiprocessor(blocks, (const void *)kernel, block_size, shared);
}

template <class... P>
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, void (*kernel)(P...), int block_size,
                                                                 size_t shared, unsigned int flags)
{
    return hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, (const void *)kernel, block_size, shared,
                                                                 flags);
}

// grid_size, block_size: int *, or unsigned * as some programs have it.
template <class Count, class... P>
hipError_t hipOccupancyMaxPotentialBlockSize(Count *grid_size, Count *block_size, void (*kernel)(P...),
                                             size_t shared = 0, int block_size_limit = 0)
{
    static_assert(sizeof(Count) == sizeof(int) && std::is_integral_v<Count>);
    return hipOccupancyMaxPotentialBlockSize((int *)grid_size, (int *)block_size, (const void *)kernel, shared,
                                             block_size_limit);
}

// Graphs: CUDA's signature beside HIP's.
inline hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, unsigned long long flags = 0)
{
    return hipGraphInstantiateWithFlags(exec, graph, flags);
}

#endif
