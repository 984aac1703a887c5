namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>A section of a page.</summary>
/// <param name="Id">What links to it name.</param>
/// <param name="Heading">Its heading.</param>
/// <param name="Content">What it holds; nothing if there is nothing to show.</param>
internal sealed record Section(string Id, string Heading, Html Content)
{
    /// <summary>Whether there is nothing to show.</summary>
    public bool IsEmpty => Content.ToString().Length == 0;

    /// <summary>Its markup.</summary>
    public Html Render() => Html.Of($"""
        <section id="{Id}" aria-labelledby="{Id}-heading">
        <h2 id="{Id}-heading">{Heading}</h2>
        {Content}</section>

        """);
}
