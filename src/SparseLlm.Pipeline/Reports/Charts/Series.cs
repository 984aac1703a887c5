namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>What one line, or one colour of bars, shows.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, from left to right.</param>
internal sealed record Series(string Name, IReadOnlyList<Point> Points);

/// <summary>A value in a chart.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">How much.</param>
/// <param name="Label">What a reader sees who points at it.</param>
internal readonly record struct Point(double X, double Y, string Label);
