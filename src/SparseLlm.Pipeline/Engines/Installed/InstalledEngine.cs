using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Numerics;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Installed;

/// <summary><c>engine.json</c>: an engine that is installed on this machine. What it says is known without starting the
/// engine.</summary>
internal sealed record InstalledEngine : IJsonOnDeserialized
{
    /// <summary>The file's name in an engine's folder.</summary>
    public const string FileName = "engine.json";

    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    private const int CurrentVersion = 1;

    private const int MaximumLength = 1 << 20;

    /// <summary>Version of this shape.</summary>
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>What users call it, and the device that it computes on.</summary>
    public required string Name { get; init; }

    /// <summary>The version of TorchSharp that it is made with.</summary>
    public required string Version { get; init; }

    /// <summary>The version of the tool that installed it, and that alone can use it: they share algorithms, keys and
    /// protocol.</summary>
    public required string Tool { get; init; }

    /// <summary>The worker's assembly, relative to the folder.</summary>
    public required string Assembly { get; init; }

    /// <summary>What can change a bit of its results; null if the engine did not start when it was installed.</summary>
    public string? NumericsClass { get; init; }

    /// <summary>The same by what else may be asked of it, such as <c>fast, devices 2,3</c>, as far as it was started
    /// so: GPUs of a machine need not be of one model.</summary>
    public IReadOnlyDictionary<string, string> OtherNumericsClasses { get; init; }
        = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What it computes on, in words; null as above.</summary>
    public string? Description { get; init; }

    /// <summary>When it was installed.</summary>
    public required DateTimeOffset InstalledAt { get; init; }

    /// <summary>Its folder.</summary>
    [JsonIgnore]
    public string Folder { get; private init; } = "";

    /// <summary>Whether the running tool can use it.</summary>
    [JsonIgnore]
    public bool IsOfThisTool => Tool == ToolVersion.Current.ToNormalizedString();

    /// <summary>The name of the folder that the engine has: those of other versions stand beside it.</summary>
    [JsonIgnore]
    public string FolderName => $"{Version}+{Tool}";

    /// <summary>The engine in a folder, or null where there is none that this version understands, or one that was not
    /// installed there.</summary>
    public static InstalledEngine? TryRead(string folder)
    {
        try
        {
            var engine = RecordJson.Read<InstalledEngine>(
                RegularFile.ReadAllBytes(Path.Combine(folder, FileName), MaximumLength));
            bool isInPlace = Path.GetFileName(folder) == engine.FolderName
                && Path.GetFileName(Path.GetDirectoryName(folder)) == engine.Name;
            return isInPlace ? engine with { Folder = folder } : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What can change a bit of its results where nothing is asked of it, with the GPUs that are visible now;
    /// null if that is not known yet.</summary>
    [JsonIgnore]
    public string? CurrentNumericsClass => NumericsClassOf(new EngineChoice(Name));

    /// <summary>What can change a bit of its results where this is asked of it; null if that is not known
    /// yet.</summary>
    public string? NumericsClassOf(EngineChoice choice)
        => Variant(choice) is { } variant ? OtherNumericsClasses.GetValueOrDefault(variant) : NumericsClass;

    /// <summary>Adds what the worker says of itself, so that it need not be asked again. Where the folder cannot be
    /// written, it is asked again.</summary>
    /// <param name="choice">What was asked of it.</param>
    /// <param name="numericsClass">What can change a bit of its results.</param>
    /// <param name="description">What it computes on, in words; kept where nothing is asked of it, or where there is no
    /// other.</param>
    public void Remember(EngineChoice choice, string numericsClass, string description)
    {
        // What others have added meanwhile is kept.
        InstalledEngine known = TryRead(Folder) ?? this;
        InstalledEngine added = Variant(choice) is { } variant
            ? known with
            {
                Description = known.Description ?? description,
                OtherNumericsClasses
                = new Dictionary<string, string>(known.OtherNumericsClasses) { [variant] = numericsClass }
            }
            : known with { NumericsClass = numericsClass, Description = description };
        try
        {
            added.Write(Folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Writes it into a folder, whole or not at all.</summary>
    public void Write(string folder)
        => TempFile.Write(folder, Path.Combine(folder, FileName), RecordJson.WriteIndented(this));

    /// <summary>The name of what is asked for beyond the default; null where that is nothing.</summary>
    private static string? Variant(EngineChoice choice)
    {
        string? visible = choice.Device is DeviceNames.Cuda or DeviceNames.Auto
            ? Environment.GetEnvironmentVariable(VisibleDevices)
            : null;
        string[] parts =
        [
            .. choice.Precision == Precision.Exact ? [] : (string[])[choice.Precision.ToString().ToLowerInvariant()],
            .. choice.Devices == DeviceNumbers.First ? [] : (string[])[$"devices {choice.Devices}"],
            .. visible is null ? [] : (string[])[$"of {visible}"],
        ];
        return parts.Length == 0 ? null : string.Join(", ", parts);
    }

    void IJsonOnDeserialized.OnDeserialized()
        => RecordJson.Require(FormatVersion == CurrentVersion, $"the format version is not {CurrentVersion}");
}
