// Runs every kernel of the headers here with several shapes of the block, and prints a sum of the bits of what it wrote.
#include <cstdio>
#include <cstring>
#include <vector>

#include "declarations.h"
#include "writes.h"

typedef void (*Kernel)(const float *, float *, int);

static void run(const char *name, Kernel kernel, unsigned most_threads = 1024)
{
    const dim3 blocks[] = {dim3(1), dim3(31), dim3(33), dim3(7, 5), dim3(16, 16), dim3(8, 4, 4), dim3(256), dim3(1024)};
    for (dim3 block : blocks) {
        if (block.x * block.y * block.z > most_threads)
            continue;
        const int grid = 3, threads = block.x * block.y * block.z, n = 2 * threads + 13, room = 4 * threads + 64;
        std::vector<float> host(room);
        float *in, *out;
        (void)hipMalloc(&in, room * sizeof(float));
        (void)hipMalloc(&out, room * sizeof(float));
        unsigned random = 12345;
        for (float &x : host) {
            random = random * 1664525 + 1013904223;
            x = (float)(random >> 8) / (1 << 24);
        }
        (void)hipMemcpy(in, host.data(), room * sizeof(float), hipMemcpyHostToDevice);
        (void)hipMemset(out, 0xee, room * sizeof(float));
        kernel<<<grid, block, 8192>>>(in, out, n);
        hipError_t error = hipDeviceSynchronize();
        hipError_t launched = hipGetLastError();
        (void)hipMemcpy(host.data(), out, room * sizeof(float), hipMemcpyDeviceToHost);
        unsigned long long hash = 14695981039346656037u;
        for (float x : host) {
            unsigned bits;
            memcpy(&bits, &x, sizeof bits);
            hash = (hash ^ bits) * 1099511628211u;
        }
        printf("%s %ux%ux%u %016llx %s\n", name, block.x, block.y, block.z, hash,
               hipGetErrorName(error != hipSuccess ? error : launched));
        (void)hipFree(in);
        (void)hipFree(out);
    }
}

int main()
{
#define RUN(kernel) run(#kernel, kernel)
    RUN(straight);
    RUN(in_a_loop);
    RUN(tile_in_rows);
    RUN(tree);
    RUN(tree_in_x);
    RUN(two_buffers);
    RUN(early_return);
    RUN(late_return);
    RUN(uniform_branches);
    RUN(while_and_break);
    RUN(changed_parameters);
    RUN(counting);
    RUN(strided_sum);
    run("dynamic_memory", dynamic_memory<3, double>);
    RUN(structs);
    RUN(local_types);
    RUN(with_template);
    RUN(with_functions);
    RUN(grid_stride);
    RUN(row_loop);
    RUN(scattered_returns);
    RUN(shuffle_sum);
    RUN(two_level_sum);
    RUN(every_shuffle);
    RUN(votes);
    RUN(masked_rounds);
    RUN(shuffle_in_a_condition);
    RUN(warp_per_row);
    RUN(return_in_rounds);
    RUN(counters_that_stay);
    RUN(shuffle_of_a_shuffle);
    RUN(two_ways_in_a_line);
    run("own_warp_size", own_warp_size<4>);
    RUN(no_such_thread);
    RUN(from_below_zero);
    RUN(one_thread);
    RUN(masks_of_many_shapes);
    RUN(enums);
    RUN(switch_in_rounds);
    RUN(barrier_for_some);
    RUN(shadowing);
    RUN(kept_pointer);
    RUN(jumps);
    RUN(continue_in_a_switch);
    RUN(macro_that_changes);
    RUN(pointers);
    RUN(constant_arrays);
    RUN(made_of_two);
    RUN(auto_pointer);
    RUN(hidden_name);
    RUN(hidden_by_a_macro);
    RUN(converted_arguments);
    RUN(attributes);
    RUN(loose_macros);
    RUN(branches_in_a_line);
    RUN(looks_like_a_function);
    RUN(type_of_a_variable);
    RUN(of_a_namespace);
    RUN(of_another_namespace);
    RUN(getters);
    RUN(hidden_constant);
    RUN(writes_by_macros);
    RUN(writes_by_functions);
    RUN(changed_objects);
    RUN(functor_with_a_state);
    RUN(guard_of_a_block);
    RUN(guard_of_a_guard);
    RUN(call_in_a_switch);
    RUN(call_before_a_comma);
    RUN(macro_of_a_local);
    RUN(const_member);
    run("few_threads", few_threads, 256);
    run("template_arguments", template_arguments<1>);
    run("return_for_some_sizes", return_for_some_sizes<0>);
    run("return_for_some_sizes", return_for_some_sizes<1>);
}
