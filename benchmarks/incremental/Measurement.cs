namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A line of the table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Measured">The outcome.</param>
/// <param name="Beside">What it is compared with, measured in the same run.</param>
/// <param name="Comparison">The one held against the other.</param>
/// <param name="Goal">What the comparison should be.</param>
/// <param name="IsMet">Whether it is.</param>
internal sealed record Measurement(
    string What,
    string Measured,
    string Beside,
    string Comparison,
    string Goal,
    bool IsMet)
{
    public string ToMarkdown()
        => $"| {What} | {Measured} | {Beside} | **{Comparison}** | {Goal}{(IsMet ? "" : " (missed)")} |";
}
