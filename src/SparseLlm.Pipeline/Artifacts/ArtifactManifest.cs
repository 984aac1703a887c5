using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>
/// <c>pruning.json</c>: where a pruned model comes from, what was done to it, and how well it came out. Its shape is
/// versioned.
/// </summary>
internal sealed record ArtifactManifest : IJsonOnDeserialized
{
    /// <summary>The file's name in an artifact's directory.</summary>
    public const string FileName = "pruning.json";

    private const int CurrentVersion = 2;

    // Some hundred bytes for each matrix, and the picture of its mask.
    private const int MaximumLength = 1 << 28;

    /// <summary>Version of this shape.</summary>
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>Version of the tool that wrote it.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>The artifact's name, if a recipe made it.</summary>
    public string? Artifact { get; init; }

    /// <summary>The key of everything that decides its bits.</summary>
    public required string Key { get; init; }

    /// <summary>Digest of the model's files as they are where nothing is packed: of what was computed, however it is
    /// stored.</summary>
    public required string Digest { get; init; }

    /// <summary>How the weights beside this file are stored.</summary>
    public CheckpointEncoding Encoding { get; init; }

    /// <summary>Digest of the model's files beside this one where they are packed; null where they are not.</summary>
    public string? PackedDigest { get; init; }

    /// <summary>Digest of the model's files beside this one.</summary>
    [JsonIgnore]
    public string StoredDigest => PackedDigest ?? Digest;

    /// <summary>The names of the model's files beside this one.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> StoredFiles => ModelFiles.Stored(Inputs.Model.Keys, Encoding);

    /// <summary>The dense model.</summary>
    public required ModelProvenance Model { get; init; }

    /// <summary>The method, in lower case.</summary>
    public required string Method { get; init; }

    /// <summary>Every setting by name.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What was asked for where no rule says otherwise: <c>0.7</c> or <c>2:4</c>.</summary>
    public required string Pattern { get; init; }

    /// <summary>The calibration data, if any was looked at.</summary>
    public CalibrationProvenance? Calibration { get; init; }

    /// <summary>Backend, device kind and kernel family.</summary>
    public required string Numerics { get; init; }

    /// <summary>The GPUs of the machine that it was pruned on, with their driver and CUDA; null where none took
    /// part.</summary>
    public IReadOnlyList<Gpu>? Gpus { get; init; }

    /// <summary>Zeros over weights, in the pruned tensors, counted after the cast to their element type.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Zeros over weights, in all tensors: embedding, head, norms and biases count too. Null where an older
    /// version of the tool has made it.</summary>
    public double? ModelSparsity { get; init; }

    /// <summary>What was done to each pruned tensor.</summary>
    public required IReadOnlyList<TensorReport> Tensors { get; init; }

    /// <summary>How kept weights are quantised; null where they are not.</summary>
    [JsonIgnore]
    public Quantization? Quantization => Inputs.Quantization;

    /// <summary>Whether its weights are codes and none was pruned. Its zeros are codes too then, which nobody has asked
    /// for.</summary>
    [JsonIgnore]
    public bool IsOnlyQuantized => Inputs.IsOnlyQuantized;

    /// <summary>The share of the weights in its matrices that was pruned.</summary>
    [JsonIgnore]
    public double PrunedShare => IsOnlyQuantized ? 0 : Sparsity;

    /// <summary>By decoder layer, the places in the dense model of the experts that stayed, and null for a layer
    /// without any; null where none were dropped.</summary>
    public IReadOnlyList<IReadOnlyList<int>?>? Experts { get; init; }

    /// <summary>How many experts stayed in each mixture; null where none were dropped.</summary>
    [JsonIgnore]
    public int? ExpertsKept => Experts?.FirstOrDefault(kept => kept is not null)?.Count;

    /// <summary>
    /// Every other tensor that is not as it is in the dense model: biases that were refitted, norms and biases that
    /// were tuned. Null where a version of the tool wrote this that did not list them.
    /// </summary>
    public IReadOnlyList<ChangedTensor>? OtherChanges { get; init; }

    /// <summary>How the sweeps of each layer went, if any were asked for.</summary>
    public IReadOnlyList<SweepReport>? Sweeps { get; init; }

    /// <summary>What held-back calibration windows decided on each layer, if any were held back.</summary>
    public IReadOnlyList<GuardReport>? Guards { get; init; }

    /// <summary>How the tuning of all layers together went, if it was asked for.</summary>
    public GlobalReport? Global { get; init; }

    /// <summary>Numerical fallbacks that were taken, as sentences.</summary>
    public required IReadOnlyList<string> Fallbacks { get; init; }

    /// <summary>Perplexity before and after, by the name of the text.</summary>
    public required IReadOnlyDictionary<string, PerplexityReport> Perplexity { get; init; }

