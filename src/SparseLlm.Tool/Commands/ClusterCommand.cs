using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cluster</c>: the workers of a recipe on a cluster.</summary>
internal static class ClusterCommand
{
    public static Command Create() => new Command("cluster", "Describe the workers of a recipe to a cluster.")
    {
        CreateExport(),
    }.WithExamples([Example()]);

    private static Command CreateExport() => new Command("export", "Write workers as a job of a cluster.")
    {
        KubernetesExportCommand.Create(),
    }.WithExamples([Example()]);

    private static Help.Example Example() => new(
        "cluster export kubernetes --image registry.example.com/sparsellm:1 --workers 4 -o job.yaml",
        "Four workers as a job of Kubernetes.");
}
