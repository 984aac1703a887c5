using System.Buffers;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// The weights of a model directory, open for reading: one file of safetensors or of torch.save, or shards with an
/// index. Only the lists of tensors are held in memory. Reading is safe from several threads. Where several shards hold
/// a tensor, the index says which of them counts. Tensors of a packed checkpoint are here as they were before, and
/// decoded where they are read; those of torch.save that are views are put in order.
/// </summary>
/// <remarks>
/// Files are read, not mapped: mapped pages would count as this process's memory, and a file that shrinks under a
/// mapping kills the process instead of raising an error.
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    /// <summary>The file of a packed directory that says how its tensors are stored.</summary>
    public const string EncodingFileName = EncodingFile.FileName;

    private const int PieceLength = 1 << 16;

    /// <summary>The files that stand for a whole checkpoint, an index or the only file; the first that is there
    /// counts.</summary>
    public static IReadOnlyList<string> MainFiles { get; }
        = [.. CheckpointForm.All.SelectMany(form => (string[])[form.SingleFile, form.IndexFile])];

    private readonly Dictionary<string, SafeFileHandle> files = [];
    private readonly Dictionary<string, TensorInfo> tensors = [];
    private readonly List<TensorInfo> order = [];
    private readonly List<TensorInfo> superseded = [];
    private readonly IReadOnlyDictionary<string, string> index;
    private readonly CheckpointForm form;
    private readonly EncodingFile? encodings;
    private readonly Lazy<IReadOnlyList<CopiedShard>> copies;
    private readonly HashSet<string> repetitions = [];

    // Views in order, since they are read piece by piece; for as long as nobody needs their memory.
    private readonly Dictionary<(string Shard, string Name), WeakReference<byte[]>> gathered = [];

    private Checkpoint(string directory, CheckpointForm form, EncodingFile? encodings)
    {
        Directory = directory;
        this.form = form;
        this.encodings = encodings;
        IsSharded = form.IsShardedIn(directory);
        index = IsSharded ? form.ReadIndex(directory) : new Dictionary<string, string>();
        copies = new Lazy<IReadOnlyList<CopiedShard>>(() => [.. files.Keys.Select(Copied)]);
    }

    /// <summary>The model's directory.</summary>
    public string Directory { get; }

    /// <summary>Every tensor, shard by shard, in the order of the data.</summary>
    public IReadOnlyList<TensorInfo> Tensors => order;

    /// <summary>
    /// What shards hold of tensors that the index lists in other shards: older copies, which count for nothing here,
    /// and which loaders that do not ask the index may find.
    /// </summary>
    public IReadOnlyList<TensorInfo> Superseded => superseded;

    /// <summary>The files with tensors, relative to <see cref="Directory"/>.</summary>
    public IReadOnlyCollection<string> Shards => files.Keys;

    /// <summary>Whether the checkpoint has an index of its shards.</summary>
    public bool IsSharded { get; }

    /// <summary>Whether it is packed: stored as <c>sparsellm.json</c> says.</summary>
    public bool IsPacked => encodings is not null;

    /// <summary>The file that stands for the whole checkpoint: the index, or the only file.</summary>
    public string MainFile => Path.Combine(Directory, IsSharded ? form.IndexFile : form.SingleFile);

    /// <summary>Whether a copy of it is stored in another form than it is.</summary>
    public bool IsConvertedInCopies => form != CheckpointForm.Safetensors;

    /// <summary>Its shards as a copy has them.</summary>
    internal IReadOnlyList<CopiedShard> Copies => copies.Value;

    /// <summary>The index of a copy; null where it is one file.</summary>
    internal byte[]? IndexOfCopy => !IsSharded ? null
        : IsConvertedInCopies ? ShardIndex.Format(
            Copies.SelectMany(shard => shard.Tensors.Where(tensor => tensors[tensor.Name] == tensor).Select(
                tensor => (tensor.Name, Shard: shard.Name))).ToDictionary(entry => entry.Name, entry => entry.Shard),
            Copies.Sum(shard => shard.Tensors.Sum(tensor => tensor.ByteLength)))
        : FileBytes.ReadAll(MainFile);

    /// <summary>
    /// Opens the checkpoint of a Hugging Face directory: <c>model.safetensors</c>, else the shards of its index, else
    /// the same of torch.save, <c>pytorch_model.bin</c>.
    /// </summary>
    /// <exception cref="DiagnosticException">There is none, or its headers break the format.</exception>
    public static Checkpoint Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw ModelDiagnostics.CheckpointNotFound
                .Error(new SourceLocation(directory), MeantModel.Hint(directory, directory)!);
        }

        var checkpoint = new Checkpoint(
            directory,
            CheckpointForm.In(directory) ?? throw OtherFormat.NotFound(directory),
            EncodingFile.TryRead(directory));
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

    /// <summary>The names of the files that a checkpoint consists of, without reading any weights: one file, or shards
    /// and their index, and what says how they are packed.</summary>
    /// <exception cref="DiagnosticException">The index breaks its format.</exception>
    public static IReadOnlyList<string> Files(string directory)
    {
        IEnumerable<string> files = CheckpointForm.In(directory) is not { } form ? []
            : form.IsShardedIn(directory)
                ? [form.IndexFile, .. form.ReadIndex(directory).Values.Distinct().Order(StringComparer.Ordinal)]
                : [form.SingleFile];
        return [.. files, .. File.Exists(Path.Combine(directory, EncodingFile.FileName))
            ? [EncodingFile.FileName]
            : Array.Empty<string>()];
    }

    /// <summary>The name that a file of a model has in a copy, which is always safetensors.</summary>
    public static string NameInCopy(string name) => CheckpointForm.NameInCopy(name);

    /// <summary>Whether a file of a model holds tensors, by its name.</summary>
    public static bool HoldsTensors(string name) => CheckpointForm.HoldsTensors(name);

    /// <summary>The tensors in one file of a checkpoint as they are stored, in the order of their data.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its path, whose ending tells the form.</param>
    /// <exception cref="DiagnosticException">The file breaks its format.</exception>
    public static IReadOnlyList<TensorInfo> TensorsIn(SafeFileHandle file, string path)
        => CheckpointForm.Of(path).ReadTensors(file, path, Path.GetFileName(path));

    /// <summary>Reads all bytes of a tensor in one file of a checkpoint, in their order, as they are stored.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="tensor">One of <see cref="TensorsIn"/>.</param>
    /// <param name="take">Takes each piece.</param>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public static void ReadStored(
        SafeFileHandle file,
        string path,
        TensorInfo tensor,
        Action<ReadOnlyMemory<byte>> take)
    {
        if (tensor.View is { } view)
        {
            take(view.Read(file, tensor.Offset, path));
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        for (long start = 0; start < tensor.ByteLength; start += PieceLength)
        {
            Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, tensor.ByteLength - start));
            FileBytes.Read(file, tensor.Offset + start, piece.Span, path);
            take(piece);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Whether a directory holds a packed checkpoint.</summary>
    /// <exception cref="DiagnosticException">It says how it is packed in a way that cannot be read.</exception>
    public static bool IsPackedIn(string directory) => EncodingFile.TryRead(directory) is not null;

    /// <summary>Refuses a directory that is packed for work that needs its files as they were before.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="work">What is to be done, as a noun.</param>
    /// <exception cref="DiagnosticException">It is packed.</exception>
    public static void RequireUnpacked(string directory, string work) => EncodingFile.RequireUnpacked(directory, work);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public TensorInfo this[string name] =>
        TryGet(name, out TensorInfo? tensor)
            ? tensor
            : throw new KeyNotFoundException($"there is no tensor '{name}' in {Directory}");

    /// <summary>Finds a tensor by its full name.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? tensor) =>
        tensors.TryGetValue(name, out tensor);

    /// <summary>The shard in which the index lists a tensor, whether it is there or not; null if it does not.</summary>
    public string? ListedIn(string name) => index.GetValueOrDefault(name);

    /// <summary>The open file that holds a tensor, which stays the checkpoint's.</summary>
    internal SafeFileHandle FileOf(TensorInfo tensor) => files[tensor.Shard];

    /// <summary>The file that holds a tensor.</summary>
    public string PathOf(TensorInfo tensor) => Path.Combine(Directory, tensor.Shard);

    /// <summary>Reads elements of a tensor in single precision; F16 and BF16 widen exactly.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="firstElement">The first element to read, row-major.</param>
    /// <param name="destination">As many elements as are wanted.</param>
    /// <exception cref="DiagnosticException">The element type is not F32, F16 or BF16, or the file cannot be
    /// read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void Read(TensorInfo tensor, long firstElement, Span<float> destination)
    {
        NumberFormat format = FormatOf(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, tensor.ElementCount - firstElement);

        int size = format.Size();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength * size);
        try
        {
            for (int start = 0; start < destination.Length; start += PieceLength)
            {
                Span<float> piece = destination.Slice(start, Math.Min(PieceLength, destination.Length - start));
                Span<byte> bytes = buffer.AsSpan(0, piece.Length * size);
                ReadBytes(tensor, (firstElement + start) * size, bytes);
                NumberFormats.ToSingle(bytes, format, piece);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The format of a tensor's numbers.</summary>
    /// <exception cref="DiagnosticException">The element type is not F32, F16 or BF16.</exception>
    public NumberFormat FormatOf(TensorInfo tensor) => tensor.ElementType.IsConvertible()
        ? tensor.ElementType.Format()
        : throw ModelDiagnostics.UnsupportedElementType
            .Error(new SourceLocation(PathOf(tensor)), UnsupportedElementTypeMessage(tensor));

    /// <summary>Whether two tensors have the same type, shape and bytes.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read.</exception>
    public bool HoldsTheSame(TensorInfo one, TensorInfo other)
    {
        if (one.ElementType != other.ElementType || !one.Shape.SequenceEqual(other.Shape))
        {
            return false;
        }

        if (AreInOnePlace(one, other))
        {
            return true;
        }

        byte[] bytes = new byte[2 * PieceLength];
        for (long start = 0; start < one.ByteLength; start += PieceLength)
        {
            int length = (int)Math.Min(PieceLength, one.ByteLength - start);
            Span<byte> first = bytes.AsSpan(0, length);
            Span<byte> second = bytes.AsSpan(PieceLength, length);
            ReadBytes(one, start, first);
            ReadBytes(other, start, second);
            if (!first.SequenceEqual(second))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads bytes of a tensor; those of a packed one are decoded.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="firstByte">The first byte to read, counted from the tensor's own.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void ReadBytes(TensorInfo tensor, long firstByte, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstByte);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, tensor.ByteLength - firstByte);
        if (tensor.Packed is { } packed)
        {
            packed.Read(ReadStored, firstByte, destination);
        }
        else if (tensor.View is { } view)
        {
            Gathered(tensor, view).AsSpan((int)firstByte, destination.Length).CopyTo(destination);
        }
        else
        {
            ReadStored(tensor, firstByte, destination);
        }
    }

    /// <summary>Whether a copy has a tensor: not where it only repeats another one, which the model needs, under a name
    /// that it does not need.</summary>
    internal bool IsInCopies(TensorInfo tensor) => !repetitions.Contains(tensor.Name);

    /// <summary>
    /// Has copies in another form leave out what only repeats a tensor that the model needs: torch.save stores a tied
    /// head and the embedding once, under both names; safetensors would hold them twice.
    /// </summary>
    /// <param name="needed">The names of the tensors that the model needs.</param>
    internal void LeaveRepetitionsOut(IReadOnlySet<string> needed)
    {
        if (IsConvertedInCopies)
        {
            ILookup<(string, long), TensorInfo> places = needed.Select(name => tensors[name])
                .ToLookup(tensor => (tensor.Shard, tensor.Offset));
            repetitions.UnionWith(order
                .Where(tensor => !needed.Contains(tensor.Name) && places[
                    (tensor.Shard, tensor.Offset)].Any(other => AreInOnePlace(tensor, other)
                        && tensor.ElementType == other.ElementType && tensor.Shape.SequenceEqual(other.Shape)))
                .Select(tensor => tensor.Name));
        }
    }

    /// <summary>Has a tensor's bytes read by the operating system, so that reading them soon takes no time. Nothing of
    /// them is kept here.</summary>
    /// <param name="tensor">A tensor of this checkpoint.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public void ReadAhead(TensorInfo tensor, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            foreach (TensorInfo stored in tensor.Packed?.Parts ?? [tensor])
            {
                long length = stored.View?.ByteExtent ?? stored.ByteLength;
                for (long start = 0; start < length && !cancellation.IsCancellationRequested; start += buffer.Length)
                {
                    ReadStored(stored, start, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - start)));
                }
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
        new SourceLocation(PathOf(tensor)),
        $"tensor '{tensor.Name}' holds a value that is NaN or infinite; the checkpoint is damaged");

    private void ReadStored(TensorInfo tensor, long firstByte, Span<byte> destination) =>
        FileBytes.Read(files[tensor.Shard], tensor.Offset + firstByte, destination, PathOf(tensor));

    private static bool AreInOnePlace(TensorInfo one, TensorInfo other) =>
        one.Shard == other.Shard && one.Offset == other.Offset && one.View is null && other.View is null
            && one.Packed is null
            && other.Packed is null;

    private byte[] Gathered(TensorInfo tensor, StridedView view)
    {
        (string, string) key = (tensor.Shard, tensor.Name);
        lock (gathered)
        {
            if (!gathered.TryGetValue(key, out WeakReference<byte[]>? known) || !known.TryGetTarget(out byte[]? bytes))
            {
                bytes = view.Read(files[tensor.Shard], tensor.Offset, PathOf(tensor));
                gathered[key] = new WeakReference<byte[]>(bytes);
            }

            return bytes;
        }
    }

    private CopiedShard Copied(string shard)
    {
        IEnumerable<TensorInfo> stored = order.Concat(superseded)
            .Where(tensor => tensor.Shard == shard && IsInCopies(tensor));
        return IsConvertedInCopies
            ? CopiedShard.OfOther(shard, stored)
            : CopiedShard.OfSafetensors(Path.Combine(Directory, shard), shard, stored);
    }

    private void ReadHeaders()
    {
        string[] shards = IsSharded ? [.. index.Values.Distinct().Order(StringComparer.Ordinal)] : [form.SingleFile];
        foreach (string shard in shards)
        {
            ReadHeader(shard);
        }

        if (encodings is null)
        {
            EncodingFile.RequireNonePacked(Directory, tensors);
        }
        else
        {
            encodings.RequireAll(Directory, tensors);
        }
    }

    private void ReadHeader(string shard)
    {
        string path = Path.Combine(Directory, shard);
        if (IsSharded && !Path.Exists(path))
        {
            throw ModelDiagnostics.CheckpointUnreadable.Error(
                new SourceLocation(path),
                $"{form.IndexFile} lists this file, and it is not there; the download is not complete: "
                        + $"fetch the model again");
        }

        SafeFileHandle file = FileBytes.Open(path);
        files.Add(shard, file);
        IReadOnlyList<TensorInfo> stored = form.ReadTensors(file, path, shard);
        foreach (TensorInfo tensor in encodings is null
            ? stored
            : new PackedShard(encodings, shard, path, stored, ReadStored).Resolve())
        {
            if (ListedIn(tensor.Name) is { } other && other != shard)
            {
                superseded.Add(tensor);
            }
            else if (tensors.TryAdd(tensor.Name, tensor))
            {
                order.Add(tensor);
            }
            else
            {
                throw ModelDiagnostics.MalformedIndex.Error(
                    new SourceLocation(MainFile),
                    $"tensor '{tensor.Name}' is in '{tensors[tensor.Name].Shard}' and in '{shard}', and the index "
                    + $"lists it in neither; " +
                    "add it to weight_map with the shard that counts");
            }
        }

        if (order.Count + superseded.Count > SafetensorsHeader.MaximumTensors)
        {
            throw SafetensorsHeader.TooManyTensors(MainFile);
        }
    }
}
