// read_idx FILE RANK: reads an IDX file with common/idx.h and prints its dimensions and the sum of its bytes.
#include "../../common/idx.h"

int main(int argc, char **argv)
{
    fail_program("read_idx");
    if (argc != 3)
        fail(STATUS_USAGE, "usage: read_idx FILE RANK");
    IdxU8 idx = idx_read(argv[1], atoi(argv[2]));
    long sum = 0;
    for (long i = 0; i < idx.bytes.n; ++i)
        sum += idx.bytes.data[i];
    for (int d = 0; d < idx.shape.rank; ++d)
        printf("%ld ", idx.shape.dim[d]);
    printf("sum %ld\n", sum);
    buffers_free_all();
    return 0;
}
