// Which numbers have the k largest magnitudes; among equals, those of lower index. The k-th largest is found digit by digit, from the highest one, in the bits of magnitudes,
// which are in the order of magnitudes.
//
// state    0: the digits that are known; 1: the rank, from the largest down, of what is looked for among the numbers that begin with them
static const int most_digits = 2048;

static __device__ unsigned magnitude(float x)
{
    return __float_as_uint(x) & 0x7fffffff;
}

// histogram    receives how many numbers that begin with the known digits have which digit behind them
// shift, bits  where that digit is, and how wide
extern "C" __global__ void count_digits(const float* x, long long count, const long long* state, unsigned* histogram, int shift, int bits)
{
    __shared__ unsigned counts[most_digits];
    for (int digit = threadIdx.x; digit < most_digits; digit += blockDim.x)
    {
        counts[digit] = 0;
    }

    __syncthreads();
    const bool is_first = shift + bits == 32;
    const unsigned known = is_first ? 0 : (unsigned)state[0];
    const long long step = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step)
    {
        const unsigned number = magnitude(x[i]);
        if (is_first || number >> (shift + bits) == known)
        {
            atomicAdd(&counts[number >> shift & ((1u << bits) - 1)], 1u);
        }
    }

    __syncthreads();
    for (int digit = threadIdx.x; digit < most_digits; digit += blockDim.x)
    {
        if (counts[digit] > 0)
        {
            atomicAdd(&histogram[digit], counts[digit]);
        }
    }
}

// One block, of 256 threads. rank is 0 where the state has it.
extern "C" __global__ void choose_digit(long long* state, const unsigned* histogram, int bits, long long rank)
{
    __shared__ long long counts[256];
    const int digits = (1 << bits) / 256;
    const int highest = (1 << bits) - 1 - (int)threadIdx.x * digits;
    long long sum = 0;
    for (int i = 0; i < digits; i++)
    {
        sum += histogram[highest - i];
    }

    counts[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x > 0)
    {
        return;
    }

    const long long known = rank > 0 ? 0 : state[0];
    long long rest = rank > 0 ? rank : state[1];
    int part = 0;
    while (part < 255 && counts[part] < rest)
    {
        rest -= counts[part++];
    }

    int digit = (1 << bits) - 1 - part * digits;
    while (digit > 0 && histogram[digit] < rest)
    {
        rest -= histogram[digit--];
    }

    state[0] = known << bits | digit;
    state[1] = rest;
}

// How many numbers of each block's run are the one that was found.
extern "C" __global__ void count_equals(const float* x, long long count, const long long* state, long long* equals, int run)
{
    __shared__ int counts[256];
    const unsigned found = (unsigned)state[0];
    const long long first = (long long)blockIdx.x * run;
    int sum = 0;
    for (int i = threadIdx.x; i < run && first + i < count; i += blockDim.x)
    {
        sum += magnitude(x[first + i]) == found;
    }

    counts[threadIdx.x] = sum;
    for (int half = blockDim.x / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (threadIdx.x < half)
        {
            counts[threadIdx.x] += counts[threadIdx.x + half];
        }
    }

    if (threadIdx.x == 0)
    {
        equals[blockIdx.x] = counts[0];
    }
}

// equals   how many there are in the runs of all blocks up to each, that of the block included
extern "C" __global__ void keep_largest(const float* x, long long count, const long long* state, const long long* equals, unsigned char* kept, int run)
{
    __shared__ int of_warps[8];
    const unsigned found = (unsigned)state[0];
    const long long missing = state[1];
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const long long first = (long long)blockIdx.x * run;
    long long before = blockIdx.x > 0 ? equals[blockIdx.x - 1] : 0;
    for (int start = 0; start < run; start += blockDim.x)
    {
        const long long i = first + start + threadIdx.x;
        const unsigned number = i < count ? magnitude(x[i]) : 0;
        const bool is_equal = i < count && number == found;
        const unsigned equal_lanes = __ballot_sync(0xffffffff, is_equal);
        if (lane == 0)
        {
            of_warps[warp] = __popc(equal_lanes);
        }

        __syncthreads();
        long long rank = before + __popc(equal_lanes & ((1u << lane) - 1));
        for (int other = 0; other < blockDim.x / 32; other++)
        {
            rank += other < warp ? of_warps[other] : 0;
            before += of_warps[other];
        }

        __syncthreads();
        if (i < count)
        {
            kept[i] = number > found || (is_equal && rank < missing);
        }
    }
}
