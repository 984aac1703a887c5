// The two halves in bfloat16 of numbers in single precision, x = high + low, each to nearest, ties to even: three parts, side by side or one below the other.
// A thread has four columns of a row.
//
// x            [rows x columns]; a row begins stride numbers after the one before
// parts        three matrices [rows x columns] of bfloat16: each begins part_stride numbers after the one before, a row row_stride after the one before
// lows         bit p says whether part p is the low half
// is_aligned   whether four columns can be read and written at once
static __device__ unsigned short low_half(float x, unsigned short high)
{
    return bfloat16(x - __uint_as_float((unsigned)high << 16));
}

extern "C" __global__ void half_parts(
    const float* x, unsigned short* parts, int columns, long long stride, long long part_stride, long long row_stride, int lows, int is_aligned)
{
    const int blocks_of_row = (columns + 4 * blockDim.x - 1) / (4 * blockDim.x);
    const long long row = blockIdx.x / blocks_of_row;
    const int first = 4 * ((blockIdx.x % blocks_of_row) * blockDim.x + threadIdx.x);
    const float* in = x + row * stride;
    unsigned short* out = parts + row * row_stride;
    if (is_aligned && first < columns)
    {
        const float4 numbers = *(const float4*)(in + first);
        const ushort4 high = make_ushort4(bfloat16(numbers.x), bfloat16(numbers.y), bfloat16(numbers.z), bfloat16(numbers.w));
        const ushort4 low = make_ushort4(low_half(numbers.x, high.x), low_half(numbers.y, high.y), low_half(numbers.z, high.z), low_half(numbers.w, high.w));
        #pragma unroll
        for (int part = 0; part < 3; part++)
        {
            *(ushort4*)(out + part * part_stride + first) = lows >> part & 1 ? low : high;
        }

        return;
    }

    for (int column = first; column < columns && column < first + 4; column++)
    {
        const unsigned short high = bfloat16(in[column]);
        const unsigned short low = low_half(in[column], high);
        #pragma unroll
        for (int part = 0; part < 3; part++)
        {
            out[part * part_stride + column] = lows >> part & 1 ? low : high;
        }
    }
}
