namespace SparseLlm.Models.Architectures;

/// <summary><c>layer_types</c> of config.json: which layers have a window.</summary>
internal static class AttentionTypes
{
    /// <summary>The field's name.</summary>
    public const string Field = "layer_types";

    /// <summary>A layer whose tokens see a window.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>A layer whose tokens see everything before them.</summary>
    public const string Full = "full_attention";

    /// <summary>One of the two for each layer; null if the config does not list them.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">There is another type, or one for more or fewer layers.</exception>
    public static IReadOnlyList<string>? Of(ModelConfig config, int layers)
    {
        if (!config.Has(Field))
        {
            return null;
        }

        IReadOnlyList<string> types = config.Texts(Field);
        foreach (string type in types)
        {
            config.Require(Field, type, Full, Sliding);
        }

        return types.Count == layers
            ? types
            : throw config.Invalid(Field, $"the list of {types.Count} is not one of num_hidden_layers, {layers}");
    }
}
