using System.Buffers;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// The safetensors files of a model directory, open for reading: one file, or shards with an index. Only the headers are
/// held in memory. Reading is safe from several threads.
/// </summary>
/// <remarks>
/// Files are read, not mapped: mapped pages would count as this process's memory, and a file that shrinks under a mapping
/// kills the process instead of raising an error.
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const int PieceLength = 1 << 16;

    private readonly Dictionary<string, SafeFileHandle> files = [];
    private readonly Dictionary<string, TensorInfo> tensors = [];
    private readonly List<TensorInfo> order = [];

    private Checkpoint(string directory) => Directory = directory;

    /// <summary>The model's directory.</summary>
    public string Directory { get; }

    /// <summary>Every tensor, shard by shard, in the order of the data.</summary>
    public IReadOnlyList<TensorInfo> Tensors => order;

    /// <summary>The safetensors files, relative to <see cref="Directory"/>.</summary>
    public IReadOnlyCollection<string> Shards => files.Keys;

    /// <summary>Whether the checkpoint has an index of its shards.</summary>
    public bool IsSharded { get; private init; }

    /// <summary>Opens the checkpoint of a Hugging Face directory: <c>model.safetensors</c>, else the shards of its index.</summary>
    /// <exception cref="DiagnosticException">There is none, or its headers break the format.</exception>
    public static Checkpoint Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw ModelDiagnostics.CheckpointNotFound.Error(
                new SourceLocation(directory), "there is no such directory; name a Hugging Face model directory");
        }

        bool isSharded = !File.Exists(Path.Combine(directory, SingleFile));
        if (isSharded && !File.Exists(Path.Combine(directory, ShardIndex.FileName)))
        {
            throw NotFound(directory);
        }

        var checkpoint = new Checkpoint(directory) { IsSharded = isSharded };
        try
        {
            checkpoint.ReadHeaders();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The names of the files that a checkpoint consists of, without reading any weights: one file, or shards and their index.</summary>
    /// <exception cref="DiagnosticException">The index breaks its format.</exception>
    public static IReadOnlyList<string> Files(string directory)
    {
        if (File.Exists(Path.Combine(directory, SingleFile)))
        {
            return [SingleFile];
        }

        string index = Path.Combine(directory, ShardIndex.FileName);
        return File.Exists(index) ? [ShardIndex.FileName, .. ShardIndex.Read(index).Values.Distinct().Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public TensorInfo this[string name] =>
        TryGet(name, out TensorInfo? tensor) ? tensor : throw new KeyNotFoundException($"there is no tensor '{name}' in {Directory}");

    /// <summary>Finds a tensor by its full name.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? tensor) =>
        tensors.TryGetValue(name, out tensor);

    /// <summary>The file that holds a tensor.</summary>
    public string PathOf(TensorInfo tensor) => Path.Combine(Directory, tensor.Shard);

    /// <summary>Reads elements of a tensor in single precision; F16 and BF16 widen exactly.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="firstElement">The first element to read, row-major.</param>
    /// <param name="destination">As many elements as are wanted.</param>
    /// <exception cref="DiagnosticException">The element type is not F32, F16 or BF16, or the file cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void Read(TensorInfo tensor, long firstElement, Span<float> destination)
    {
        if (!tensor.ElementType.IsConvertible())
        {
            throw ModelDiagnostics.UnsupportedElementType.Error(
                new SourceLocation(PathOf(tensor)), UnsupportedElementTypeMessage(tensor));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, tensor.ElementCount - firstElement);

        int size = tensor.ElementType.Size();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength * size);
        try
        {
            for (int start = 0; start < destination.Length; start += PieceLength)
            {
                Span<float> piece = destination.Slice(start, Math.Min(PieceLength, destination.Length - start));
                Span<byte> bytes = buffer.AsSpan(0, piece.Length * size);
                ReadBytes(tensor, (firstElement + start) * size, bytes);
                ElementTypes.ToSingle(bytes, tensor.ElementType, piece);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads bytes of a tensor as they are stored.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="firstByte">The first byte to read, counted from the tensor's own.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void ReadBytes(TensorInfo tensor, long firstByte, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstByte);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, tensor.ByteLength - firstByte);
        FileBytes.Read(files[tensor.Shard], tensor.Offset + firstByte, destination, PathOf(tensor));
    }

    /// <summary>Has a tensor's bytes read by the operating system, so that reading them soon takes no time. Nothing of them is kept here.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public void ReadAhead(TensorInfo tensor, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (long start = 0; start < tensor.ByteLength && !cancellation.IsCancellationRequested; start += buffer.Length)
            {
                ReadBytes(tensor, start, buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.ByteLength - start)));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle file in files.Values)
        {
            file.Dispose();
        }
    }

    internal static string UnsupportedElementTypeMessage(TensorInfo tensor) =>
        $"tensor '{tensor.Name}' is stored as {tensor.ElementType}; " +
        "weights must be F32, F16 or BF16, so convert the model (a quantised one from its original)";

    /// <summary>A weight that is NaN or infinite.</summary>
    internal DiagnosticException NonFinite(TensorInfo tensor) => ModelDiagnostics.NonFiniteWeight.Error(
        new SourceLocation(PathOf(tensor)), $"tensor '{tensor.Name}' holds a value that is NaN or infinite; the checkpoint is damaged");

    private static DiagnosticException NotFound(string directory)
    {
        bool isPickled = System.IO.Directory.EnumerateFiles(directory, "pytorch_model*").Any();
        return ModelDiagnostics.CheckpointNotFound.Error(
            new SourceLocation(directory),
            isPickled
                ? "the weights are in pytorch_model.bin, which can run code when it is read; " +
                  "convert them to model.safetensors (model.save_pretrained does)"
                : $"there is neither {SingleFile} nor {ShardIndex.FileName}; name a Hugging Face model directory");
    }

    private void ReadHeaders()
    {
        if (!IsSharded)
        {
            ReadHeader(SingleFile);
            return;
        }

        string index = Path.Combine(Directory, ShardIndex.FileName);
        IReadOnlyDictionary<string, string> shards = ShardIndex.Read(index);
        foreach (string shard in shards.Values.Distinct().Order(StringComparer.Ordinal))
        {
            ReadHeader(shard);
        }

        foreach ((string name, string shard) in shards)
        {
            if (!tensors.TryGetValue(name, out TensorInfo? tensor) || tensor.Shard != shard)
            {
                throw ShardIndex.Malformed(index, $"tensor '{name}' is listed in '{shard}', but it is not there");
            }
        }
    }

    private void ReadHeader(string shard)
    {
        string path = Path.Combine(Directory, shard);
        SafeFileHandle file = FileBytes.Open(path);
        files.Add(shard, file);
        foreach (TensorInfo tensor in SafetensorsHeader.Read(file, path, shard))
        {
            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw ModelDiagnostics.MalformedSafetensors.Error(
                    new SourceLocation(path), $"tensor '{tensor.Name}' is in '{tensors[tensor.Name].Shard}' too; " +
                    "download the checkpoint again");
            }

            order.Add(tensor);
        }
    }
}
