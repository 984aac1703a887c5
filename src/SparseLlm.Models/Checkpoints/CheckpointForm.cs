using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Torch;

namespace SparseLlm.Models.Checkpoints;

/// <summary>A form in which the weights of a directory are stored: how its files are called, and what reads their
/// tensors.</summary>
/// <param name="SingleFile">The file, where there is only one.</param>
/// <param name="IndexFile">The index, where there are shards.</param>
/// <param name="Ending">How names of shards end.</param>
/// <param name="ReadTensors">Reads the tensors of a file.</param>
internal sealed record CheckpointForm(string SingleFile, string IndexFile, string Ending, TensorListReader ReadTensors)
{
    private const string TorchName = "pytorch_model";
    private const string CopiedName = "model";

    /// <summary>Safetensors: what loaders take where there are several, and what a copy is stored in.</summary>
    public static CheckpointForm Safetensors { get; }
        = new(CopiedName + ".safetensors", ShardIndex.FileName, ".safetensors", SafetensorsHeader.Read);

    /// <summary>State dicts of torch.save.</summary>
    public static CheckpointForm Torch { get; }
        = new(TorchName + ".bin", TorchName + ".bin.index.json", ".bin", TorchFile.Read);

    /// <summary>All forms; the first that is there counts.</summary>
    public static IReadOnlyList<CheckpointForm> All { get; } = [Safetensors, Torch];

    /// <summary>The form in which a directory has a checkpoint; null if it has none. A link that leads nowhere counts,
    /// so that reading it says what is missing.</summary>
    public static CheckpointForm? In(string directory) => All.FirstOrDefault(form =>
        File.Exists(Path.Combine(directory, form.SingleFile)) || File.Exists(Path.Combine(directory, form.IndexFile)));

    /// <summary>The form of a file, by its name.</summary>
    public static CheckpointForm Of(string name) => HasEnding(name, Torch) ? Torch : Safetensors;

    /// <summary>The name that a file of a checkpoint, or beside one, has in a copy.</summary>
    public static string NameInCopy(string name) => name == Torch.IndexFile ? Safetensors.IndexFile
        : !HasEnding(name, Torch) ? name
        : (name.StartsWith(TorchName, StringComparison.Ordinal)
            ? CopiedName + name[TorchName.Length..^Torch.Ending.Length]
            : name[..^Torch.Ending.Length]) + Safetensors.Ending;

    /// <summary>Whether a file of a checkpoint holds tensors, by its name.</summary>
    public static bool HoldsTensors(string name) => HasEnding(name, Safetensors) || HasEnding(name, Torch);

    /// <summary>Whether a directory has an index of shards in this form, and not one file.</summary>
    public bool IsShardedIn(string directory) => !File.Exists(Path.Combine(directory, SingleFile));

    /// <summary>Shard names by tensor name.</summary>
    /// <exception cref="DiagnosticException">The index cannot be read or is malformed.</exception>
    public IReadOnlyDictionary<string, string> ReadIndex(string directory)
    {
        string path = Path.Combine(directory, IndexFile);
        IReadOnlyDictionary<string, string> index = ShardIndex.Read(path);
        if (this == Torch)
        {
            RequireNamesForCopies(path, [.. index.Values.Distinct()]);
        }

        return index;
    }

    private static void RequireNamesForCopies(string path, IReadOnlyList<string> shards)
    {
        string? odd = shards.FirstOrDefault(shard => !HasEnding(shard, Torch))
            ?? shards.GroupBy(NameInCopy).FirstOrDefault(copies => copies.Count() > 1)?.Last();
        if (odd is not null)
        {
            throw ModelDiagnostics.MalformedIndex.Error(
                new SourceLocation(path), $"the shard '{Excerpt.Of(odd)}' has no name such as "
                        + $"{TorchName}-00001-of-00002{Torch.Ending}; take the index from where the shards come from");
        }
    }

    private static bool HasEnding(string name, CheckpointForm form)
        => name.EndsWith(form.Ending, StringComparison.Ordinal);
}

/// <summary>Reads the tensors of a file in the order of their data.</summary>
/// <param name="file">The open file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="shard">Its name in the checkpoint.</param>
internal delegate IReadOnlyList<TensorInfo> TensorListReader(SafeFileHandle file, string path, string shard);
