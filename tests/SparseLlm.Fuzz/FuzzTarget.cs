using SparseLlm.Diagnostics;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Fuzz.Targets;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Fuzz;

/// <summary>A reader of what somebody else wrote. Whatever that is, it is read, or refused with a diagnostic that names
/// the file.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Every reader. A new one is a new file and a name here.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new SafetensorsTarget(isWhole: true),
        new SafetensorsTarget(isWhole: false),
        new TorchTarget(isWhole: true),
        new TorchTarget(isWhole: false),
        new GgufTarget(),
        new PackedTarget(PackedTarget.Part.Encodings),
        new PackedTarget(PackedTarget.Part.Weights),
        new PackedTarget(PackedTarget.Part.Data),
        new RunTarget(),
        new ShardIndexTarget(),
        new ConfigTarget(),
        new TokenizerTarget(),
        new VocabularyTarget(),
        new ChatTemplateTarget(),
        new RecipeTarget(),
        new RecordsTarget(),
        new TableTarget(),
        new TokenIdsTarget(),
        new CacheEntryTarget(),
        new ManifestTarget(),
        new LockFileTarget(),
        new EngineMarkerTarget(),
        new HubAddressTarget(),
        new HubListTarget(),
        new WorkerTarget<WorkerAnswer>("answers", WorkerMessages.Answers),
        new WorkerTarget<WorkerRequest>("requests", WorkerMessages.Requests),
    ];

    /// <summary>Its name, as one types it.</summary>
    public abstract string Name { get; }

    /// <summary>How many inputs of another reader take the time of one of this.</summary>
    public virtual int Cost => 1;

    /// <summary>Inputs that it takes.</summary>
    public abstract IReadOnlyList<Sample> Samples { get; }

    /// <summary>Writes what stands beside every input. Called once for a folder.</summary>
    public virtual void Prepare(string folder)
    {
    }

    /// <summary>Reads an input, and uses what comes of it as the program does.</summary>
    /// <param name="input">The input.</param>
    /// <param name="folder">A folder for files; another thread has another.</param>
    /// <returns>Whether it was read; false where readers refuse without an exception.</returns>
    public abstract bool Read(byte[] input, string folder);

    /// <summary>Whether an exception is a refusal, and not a defect: a diagnostic with a file, or what means damage in
    /// the cache and between processes.</summary>
    public static bool IsRefusal(Exception exception) => exception is InvalidDataException
        || exception is DiagnosticException { Diagnostics: var diagnostics }
            && diagnostics.All(diagnostic => diagnostic.Location is not null);

    /// <summary>Writes an input where the reader looks for it.</summary>
    protected static string Write(string folder, string name, byte[] input)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, input);
        return path;
    }
}
