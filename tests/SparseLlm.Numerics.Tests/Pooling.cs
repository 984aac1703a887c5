using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Tests;

/// <summary>Which freed buffers are kept.</summary>
public sealed class Pooling
{
    private const nint Page = 4096;

    [Fact]
    public void A_freed_buffer_is_given_to_the_next_request_of_its_size()
    {
        using var pool = new BufferPool(4 * Page);
        NativeBuffer buffer = pool.Rent(Page);
        pool.Return(buffer);
        pool.Rent(Page).ShouldBeSameAs(buffer);
    }

    [Fact]
    public void Beyond_the_bound_the_size_goes_that_has_not_been_asked_for_longest()
    {
        using var pool = new BufferPool(4 * Page);
        NativeBuffer old = pool.Rent(2 * Page);
        NativeBuffer recent = pool.Rent(Page);
        NativeBuffer last = pool.Rent(3 * Page);
        pool.Return(old);
        pool.Return(recent);
        pool.Return(last);
        pool.Rent(Page).ShouldBeSameAs(recent);
        pool.Rent(3 * Page).ShouldBeSameAs(last);
        pool.Rent(2 * Page).ShouldNotBeSameAs(old);
    }

    [Fact]
    public void A_buffer_beyond_the_bound_is_never_kept_nor_anything_forgotten_for_it()
    {
        using var pool = new BufferPool(4 * Page);
        NativeBuffer kept = pool.Rent(Page);
        NativeBuffer large = pool.Rent(5 * Page);
        pool.Return(kept);
        pool.Return(large);
        pool.Rent(Page).ShouldBeSameAs(kept);
        pool.Rent(5 * Page).ShouldNotBeSameAs(large);
    }
}
