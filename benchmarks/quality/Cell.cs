using System.Diagnostics;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>One prune and what is left of the model.</summary>
/// <param name="Model">A Hugging Face directory.</param>
/// <param name="Method">A method, or a preset of sparsellm as <c>sparsellm:best</c>.</param>
/// <param name="Pattern"><c>0.7</c> or <c>2:4</c>.</param>
/// <param name="Offset">How many calibration sets of this size to skip in the text.</param>
internal sealed record Cell(string Model, string Method, string Pattern, int Offset)
{
    private const int Samples = 128;

    /// <summary>Prunes and measures in this process.</summary>
    public CellResult Run(string calibration, string evaluation)
    {
        using var backend = new CpuBackend();
        using var session = new ModelSession(Model, backend, BuildCache.Open("off", _ => { }));
        string scratch = Directory.CreateTempSubdirectory("sparsellm-quality-").FullName;
        try
        {
            string windows = Path.Combine(scratch, "calibration.npy");
            WriteWindows(calibration, session.Model.Definition.MaximumLength, windows);
            var request = new PruneRequest(
                Name: null,
                Settings(),
                new SparsityPlan(ParsePattern(), []),
                new CalibrationSource(new TextSource([windows]), new CalibrationSettings { Samples = Samples }, new SourceLocation(calibration)),
                [new PerplexityText("text", new TextSource([evaluation]), null, new SourceLocation(evaluation))],
                Path.Combine(scratch, "pruned"));
            ArtifactManifest manifest = new ArtifactBuilder(session).Build(request, CancellationToken.None).Manifest;
            PerplexityReport perplexity = manifest.Perplexity["text"];
            return new CellResult(perplexity.Dense, perplexity.Pruned, manifest.Seconds, Process.GetCurrentProcess().PeakWorkingSet64);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private PruningSettings Settings()
    {
        string[] parts = Method.Split(':');
        return PruningSettings.For(Enum.Parse<PruningMethod>(parts[0], ignoreCase: true), parts.Length == 2 ? Preset.Find(parts[1]) : null);
    }

    private SparsityPattern ParsePattern() =>
        SparsityPattern.TryParseGroups(Pattern, out SparsityPattern.Groups groups, out _)
            ? groups
            : new SparsityPattern.Unstructured(double.Parse(Pattern, CultureInfo.InvariantCulture));

    /// <summary>The token ids of one calibration set of the text, as a NumPy file.</summary>
    private void WriteWindows(string calibration, int modelMaximum, string path)
    {
        int[] ids = CalibrationText.ReadIds(new TextSource([Path.GetFullPath(calibration)]), () => Tokenizer.Load(Model));
        int length = Samples * CalibrationTokens.DefaultSequenceLength(modelMaximum);
        ReadOnlySpan<int> window = ids.AsSpan(Offset * length, length);
        using var file = new BinaryWriter(File.Create(path));
        string header = $"{{'descr': '<i4', 'fortran_order': False, 'shape': ({length},), }}".PadRight(117) + "\n";
        file.Write([0x93, .. "NUMPY"u8, 1, 0]);
        file.Write((ushort)header.Length);
        file.Write(System.Text.Encoding.ASCII.GetBytes(header));
        foreach (int id in window)
        {
            file.Write(id);
        }
    }
}

/// <summary>What came of a cell.</summary>
/// <param name="Dense">Perplexity of the dense model.</param>
/// <param name="Pruned">Perplexity of the pruned model.</param>
/// <param name="Seconds">Time spent on pruning.</param>
/// <param name="PeakBytes">Peak memory of the process.</param>
internal sealed record CellResult(double Dense, double Pruned, double Seconds, long PeakBytes);
