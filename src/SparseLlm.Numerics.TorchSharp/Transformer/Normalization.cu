// A norm of rows: a block has a row. Means are taken in double precision.
//
// x, destination   [rows x columns]; may be one
// gains, biases    [groups x columns], of which row i of x takes row i mod groups; or null
// centred          whether the mean is taken out first
static __device__ double sum_of_block(double part)
{
    __shared__ double parts[256];
    __syncthreads();
    parts[threadIdx.x] = part;
    for (int half = blockDim.x / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (threadIdx.x < half)
        {
            parts[threadIdx.x] += parts[threadIdx.x + half];
        }
    }

    __syncthreads();
    return parts[0];
}

extern "C" __global__ void normalization(
    const float* x, const float* gains, const float* biases, float* destination, int columns, int groups, int centred, double epsilon)
{
    const float* row = x + (long long)blockIdx.x * columns;
    const long long group = (long long)(blockIdx.x % groups) * columns;
    float mean = 0;
    if (centred)
    {
        double sum = 0;
        for (int column = threadIdx.x; column < columns; column += blockDim.x)
        {
            sum += row[column];
        }

        mean = (float)(sum_of_block(sum) / columns);
    }

    double squares = 0;
    for (int column = threadIdx.x; column < columns; column += blockDim.x)
    {
        const double number = row[column] - mean;
        squares += number * number;
    }

    const float scale = (float)(1 / sqrt(sum_of_block(squares) / columns + epsilon));
    for (int column = threadIdx.x; column < columns; column += blockDim.x)
    {
        float number = (row[column] - mean) * scale;
        number = gains == 0 ? number : number * gains[group + column];
        destination[(long long)blockIdx.x * columns + column] = biases == 0 ? number : number + biases[group + column];
    }
}
