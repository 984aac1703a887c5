using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>
/// A file that torch.save wrote of a state dict, <c>pytorch_model.bin</c>: names and tensors in a pickle, which is read
/// and not run, and their bytes in place. Everything is checked, so that nothing read later can lie outside the file.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="shard">Its name in the checkpoint.</param>
internal sealed class TorchFile(string path, string shard)
{
    private const int SignatureBytes = 1024;

    // Under which training programs save a state dict among other things.
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model", "module"];

    /// <summary>The tensors of a shard in the order of their data.</summary>
    /// <param name="file">The open shard.</param>
    /// <param name="path">The shard's path, for messages.</param>
    /// <param name="shard">The shard's name in the checkpoint.</param>
    /// <exception cref="DiagnosticException">The file breaks the format, or holds something else than
    /// tensors.</exception>
    public static IReadOnlyList<TensorInfo> Read(SafeFileHandle file, string path, string shard)
        => new TorchFile(path, shard).Read(file);

    private IReadOnlyList<TensorInfo> Read(SafeFileHandle file)
    {
        byte[] beginning = new byte[Math.Min(SignatureBytes, RandomAccess.GetLength(file))];
        FileBytes.Read(file, 0, beginning, path);
        object? value = beginning.AsSpan().StartsWith("PK\x03\x04"u8) ? TorchArchive.Read(file, path)
            : beginning.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x80]) ? TorchStream.Read(file, path)
            : throw OtherKind(beginning);
        TensorInfo[] tensors = [.. Entries(value).Where(entry => entry.Value is TorchTensor)
            .Select(entry => Info(entry.Key, (TorchTensor)entry.Value!))];
        if (tensors.Length > SafetensorsHeader.MaximumTensors)
        {
            throw SafetensorsHeader.TooManyTensors(path);
        }

        return [.. tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength)];
    }

    /// <summary>The entries of the state dict. What is no tensor among them is passed over, as loaders do.</summary>
    private Dictionary<string, object?> Entries(object? value)
    {
        if (value is not PickledDictionary { Entries: var entries })
        {
            throw TorchRefusal.Other(
                path,
                "the file does not hold a dictionary of tensors; save the model's state_dict with torch.save");
        }

        string? wrapper = entries.Values.Any(entry => entry is TorchTensor)
            ? null
            : Wrappers.FirstOrDefault(name => entries.GetValueOrDefault(name) is PickledDictionary inner
                && inner.Entries.Values.Any(entry => entry is TorchTensor));
        return wrapper is null ? entries : throw TorchRefusal.Other(
            path, $"the weights are inside '{wrapper}', beside what a training program keeps; save them by themselves: "
                + $"torch.save(torch.load(FILE)['{wrapper}'], 'pytorch_model.bin')");
    }

    private TensorInfo Info(string name, TorchTensor tensor)
    {
        if (name.Length > SafetensorsHeader.MaximumNameLength)
        {
            throw TorchRefusal.Malformed(path, $"the name '{Excerpt.Of(name)}' is longer than any tensor's");
        }

        if (StridedView.TryOf(tensor) is not { } view)
        {
            throw TorchRefusal.Malformed(
                path, $"tensor '{Excerpt.Of(name)}' [{string.Join(" x ", tensor.Shape)}] is said to lie outside its "
                    + $"storage '{Excerpt.Of(tensor.Storage.Key)}' of {tensor.Storage.ByteLength} bytes");
        }

        if (view.Overlaps)
        {
            throw TorchRefusal.Other(path, $"tensor '{Excerpt.Of(name)}' has elements that share their place (expand "
                + $"of torch); save the model with contiguous() tensors");
        }

        if (view.ByteExtent > Array.MaxLength && !view.IsConsecutive)
        {
            throw TorchRefusal.Other(path, $"tensor '{Excerpt.Of(name)}' is spread over more than 2 GiB of the file; "
                + $"save the model with contiguous() tensors");
        }

        int size = tensor.ElementType.Size();
        return new TensorInfo(
            name,
            tensor.ElementType,
            tensor.Shape,
            view.ElementCount,
            shard,
            tensor.Storage.Position + (view.ElementCount == 0 ? 0 : tensor.Offset * size))
        {
            View = view.IsConsecutive ? null : view,
        };
    }

    /// <summary>What else is found under the name, with the way to the file that belongs there.</summary>
    private DiagnosticException OtherKind(ReadOnlySpan<byte> beginning)
    {
        if (GitLfsPointer.IsPointer(beginning))
        {
            return ModelDiagnostics.CheckpointUnreadable.Error(new SourceLocation(path), GitLfsPointer.Problem);
        }

        return TorchRefusal.Other(
            path,
            beginning.Length == 0 ? "the file is empty; download it again"
            : beginning.Length > 9 && beginning[8..].StartsWith("{"u8)
                ? "this is a safetensors file under another name; name it model.safetensors"
                : beginning.StartsWith("GGUF"u8)
                ? "this is a GGUF file under another name; prune the Hugging Face model that it was made from"
                : beginning.StartsWith("<"u8)
                    ? "this is a web page in place of the file; download the file itself, logged in where the model "
                    + "asks for that"
            : "this is no file of torch.save; download it again, or save the model's state_dict with torch.save");
    }
}
