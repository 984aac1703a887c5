using System.Security;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>
/// The project that an engine is published from: a program of a few lines, and references to the backend and to
/// libtorch. A tool package runs no targets when it is installed, and libtorch for CUDA is put together by targets,
/// from packages that are too large for one file each.
/// </summary>
/// <param name="kind">The kind of engine.</param>
/// <param name="version">The version of TorchSharp.</param>
/// <param name="sources">Where the packages come from.</param>
internal sealed class EngineProject(EngineKind kind, string version, EngineSources sources)
{
    /// <summary>The name of the worker's assembly.</summary>
    public const string AssemblyName = "SparseLlm.Worker";

    private const string BackendPackage = "SparseLlm.Numerics.TorchSharp";
    private const string PipelinePackage = "SparseLlm.Pipeline";

    /// <summary>The project's file name.</summary>
    public const string FileName = AssemblyName + ".csproj";

    /// <summary>
    /// The package that brings libtorch, and its version. For the TorchSharp that the tool was built for, it is known
    /// which one that is for the processor of this system alone: it has half the size of that for all systems.
    /// </summary>
    public (string Package, string Version) LibTorch => kind == EngineKind.CpuTorch
        && version == TorchVersions.TorchSharp.ToNormalizedString()
        ? ($"libtorch-cpu-{EngineKind.System}", TorchVersions.LibTorch.ToNormalizedString())
        : (kind.Package!, version);

    /// <summary>The program.</summary>
    private string Program => $$"""
        using SparseLlm.Numerics.TorchSharp;
        using SparseLlm.Pipeline.Engines.Worker;

        return WorkerHost.Run(args, (device, precision, notice) => new TorchBackend($"{{kind.TorchDevice}}", notice, precision: precision){{(kind == EngineKind.Cuda ? ", TorchBackend.FreeMemory" : "")}});

        """;

    /// <summary>
    /// TorchSharp is named besides the backend, which refers to it, and libtorch: all must fit together, and NuGet says
    /// so (NU1605) if the backend needs a newer one. The runtime identifier leaves out libtorch for other systems.
    /// Links instead of copies save as many gigabytes as libtorch takes, where packages and engines are on one disk;
    /// the packages' own files are replaced, never written to.
    /// </summary>
    private string Project => $"""
        <Project Sdk="Microsoft.NET.Sdk">

          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <AssemblyName>{AssemblyName}</AssemblyName>
            <TargetFramework>net10.0</TargetFramework>
            <RuntimeIdentifier>{EngineKind.System}</RuntimeIdentifier>
            <SelfContained>false</SelfContained>
            <UseAppHost>false</UseAppHost>
            <RollForward>Major</RollForward>
            <CopyRetryCount>0</CopyRetryCount>
            <InvariantGlobalization>true</InvariantGlobalization>
            {string.Join("\n    ", sources.Properties.Select(property => $"<{property.Key}>{SecurityElement.Escape(property.Value)}</{property.Key}>"))}
            <CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>true</CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>
            <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
          </PropertyGroup>

          <ItemGroup>
            <PackageReference Include="{PipelinePackage}" Version="[{ToolVersion.Current.ToNormalizedString()}]" />
            <PackageReference Include="{BackendPackage}" Version="[{ToolVersion.Current.ToNormalizedString()}]" />
            <PackageReference Include="TorchSharp" Version="[{version}]" />
            <PackageReference Include="{LibTorch.Package}" Version="[{LibTorch.Version}]" />
          </ItemGroup>

        </Project>

        """;

    /// <summary>
    /// Writes the project into an empty folder. Files that would otherwise be looked for in the folders above it, and
    /// belong to somebody else there, are empty here.
    /// </summary>
    public void Write(string folder)
    {
        File.WriteAllText(Path.Combine(folder, FileName), Project);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(folder, "global.json"), "{}\n");
        File.WriteAllText(Path.Combine(folder, "Directory.Build.rsp"), "");
        foreach (string name in (string[])["Directory.Build.props", "Directory.Build.targets",
            "Directory.Packages.props"])
        {
            File.WriteAllText(Path.Combine(folder, name), "<Project />\n");
        }
    }
}
