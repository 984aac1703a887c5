using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>A picture with its caption, and the same as a table for those who read rather than look.</summary>
internal static class Figure
{
    /// <summary>A figure.</summary>
    /// <param name="caption">What it shows.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="table">The table.</param>
    public static Html Of(string caption, Html picture, Html table) => Html.Of($"""
        <figure>
        <figcaption>{caption}</figcaption>
        {picture}<details>
        <summary>The same as a table</summary>
        {table}</details>
        </figure>

        """);
}
