using System.Globalization;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Recipes;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>
/// The workers of a recipe as Kubernetes wants to hear of them: a ConfigMap with the recipe, and an indexed job, each
/// of whose pods does its share. Results go to the remote cache; what else a pod writes goes with it.
/// </summary>
internal sealed class KubernetesManifest
{
    private const string RecipeVolume = "recipe";
    private const string ScratchVolume = "scratch";
    private const string ModelVolume = "model";
    private const string HubToken = "HF_TOKEN";
    private const string Gpu = "nvidia.com/gpu";
    private const int RetriesOfWorker = 2;

    // The exit code of the tool where the command line, the recipe or a text is wrong.
    private const int WrongRecipe = 2;

    private readonly Recipe recipe;
    private readonly KubernetesOptions options;
    private readonly ConfigMapData data;

    private KubernetesManifest(Recipe recipe, KubernetesOptions options)
    {
        (this.recipe, this.options) = (recipe, options);
        data = ConfigMapData.Read(recipe);
        Name = options.Name ?? $"sparsellm-{data.Digest}";
    }

    /// <summary>The name of both, by default another for another recipe: what is in a job cannot be changed.</summary>
    public string Name { get; }

    /// <summary>Describes the workers of a recipe.</summary>
    /// <param name="recipe">The recipe, as it was read.</param>
    /// <param name="options">What is asked for.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The recipe is too long, or its lock file cannot be
    /// read.</exception>
    public static KubernetesManifest Of(Recipe recipe, KubernetesOptions options) => new(recipe, options);

    /// <summary>The YAML.</summary>
    public string ToYaml()
    {
        ISerializer serializer = new SerializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull)
            .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true)
            .WithTypeConverter(new BlockText.Converter())
            .WithIndentedSequences()
            .WithNewLine("\n")
            .DisableAliases()
            .Build();
        return $"{serializer.Serialize(ConfigMap())}---\n{serializer.Serialize(Job())}";
    }

    private object ConfigMap() => new
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = Metadata(Labels()),
        Data = Present(
            (Path.GetFileName(PodFolders.RecipeFile), new BlockText(data.Recipe)),
            (
                Path.GetFileName(LockFile.PathOf(PodFolders.RecipeFile)),
                data.Lock is { } text ? new BlockText(text) : null)),

        // A worker that is tried again must not find another recipe than the others.
        Immutable = true,
    };

    private object Job() => new
    {
        ApiVersion = "batch/v1",
        Kind = "Job",
        Metadata = Metadata(Present([.. Pairs(Labels()), ("kueue.x-k8s.io/queue-name", options.Queue)])),
        Spec = new
        {
            CompletionMode = "Indexed",
            Completions = options.Workers,
            Parallelism = options.Workers,
            BackoffLimitPerIndex = RetriesOfWorker,
            Suspend = options.Queue is null ? (bool?)null : true,
            PodFailurePolicy = FailurePolicy(),
            Template = new { Metadata = new { Labels = Labels() }, Spec = Pod() },
        },
    };

    /// <summary>A pod that has to go counts for nothing, and a recipe that is wrong is wrong for all.</summary>
    private static object FailurePolicy() => new
    {
        Rules = new object[]
        {
            new { Action = "Ignore", OnPodConditions = new[] { new { Type = "DisruptionTarget", Status = "True" } } },
            new { Action = "FailJob", OnExitCodes = new { Operator = "In", Values = new[] { WrongRecipe } } },
        },
    };

    private object Pod() => new
    {
        RestartPolicy = "Never",
        AutomountServiceAccountToken = false,
        SecurityContext = new { RunAsNonRoot = true, SeccompProfile = new { Type = "RuntimeDefault" } },
        Containers = new[] { Container() },
        Volumes = Volumes(),
    };

    private object Container() => new
    {
        Name = "worker",
        options.Image,
        Command = Worker(),
        Env = Environment(),
        EnvFrom = options.CacheSecret is { } secret ? new[] { new { SecretRef = new { Name = secret } } } : null,
        Resources = Resources(),
        SecurityContext = new { AllowPrivilegeEscalation = false, Capabilities = new { Drop = new[] { "ALL" } } },
        VolumeMounts = Mounts(),
    };

    private string[] Worker() =>
    [
        "dotnet", "sparsellm", "worker", PodFolders.RecipeFile, "--require-remote",
        .. options.Gpus > 1 ? ["--devices", string.Join(',', Enumerable.Range(0, options.Gpus))] : (string[])[],
    ];

    private object[] Environment() =>
    [
        Variable("JOB_COMPLETION_COUNT", options.Workers.ToString(CultureInfo.InvariantCulture)),
        Variable(RemoteCacheOptions.AddressVariable, options.RemoteCache.AbsoluteUri),
        Variable(RemoteCacheOptions.ModeVariable, RemoteCacheOptions.Writing),
        Variable(CacheFolder.Variable, $"{PodFolders.Scratch}/cache"),
        Variable("HF_HOME", $"{PodFolders.Scratch}/huggingface"),
        Variable("HOME", PodFolders.Scratch),
        Variable("TMPDIR", PodFolders.Scratch),
        .. options.HubSecret is { } secret
            ? [new { Name = HubToken, ValueFrom = new { SecretKeyRef = new { Name = secret, Key = HubToken } } }]
            : (object[])[],
    ];

    private object? Resources()
    {
        IReadOnlyDictionary<string, object> asked = Present(
            ("cpu", options.Cpus),
            ("memory", options.Memory),
            (Gpu, options.Gpus == 0 ? null : options.Gpus.ToString(CultureInfo.InvariantCulture)));

        // A worker has a thread for every processor within its limit.
        return asked.Count == 0 ? null : new { Requests = asked, Limits = asked };
    }

    private object[] Mounts() =>
    [
        new { Name = RecipeVolume, MountPath = PodFolders.Recipe, ReadOnly = true },
        new { Name = ScratchVolume, MountPath = PodFolders.Scratch },
        .. options.ModelClaim is { } claim
            ? [new
            {
                Name = ModelVolume,
                MountPath = PodFolders.Of(recipe.ModelAsWritten),
                SubPath = claim.Folder,
                ReadOnly = true,
            }]
            : (object[])[],
    ];

    private object[] Volumes() =>
    [
        new { Name = RecipeVolume, ConfigMap = new { Name } },
        new { Name = ScratchVolume, EmptyDir = new { } },
        .. options.ModelClaim is { } claim
            ? [new { Name = ModelVolume, PersistentVolumeClaim = new { ClaimName = claim.Name, ReadOnly = true } }]
            : (object[])[],
    ];

    private object Metadata(IReadOnlyDictionary<string, object> labels)
        => new { Name, options.Namespace, Labels = labels };

    private static IReadOnlyDictionary<string, object> Labels() => Present(("app.kubernetes.io/name", "sparsellm"));

    private static object Variable(string name, string value) => new { Name = name, Value = value };

    private static IEnumerable<(string, object?)> Pairs(IReadOnlyDictionary<string, object> values) =>
        values.Select(value => (value.Key, (object?)value.Value));

    /// <summary>Those of some values that are there, in their order.</summary>
    private static IReadOnlyDictionary<string, object> Present(params (string Name, object? Value)[] values) =>
        new OrderedDictionary<string, object>(values.Where(value => value.Value is not null)
            .Select(value => KeyValuePair.Create(value.Name, value.Value!)));
}
