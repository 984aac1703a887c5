using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>What a directory holds that has no checkpoint that is read here, and the way from there to one.</summary>
internal static class OtherFormat
{
    // The first that fits is what the user has to know.
    private static readonly (string Pattern, string Remedy)[] Formats =
    [
        ("adapter_config.json", "this is an adapter and not a whole model; merge it into its base model "
            + "(merge_and_unload of PEFT), save that, and name it"),
        ("model-*-of-*.safetensors",
            $"there are shards, but not their index, {ShardIndex.FileName}; fetch it from where they come from"),
        ("pytorch_model-*-of-*.bin", $"there are shards, but not their index, {CheckpointForm.Torch.IndexFile}; fetch "
            + $"it from where they come from"),
        ("*.gguf", "the weights are in GGUF, the format of llama.cpp; name the Hugging Face directory that they were "
            + "made from"),
        ("consolidated*", "the weights are in the format of their maker (consolidated), without config.json and "
            + "model.safetensors; " +
            "fetch the files in Hugging Face's format, or convert them"),
        ("tf_model*.h5", Elsewhere("TensorFlow", "tf_model.h5", "from_tf=True")),
        ("flax_model*.msgpack", Elsewhere("Flax", "flax_model.msgpack", "from_flax=True")),
        ("*.onnx", "the model is in ONNX, a graph for running it; name the Hugging Face directory that it was made "
            + "from"),
    ];

    private static string Elsewhere(string framework, string file, string option) =>
        $"the weights are those of {framework}, {file}; convert them in Python: from_pretrained(..., {option}), then "
        + $"save_pretrained";

    /// <summary>There is no checkpoint in a directory.</summary>
    public static DiagnosticException NotFound(string directory) =>
        ModelDiagnostics.CheckpointNotFound.Error(new SourceLocation(directory), Problem(directory));

    /// <summary>Whether files of a snapshot are still being fetched, or were when that was stopped.</summary>
    private static bool IsOfIncompleteDownload(string directory)
    {
        string blobs = Path.Combine(directory, "..", "..", "blobs");
        return Directory.Exists(blobs) && Directory.EnumerateFiles(blobs, "*.incomplete").Any();
    }

    private static string Problem(string directory)
    {
        try
        {
            return Formats.FirstOrDefault(format => Directory.EnumerateFiles(directory, format.Pattern).Any()).Remedy
                ?? (IsOfIncompleteDownload(directory)
                    ? "this snapshot of the hub's cache has no weights; its download is not complete: fetch "
                        + "the model again" : null)
                ?? MeantModel.Hint(directory, directory)
                ?? $"there is neither model.safetensors nor {CheckpointForm.Torch.SingleFile}, nor an index of "
                    + $"either's shards; name a Hugging Face model directory";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the directory cannot be read: {e.Message}";
        }
    }
}
