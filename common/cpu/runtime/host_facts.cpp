// Reads /proc and /sys on Linux, and asks sysctl on macOS.
#include "host_facts.h"

#include <fstream>

#include <sys/utsname.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace gpu
{

namespace
{

// The value of the first line "key : value" of /proc/cpuinfo; empty where there is none.
std::string from_cpuinfo(const std::string &key)
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        size_t colon = line.find(':');
        if (line.compare(0, key.size(), key) != 0 || colon == std::string::npos)
            continue;
        size_t start = line.find_first_not_of(" \t", colon + 1);
        if (start != std::string::npos)
            return line.substr(start, line.find_last_not_of(" \t") + 1 - start);
    }
    return "";
}

#ifdef __APPLE__
long long from_sysctl(const char *name)
{
    long long value = 0;
    size_t bytes = sizeof value;
    return sysctlbyname(name, &value, &bytes, nullptr, 0) == 0 ? value : 0;
}
#endif

} // namespace

std::string processor_name()
{
#ifdef __APPLE__
    char text[256];
    size_t bytes = sizeof text;
    if (sysctlbyname("machdep.cpu.brand_string", text, &bytes, nullptr, 0) == 0)
        return text;
#endif
    for (const char *key : {"model name", "Model", "cpu model", "Processor"}) {
        std::string name = from_cpuinfo(key);
        if (!name.empty())
            return name;
    }
    struct utsname system;
    return uname(&system) < 0 ? "CPU" : std::string(system.machine) + " CPU";
}

size_t last_cache_bytes()
{
#ifdef __APPLE__
    long long third = from_sysctl("hw.l3cachesize");
    return (size_t)(third ? third : from_sysctl("hw.l2cachesize"));
#else
    size_t bytes = 0;
    for (int index = 0; index < 8; ++index) { // in rising order of their level
        std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/size");
        size_t number;
        char unit = 0;
        if (!(file >> number))
            break;
        file >> unit;
        bytes = unit == 'K' ? number << 10 : unit == 'M' ? number << 20 : number;
    }
    return bytes;
#endif
}

} // namespace gpu
