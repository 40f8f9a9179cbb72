// __device__ and __constant__ variables, as hipMemcpyToSymbol() and its kin find them.
//
// The translator leaves such a variable a plain global and puts an object of this kind beside it, whose constructor
// tells the runtime that it is there. On a real device the variable has two addresses, the host's and the device's;
// here they are one.
#ifndef GPU_SYMBOL_H
#define GPU_SYMBOL_H

#include <cstddef>
#include <memory>
#include <type_traits>

namespace gpu
{

struct Symbol {
    // The variable's address and size in bytes. A second registration of the same address replaces the first.
    Symbol(const void *address, size_t bytes, const char *name);
};

bool is_symbol(const void *address);

// The address that names `symbol` to the runtime. Programs hand over the variable itself, or a pointer to it in a
// variable of its own: where the variable is a pointer and no symbol, its value is meant.
template <class T> const void *symbol_address(T &symbol)
{
    const void *address = (const void *)std::addressof(symbol);
    if constexpr (std::is_pointer_v<T>)
        if (!is_symbol(address))
            return (const void *)symbol;
    return address;
}

} // namespace gpu

#endif
