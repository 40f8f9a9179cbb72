// buffer.h: arrays on the host and on the device as different types. A device pointer and a host pointer are both a
// float *, and the compiler cannot tell a mistake; DeviceF32 and HostF32 it can.
// Every buffer is remembered and freed by buffers_free_all, which program_end calls.
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include "check.h"
#include "device.h"
#include "guard.h"
#include "shape.h"
#include <string.h>
#include <unistd.h>

typedef struct Allocation {
    void *data;
    size_t bytes;
    struct Allocation *next;
} Allocation;

static inline Allocation **device_allocations(void)
{
    static Allocation *first = NULL;
    return &first;
}

static inline Allocation **host_allocations(void)
{
    static Allocation *first = NULL;
    return &first;
}

static inline size_t buffer_bytes(long n, size_t size)
{
    if (n < 0 || (size_t)n > (size_t)-1 / 2 / size)
        fail(STATUS_FAILED, "a buffer of %ld elements cannot be; choose smaller sizes", n);
    return (size_t)n * size;
}

static inline void *buffer_remember(Allocation **list, void *data, size_t bytes)
{
    Allocation *entry = (Allocation *)allocate(1, sizeof *entry);
    entry->data = data;
    entry->bytes = bytes;
    entry->next = *list;
    *list = entry;
    return data;
}

static inline void buffer_forget(Allocation **list, const void *data)
{
    while (*list && (*list)->data != data)
        list = &(*list)->next;
    Allocation *entry = *list;
    if (!entry)
        fail(STATUS_FAILED, "a buffer is freed that is not allocated (freed twice, or a slice)");
    *list = entry->next;
    free(entry);
}

// Linux hands out more memory than there is and kills the program when it is used. A message is better.
static inline void host_check_room(size_t bytes)
{
#ifdef _SC_PHYS_PAGES
    double total = (double)bytes, room = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    for (const Allocation *a = *host_allocations(); a; a = a->next)
        total += (double)a->bytes;
    if (strcmp(device_backend(), "cpu") == 0) // the simulated GPU's memory is the host's, too
        for (const Allocation *a = *device_allocations(); a; a = a->next)
            total += (double)a->bytes;
    if (room > 0 && total > room)
        fail(STATUS_FAILED, "needs %.1f GB of host memory, and this machine has %.1f GB; choose smaller sizes",
             1e-9 * total, 1e-9 * room);
#endif
}

static inline void *host_allocate(long n, size_t size)
{
    size_t bytes = buffer_bytes(n, size);
    host_check_room(bytes);
    return buffer_remember(host_allocations(), allocate((size_t)n, size), bytes);
}

static inline void *device_allocate(long n, size_t size)
{
    size_t bytes = buffer_bytes(n, size);
    if (strcmp(device_backend(), "cpu") == 0)
        host_check_room(bytes);
    return buffer_remember(device_allocations(), guard_malloc(bytes), bytes);
}

static inline void host_release(void *data)
{
    buffer_forget(host_allocations(), data);
    free(data);
}

static inline void device_release(void *data)
{
    buffer_forget(device_allocations(), data);
    guard_free(data);
}

static inline void buffers_free_all(void)
{
    while (*host_allocations())
        host_release((*host_allocations())->data);
    while (*device_allocations())
        device_release((*device_allocations())->data);
}

static inline void buffer_equal(long to, long from)
{
    if (to != from)
        fail(STATUS_FAILED, "a copy between buffers of %ld and %ld elements", from, to);
}

static inline void buffer_range(long first, long n, long all)
{
    if (first < 0 || n < 0 || first > all || n > all - first)
        fail(STATUS_FAILED, "a slice of %ld elements from %ld on, in a buffer of %ld", n, first, all);
}

// A buffer of any type, for functions that treat all types alike.
typedef struct {
    ElementType type;
    void *data;
    long n;
    bool on_device;
} Array;

