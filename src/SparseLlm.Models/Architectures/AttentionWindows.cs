namespace SparseLlm.Models.Architectures;

/// <summary>
/// How many tokens, itself included, a token can see in each layer, as <c>sliding_window</c> and <c>layer_types</c> of
/// config.json say;
/// <see cref="Unlimited"/> where it sees everything before it.
/// </summary>
internal static class AttentionWindows
{
    /// <summary>A layer without a window.</summary>
    public const int Unlimited = int.MaxValue;

    /// <summary>The window that a config without <c>sliding_window</c> has in most families.</summary>
    public const int Usual = 4096;

    private const string Types = "layer_types";
    private const string Window = "sliding_window";
    private const string Sliding = "sliding_attention";
    private const string Full = "full_attention";

    /// <summary>No layer has a window.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The config lists one that has.</exception>
    public static IReadOnlyList<int> Nowhere(ModelConfig config, int layers, string architecture) =>
        TypesOf(config, layers) is { } types && types.Contains(Sliding)
            ? throw config.Unsupported(Types, $"{architecture} has no layers of '{Sliding}'")
            : Same(Unlimited, layers);

    /// <summary>Every layer has the window, if there is one.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The config lists other layers.</exception>
    public static IReadOnlyList<int> Everywhere(ModelConfig config, int layers, string architecture, int defaultWindow)
    {
        int window = WindowOf(config, defaultWindow);
        string type = window == Unlimited ? Full : Sliding;
        return TypesOf(config, layers) is { } types && types.Any(other => other != type)
            ? throw config.Unsupported(Types, $"with this {Window}, every layer of {architecture} is of '{type}'")
            : Same(window, layers);
    }

    /// <summary>The layers that the config lists have the window; in files that do not list them, those of the family's
    /// rule.</summary>
    /// <param name="config">The config.</param>
    /// <param name="layers">How many layers.</param>
    /// <param name="isSliding">The rule, by a layer's place.</param>
    /// <param name="defaultWindow">The window where the config has none.</param>
    /// <param name="isWanted">Whether windows are used at all.</param>
    public static IReadOnlyList<int> Where(
        ModelConfig config,
        int layers,
        Func<int, bool> isSliding,
        int defaultWindow = Usual,
        bool isWanted = true)
    {
        IReadOnlyList<string>? types = TypesOf(config, layers);
        int window = WindowOf(config, defaultWindow);
        return isWanted
            ? [.. Enumerable.Range(0, layers)
                .Select(layer => (types is null ? isSliding(layer) : types[layer] == Sliding) ? window : Unlimited)]
            : Same(Unlimited, layers);
    }

    private static int WindowOf(ModelConfig config, int defaultWindow) =>
        config.Count(Window, defaultValue: config.IsNull(Window) ? Unlimited : defaultWindow);

    private static int[] Same(int window, int layers) => [.. Enumerable.Repeat(window, layers)];

    /// <summary>One type for each layer; null if the config does not list them.</summary>
    private static IReadOnlyList<string>? TypesOf(ModelConfig config, int layers)
    {
        if (!config.Has(Types))
        {
            return null;
        }

        IReadOnlyList<string> types = config.Texts(Types);
        foreach (string type in types)
        {
            config.Require(Types, type, Full, Sliding);
        }

        return types.Count == layers
            ? types
            : throw config.Invalid(Types, $"the list of {types.Count} is not one of num_hidden_layers, {layers}");
    }
}
