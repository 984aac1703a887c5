using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>A key of the recipe format: what the reader and the JSON schema both need to know of it.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Purpose">What it is for, in a sentence.</param>
/// <param name="Schema">The JSON schema of its value.</param>
/// <param name="Example">A value, as an editor may show it.</param>
internal sealed record RecipeKey(string Name, string Purpose, JsonObject Schema, JsonNode Example)
{
    /// <summary>What it is if left out; null if that is nothing.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Whether it must be there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The least value of a number.</summary>
    public double? Minimum { get; private init; }

    /// <summary>The values it takes, if they are names.</summary>
    public IReadOnlyCollection<string> Choices { get; private init; } = [];

    /// <summary>A key whose value is text.</summary>
    public static RecipeKey Text(string name, string purpose, string example) =>
        new(name, purpose, ValueSchema.Text(), example);

    /// <summary>A key whose value is a whole number.</summary>
    public static RecipeKey Integer(string name, string purpose, int example, int? minimum = null) =>
        new(name, purpose, ValueSchema.Number("integer", minimum), example) { Minimum = minimum };

    /// <summary>A key whose value is a number.</summary>
    public static RecipeKey Number(string name, string purpose, double example, double minimum) =>
        new(name, purpose, ValueSchema.Number("number", minimum), example) { Minimum = minimum };

    /// <summary>A key whose value is one of some names.</summary>
    public static RecipeKey Choice(string name, string purpose, IReadOnlyCollection<string> choices, string example) =>
        new(name, purpose, ValueSchema.Choice(choices), example) { Choices = choices };
}