    /// <summary>Time spent on pruning, in seconds; what came from the cache took next to none.</summary>
    public required double Seconds { get; init; }

    /// <summary>The most memory that the process had held when pruning was done, in bytes, if the system
    /// tells.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>Bytes of activations that were written to a temporary file because they were beyond the memory budget,
    /// over the whole prune.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>What the weights take on disk.</summary>
    public SizeReport? Size { get; init; }

    /// <summary>How fast it generates, beside the dense model; null where it is not packed, or an older version of the
    /// tool has made it.</summary>
    public SpeedReport? Speed { get; init; }

    /// <summary>What else it was written as, in its directory; none where an older version of the tool has made
    /// it.</summary>
    public IReadOnlyList<ExportReport> Exports { get; init; } = [];

    /// <summary>Everything that decided its bits, from which <see cref="Key"/> was computed.</summary>
    public required ArtifactInputs Inputs { get; init; }

    /// <summary>Reads the manifest of an artifact, or null where the directory holds none that this version
    /// understands.</summary>
    public static ArtifactManifest? TryRead(string directory)
    {
        using JsonDocument? document = Open(directory);
        try
        {
            return document is null ? null : RecordJson.Read<ArtifactManifest>(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The files of the artifact in a directory, whatever version of the tool has written it; null where the
    /// directory holds no manifest of this tool.</summary>
    internal static (IReadOnlyCollection<string> Model, IReadOnlyCollection<string> Exports)? FilesIn(string directory)
    {
        using JsonDocument? document = Open(directory);
        if (document is null)
        {
            return null;
        }

        JsonElement files = default;
        bool hasNames = document.RootElement.TryGetProperty("inputs", out JsonElement inputs)
            && inputs.ValueKind == JsonValueKind.Object
            && inputs.TryGetProperty("model", out files)
            && files.ValueKind == JsonValueKind.Object;
        string[] names = hasNames
            ? [.. files.EnumerateObject().Select(file => file.Name)]
            : [.. ModelFiles.Of(directory)];
        names = [.. ModelFiles.Stored(names, EncodingIn(document.RootElement))];
        string[] exports = [.. ExportsIn(document.RootElement)];
        return names.Concat(exports).All(CachedFile.IsRelative) ? (names, exports) : null;
    }

    /// <summary>Writes the manifest into an artifact's directory.</summary>
    public void Write(string directory)
        => WholeFile.Write(Path.Combine(directory, FileName), RecordJson.WriteIndented(this));

    /// <summary>The manifest in a directory, if it is one: a file of that name may be anybody's.</summary>
    private static JsonDocument? Open(string directory)
    {
        try
        {
            JsonDocument document = ForeignJson.Parse(
                RegularFile.ReadAllBytes(Path.Combine(directory, FileName), MaximumLength));
            if (IsManifest(document.RootElement))
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static CheckpointEncoding EncodingIn(JsonElement root) =>
        root.TryGetProperty(
            "encoding",
            out JsonElement encoding) && encoding.ValueKind == JsonValueKind.String && encoding.ValueEquals(
                CheckpointEncoding.Sparse.Name()) ? CheckpointEncoding.Sparse : CheckpointEncoding.Dense;

    /// <summary>The names of exported files, as far as they can be made out.</summary>
    private static IEnumerable<string> ExportsIn(JsonElement root) =>
        from export in Items(root, "exports")
        from file in Items(export, "files")
        where file.ValueKind == JsonValueKind.Object
        let name = file.TryGetProperty("name", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null
        where name is not null
        select name;

    private static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement list)
            && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    /// <summary>What manifests of every version have.</summary>
    private static bool IsManifest(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("formatVersion", out JsonElement version) && version.ValueKind == JsonValueKind.Number
        && IsDigest(root, "key") && IsDigest(root, "digest");

    private static bool IsDigest(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            && Sha256Text.IsValid(value.GetString());

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(FormatVersion == CurrentVersion, $"the format version is not {CurrentVersion}");
        RecordJson.Require(
            Sparsity is >= 0 and <= 1 && ModelSparsity is null or (>= 0 and <= 1),
            "a sparsity is not a fraction");
        RecordJson.Require(Seconds >= 0, "a time is negative");
        RecordJson.Require(
            Encoding == CheckpointEncoding.Dense
                ? PackedDigest is null
                : Sha256Text.IsValid(PackedDigest), "the digest of packed files belongs to an artifact that is packed");
        UInt128 weights = Tensors.Aggregate(
            UInt128.Zero,
            (sum, tensor) => sum + ((ulong)tensor.Shape[0] * (ulong)tensor.Shape[1]));
        RecordJson.Require(weights <= long.MaxValue, "the matrices are larger than any model");
    }
}

/// <summary>The dense model that an artifact was pruned from.</summary>
/// <param name="Name">The name of its repository or its directory: where that was is nobody's business who gets the
/// artifact.</param>
/// <param name="Architecture">The name in its config.json.</param>
/// <param name="Digest">Digest of its files.</param>
internal sealed record ModelProvenance(string Name, string Architecture, string Digest)
{
    /// <summary>Its address on the hub, with its commit; null where it was a directory.</summary>
    public string? Source { get; init; }
}

/// <summary>The calibration data that a prune looked at.</summary>
/// <param name="Files">The names and digests of its files, in order.</param>
/// <param name="Samples">Number of windows.</param>
/// <param name="SequenceLength">Tokens per window.</param>
/// <param name="Sampling">Which windows.</param>
/// <param name="Seed">Seed of random sampling.</param>
internal sealed record CalibrationProvenance(
    IReadOnlyList<FileProvenance> Files, int Samples, int SequenceLength, string Sampling, int Seed);

/// <summary>A file that took part.</summary>
/// <param name="Name">Its name, without its folder.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
internal sealed record FileProvenance(string Name, string Digest)
{
    /// <summary>Its address on the hub, with its commit; null where it was a file of one's own.</summary>
    public string? Source { get; init; }
}

/// <summary>What was done to one matrix.</summary>
/// <param name="Name">The name of its tensor in the checkpoint, with its part in brackets where it is not all of
/// it.</param>
/// <param name="Shape">Outputs and inputs.</param>
/// <param name="Pattern">What was asked for.</param>
/// <param name="Sparsity">The share of zeros, counted after the cast.</param>
/// <param name="RelativeError">‖T - Y‖ / ‖T‖ of the layer's output on the calibration tokens, if any were looked
/// at.</param>
internal sealed record TensorReport(
    string Name,
    IReadOnlyList<int> Shape,
    string Pattern,
    double Sparsity,
    double? RelativeError)
    : IJsonOnDeserialized
{
    /// <summary>Where the weights are that were kept.</summary>
    public MaskDensity? Mask { get; init; }

    /// <summary>The name of the tensor that holds the matrix.</summary>
    [JsonIgnore]
    public string Tensor => TensorSlice.TensorOf(Name);

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Shape is [> 0, > 0], "the shape of a matrix is not two numbers");
        RecordJson.Require(Sparsity is >= 0 and <= 1, "a sparsity is not a fraction");
        RecordJson.Require(RelativeError is null or >= 0, "an error is negative");
    }
}

/// <summary>A tensor that was changed and not pruned.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="RelativeDistance">‖A - B‖ / ‖A‖ of the dense tensor A and the changed one B; null where A is
/// zero.</param>
internal sealed record ChangedTensor(
    string Name,
    IReadOnlyList<long> Shape,
    double? RelativeDistance) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Shape.All(dimension => dimension > 0), "the shape of a tensor is none");
        RecordJson.Require(RelativeDistance is null or >= 0, "a distance is negative");
    }
}

/// <summary>The size of the safetensors files.</summary>
/// <param name="Dense">Of the dense model, in bytes.</param>
/// <param name="Pruned">Of the pruned model, in bytes, where it is not packed.</param>
internal sealed record SizeReport(long Dense, long Pruned)
{
    /// <summary>What those of the pruned model take in a package, as they are stored. Null where an older version of
    /// the tool has made it.</summary>
    public CompressedSize? Compressed { get; init; }

