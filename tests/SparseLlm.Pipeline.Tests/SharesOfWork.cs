using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Workers divide units without talking to each other.</summary>
public sealed class SharesOfWork
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 10)]
    [InlineData(4, 4)]
    [InlineData(7, 3)]
    public void Every_unit_is_in_one_share_and_shares_are_as_equal_as_can_be(int workers, int units)
    {
        string[][] shares = [.. Enumerable.Range(0, workers).Select(index => Own(index, workers, Units(units)))];
        shares.SelectMany(share => share).Order().ShouldBe(Units(units).Select(unit => unit.Key).Order());
        (shares.Max(share => share.Length) - shares.Min(share => share.Length)).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void Shares_do_not_depend_on_the_order_of_the_units()
    {
        UnitOfWork[] units = Units(9);
        UnitOfWork[][] orders = [units, [.. units.Reverse()], [.. units.Skip(4), .. units.Take(4)]];
        foreach (int index in Enumerable.Range(0, 4))
        {
            orders.Select(order => string.Join(' ', Own(index, 4, order))).Distinct().ShouldHaveSingleItem();
            orders.Select(order => string.Join(' ', All(index, 4, order))).Distinct().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public void A_worker_begins_with_its_share_and_ends_with_what_others_come_to_last()
    {
        UnitOfWork[] units = Units(8);
        foreach (int index in Enumerable.Range(0, 3))
        {
            string[] own = Own(index, 3, units);
            string[] all = All(index, 3, units);
            string[] next = Own((index + 1) % 3, 3, units);
            all[..own.Length].ShouldBe(own);
            all[own.Length..][..next.Length].ShouldBe(next.Reverse());
            all.Order().ShouldBe(units.Select(unit => unit.Key).Order());
        }
    }

    private static string[] Own(int index, int count, UnitOfWork[] units)
        => Keys(new WorkShare(index, count) { Steals = false }, units);

    private static string[] All(int index, int count, UnitOfWork[] units) => Keys(new WorkShare(index, count), units);

    private static string[] Keys(WorkShare share, UnitOfWork[] units)
        => [.. share.Order(units).Select(unit => unit.Key)];

    // Only their keys decide.
    private static UnitOfWork[] Units(int count) => [.. Enumerable.Range(0, count)
        .Select(number => new UnitOfWork($"{(number * 37 + 11) % 101:000}", null!))];
}
