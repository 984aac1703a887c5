namespace SparseLlm.Tool.Help;

/// <summary>A command line that help shows.</summary>
/// <param name="Arguments">What follows <c>dotnet sparsellm</c>.</param>
/// <param name="Meaning">What it does.</param>
internal sealed record Example(string Arguments, string Meaning);
