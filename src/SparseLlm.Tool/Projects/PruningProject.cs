using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Projects;

/// <summary>What a build of a project would prune, and where to: as MSBuild evaluates the project, without building
/// it.</summary>
/// <param name="Path">The project file, absolute.</param>
/// <param name="Recipes">Its recipes, absolute.</param>
/// <param name="Models">The directory that gets one directory for each artifact, absolute.</param>
/// <param name="Device">The device that it names, if any.</param>
/// <param name="Precision">The precision that it names, if any.</param>
/// <param name="Devices">The GPUs that it names, if any.</param>
/// <param name="Cache">The cache that it names, if any: a folder, absolute, or <c>off</c>.</param>
internal sealed record PruningProject(
    string Path,
    IReadOnlyList<string> Recipes,
    string Models,
    string? Device,
    Precision? Precision,
    DeviceNumbers? Devices,
    string? Cache)
{
    private const string RecipeItem = "PruningRecipe";
    private const string ModelsProperty = "_SparseLlmModelsDirectory";
    private const string DeviceProperty = "SparseLlmDevice";
    private const string PrecisionProperty = "SparseLlmPrecision";
    private const string DevicesProperty = "SparseLlmDevices";
    private const string CacheProperty = "SparseLlmCachePath";
    private const string NoCache = "off";

    /// <summary>Evaluates a project.</summary>
    /// <param name="path">The project file.</param>
    /// <param name="configuration">The configuration; null for the project's own default.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="DiagnosticException">MSBuild cannot evaluate it, or it prunes nothing.</exception>
    public static PruningProject Evaluate(string path, string? configuration, CancellationToken cancellation)
    {
        using JsonDocument document = Parse(path, Ask(path, configuration, cancellation));
        JsonElement properties = document.RootElement.GetProperty("Properties");
        string folder = System.IO.Path.GetDirectoryName(path)!;
        string models = Text(ModelsProperty) ?? throw ToolDiagnostics.ProjectWithoutRecipe.Error(
            new SourceLocation(path),
            "this project does not refer to SparseLlm.Build, or has not been restored; add the package, or "
                    + "run 'dotnet restore'");
        string[] recipes = [.. document.RootElement.GetProperty("Items").GetProperty(RecipeItem).EnumerateArray()
            .Select(item => item.GetProperty("FullPath").GetString()!)];
        return recipes.Length == 0
            ? throw ToolDiagnostics.ProjectWithoutRecipe.Error(
                new SourceLocation(path),
                "this project has no recipe; put a pruning.yaml beside it, or name one as <PruningRecipe "
                        + "Include=\"...\" />")
            : new PruningProject(
                path,
                recipes,
                Full(models),
                Text(DeviceProperty)?.ToLowerInvariant(),
                PrecisionOf(Text(PrecisionProperty)),
                Text(DevicesProperty) is { } devices ? DeviceNumbers.Parse(devices.Replace(';', ',')) : null,
                Text(CacheProperty) is { } cache ? Cached(cache) : null);

        string? Text(string property)
            => properties.GetProperty(property).GetString()?.Trim() is { Length: > 0 } text ? text : null;
        // As MSBuild itself does, which takes either slash on every system.
        string Full(string relative) => System.IO.Path.TrimEndingDirectorySeparator(
                System.IO.Path.GetFullPath(relative.Replace('\\', '/'), folder));
        string Cached(string cache)
            => cache.Equals(NoCache, StringComparison.OrdinalIgnoreCase) ? NoCache : Full(cache);
    }

    /// <summary>What computes: what the project names, and the rest as its recipe has it.</summary>
    public EngineChoice Choose(EngineChoice ofRecipe) => ofRecipe with
    {
        Device = Device ?? ofRecipe.Device,
        Precision = Precision ?? ofRecipe.Precision,
        Devices = Devices ?? ofRecipe.Devices
    };

    /// <summary>The targets of a build reject what is none.</summary>
    private static Precision? PrecisionOf(string? text)
        => Enum.TryParse(text, ignoreCase: true, out Precision precision) ? precision : null;

    private static string Ask(string path, string? configuration, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "msbuild", path, "-nologo", $"-getItem:{RecipeItem}", $"-getProperty:{ModelsProperty}",
                $"-getProperty:{DeviceProperty}", $"-getProperty:{PrecisionProperty}",
                $"-getProperty:{DevicesProperty}",
            $"-getProperty:{CacheProperty}",
            .. configuration is null ? [] : (string[])[$"-p:Configuration={configuration}"],
        ];
        try
        {
            using Process process = Process.Start(
                DotNetHost.Command(System.IO.Path.GetDirectoryName(path)!, arguments))!;
            using CancellationTokenRegistration stop = cancellation.Register(
                () => process.Kill(entireProcessTree: true));
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? output : throw Unreadable(path, FirstError(errors.Result + output));
        }
        catch (Win32Exception exception)
        {
            throw ToolDiagnostics.ProjectUnreadable.Error(
                new SourceLocation(path),
                $"this takes the .NET SDK, which is not found here: {exception.Message}", exception);
        }
    }

    private static JsonDocument Parse(string path, string output)
    {
        try
        {
            // What greets a first user, or warns, comes before.
            return JsonDocument.Parse(output.AsMemory(Math.Max(0, output.IndexOf('{'))));
        }
        catch (JsonException)
        {
            throw Unreadable(path, FirstError(output));
        }
    }

    private static string FirstError(string output) =>
        output.Split(
            '\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } lines
            ? lines.FirstOrDefault(line => line.Contains("error ", StringComparison.Ordinal), lines[0])
            : "it says nothing";

    private static DiagnosticException Unreadable(
        string path,
        string reason) => ToolDiagnostics.ProjectUnreadable.Error(
        new SourceLocation(
            path), $"MSBuild cannot evaluate this project; see that 'dotnet build' gets on with it: {reason}");
}
