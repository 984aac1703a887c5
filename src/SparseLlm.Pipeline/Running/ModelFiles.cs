namespace SparseLlm.Pipeline.Running;

/// <summary>Which files of a model directory decide what the model computes: configuration, weights and tokenizer.</summary>
public static class ModelFiles
{
    /// <summary>Their paths relative to the directory, in ordinal order.</summary>
    public static IReadOnlyList<string> Of(string directory) =>
    [
        .. Directory.EnumerateFiles(directory)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => name is "config.json" or "tokenizer.json" or "model.safetensors.index.json"
                || name.EndsWith(".safetensors", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
