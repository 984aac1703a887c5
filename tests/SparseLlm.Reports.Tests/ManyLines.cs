using SparseLlm.Pipeline.Reports.Charts;

namespace SparseLlm.Reports.Tests;

/// <summary>Charts with more lines than there are colours.</summary>
public sealed class ManyLines
{
    [Fact]
    public void No_two_lines_have_the_same_shape_and_dashes_whatever_their_colour() =>
        Enumerable.Range(0, 40).Select(series => (Marker.Shape(series), Marker.Dash(series))).Distinct().Count()
            .ShouldBe(40);

    [Theory]
    [InlineData(new double[] { 10, 100, 200 }, new double[] { 10, 100, 200 })]
    [InlineData(new double[] { 100, 10, 100 }, new double[] { 100, 10, 115 })]
    [InlineData(new double[] { 200, 199, 198, 20 }, new double[] { 200, 185, 170, 20 })]
    public void Labels_stand_at_the_ends_of_their_lines_as_far_as_the_others_let_them(double[] ends, double[] places) =>
        EndLabels.Place(ends, lowest: 200).ShouldBe(places);

    [Fact]
    public void No_label_covers_another_where_there_is_room_for_all_of_them()
    {
        double[] ends = [.. Enumerable.Range(0, 14).Select(index => 90.0 + index % 3)];
        double[] places = [.. EndLabels.Place(ends, lowest: 14 * EndLabels.Distance).Order()];
        places.Zip(places.Skip(1), (above, below) => below - above)
            .ShouldAllBe(distance => distance >= EndLabels.Distance);
        places[0].ShouldBeGreaterThanOrEqualTo(0);
        places[^1].ShouldBeLessThanOrEqualTo(14 * EndLabels.Distance);
    }
}
