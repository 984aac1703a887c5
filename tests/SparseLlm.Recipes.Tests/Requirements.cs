namespace SparseLlm.Recipes.Tests;

public sealed class Requirements : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("[0.1,1.0)", "0.1.0", true)]
    [InlineData("[0.1,1.0)", "0.9.12", true)]
    [InlineData("[0.1,1.0)", "1.0.0", false)]
    [InlineData("[0.1,1.0)", "0.0.9", false)]
    [InlineData("0.2", "3.0.0", true)]
    [InlineData("[0.2.0]", "0.2.1", false)]
    public void The_running_tool_must_be_in_the_required_range(string range, string tool, bool allowed)
    {
        RecipeReading reading = folder.Read($"version: 1\nrequires: \"{range}\"\nmodel: model\nartifacts: {{ a: {{ "
            + $"method: magnitude, sparsity: 0.5 }} }}\n", tool);

        reading.Diagnostics.Select(diagnostic => diagnostic.Code).ShouldBe(allowed ? [] : ["SLM1012"]);
    }
}
