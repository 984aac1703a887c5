using SparseLlm.Pipeline.Reports.Charts;

namespace SparseLlm.Reports.Tests;

/// <summary>Axes of charts.</summary>
public sealed class Scales
{
    [Theory]
    [InlineData(0, 0.33, new[] { 0, 0.1, 0.2, 0.3, 0.4 })]
    [InlineData(21.6, 33.9, new[] { 20.0, 25, 30, 35 })]
    [InlineData(0.5, 0.9, new[] { 0.5, 0.6, 0.7, 0.8, 0.9 })]
    [InlineData(0.7, 0.7, new[] { 0.6, 0.8 })]
    [InlineData(0, 0, new[] { 0.0, 0.2 })]
    public void Linear_ticks_are_round_and_hold_all_values(double low, double high, double[] ticks) =>
        Scale.Linear([low, high]).Ticks.ShouldBe(ticks, 1e-9);

    [Theory]
    [InlineData(0.04, 0.2, new[] { 0, 0.01, 0.03, 0.1, 0.3 })]
    [InlineData(0.05, 0.3, new[] { 0, 0.01, 0.03, 0.1, 0.3 })]
    [InlineData(0.02, 900.0, new[] { 0, 0.01, 0.1, 1, 10, 100, 1000 })]
    [InlineData(-0.02, 0.5, new[] { -0.03, -0.01, 0, 0.01, 0.03, 0.1, 0.3, 1 })]
    [InlineData(0.0, 0.0, new[] { 0, 0.1 })]
    [InlineData(-0.2, -0.1, new[] { -0.3, -0.1, 0 })]
    public void Ticks_of_changes_are_round_and_hold_all_values(double low, double high, double[] ticks) =>
        Scale.Changes([low, high]).Ticks.ShouldBe(ticks, 1e-9);

    [Fact]
    public void A_method_that_explodes_leaves_room_for_the_others()
    {
        Scale scale = Scale.Changes([0.05, 0.2, 1500]);
        scale.Place(0).ShouldBe(0, 1e-9);
        (scale.Place(0.2) - scale.Place(0.05)).ShouldBeGreaterThan(0.08);
        (scale.Place(100) - scale.Place(10)).ShouldBe(scale.Place(10) - scale.Place(1), 1e-9);
    }

    [Theory]
    [InlineData(1e-300, 1e300)]
    [InlineData(-1, 1e300)]
    public void Changes_of_any_size_have_a_place(double low, double high)
    {
        Scale scale = Scale.Changes([low, high]);
        scale.Ticks.Count.ShouldBeLessThan(20);
        double.IsFinite(scale.Place(low)).ShouldBeTrue();
        double.IsFinite(scale.Place(high)).ShouldBeTrue();
        scale.Place(high).ShouldBeGreaterThan(scale.Place(low));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 3)]
    [InlineData(0, 31)]
    [InlineData(0, 79)]
    public void Whole_ticks_are_whole_and_inside(double first, double last)
    {
        Scale scale = Scale.Whole(first, last);
        scale.Ticks.ShouldAllBe(tick => tick == Math.Floor(tick) && tick >= first && tick <= last);
        scale.Ticks.Count.ShouldBeLessThan(20);
        scale.Ticks[^1].ShouldBe(last);
        scale.Place(first).ShouldBeGreaterThan(0);
        scale.Place(last).ShouldBeLessThan(1);
    }
}
