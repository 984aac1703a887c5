using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Executors.Kubernetes;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>How a command is told what to ask of Kubernetes.</summary>
internal sealed class KubernetesJobOptions
{
    private const string Secret = "the name of a secret, in lower case";

    private readonly Option<string> image = Checked(
        new Option<string>("--image") { Description = "The image with the tool.", Required = true },
        KubernetesSyntax.IsImage,
        "the name of an image, like registry.example.com/sparsellm:1");

    private readonly Option<int?> workers = CommandAction.AtLeast(
        1,
        new Option<int?>("--workers") { Description = "How many pods there are; by default one for each artifact." });

    private readonly Option<string?> name = Checked(
        new Option<string?>("--name")
        {
            Description = "The name of the job; by default one that changes with the recipe."
        },
        KubernetesSyntax.IsJobName,
        $"lower-case letters, digits and hyphens, at most {KubernetesSyntax.LongestJobName} of them, with no hyphen "
        + "first or last");

    private readonly Option<string?> space = Checked(
        new Option<string?>("--namespace")
        {
            Description = "The namespace; by default that of whoever creates the job."
        },
        KubernetesSyntax.IsLabel,
        "lower-case letters, digits and hyphens, with no hyphen first or last");

    private readonly Option<string?> queue = Checked(
        new Option<string?>("--queue")
        {
            Description = "A queue of Kueue, which then decides when the job starts."
        },
        KubernetesSyntax.IsQueue,
        "the name of a local queue, in lower case");

    private readonly Option<string?> cpus = Checked(
        new Option<string?>("--cpus") { Description = "Processors of each pod, such as 8 or 0.5." },
        KubernetesSyntax.IsCpus,
        "a number of processors, like 8 or 0.5");

    private readonly Option<string?> memory = Checked(
        new Option<string?>("--memory") { Description = "Memory of each pod, such as 32Gi." },
        KubernetesSyntax.IsMemory,
        "an amount as Kubernetes has it, like 32Gi or 500M");

    private readonly Option<int?> gpus = CommandAction.AtLeast(
        0,
        new Option<int?>("--gpus") { Description = "Nvidia GPUs of each pod; none by default." });

    private readonly Option<string?> remoteCache = new("--remote-cache")
    {
        Description = "The address of the remote cache, which gets the results; by default what "
            + $"{RemoteCacheOptions.AddressVariable} says."
    };

    private readonly Option<string?> cacheSecret = Checked(
        new Option<string?>("--cache-secret")
        {
            Description = $"The secret with {RemoteCacheOptions.CredentialVariables} of the remote cache."
        },
        KubernetesSyntax.IsSubdomain,
        Secret);

    private readonly Option<string?> hubSecret = Checked(
        new Option<string?>("--hub-secret") { Description = "The secret with HF_TOKEN, the token of the hub." },
        KubernetesSyntax.IsSubdomain,
        Secret);

    private readonly Option<string?> modelClaim = Checked(
        new Option<string?>("--model-claim")
        {
            Description = "The claim of a volume with the recipe's model, or NAME/FOLDER where the model is not the "
                + "whole of it."
        },
        text => ModelClaim.Parse(text) is not null,
        "the name of a claim, and the folder of the model in its volume, like models or models/opt-125m");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Add(
        image, workers, name, space, queue, cpus, memory, gpus, remoteCache, cacheSecret, hubSecret, modelClaim);

    /// <summary>What is asked for.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="recipe">The recipe that it is asked for.</param>
    /// <exception cref="DiagnosticException">It makes no sense.</exception>
    public KubernetesOptions Choose(ParseResult arguments, Recipe recipe) =>
        new(
            arguments.GetRequiredValue(image),
            arguments.GetValue(workers) ?? recipe.Artifacts.Count,
            RemoteCache(arguments))
        {
            Name = arguments.GetValue(name),
            Namespace = arguments.GetValue(space),
            Queue = arguments.GetValue(queue),
            Cpus = arguments.GetValue(cpus),
            Memory = arguments.GetValue(memory),
            Gpus = arguments.GetValue(gpus) ?? 0,
            CacheSecret = arguments.GetValue(cacheSecret),
            HubSecret = arguments.GetValue(hubSecret),
            ModelClaim = arguments.GetValue(modelClaim) is { } claim ? Claim(claim, recipe) : null,
        };

    private Uri RemoteCache(ParseResult arguments) =>
        arguments.GetValue(remoteCache) is { } given ? RemoteCacheOptions.ParseAddress(given, remoteCache.Name)
        : Environment.GetEnvironmentVariable(RemoteCacheOptions.AddressVariable) is { Length: > 0 } usual
            ? RemoteCacheOptions.ParseAddress(usual)
            : throw PipelineDiagnostics.RemoteCacheConfiguration.Error(
                null,
                "what a pod computes goes with it unless there is a remote cache; name one with "
                + $"{remoteCache.Name} or in {RemoteCacheOptions.AddressVariable}");

    private static ModelClaim? Claim(string given, Recipe recipe)
    {
        string folder = PodFolders.Of(recipe.ModelAsWritten);
        return HubAddress.IsOne(recipe.Model)
            ? throw ToolDiagnostics.InvalidOption.Error(
                null,
                $"--model-claim is '{given}', and the recipe's model comes from {recipe.Model}; leave it out")
            : PodFolders.IsTaken(folder)
            ? throw ToolDiagnostics.InvalidOption.Error(
                null,
                $"--model-claim is '{given}', and the recipe's model '{recipe.ModelAsWritten}' would be at '{folder}' "
                + "in a pod, where the recipe is; put the recipe beside the model's folder, not in it")
            : ModelClaim.Parse(given);
    }

    private static Option<T> Checked<T>(Option<T> option, Func<string, bool> isValid, string expected)
        where T : class?
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } text }] && !isValid(text))
            {
                result.AddError($"{option.Name} is '{text}'; write {expected}");
            }
        });
        return option;
    }
}
