// The words that HIP adds to C++, as a host compiler may see them after translation.
#ifndef GPU_QUALIFIERS_H
#define GPU_QUALIFIERS_H

#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __forceinline__        inline __attribute__((always_inline))
#define __launch_bounds__(...) // the translator has read it
// Not alignas, which C++ does not allow in all the places where programs write __align__.
#define __align__(bytes) __attribute__((aligned(bytes)))

// __noinline__ must not become a macro: the standard library writes __attribute__((__noinline__)).
// The translator replaces the word where a program uses it.

// Every __shared__ that the translator understands is gone by now. One that is left stops the
// compilation with a message that says so.
#define __shared__ this__shared__declaration_was_not_understood_by_the_translator

#endif
