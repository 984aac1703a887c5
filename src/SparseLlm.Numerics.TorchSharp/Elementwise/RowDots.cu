// Inner products of the rows of two matrices, products and sums in double precision: a block has a row.
//
// x, y     [rows x columns]
// sums     [rows]
extern "C" __global__ void row_dots(const float* x, const float* y, double* sums, int columns)
{
    __shared__ double parts[256];
    const float* left = x + (long long)blockIdx.x * columns;
    const float* right = y + (long long)blockIdx.x * columns;
    double sum = 0;
    for (int column = threadIdx.x; column < columns; column += blockDim.x)
    {
        sum += (double)left[column] * right[column];
    }

    parts[threadIdx.x] = sum;
    for (int half = blockDim.x / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (threadIdx.x < half)
        {
            parts[threadIdx.x] += parts[threadIdx.x + half];
        }
    }

    if (threadIdx.x == 0)
    {
        sums[blockIdx.x] = parts[0];
    }
}
