using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>What a directory holds that has no safetensors checkpoint, and the way from there to one.</summary>
internal static class OtherFormat
{
    // The first that fits is what the user has to know.
    private static readonly (string Pattern, string Remedy)[] Formats =
    [
        ("adapter_config.json", "this is an adapter and not a whole model; merge it into its base model (merge_and_unload of PEFT), save that, and name it"),
        ("model-*-of-*.safetensors", $"there are shards, but not their index, {ShardIndex.FileName}; fetch it from where they come from"),
        ("pytorch_model*", "the weights are in pytorch_model.bin, which can run code when it is read; " +
            "convert them to model.safetensors (model.save_pretrained does)"),
        ("*.gguf", "the weights are in GGUF, the format of llama.cpp; name the Hugging Face directory that they were made from"),
        ("consolidated*", "the weights are in the format of their maker (consolidated), without config.json and model.safetensors; " +
            "fetch the files in Hugging Face's format, or convert them"),
    ];

    /// <summary>There is no checkpoint in a directory.</summary>
    public static DiagnosticException NotFound(string directory) =>
        ModelDiagnostics.CheckpointNotFound.Error(new SourceLocation(directory), Problem(directory));

    private static string Problem(string directory)
    {
        try
        {
            return Formats.FirstOrDefault(format => Directory.EnumerateFiles(directory, format.Pattern).Any()).Remedy
                ?? $"there is neither model.safetensors nor {ShardIndex.FileName}; name a Hugging Face model directory";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the directory cannot be read: {e.Message}";
        }
    }
}