// The same functions for each of the four element types. T *data, n elements; a new host buffer is zeroed, a new
// device buffer is not initialised and aligned to 256 bytes. upload and download need equal n; a slice is a view.
#define BUFFER_FUNCTIONS(Suffix, suffix, T)                                                                            \
    typedef struct Host##Suffix {                                                                                      \
        T *data;                                                                                                       \
        long n;                                                                                                        \
    } Host##Suffix;                                                                                                    \
    typedef struct Device##Suffix {                                                                                    \
        T *data;                                                                                                       \
        long n;                                                                                                        \
    } Device##Suffix;                                                                                                  \
    static inline Host##Suffix host_##suffix(long n)                                                                   \
    {                                                                                                                  \
        Host##Suffix host = {(T *)host_allocate(n, sizeof(T)), n};                                                     \
        return host;                                                                                                   \
    }                                                                                                                  \
    static inline Device##Suffix device_##suffix(long n)                                                               \
    {                                                                                                                  \
        Device##Suffix device = {(T *)device_allocate(n, sizeof(T)), n};                                               \
        return device;                                                                                                 \
    }                                                                                                                  \
    static inline void upload_##suffix(Device##Suffix to, Host##Suffix from)                                           \
    {                                                                                                                  \
        buffer_equal(to.n, from.n);                                                                                    \
        HIP_CHECK(hipMemcpy(to.data, from.data, (size_t)to.n * sizeof(T), hipMemcpyHostToDevice));                     \
    }                                                                                                                  \
    static inline void download_##suffix(Host##Suffix to, Device##Suffix from)                                         \
    {                                                                                                                  \
        buffer_equal(to.n, from.n);                                                                                    \
        HIP_CHECK(hipMemcpy(to.data, from.data, (size_t)to.n * sizeof(T), hipMemcpyDeviceToHost));                     \
    }                                                                                                                  \
    static inline Device##Suffix device_copy_##suffix(Host##Suffix from)                                               \
    {                                                                                                                  \
        Device##Suffix device = device_##suffix(from.n);                                                               \
        upload_##suffix(device, from);                                                                                 \
        return device;                                                                                                 \
    }                                                                                                                  \
    static inline Host##Suffix host_copy_##suffix(Device##Suffix from)                                                 \
    {                                                                                                                  \
        Host##Suffix host = host_##suffix(from.n);                                                                     \
        download_##suffix(host, from);                                                                                 \
        return host;                                                                                                   \
    }                                                                                                                  \
    static inline Host##Suffix host_slice_##suffix(Host##Suffix all, long first, long n)                               \
    {                                                                                                                  \
        buffer_range(first, n, all.n);                                                                                 \
        Host##Suffix slice = {all.data + first, n};                                                                    \
        return slice;                                                                                                  \
    }                                                                                                                  \
    static inline Device##Suffix device_slice_##suffix(Device##Suffix all, long first, long n)                         \
    {                                                                                                                  \
        buffer_range(first, n, all.n);                                                                                 \
        Device##Suffix slice = {all.data + first, n};                                                                  \
        return slice;                                                                                                  \
    }                                                                                                                  \
    static inline Array host_array_##suffix(Host##Suffix host)                                                         \
    {                                                                                                                  \
        Array array = {TYPE_##Suffix, host.data, host.n, false};                                                       \
        return array;                                                                                                  \
    }                                                                                                                  \
    static inline Array device_array_##suffix(Device##Suffix device)                                                   \
    {                                                                                                                  \
        Array array = {TYPE_##Suffix, device.data, device.n, true};                                                    \
        return array;                                                                                                  \
    }                                                                                                                  \
    static inline void device_fill_bytes_##suffix(Device##Suffix device, int byte)                                     \
    {                                                                                                                  \
        HIP_CHECK(hipMemset(device.data, byte, (size_t)device.n * sizeof(T)));                                         \
    }

BUFFER_FUNCTIONS(F32, f32, float)
BUFFER_FUNCTIONS(F64, f64, double)
BUFFER_FUNCTIONS(I32, i32, int32_t)
BUFFER_FUNCTIONS(U8, u8, uint8_t)

// One name for all types: overloads in C++, _Generic in C.
// clang-format off
#ifdef __cplusplus
#define BUFFER_NAMES(Suffix, suffix)                                                                                   \
    static inline Device##Suffix device_copy(Host##Suffix from) { return device_copy_##suffix(from); }                 \
    static inline Host##Suffix host_copy(Device##Suffix from) { return host_copy_##suffix(from); }                     \
    static inline void upload(Device##Suffix to, Host##Suffix from) { upload_##suffix(to, from); }                     \
    static inline void download(Host##Suffix to, Device##Suffix from) { download_##suffix(to, from); }                 \
    static inline Host##Suffix host_slice(Host##Suffix all, long first, long n)                                        \
    {                                                                                                                  \
        return host_slice_##suffix(all, first, n);                                                                     \
    }                                                                                                                  \
    static inline Device##Suffix device_slice(Device##Suffix all, long first, long n)                                  \
    {                                                                                                                  \
        return device_slice_##suffix(all, first, n);                                                                   \
    }                                                                                                                  \
    static inline void device_fill_bytes(Device##Suffix device, int byte)                                              \
    {                                                                                                                  \
        device_fill_bytes_##suffix(device, byte);                                                                      \
    }                                                                                                                  \
    static inline Array host_array(Host##Suffix host) { return host_array_##suffix(host); }                            \
    static inline Array device_array(Device##Suffix device) { return device_array_##suffix(device); }                  \
    static inline Array any_array(Host##Suffix host) { return host_array_##suffix(host); }                             \
    static inline Array any_array(Device##Suffix device) { return device_array_##suffix(device); }                     \
    static inline void host_free(Host##Suffix host) { host_release(host.data); }                                       \
    static inline void device_free(Device##Suffix device) { device_release(device.data); }
BUFFER_NAMES(F32, f32)
BUFFER_NAMES(F64, f64)
BUFFER_NAMES(I32, i32)
BUFFER_NAMES(U8, u8)
#else
#define FOR_HOST(buffer, function)                                                                                     \
    _Generic((buffer), HostF32: function##_f32, HostF64: function##_f64, HostI32: function##_i32, HostU8: function##_u8)
#define FOR_DEVICE(buffer, function)                                                                                   \
    _Generic((buffer),                                                                                                 \
        DeviceF32: function##_f32, DeviceF64: function##_f64, DeviceI32: function##_i32, DeviceU8: function##_u8)
#define device_copy(from)              FOR_HOST(from, device_copy)(from)
#define host_copy(from)                FOR_DEVICE(from, host_copy)(from)
#define upload(to, from)               FOR_DEVICE(to, upload)(to, from)
#define download(to, from)             FOR_HOST(to, download)(to, from)
#define host_slice(all, first, n)      FOR_HOST(all, host_slice)(all, first, n)
#define device_slice(all, first, n)    FOR_DEVICE(all, device_slice)(all, first, n)
#define device_fill_bytes(device, byte) FOR_DEVICE(device, device_fill_bytes)(device, byte)
#define host_array(host)               FOR_HOST(host, host_array)(host)
#define device_array(device)           FOR_DEVICE(device, device_array)(device)
#define any_array(buffer)                                                                                              \
    _Generic((buffer),                                                                                                 \
        HostF32: host_array_f32, HostF64: host_array_f64, HostI32: host_array_i32, HostU8: host_array_u8,              \
        DeviceF32: device_array_f32, DeviceF64: device_array_f64, DeviceI32: device_array_i32,                         \
        DeviceU8: device_array_u8)(buffer)
#define host_free(host)                host_release(host_array(host).data)
#define device_free(device)            device_release(device_array(device).data)
#endif
// clang-format on

#endif
