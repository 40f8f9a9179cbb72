// Copies to and from __device__ and __constant__ variables.
#include "../gpu/symbol.h"

#include <map>
#include <mutex>

#include "internal.h"

using namespace gpu;

namespace gpu
{

namespace
{

struct Symbols {
    std::mutex mutex;
    std::map<const void *, size_t> bytes; // by address
};

// Made when it is first needed, which is before main(): the order of constructors between files is not known.
Symbols &symbols()
{
    static Symbols *it = new Symbols;
    return *it;
}

// The variable's size; 0 where there is none at the address.
size_t size_of(const void *symbol)
{
    Symbols &all = symbols();
    std::lock_guard<std::mutex> lock(all.mutex);
    auto entry = all.bytes.find(symbol);
    return entry == all.bytes.end() ? 0 : entry->second;
}

hipError_t check_part(const void *symbol, size_t bytes, size_t offset)
{
    size_t whole = size_of(symbol);
    if (whole == 0)
        return hipErrorInvalidSymbol;
    return offset > whole || bytes > whole - offset ? hipErrorInvalidValue : hipSuccess;
}

bool is_one_of(hipMemcpyKind kind, hipMemcpyKind direction)
{
    return kind == direction || kind == hipMemcpyDeviceToDevice || kind == hipMemcpyDefault;
}

} // namespace

Symbol::Symbol(const void *address, size_t bytes, const char *)
{
    Symbols &all = symbols();
    {
        std::lock_guard<std::mutex> lock(all.mutex);
        all.bytes[address] = bytes;
    }
    add_symbol_region(address, bytes);
}

bool is_symbol(const void *address)
{
    return size_of(address) != 0;
}

} // namespace gpu

hipError_t hipMemcpyToSymbol(const void *symbol, const void *from, size_t bytes, size_t offset, hipMemcpyKind kind)
{
    return api([&] {
        if (!is_one_of(kind, hipMemcpyHostToDevice))
            return hipErrorInvalidMemcpyDirection;
        hipError_t error = check_part(symbol, bytes, offset);
        return error != hipSuccess ? error : copy_now((char *)symbol + offset, from, bytes, kind);
    });
}

hipError_t hipMemcpyFromSymbol(void *to, const void *symbol, size_t bytes, size_t offset, hipMemcpyKind kind)
{
    return api([&] {
        if (!is_one_of(kind, hipMemcpyDeviceToHost))
            return hipErrorInvalidMemcpyDirection;
        hipError_t error = check_part(symbol, bytes, offset);
        return error != hipSuccess ? error : copy_now(to, (const char *)symbol + offset, bytes, kind);
    });
}

hipError_t hipMemcpyToSymbolAsync(const void *symbol, const void *from, size_t bytes, size_t offset, hipMemcpyKind kind,
                                  hipStream_t stream)
{
    return api([&] {
        if (!is_one_of(kind, hipMemcpyHostToDevice))
            return hipErrorInvalidMemcpyDirection;
        hipError_t error = check_part(symbol, bytes, offset);
        return error != hipSuccess ? error : copy_on_stream((char *)symbol + offset, from, bytes, kind, stream);
    });
}

hipError_t hipMemcpyFromSymbolAsync(void *to, const void *symbol, size_t bytes, size_t offset, hipMemcpyKind kind,
                                    hipStream_t stream)
{
    return api([&] {
        if (!is_one_of(kind, hipMemcpyDeviceToHost))
            return hipErrorInvalidMemcpyDirection;
        hipError_t error = check_part(symbol, bytes, offset);
        return error != hipSuccess ? error : copy_on_stream(to, (const char *)symbol + offset, bytes, kind, stream);
    });
}

hipError_t hipGetSymbolAddress(void **address, const void *symbol)
{
    return api([&] {
        if (!address)
            return hipErrorInvalidValue;
        if (!is_symbol(symbol))
            return hipErrorInvalidSymbol;
        *address = (void *)symbol;
        return hipSuccess;
    });
}

hipError_t hipGetSymbolSize(size_t *bytes, const void *symbol)
{
    return api([&] {
        if (!bytes)
            return hipErrorInvalidValue;
        if (!is_symbol(symbol))
            return hipErrorInvalidSymbol;
        *bytes = size_of(symbol);
        return hipSuccess;
    });
}
