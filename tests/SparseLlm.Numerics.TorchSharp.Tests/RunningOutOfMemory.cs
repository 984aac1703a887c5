using System.Runtime.InteropServices;
using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp.Tests;

public sealed class RunningOutOfMemory
{
    private readonly List<string> notices = [];
    private readonly List<(long Start, long Count)> done = [];

    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 1.00 GiB")]
    [InlineData("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1073741824 bytes.")]
    public void Chunks_are_halved_until_they_fit_and_the_user_hears_of_it_once(string message)
    {
        new RowChunks(notices.Add).Run(100, 1, (start, count) =>
        {
            if (count > 30)
            {
                throw new ExternalException(message);
            }

            done.Add((start, count));
        });
        done.ShouldBe([(0, 25), (25, 25), (50, 25), (75, 25)]);
        notices.ShouldHaveSingleItem().ShouldContain("chunks of 50 rows");
    }

    [Fact]
    public void A_matrix_that_no_memory_holds_is_an_error_that_says_so()
    {
        using var backend = new TorchBackend("cpu");
        Should.Throw<InsufficientMemoryException>(() => backend.Allocate<double>(int.MaxValue, 1_000_000))
            .Message.ShouldContain("no memory left for a matrix [2147483647 x 1000000] of Double");
    }

    [Fact]
    public void A_single_row_that_does_not_fit_is_an_error() =>
        Should.Throw<ExternalException>(
            () => new RowChunks(notices.Add).Run(4, 1, (_, _) => throw new ExternalException("out of memory")));

    [Fact]
    public void Other_errors_are_not_tried_again()
    {
        Should.Throw<ExternalException>(() => new RowChunks(notices.Add).Run(4, 1, (start, count) =>
        {
            done.Add((start, count));
            throw new ExternalException("mat1 and mat2 shapes cannot be multiplied");
        }));
        done.ShouldBe([(0, 4)]);
        notices.ShouldBeEmpty();
    }
}
