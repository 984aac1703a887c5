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
    public void Room_is_made_by_the_size_that_has_not_been_asked_for_longest()
    {
        using var pool = new BufferPool(4 * Page);
        NativeBuffer old = pool.Rent(2 * Page);
        NativeBuffer recent = pool.Rent(Page);
        pool.Return(old);
        pool.Return(recent);
        NativeBuffer last = pool.Rent(3 * Page);
        pool.Return(last);
        pool.Rent(Page).ShouldBeSameAs(recent);
        pool.Rent(3 * Page).ShouldBeSameAs(last);
        pool.Rent(2 * Page).ShouldNotBeSameAs(old);
    }

    [Fact]
    public void As_much_is_kept_as_was_in_use_at_once()
    {
        using var pool = new BufferPool(Page);
        NativeBuffer one = pool.Rent(5 * Page);
        NativeBuffer other = pool.Rent(6 * Page);
        pool.Return(one);
        pool.Return(other);
        pool.Rent(5 * Page).ShouldBeSameAs(one);
        pool.Rent(7 * Page).Dispose();
        pool.Rent(6 * Page).ShouldNotBeSameAs(other);
    }
}
