// What the operating system tells of the processor that plays the GPU.
#ifndef GPU_HOST_FACTS_H
#define GPU_HOST_FACTS_H

#include <cstddef>
#include <string>

namespace gpu
{

std::string processor_name(); // "AMD EPYC 7B13 64-Core Processor"; the architecture where no name is told
size_t last_cache_bytes();    // the cache before the memory; 0 where it is not told

} // namespace gpu

#endif
