using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>calibration</c>.</summary>
internal static class CalibrationKeys
{
    private static readonly CalibrationSettings Defaults = new();

    public static RecipeKey Samples { get; } =
        RecipeKey.Integer("samples", "The number of calibration windows.", 128, minimum: 1) with
        {
            Default = Defaults
            .Samples
        };

    public static RecipeKey Sampling { get; } =
        RecipeKey.Choice(
            "sampling",
            "Which windows: the first ones without overlap (sequential), or seeded random ones (random).",
            EnumNames.Of<Sampling>(),
            "random") with
        {
            Default = EnumNames.Of(Defaults.Sampling),
        };

    public static RecipeKey Seed { get; } =
        RecipeKey.Integer("seed", "The seed of random sampling.", 1) with { Default = Defaults.Seed };

    public static KeyTable All { get; } = new(
        TextKeys.Text, TextKeys.DataSet, TextKeys.Field, TextKeys.Chat, TextKeys.Join,
            TextKeys.Records, Samples, TextKeys.SequenceLength, Sampling, Seed)
    {
        Constraints = TextKeys.Constraints,
    };
}