    /// <summary>What those of the pruned model take packed, whether they are or not. Null where an older version of the
    /// tool has made it.</summary>
    public PackedSize? Packed { get; init; }

    /// <summary>Bytes of those of the pruned model as they are stored.</summary>
    /// <param name="encoding">How that is.</param>
    public long OnDisk(CheckpointEncoding encoding)
        => encoding == CheckpointEncoding.Sparse && Packed is { } packed ? packed.Bytes : Pruned;
}

/// <summary>Perplexity on one text.</summary>
/// <param name="Dense">Of the dense model.</param>
/// <param name="Pruned">Of the pruned model.</param>
/// <param name="Tokens">Tokens in all windows.</param>
/// <param name="Windows">Number of windows.</param>
/// <param name="Key">What it was measured on: the text's files and the window length.</param>
internal sealed record PerplexityReport(
    double Dense,
    double Pruned,
    long Tokens,
    int Windows,
    string Key) : IJsonOnDeserialized
{
    /// <summary>The names and digests of the text's files, in order.</summary>
    public IReadOnlyList<FileProvenance> Files { get; init; } = [];

    /// <summary>How much higher than the dense model's, as a fraction of it.</summary>
    [JsonIgnore]
    public double Increase => Pruned / Dense - 1;

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Perplexity.IsPossible(Dense) && Perplexity.IsPossible(Pruned), "a perplexity is none");
        RecordJson.Require(Tokens > 0 && Windows > 0, "a perplexity is that of no text");
    }
}
