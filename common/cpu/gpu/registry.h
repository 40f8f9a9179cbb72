// Kernels by their address: what hipLaunchKernel(), hipFuncGetAttributes() and the occupancy queries start from.
//
// The address of a kernel, as host code sees it, is that of its host side: the function that launches it. From a
// `const void *` neither its parameters nor its facts can be told, so each kernel registers both.
#ifndef GPU_REGISTRY_H
#define GPU_REGISTRY_H

#include <stddef.h>
#include <type_traits>
#include <utility>

namespace gpu
{

struct Kernel;

using AnyFunction = void (*)();
// Calls `host_side` with arguments that are known by their addresses.
using CallByAddresses = void (*)(AnyFunction host_side, void **arguments);

bool register_kernel(AnyFunction host_side, CallByAddresses call, unsigned parameters, const Kernel *kernel);

template <class... P, size_t... I>
void call_by_addresses(void (*host_side)(P...), [[maybe_unused]] void **arguments, std::index_sequence<I...>)
{
    host_side(*(std::remove_reference_t<P> *)arguments[I]...);
}

// Makes the kernel known by the address of its host side. Always true, so that it can initialise a global.
template <class... P> bool register_kernel(void (*host_side)(P...), const Kernel *kernel)
{
    CallByAddresses call = [](AnyFunction function, void **arguments) {
        call_by_addresses((void (*)(P...))function, arguments, std::index_sequence_for<P...>{});
    };
    return register_kernel((AnyFunction)host_side, call, sizeof...(P), kernel);
}

// The same for a kernel template: naming registered<kernel<T>, &facts<T>> is enough for that instance to be known from
// the start of the program, before its first launch.
template <auto host_side, const Kernel *kernel> inline const bool registered = register_kernel(host_side, kernel);

} // namespace gpu

#endif
