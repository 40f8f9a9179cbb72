// Cooperative groups: names for the sets of threads that work together, from a few lanes of a warp up
// to the whole grid. A function that takes a group can synchronise exactly the threads that it was
// called by, where __syncthreads() always means the block.
//
// Groups of lanes (tiles, coalesced threads) rest on warp operations with a mask, see gpu/warp.h.
// A tile cannot be larger than a warp, since its threads exchange values without shared memory.
#ifndef GPU_HIP_COOPERATIVE_GROUPS_H
#define GPU_HIP_COOPERATIVE_GROUPS_H

#ifdef __cplusplus

#include "hip_runtime.h"

namespace cooperative_groups
{

// Any group. The kinds of groups below add to it; one that is passed on as a plain thread_group still
// knows who belongs to it.
class thread_group
{
  public:
    unsigned size() const { return size_; }
    unsigned num_threads() const { return size_; }
    bool is_valid() const { return size_ > 0; }

    // The caller's number within the group, from 0.
    unsigned thread_rank() const
    {
        if (kind_ == Kind::grid)
            return block_rank() * block_size() + rank_in_block();
        if (kind_ == Kind::block)
            return rank_in_block();
        return (unsigned)__builtin_popcountll(lanes_ & ((1ull << gpu::lane()) - 1));
    }

    void sync(GPU_HERE) const
    {
        if (kind_ == Kind::grid)
            gpu::grid_barrier();
        else if (kind_ == Kind::block)
            gpu::barrier();
        else
            gpu::meet(0, lanes_, file, line);
    }

  protected:
    enum class Kind { grid, block, lanes };

    thread_group(Kind kind, unsigned size) : kind_(kind), size_(size), lanes_(0) {}
    thread_group(uint64_t lanes, unsigned size) : kind_(Kind::lanes), size_(size), lanes_(lanes) {}

    static unsigned block_size() { return ::blockDim.x * ::blockDim.y * ::blockDim.z; }
    static unsigned grid_blocks() { return ::gridDim.x * ::gridDim.y * ::gridDim.z; }

    static unsigned rank_in_block()
    {
        return ::threadIdx.x + ::blockDim.x * (::threadIdx.y + ::blockDim.y * ::threadIdx.z);
    }

    static unsigned block_rank() { return ::blockIdx.x + ::gridDim.x * (::blockIdx.y + ::gridDim.y * ::blockIdx.z); }

    // The lanes of the caller's tile, when the warp is cut into tiles of `n`.
    static uint64_t tile_lanes(unsigned n)
    {
        if (n == 0 || n > (unsigned)warpSize || (n & (n - 1)) != 0)
            gpu::fault(hipErrorInvalidValue, "a tile of %u threads: not a power of two up to the warp size, %d", n,
                       warpSize);
        return (~0ull >> (64 - n)) << (gpu::lane() & ~(n - 1));
    }

    // The lanes of the group whose rank, divided by n, is that of the caller.
    uint64_t part_lanes(unsigned n) const
    {
        if (n == 0)
            gpu::fault(hipErrorInvalidValue, "a tile of 0 threads");
        unsigned part = thread_rank() / n, rank = 0;
        uint64_t lanes = 0;
        for (unsigned i = 0; i < 64; ++i)
            if (lanes_ >> i & 1 && rank++ / n == part)
                lanes |= 1ull << i;
        return lanes;
    }

    friend thread_group tiled_partition(const thread_group &parent, unsigned n);

    Kind kind_;
    unsigned size_;
    uint64_t lanes_; // of the warp, for groups within one
};

// All threads of the grid. Their barrier needs hipLaunchCooperativeKernel, which makes sure that all
// blocks run at the same time.
class grid_group : public thread_group
{
  public:
    unsigned long long size() const { return (unsigned long long)grid_blocks() * block_size(); }
    unsigned long long num_threads() const { return size(); }
    unsigned long long thread_rank() const { return (unsigned long long)block_rank() * block_size() + rank_in_block(); }
    dim3 group_dim() const { return ::gridDim; }
    dim3 block_index() const { return ::blockIdx; }
    unsigned block_rank() const { return thread_group::block_rank(); }
    unsigned num_blocks() const { return grid_blocks(); }
    void sync() const { gpu::grid_barrier(); }

  private:
    grid_group() : thread_group(Kind::grid, grid_blocks() * block_size()) {}
    friend grid_group this_grid();
};

// The threads of the block.
class thread_block : public thread_group
{
  public:
    dim3 group_index() const { return ::blockIdx; }
    dim3 thread_index() const { return ::threadIdx; }
    dim3 group_dim() const { return ::blockDim; }
    dim3 dim_threads() const { return ::blockDim; }
    unsigned thread_rank() const { return rank_in_block(); }
    static void sync() { gpu::barrier(); }

