using System.CommandLine;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Executors.Kubernetes;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cluster export kubernetes [RECIPE]</c>: the workers of a recipe as a job of
/// Kubernetes.</summary>
internal static class KubernetesExportCommand
{
    public static Command Create()
    {
        Argument<string> recipe = RecipeFile.Argument();
        var job = new KubernetesJobOptions();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write; by default standard output."
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file." };
        var command = new Command("kubernetes", "Write the workers of a recipe as a job of Kubernetes.")
        {
            recipe, output, force,
        };
        job.AddTo(command);
        command.SetWork((arguments, _) =>
        {
            Recipe read = RecipeFile.Read(arguments.GetRequiredValue(recipe), out IReadOnlyList<Diagnostic> _);
            KubernetesOptions options = job.Choose(arguments, read);
            foreach (Diagnostic warning in LocalInputs.In(read, options.ModelClaim is not null))
            {
                Terminal.Show(warning);
            }

            KubernetesManifest manifest = KubernetesManifest.Of(read, options);
            if (arguments.GetValue(output) is { } file)
            {
                Write(file, manifest, arguments.GetValue(force));
            }
            else
            {
                Console.Out.Write(manifest.ToYaml());
            }

            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new(
                "cluster export kubernetes --image registry.example.com/sparsellm:1 --workers 4 -o job.yaml",
                "Four workers, to be started by 'kubectl create -f job.yaml'."),
            new(
                "cluster export kubernetes --image registry.example.com/sparsellm:1 --cpus 16 --memory 64Gi --gpus 1 "
                + "--queue gpus --cache-secret sparsellm-cache -o job.yaml",
                "One worker for each artifact, with a GPU each, when Kueue has some."),
        ]);
    }

    private static void Write(string file, KubernetesManifest manifest, bool isForced)
    {
        if (File.Exists(file) && !isForced)
        {
            throw ToolDiagnostics.FileExists
                .Error(new SourceLocation(file), "the file exists; add --force to overwrite it");
        }

        WholeFile.Write(file, Encoding.UTF8.GetBytes(manifest.ToYaml()));
        Terminal.Progress($"wrote {file}; 'kubectl create -f {file}' starts the job {manifest.Name}");
    }
}
