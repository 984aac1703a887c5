// A block of the OBS sweep of SparseGPT (Frantar and Alistarh 2023, algorithm 1). A warp takes a row; lane l has the columns l, l + 32, l + 64 and l + 96 in registers.
// Column by column, e = (w_j - q_j) / u_jj is told to all lanes, and w[:, j:] -= e u[j, j:].
//
// weights  the block's first weight; rows are stride apart
// errors   [rows x width], receives e
// u        [width x width], the block's part of the factor
// kept     [rows x width], 1 where a weight is kept; written where groups are chosen here
// group    0, or how many columns are a group, of which the keep largest |w / u_jj| are chosen when the sweep reaches it; divides 32 and width
extern "C" __global__ void obs_sweep(
    float* weights, float* errors, const float* u, unsigned char* kept, int rows, int width, long long stride, int group, int keep)
{
    extern __shared__ float factors[];
    for (int i = threadIdx.x; i < width * width; i += blockDim.x)
    {
        factors[i] = u[i];
    }

    __syncthreads();
    const unsigned all = 0xffffffff;
    const int lane = threadIdx.x % 32;
    const long long row = (long long)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= rows)
    {
        return;
    }

    float* w = weights + row * stride;
    float x[4], e[4];
    bool isKept[4];
    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const int column = lane + 32 * i;
        x[i] = column < width ? w[column] : 0.f;
        isKept[i] = column >= width || (group == 0 && kept[row * width + column]);
        e[i] = 0.f;
    }

    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const int own = lane + 32 * i;
        const float pivot = own < width ? factors[own * width + own] : 1.f;
        for (int l = 0; l < 32 && 32 * i + l < width; l++)
        {
            const int j = 32 * i + l;
            if (group != 0 && l % group == 0)
            {
                const float score = fabsf(x[i] / pivot);
                int before = 0;
                for (int other = 0; other < group; other++)
                {
                    const float theirs = __shfl_sync(all, score, l + other);
                    before += theirs > score || (theirs == score && l + other < lane);
                }

                if (lane >= l && lane < l + group)
                {
                    isKept[i] = before < keep;
                }
            }

            const float error = __shfl_sync(all, isKept[i] ? 0.f : x[i] / pivot, l);
            if (lane == l)
            {
                e[i] = error;
            }

            #pragma unroll
            for (int k = i; k < 4; k++)
            {
                const int column = lane + 32 * k;
                if (column > j && column < width)
                {
                    x[k] -= error * factors[j * width + column];
                }
            }
        }
    }

    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const int column = lane + 32 * i;
        if (column < width)
        {
            w[column] = isKept[i] ? x[i] : 0.f;
            errors[row * width + column] = e[i];
            kept[row * width + column] = isKept[i];
        }
    }
}
