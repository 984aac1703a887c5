// Numbers rounded to what a format of 16 bits holds, to nearest, ties to even; what would become zero gets the format's least magnitude, and every zero is +0.
//
// x        changed in place
// is_half  half precision (IEEE 754 binary16), else the upper half of a single-precision number
// least    the least magnitude
static __device__ float rounded_to_half(float x)
{
    unsigned short bits;
    float rounded;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    asm("cvt.f32.f16 %0, %1;" : "=f"(rounded) : "h"(bits));
    return rounded;
}

extern "C" __global__ void format_rounding(float* x, long long count, int is_half, float least)
{
    const long long step = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step)
    {
        const float number = x[i];
        const float rounded = is_half ? rounded_to_half(number) : __uint_as_float((unsigned)bfloat16(number) << 16);
        x[i] = rounded != 0 ? rounded : number != 0 ? least : 0.f;
    }
}
