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

    [Fact]
    public void Logarithmic_ticks_are_round_and_hold_all_values()
    {
        Scale scale = Scale.Logarithmic([21.6, 789]);
        scale.Ticks.ShouldBe([20, 50, 100, 200, 500, 1000], 1e-9);
        scale.Place(20).ShouldBe(0, 1e-9);
        scale.Place(1000).ShouldBe(1, 1e-9);
        (scale.Place(200) - scale.Place(100)).ShouldBe(scale.Place(100) - scale.Place(50), 1e-9);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 3)]
    [InlineData(0, 79)]
    public void Whole_ticks_are_whole_and_inside(double first, double last)
    {
        Scale scale = Scale.Whole(first, last);
        scale.Ticks.ShouldAllBe(tick => tick == Math.Floor(tick) && tick >= first && tick <= last);
        scale.Ticks.Count.ShouldBeLessThan(20);
        scale.Place(first).ShouldBeGreaterThan(0);
        scale.Place(last).ShouldBeLessThan(1);
    }
}
