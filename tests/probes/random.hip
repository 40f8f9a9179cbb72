// random: the numbers of common/random.h on the host and on the device, written with --dump for test_random.py.
#include <hip/hip_runtime.h>
#include "../../common/program.h"

__global__ void random_fill(float *uniform, float *normal, int *bits, int n, unsigned long long seed)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        uniform[i] = random_uniform(seed, i, -3.0f, 5.0f);
        normal[i] = random_normal(seed, i);
        bits[i] = (int)random_bits(seed, i);
    }
}

// The known answers: counter and key all zero, all one, and digits of pi.
static void known_answers(int32_t *words)
{
    static const uint32_t in[3][6] = {
        {0, 0, 0, 0, 0, 0},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u},
        {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u},
    };
    for (int k = 0; k < 3; ++k) {
        Philox4 counter = {{in[k][0], in[k][1], in[k][2], in[k][3]}};
        Philox4 answer = philox4x32_10(counter, in[k][4], in[k][5]);
        for (int w = 0; w < 4; ++w)
            words[4 * k + w] = (int32_t)answer.v[w];
    }
}

int main(int argc, char **argv)
{
    int n = 10007;
    const Option options[] = {OPTION_INT("n", &n, "numbers")};
    Program program = program_begin(argc, argv, "random numbers", options, LENGTH(options));
    program_versions(&program, NULL, 0);
    uint64_t seed = program.seed + ((uint64_t)0x9abcdef0u << 32); // both halves of the key count

    HostF32 host_uniforms = host_uniform(n, seed, -3, 5), host_normals = host_normal(n, seed, 0, 1);
    HostF32 single = host_f32(n);
    HostI32 known = host_i32(12);
    for (int i = 0; i < n; ++i)
        single.data[i] = random_uniform(seed, (uint64_t)i, -3, 5);
    known_answers(known.data);
    DeviceF32 uniforms = device_f32(n), normals = device_f32(n);
    DeviceI32 bits = device_i32(n);
    random_fill<<<ceil_div(n, 256), 256>>>(uniforms.data, normals.data, bits.data, n, seed);
    HIP_CHECK_LAUNCH();

    program_dump(&program, "known", known, SHAPE(3, 4));
    program_dump(&program, "host.uniform", host_uniforms, SHAPE(n));
    program_dump(&program, "single.uniform", single, SHAPE(n));
    program_dump(&program, "host.normal", host_normals, SHAPE(n));
    program_dump(&program, "device.uniform", uniforms, SHAPE(n));
    program_dump(&program, "device.normal", normals, SHAPE(n));
    program_dump(&program, "device.bits", bits, SHAPE(n));
    return program_end(&program);
}
