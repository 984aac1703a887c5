using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Selection;

/// <summary>Exact-k selection by kernels that count digits, in a few passes over memory where tensor operations
/// sort.</summary>
internal sealed class KeepLargestKernel(CudaModule module)
{
    private const int Threads = 256;
    private const int MostBlocks = 2048;
    private const int MostDigits = 2048;
    private const int Run = 4096;

    /// <summary>Widths of the digits of a number, in bits, from the highest one.</summary>
    private static readonly int[] DigitBits = [11, 11, 10];

    private readonly CudaKernel countDigits = module.Kernel("count_digits");
    private readonly CudaKernel chooseDigit = module.Kernel("choose_digit");
    private readonly CudaKernel countEquals = module.Kernel("count_equals");
    private readonly CudaKernel keepLargest = module.Kernel("keep_largest");

    /// <summary>The <paramref name="keep"/> largest magnitudes of all; among equals, those of lower index.</summary>
    /// <param name="numbers">Contiguous, at least one.</param>
    /// <param name="keep">At least one, at most all.</param>
    /// <returns>True where kept.</returns>
    public Tensor Keep(Tensor numbers, long keep)
    {
        long count = numbers.numel();
        Tensor state = torch.empty(2, torch.int64, numbers.device);
        Tensor histograms = torch.zeros(DigitBits.Length, MostDigits, torch.int32, numbers.device);
        (long x, long found) = (CudaKernel.Address(numbers), CudaKernel.Address(state));
        int shift = 32;
        for (int digit = 0; digit < DigitBits.Length; digit++)
        {
            int bits = DigitBits[digit];
            shift -= bits;
            long histogram = CudaKernel.Address(histograms) + digit * MostDigits * sizeof(int);
            countDigits.Launch(
                Math.Min(MostBlocks, (count + Threads - 1) / Threads),
                Threads,
                sharedBytes: 0,
                [x, count, found, histogram, shift, bits]);
            chooseDigit.Launch(1, Threads, sharedBytes: 0, [found, histogram, bits, digit == 0 ? keep : 0]);
        }

        long runs = (count + Run - 1) / Run;
        Tensor equals = torch.empty(runs, torch.int64, numbers.device);
        countEquals.Launch(runs, Threads, sharedBytes: 0, [x, count, found, CudaKernel.Address(equals), Run]);
        Tensor kept = torch.empty(numbers.shape, torch.@bool, numbers.device);
        keepLargest.Launch(
            runs, Threads, sharedBytes: 0, [x, count, found, CudaKernel.Address(equals.cumsum(0)), CudaKernel.Address(
                kept), Run]);
        return kept;
    }
}
