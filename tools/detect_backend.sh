#!/bin/sh
# Finds the GPU that can be used here, and says why this backend was chosen.
#
#   tools/detect_backend.sh [cpu|cuda|hip]
#
# What counts is a device, not a compiler: many machines have nvcc or hipcc and no GPU. With a backend
# named, only that one is looked at. Prints four words for the Makefile, a space inside one written as ~:
#   backend  architectures of the devices (- if none is known)  device's name (- if there is none)  reason
# DETECT_ROOT, put before /dev/..., serves the tests.
set -u

root=${DETECT_ROOT:-}

# Only letters that mean nothing to make or to a shell.
word()
{
    text=$(printf '%s' "$1" | tr -cd 'A-Za-z0-9 .,:;()/@+=*_-' | tr ' ' '~')
    printf '%s' "${text:--}"
}

answer()
{
    printf '%s %s %s %s\n' "$1" "$(word "$2")" "$(word "$3")" "$(word "$4")"
    exit 0
}

# CUDA_VISIBLE_DEVICES="" (or -1) hides every GPU from the programs, and HIP_VISIBLE_DEVICES alike.
hidden()
{
    eval "[ -n \"\${$1+set}\" ]" || return 1
    eval "value=\$$1"
    [ -z "$value" ] || [ "$value" = -1 ]
}

# NVIDIA: sets cuda_device, cuda_arch; cuda_why says what is missing.
find_cuda()
{
    cuda_device='' cuda_arch='' cuda_why='no NVIDIA GPU'
    if hidden CUDA_VISIBLE_DEVICES; then
        cuda_why='CUDA_VISIBLE_DEVICES hides the NVIDIA GPUs'
        return
    fi
    cuda_device=$(nvidia-smi -L 2>/dev/null | sed -n 's/^GPU [0-9]*: \(.*\) (UUID.*/\1/p' | head -n 1)
    if [ -n "$cuda_device" ]; then
        cuda_arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
            sed -n 's/^\([0-9][0-9]*\)\.\([0-9]\)$/sm_\1\2/p' | sort -u | tr '\n' ' ' | sed 's/ $//')
    elif ls "$root"/dev/nvidia[0-9]* >/dev/null 2>&1 && ! command -v nvidia-smi >/dev/null 2>&1; then
        cuda_device='NVIDIA GPU (no nvidia-smi to name it)'
    fi
}

# AMD: the kernel driver's device file, and a GPU behind it; gfx000 is how ROCm lists the CPU.
find_hip()
{
    hip_device='' hip_arch='' hip_why='no AMD GPU'
    if hidden HIP_VISIBLE_DEVICES || hidden ROCR_VISIBLE_DEVICES; then
        hip_why='HIP_VISIBLE_DEVICES or ROCR_VISIBLE_DEVICES hides the AMD GPUs'
        return
    fi
    [ -e "$root/dev/kfd" ] || return
    agents=$(PATH=$PATH:/opt/rocm/bin; rocm_agent_enumerator 2>/dev/null; rocminfo 2>/dev/null)
    hip_arch=$(printf '%s\n' "$agents" | sed -n 's/^ *\(Name: *\)\{0,1\}\(gfx[0-9a-f]*\) *$/\2/p' |
        grep -v '^gfx000$' | sort -u | tr '\n' ' ' | sed 's/ $//')
    if [ -z "$hip_arch" ]; then
        hip_why='/dev/kfd is here, but rocminfo names no AMD GPU'
        return
    fi
    hip_device=$(printf '%s\n' "$agents" | awk '/^ *Name: *gfx/ { gpu = 1 } gpu && /Marketing Name:/ {
        sub(/^.*Marketing Name: */, ""); sub(/ *$/, ""); print; exit }')
    hip_device=${hip_device:-AMD GPU}
}

cpu_name()
{
    name=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
    [ -n "$name" ] || name=$(sysctl -n machdep.cpu.brand_string 2>/dev/null) || name=
    cores=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo '?')
    printf '%s' "${name:-$(uname -m)}, $cores cores"
}

# A compiler that starts: "working" as far as one can tell without compiling.
works()
{
    "$1" --version >/dev/null 2>&1
}

case ${1:-} in
cpu) answer cpu '' "$(cpu_name)" 'asked for by BACKEND=cpu' ;;
cuda)
    find_cuda
    answer cuda "$cuda_arch" "$cuda_device" 'asked for by BACKEND=cuda' ;;
hip)
    find_hip
    answer hip "$hip_arch" "$hip_device" 'asked for by BACKEND=hip' ;;
'') ;;
*)
    echo "detect_backend.sh: unknown backend $1 (cpu, cuda or hip)" >&2
    exit 2 ;;
esac

find_cuda
if [ -n "$cuda_device" ]; then
    works "${NVCC:-nvcc}" && answer cuda "$cuda_arch" "$cuda_device" 'an NVIDIA GPU is here'
    cuda_why='an NVIDIA GPU is here, but no nvcc that works'
elif command -v "${NVCC:-nvcc}" >/dev/null 2>&1; then
    cuda_why="nvcc is here, but $cuda_why"
fi
find_hip
if [ -n "$hip_device" ]; then
    works "${HIPCC:-hipcc}" && answer hip "$hip_arch" "$hip_device" 'an AMD GPU is here'
    hip_why='an AMD GPU is here, but no hipcc that works'
elif command -v "${HIPCC:-hipcc}" >/dev/null 2>&1; then
    hip_why="hipcc is here, but $hip_why"
fi
answer cpu '' "$(cpu_name)" "$cuda_why; $hip_why"
