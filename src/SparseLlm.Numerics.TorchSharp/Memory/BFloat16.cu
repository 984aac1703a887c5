// The upper half of a number in single precision, to nearest, ties to even.
static __device__ unsigned short bfloat16(float x)
{
    const unsigned bits = __float_as_uint(x);
    return (bits & 0x7fffffff) > 0x7f800000 ? (unsigned short)(bits >> 16 | 0x40) : (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