  private:
    thread_block() : thread_group(Kind::block, block_size()) {}
    friend thread_block this_thread_block();
};

inline grid_group this_grid()
{
    return grid_group();
}
inline thread_block this_thread_block()
{
    return thread_block();
}

// N neighbouring threads of a warp, N known when the program is compiled. Parent is the type of the
// group that was cut into tiles; a tile can be passed on without it, as thread_block_tile<N>.
template <unsigned N, class Parent = void> class thread_block_tile;

template <unsigned N> class thread_block_tile<N, void> : public thread_group
{
    static_assert(N >= 1 && N <= 64 && (N & (N - 1)) == 0, "the size of a tile is a power of two, at most a warp");

  public:
    static constexpr unsigned size() { return N; }
    static constexpr unsigned num_threads() { return N; }
    unsigned thread_rank() const { return gpu::lane() & (N - 1); }

    // Which tile of the parent this is, and how many there are.
    unsigned meta_group_rank() const { return meta_rank_; }
    unsigned meta_group_size() const { return meta_size_; }

    // The value of the thread with that rank, or so far below or above, or with those bits different.
    template <class T> T shfl(T value, int rank, GPU_HERE) const
    {
        return __shfl_sync(lanes_, value, rank, N, file, line);
    }
    template <class T> T shfl_up(T value, unsigned delta, GPU_HERE) const
    {
        return __shfl_up_sync(lanes_, value, delta, N, file, line);
    }
    template <class T> T shfl_down(T value, unsigned delta, GPU_HERE) const
    {
        return __shfl_down_sync(lanes_, value, delta, N, file, line);
    }
    template <class T> T shfl_xor(T value, unsigned bits, GPU_HERE) const
    {
        return __shfl_xor_sync(lanes_, value, (int)bits, N, file, line);
    }

    // Votes within the tile; bit i of a mask stands for the thread of rank i.
    int any(int predicate, GPU_HERE) const { return __any_sync(lanes_, predicate, file, line); }
    int all(int predicate, GPU_HERE) const { return __all_sync(lanes_, predicate, file, line); }
    unsigned long long ballot(int predicate, GPU_HERE) const
    {
        return __ballot_sync(lanes_, predicate, file, line) >> first_lane();
    }
    template <class T> unsigned long long match_any(T value, GPU_HERE) const
    {
        return __match_any_sync(lanes_, value, file, line) >> first_lane();
    }
    template <class T> unsigned long long match_all(T value, int &all_same, GPU_HERE) const
    {
        return __match_all_sync(lanes_, value, &all_same, file, line) >> first_lane();
    }

  protected:
    explicit thread_block_tile(const thread_group &parent, unsigned parent_rank)
        : thread_group(tile_lanes(N), N), meta_rank_(parent_rank / N), meta_size_((parent.size() + N - 1) / N)
    {
    }

  private:
    static unsigned first_lane() { return gpu::lane() & ~(N - 1); }

    unsigned meta_rank_, meta_size_;
};

template <unsigned N, class Parent> class thread_block_tile : public thread_block_tile<N, void>
{
  public:
    explicit thread_block_tile(const Parent &parent) : thread_block_tile<N, void>(parent, parent.thread_rank()) {}
};

// The threads of a warp that are here together, in a branch for instance; ranks run over them without
// gaps. As with __activemask, which threads that are is not promised by a device.
class coalesced_group : public thread_group
{
  public:
    template <class T> T shfl(T value, int rank, GPU_HERE) const
    {
        return from(value, (unsigned)rank % size_, file, line);
    }
    template <class T> T shfl_up(T value, unsigned delta, GPU_HERE) const
    {
        unsigned rank = thread_rank();
        return from(value, delta <= rank ? rank - delta : rank, file, line);
    }
    template <class T> T shfl_down(T value, unsigned delta, GPU_HERE) const
    {
        unsigned rank = thread_rank();
        return from(value, delta < size_ - rank ? rank + delta : rank, file, line);
    }

    int any(int predicate, GPU_HERE) const { return __any_sync(lanes_, predicate, file, line); }
    int all(int predicate, GPU_HERE) const { return __all_sync(lanes_, predicate, file, line); }

    // Bit i: the thread of rank i.
    unsigned long long ballot(int predicate, GPU_HERE) const
    {
        unsigned long long by_lane = __ballot_sync(lanes_, predicate, file, line), by_rank = 0;
        for (unsigned rank = 0; rank < size_; ++rank)
            by_rank |= (by_lane >> lane_of(rank) & 1) << rank;
        return by_rank;
    }

  private:
    explicit coalesced_group(uint64_t lanes) : thread_group(lanes, (unsigned)__builtin_popcountll(lanes)) {}
    friend coalesced_group coalesced_threads(const char *file, int line);
    friend coalesced_group tiled_partition(const coalesced_group &parent, unsigned n);

    int lane_of(unsigned rank) const { return __fns64(lanes_, 0, (int)rank + 1); }

    template <class T> T from(T value, unsigned rank, const char *file, int line) const
    {
        return gpu::value_of<T>(gpu::meet(gpu::pack(value), lanes_, file, line), lane_of(rank));
    }
};

inline coalesced_group coalesced_threads(GPU_HERE)
{
    return coalesced_group(__activemask(file, line));
}

// Cuts a group into tiles of N threads. A group of lanes keeps its members: its tiles may lack some.
template <unsigned N, class Parent> thread_block_tile<N, Parent> tiled_partition(const Parent &parent)
{
    static_assert(!std::is_same<Parent, coalesced_group>::value, "cut coalesced threads by tiled_partition(group, n)");
    return thread_block_tile<N, Parent>(parent);
}

inline thread_group tiled_partition(const thread_group &parent, unsigned n)
{
    uint64_t tile = parent.kind_ == thread_group::Kind::lanes ? parent.part_lanes(n) : thread_group::tile_lanes(n);
    return thread_group(tile, n);
}

inline coalesced_group tiled_partition(const coalesced_group &parent, unsigned n)
{
    return coalesced_group(parent.part_lanes(n));
}

// The same as functions, for templates over the type of group.
template <class Group> unsigned group_size(const Group &group)
{
    return (unsigned)group.size();
}
template <class Group> unsigned thread_rank(const Group &group)
{
    return (unsigned)group.thread_rank();
}
template <class Group> bool is_valid(const Group &group)
{
    return group.is_valid();
}

inline void sync(const thread_group &group, GPU_HERE)
{
    group.sync(file, line);
}

} // namespace cooperative_groups

#endif
#endif
