// hipMemcpy, hipMemset and their kin: the checks of a device, then memmove and memset.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "internal.h"

using namespace gpu;

namespace gpu
{

namespace
{

// `height` rows of `width` bytes. A copy in one piece is one row.
struct Copy {
    char *to;
    size_t to_pitch;
    const char *from;
    size_t from_pitch;
    size_t width, height;
    hipMemcpyKind kind;

    bool empty() const { return width == 0 || height == 0; }
};

Side side_of(hipMemcpyKind kind, bool destination)
{
    if (kind == hipMemcpyDefault)
        return Side::any;
    bool device =
        kind == hipMemcpyDeviceToDevice || kind == (destination ? hipMemcpyHostToDevice : hipMemcpyDeviceToHost);
    return device ? Side::device : Side::host;
}

// From the first byte of the first row to the last byte of the last; SIZE_MAX if that is more than a size_t holds.
size_t extent_of(size_t pitch, size_t width, size_t height)
{
    if (height > 1 && pitch > (SIZE_MAX - width) / (height - 1))
        return SIZE_MAX;
    return (height - 1) * pitch + width;
}

hipError_t check(const Copy &c)
{
    if (c.kind < hipMemcpyHostToHost || c.kind > hipMemcpyDefault)
        return hipErrorInvalidMemcpyDirection;
    if (c.empty())
        return hipSuccess;
    if (c.height > 1 && (c.width > c.to_pitch || c.width > c.from_pitch))
        return hipErrorInvalidPitchValue;
    hipError_t error = check_range(c.to, extent_of(c.to_pitch, c.width, c.height), side_of(c.kind, true));
    if (error != hipSuccess)
        return error;
    return check_range(c.from, extent_of(c.from_pitch, c.width, c.height), side_of(c.kind, false));
}

// A recorded copy runs later than it was asked for: by then its memory may be gone, so it checks again.
hipError_t check_and_copy(const Copy &c)
{
    hipError_t error = check(c);
    if (error != hipSuccess || c.empty())
        return error;
    for (size_t row = 0; row < c.height; ++row)
        memmove(c.to + row * c.to_pitch, c.from + row * c.from_pitch, c.width);
    return hipSuccess;
}

hipError_t copy_async(const Copy &c, hipStream_t stream)
{
    hipError_t error = check(c);
    auto work = [c] { return check_and_copy(c); };
    return error != hipSuccess ? error : submit(stream, work, hipGraphNodeTypeMemcpy);
}

hipError_t copy_and_wait(const Copy &c, hipStream_t stream)
{
    hipError_t error = check(c);
    if (error == hipSuccess)
        error = synchronize(stream);
    if (error == hipSuccess)
        error = check_no_capture();
    return error != hipSuccess ? error : copy_async(c, stream);
}

Copy one_piece(void *to, const void *from, size_t bytes, hipMemcpyKind kind)
{
    return {(char *)to, bytes, (const char *)from, bytes, bytes, 1, kind};
}

// `height` rows of `width` elements of 1, 2 or 4 bytes.
struct Fill {
    char *to;
    size_t pitch;
    unsigned value;
    size_t element, width, height;

    bool empty() const { return width == 0 || height == 0; }
};

hipError_t check(const Fill &f)
{
    if (f.empty())
        return hipSuccess;
    if (f.width > SIZE_MAX / f.element || (uintptr_t)f.to % f.element)
        return hipErrorInvalidValue;
    if (f.height > 1 && f.width * f.element > f.pitch)
        return hipErrorInvalidValue;
    return check_range(f.to, extent_of(f.pitch, f.width * f.element, f.height), Side::device);
}

hipError_t check_and_fill(const Fill &f)
{
    hipError_t error = check(f);
    if (error != hipSuccess || f.empty())
        return error;
    for (size_t row = 0; row < f.height; ++row) {
        char *to = f.to + row * f.pitch;
        if (f.element == 1)
            memset(to, (int)f.value, f.width);
        else if (f.element == 2)
            std::fill_n((uint16_t *)to, f.width, (uint16_t)f.value);
        else
            std::fill_n((uint32_t *)to, f.width, (uint32_t)f.value);
    }
    return hipSuccess;
}

hipError_t fill_async(const Fill &f, hipStream_t stream)
{
    hipError_t error = check(f);
    auto work = [f] { return check_and_fill(f); };
    return error != hipSuccess ? error : submit(stream, work, hipGraphNodeTypeMemset);
}

hipError_t fill_and_wait(const Fill &f)
{
    hipError_t error = check(f);
    if (error == hipSuccess)
        error = synchronize(nullptr);
    if (error == hipSuccess)
        error = check_no_capture();
    return error != hipSuccess ? error : fill_async(f, nullptr);
}

Fill fill_of(void *to, unsigned value, size_t element, size_t count)
{
    return {(char *)to, 0, value, element, count, 1};
}

} // namespace

hipError_t copy_on_stream(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream)
{
    return copy_async(one_piece(to, from, bytes, kind), stream);
}

hipError_t copy_now(void *to, const void *from, size_t bytes, hipMemcpyKind kind)
{
    return copy_and_wait(one_piece(to, from, bytes, kind), nullptr);
}

} // namespace gpu

