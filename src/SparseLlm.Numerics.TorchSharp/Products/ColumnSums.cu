// Sums of the columns of a matrix, or of their squares, in double precision: a thread has a column of some rows.
//
// x               [rows x columns]
// sums            [blocks of rows x columns]
// rows_of_block   how many rows a sum is over
// squares         whether numbers are squared
extern "C" __global__ void column_sums(const float* x, double* sums, long long rows, int columns, int rows_of_block, int squares)
{
    const int blocks_of_columns = (columns + blockDim.x - 1) / blockDim.x;
    const int column = (blockIdx.x % blocks_of_columns) * blockDim.x + threadIdx.x;
    const long long block = blockIdx.x / blocks_of_columns;
    if (column >= columns)
    {
        return;
    }

    const long long end = min(rows, (block + 1) * rows_of_block);
    double sum = 0;
    for (long long row = block * rows_of_block; row < end; row++)
    {
        const double number = x[row * columns + column];
        sum += squares ? number * number : number;
    }

    sums[block * columns + column] = sum;
}