hipError_t hipMemcpy(void *to, const void *from, size_t bytes, hipMemcpyKind kind)
{
    return api([&] { return copy_now(to, from, bytes, kind); });
}

hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream)
{
    return api([&] { return copy_on_stream(to, from, bytes, kind, stream); });
}

hipError_t hipMemcpyWithStream(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream)
{
    return api([&] { return copy_and_wait(one_piece(to, from, bytes, kind), stream); });
}

hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void *from, size_t bytes)
{
    return hipMemcpy(to, from, bytes, hipMemcpyHostToDevice);
}

hipError_t hipMemcpyDtoH(void *to, hipDeviceptr_t from, size_t bytes)
{
    return hipMemcpy(to, from, bytes, hipMemcpyDeviceToHost);
}

hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes)
{
    return hipMemcpy(to, from, bytes, hipMemcpyDeviceToDevice);
}

hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void *from, size_t bytes, hipStream_t stream)
{
    return hipMemcpyAsync(to, from, bytes, hipMemcpyHostToDevice, stream);
}

hipError_t hipMemcpyDtoHAsync(void *to, hipDeviceptr_t from, size_t bytes, hipStream_t stream)
{
    return hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToHost, stream);
}

hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes, hipStream_t stream)
{
    return hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToDevice, stream);
}

hipError_t hipMemcpy2D(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
                       hipMemcpyKind kind)
{
    return api([&] {
        return copy_and_wait({(char *)to, to_pitch, (const char *)from, from_pitch, width, height, kind}, nullptr);
    });
}

hipError_t hipMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
                            hipMemcpyKind kind, hipStream_t stream)
{
    return api([&] {
        return copy_async({(char *)to, to_pitch, (const char *)from, from_pitch, width, height, kind}, stream);
    });
}

hipError_t hipMemset(void *to, int value, size_t bytes)
{
    return api([&] { return fill_and_wait(fill_of(to, (unsigned)value, 1, bytes)); });
}

hipError_t hipMemsetAsync(void *to, int value, size_t bytes, hipStream_t stream)
{
    return api([&] { return fill_async(fill_of(to, (unsigned)value, 1, bytes), stream); });
}

hipError_t hipMemset2D(void *to, size_t pitch, int value, size_t width, size_t height)
{
    return api([&] { return fill_and_wait({(char *)to, pitch, (unsigned)value, 1, width, height}); });
}

hipError_t hipMemset2DAsync(void *to, size_t pitch, int value, size_t width, size_t height, hipStream_t stream)
{
    return api([&] { return fill_async({(char *)to, pitch, (unsigned)value, 1, width, height}, stream); });
}

hipError_t hipMemsetD8(hipDeviceptr_t to, unsigned char value, size_t count)
{
    return api([&] { return fill_and_wait(fill_of(to, value, 1, count)); });
}

hipError_t hipMemsetD16(hipDeviceptr_t to, unsigned short value, size_t count)
{
    return api([&] { return fill_and_wait(fill_of(to, value, 2, count)); });
}

hipError_t hipMemsetD32(hipDeviceptr_t to, int value, size_t count)
{
    return api([&] { return fill_and_wait(fill_of(to, (unsigned)value, 4, count)); });
}

hipError_t hipMemsetD8Async(hipDeviceptr_t to, unsigned char value, size_t count, hipStream_t stream)
{
    return api([&] { return fill_async(fill_of(to, value, 1, count), stream); });
}

hipError_t hipMemsetD16Async(hipDeviceptr_t to, unsigned short value, size_t count, hipStream_t stream)
{
    return api([&] { return fill_async(fill_of(to, value, 2, count), stream); });
}

hipError_t hipMemsetD32Async(hipDeviceptr_t to, int value, size_t count, hipStream_t stream)
{
    return api([&] { return fill_async(fill_of(to, (unsigned)value, 4, count), stream); });
}
