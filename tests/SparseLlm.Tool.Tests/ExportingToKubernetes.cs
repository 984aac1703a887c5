using System.Globalization;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace SparseLlm.Tool.Tests;

/// <summary>What Kubernetes is told of a recipe's workers, read by the client of Kubernetes, which takes no field that
/// Kubernetes does not have.</summary>
public sealed class ExportingToKubernetes : IDisposable
{
    private const string OnHub = """
        # "Indented":   - 100 %
        version: 1
        model: hf://owner/name

        artifacts:
          half: { method: magnitude, sparsity: 0.5 }
          most: { method: magnitude, sparsity: 0.75 } # ¾
        """;

    private readonly TempDirectory directory = new();

    [Fact]
    public void Pods_have_the_recipe_and_the_commits_of_its_lock_file()
    {
        Write(OnHub + "\n\n");
        const string commit = "0123456789012345678901234567890123456789";
        File.WriteAllText(directory["pruning.lock.json"], $$"""
            {
              "formatVersion": 1,
              "artifacts": {},
              "sources": { "hf://owner/name": { "commit": "{{commit}}", "files": {} } }
            }
            """);
        (V1ConfigMap files, V1Job job) = Export();
        files.Data.Keys.ShouldBe(["pruning.yaml", "pruning.lock.json"]);
        files.Data["pruning.yaml"].ShouldBe(OnHub + "\n\n");
        JsonDocument.Parse(files.Data["pruning.lock.json"]).RootElement.GetProperty("sources")
            .GetProperty("hf://owner/name").GetProperty("commit").GetString().ShouldBe(commit);
        files.Immutable.ShouldBe(true);

        V1PodSpec pod = job.Spec.Template.Spec;
        V1Container worker = pod.Containers.Single();
        worker.Command.ShouldBe(["dotnet", "sparsellm", "worker", "/recipe/pruning.yaml", "--require-remote"]);
        Volume(job, "/recipe").ConfigMap.Name.ShouldBe(files.Metadata.Name);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void The_recipe_stands_there_line_by_line_whatever_ends_its_lines(string end)
    {
        Write(OnHub.ReplaceLineEndings(end));
        ToolRun run = Run();
        run.Output.ShouldContain("\n  pruning.yaml: |-\n    # \"Indented\":   - 100 %\n    version: 1\n");
        Read(run).Files.Data["pruning.yaml"].ShouldBe(OnHub);
    }

    [Fact]
    public void There_is_a_pod_for_each_artifact_or_as_many_as_are_asked_for()
    {
        Write(OnHub);
        Check(Export().Job, 2);
        Check(Export("--workers", "5").Job, 5);

        static void Check(V1Job job, int workers)
        {
            job.Spec.CompletionMode.ShouldBe("Indexed");
            job.Spec.Completions.ShouldBe(workers);
            job.Spec.Parallelism.ShouldBe(workers);
            Environment(job)["JOB_COMPLETION_COUNT"].ShouldBe(workers.ToString(CultureInfo.InvariantCulture));

            // Kubernetes sets it.
            Environment(job).Keys.ShouldNotContain("JOB_COMPLETION_INDEX");
        }
    }

    [Fact]
    public void A_pod_that_fails_is_tried_again_unless_the_recipe_is_wrong()
    {
        Write(OnHub);
        V1Job job = Export().Job;
        job.Spec.Template.Spec.RestartPolicy.ShouldBe("Never");
        job.Spec.BackoffLimitPerIndex.ShouldBe(2);
        V1PodFailurePolicyRule[] rules = [.. job.Spec.PodFailurePolicy.Rules];
        rules.Select(rule => rule.Action).ShouldBe(["Ignore", "FailJob"]);
        rules[0].OnPodConditions.Single().Type.ShouldBe("DisruptionTarget");
        rules[0].OnPodConditions.Single().Status.ShouldBe("True");
        rules[1].OnExitCodes.OperatorProperty.ShouldBe("In");
        rules[1].OnExitCodes.Values.ShouldBe([ExitCodes.Usage]);
    }

    [Fact]
    public void Pods_run_where_nothing_may_be_root_and_write_to_a_volume_of_their_own()
    {
        Write(OnHub);
        V1Job job = Export().Job;
        V1PodSpec pod = job.Spec.Template.Spec;
        pod.SecurityContext.RunAsNonRoot.ShouldBe(true);
        pod.SecurityContext.SeccompProfile.Type.ShouldBe("RuntimeDefault");
        pod.AutomountServiceAccountToken.ShouldBe(false);
        pod.Containers[0].SecurityContext.AllowPrivilegeEscalation.ShouldBe(false);
        pod.Containers[0].SecurityContext.Capabilities.Drop.ShouldBe(["ALL"]);
        Volume(job, "/scratch").EmptyDir.ShouldNotBeNull();
        foreach (string variable in (string[])["HOME", "TMPDIR", "SPARSELLM_CACHE", "HF_HOME"])
        {
            $"{Environment(job)[variable]}/".ShouldStartWith("/scratch/");
        }
    }

    [Fact]
    public void Resources_queue_and_names_are_those_that_are_asked_for()
    {
        Write(OnHub);
        (V1ConfigMap files, V1Job job) = Export(
            "--name", "prune", "--namespace", "models", "--queue", "gpus",
            "--cpus", "0.5", "--memory", "64Gi", "--gpus", "2");
        foreach (V1ObjectMeta metadata in (V1ObjectMeta[])[files.Metadata, job.Metadata])
        {
            metadata.Name.ShouldBe("prune");
            metadata.NamespaceProperty.ShouldBe("models");
        }

        job.Metadata.Labels["kueue.x-k8s.io/queue-name"].ShouldBe("gpus");
        job.Spec.Suspend.ShouldBe(true);
        V1Container worker = job.Spec.Template.Spec.Containers[0];
        foreach (IDictionary<string, ResourceQuantity> asked in (IDictionary<string, ResourceQuantity>[])
            [worker.Resources.Requests, worker.Resources.Limits])
        {
            asked["cpu"].ToDecimal().ShouldBe(0.5m);
            asked["memory"].ToDecimal().ShouldBe(64m * (1L << 30));
            asked["nvidia.com/gpu"].ToDecimal().ShouldBe(2);
        }

        worker.Command.TakeLast(2).ShouldBe(["--devices", "0,1"]);

        V1Job plain = Export().Job;
        plain.Spec.Suspend.ShouldBeNull();
        plain.Spec.Template.Spec.Containers[0].Resources.ShouldBeNull();
        plain.Metadata.Labels.Keys.ShouldNotContain("kueue.x-k8s.io/queue-name");
    }

    [Fact]
    public void Another_recipe_gets_another_name()
    {
        Write(OnHub);
        string name = Export().Job.Metadata.Name;
        Export("--workers", "9").Job.Metadata.Name.ShouldBe(name);
        Write(OnHub.Replace("0.75", "0.8"));
        Export().Job.Metadata.Name.ShouldNotBe(name);
    }

    [Fact]
    public void Results_go_to_the_remote_cache_with_credentials_from_a_secret()
    {
        Write(OnHub);
        V1Job job = Export("--cache-secret", "cache.users", "--hub-secret", "hub").Job;
        Environment(job)["SPARSELLM_REMOTE_CACHE"].ShouldBe("https://cache.example.com/a/");
        Environment(job)["SPARSELLM_REMOTE_CACHE_MODE"].ShouldBe("readwrite");
        V1Container worker = job.Spec.Template.Spec.Containers[0];
        worker.EnvFrom.Single().SecretRef.Name.ShouldBe("cache.users");
        V1SecretKeySelector token = worker.Env.Single(variable => variable.Name == "HF_TOKEN").ValueFrom.SecretKeyRef;
        (token.Name, token.Key).ShouldBe(("hub", "HF_TOKEN"));
    }

    [Fact]
    public void The_remote_cache_is_that_of_the_environment_where_none_is_named_and_its_credentials_stay_there()
    {
        Write(OnHub);
        string[] arguments = ["cluster", "export", "kubernetes", directory["pruning.yaml"], "--image", "i"];
        ToolRun run = ToolProcess.Run(
            new()
            {
                ["SPARSELLM_REMOTE_CACHE"] = "http://cache.invalid",
                ["SPARSELLM_REMOTE_CACHE_TOKEN"] = "token-of-mine",
                ["HF_TOKEN"] = "token-of-mine",
            },
            arguments);
        Environment(Read(run).Job)["SPARSELLM_REMOTE_CACHE"].ShouldBe("http://cache.invalid/");
        run.Output.ShouldNotContain("token-of-mine");

        ToolRun without = ToolProcess.Run(new() { ["SPARSELLM_REMOTE_CACHE"] = "" }, arguments);
        without.ExitCode.ShouldBe(1);
        without.Error.ShouldContain("SLM4025");
        without.Error.ShouldContain("with --remote-cache or in SPARSELLM_REMOTE_CACHE");
        without.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://user:hunter2@cache.example.com/")]
    [InlineData("https://cache.example.com/?token=hunter2")]
    public void An_address_with_a_credential_is_refused_and_not_repeated(string address)
    {
        Write(OnHub);
        ToolRun run = Run("--remote-cache", address);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("SLM4026: --remote-cache has a user");
        (run.Output + run.Error).ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("models/tiny", "/recipe/models/tiny", "models", null)]
    [InlineData("./models//tiny/", "/recipe/models/tiny", "models/tiny", "tiny")]
    [InlineData("models/../models/tiny", "/recipe/models/tiny", "models/a/b", "a/b")]
    public void A_volume_is_where_the_recipe_has_the_model(string written, string place, string claim, string? folder)
    {
        ShallowModel.Write("tiny-opt", directory["models/tiny"]);
        Write(OnHub.Replace("hf://owner/name", written));
        ToolRun run = Run("--model-claim", claim);
        run.Error.ShouldBeEmpty();
        V1Job job = Read(run).Job;
        Volume(job, place).PersistentVolumeClaim.ClaimName.ShouldBe("models");
        Mount(job, place).SubPath.ShouldBe(folder);
        Mount(job, place).ReadOnlyProperty.ShouldBe(true);
    }

    [Fact]
    public void What_is_on_this_machine_only_is_warned_of()
    {
        string model = ShallowModel.Write("tiny-opt", directory["models/tiny"]);
        File.WriteAllText(directory["text.txt"], "text");
        File.WriteAllText(Path.Combine(model, "text.txt"), "text");
        Write(OnHub.Replace("hf://owner/name", "models/tiny") + """

            calibration: { text: text.txt }
            evaluation: { perplexity: { prose: { text: models/tiny/text.txt } } }
            """);
        ToolRun run = Run();
        run.ExitCode.ShouldBe(0, run.Error);
        Warnings(run).ShouldBe(["(3,8,3,19)", "(8,1,8,12)", "(9,29,9,34)"], ignoreOrder: true);
        run.Error.ShouldContain("pods look for it at '/recipe/models/tiny'");
        Warnings(Run("--model-claim", "models")).ShouldBe(["(8,1,8,12)"]);

        string[] Warnings(ToolRun run) => [.. run.Error.Split('\n').Where(line => line.Contains("warning SLM4071"))
            .Select(line => line[directory["pruning.yaml"].Length..line.IndexOf(':')])];
    }

    [Fact]
    public void A_volume_has_no_place_where_the_model_is_on_the_hub_or_holds_the_recipe()
    {
        Write(OnHub);
        ToolRun run = Run("--model-claim", "models");
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("hf://owner/name");

        ShallowModel.Write("tiny-opt", directory["."]);
        Write(OnHub.Replace("hf://owner/name", "."));
        ToolRun around = Run("--model-claim", "models");
        around.ExitCode.ShouldBe(2);
        around.Error.ShouldContain("'/recipe'");
    }

    [Theory]
    [InlineData("--name", "Prune")]
    [InlineData("--name", "-prune")]
    [InlineData("--name", "prune.llm")]
    [InlineData("--name", "an-index-of-ten-digits-has-to-fit-behind-it-in-63-chars")]
    [InlineData("--namespace", "my_models")]
    [InlineData("--queue", "gpus/large")]
    [InlineData("--cache-secret", "secret\nname")]
    [InlineData("--hub-secret", "a..b")]
    [InlineData("--model-claim", "Models")]
    [InlineData("--model-claim", "models/../../etc")]
    [InlineData("--image", "https://registry.example.com/image")]
    [InlineData("--image", "registry.example.com/image: tag")]
    [InlineData("--cpus", "many")]
    [InlineData("--cpus", "0")]
    [InlineData("--memory", "64GB")]
    [InlineData("--memory", "500m")]
    [InlineData("--gpus", "-1")]
    [InlineData("--workers", "0")]
    public void What_Kubernetes_would_refuse_is_refused_here(string option, string value)
    {
        Write(OnHub);
        ToolRun run = Run(option, value);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"SLM5001: {option}");
        run.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        "--image",
        "registry.example.com:5000/a/b_c:1.0-rc@sha256:"
        + "0123456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("--image", "sparsellm")]
    [InlineData("--cpus", "500m")]
    [InlineData("--memory", "1.5Ti")]
    [InlineData("--queue", "team.gpus")]
    public void What_Kubernetes_takes_is_taken(string option, string value)
    {
        Write(OnHub);
        ToolRun run = Run(option, value);
        run.ExitCode.ShouldBe(0, run.Error);
        Read(run);
        run.Output.ShouldContain(value);
    }

    [Fact]
    public void A_recipe_that_no_ConfigMap_can_hold_is_refused()
    {
        // In UTF-16, a recipe that is read is two thirds of what a ConfigMap has of it.
        string text = OnHub + "\n# " + new string('長', (1 << 19) - OnHub.Length - 5);
        File.WriteAllText(directory["pruning.yaml"], text, System.Text.Encoding.Unicode);
        ToolRun run = Run();
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("SLM4070");
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public void A_file_is_written_and_not_overwritten()
    {
        Write(OnHub);
        string file = directory["job.yaml"];
        ToolRun first = Run("-o", file);
        first.ExitCode.ShouldBe(0, first.Error);
        first.Output.ShouldBeEmpty();
        string written = File.ReadAllText(file);
        first.Error.ShouldContain($"kubectl create -f {file}");

        ToolRun second = Run("-o", file, "--workers", "9");
        second.ExitCode.ShouldBe(2);
        second.Error.ShouldContain("SLM5002");
        File.ReadAllText(file).ShouldBe(written);

        Run("-o", file, "--workers", "9", "--force").ExitCode.ShouldBe(0);
        File.ReadAllText(file).ShouldContain("completions: 9");
    }

    private void Write(string recipe) => File.WriteAllText(directory["pruning.yaml"], recipe);

    /// <summary>Exports the recipe, with options in place of the usual ones or beside them.</summary>
    private ToolRun Run(params string[] options)
    {
        string[] usual = [.. new[]
        {
            ("--image", "registry.example.com/sparsellm:1"),
            ("--remote-cache", "https://cache.example.com/a"),
        }.Where(option => !options.Contains(option.Item1)).SelectMany(option => new[] { option.Item1, option.Item2 })];
        return ToolRun.Of(["cluster", "export", "kubernetes", directory["pruning.yaml"], .. usual, .. options]);
    }

    private (V1ConfigMap Files, V1Job Job) Export(params string[] options) => Read(Run(options));

    private static (V1ConfigMap Files, V1Job Job) Read(ToolRun run)
    {
        run.ExitCode.ShouldBe(0, run.Error);
        List<object> objects = KubernetesYaml.LoadAllFromString(run.Output, strict: true);
        objects.Count.ShouldBe(2);
        return (objects[0].ShouldBeOfType<V1ConfigMap>(), objects[1].ShouldBeOfType<V1Job>());
    }

    private static Dictionary<string, string> Environment(V1Job job) =>
        job.Spec.Template.Spec.Containers[0].Env.Where(variable => variable.Value is not null)
            .ToDictionary(variable => variable.Name, variable => variable.Value);

    private static V1VolumeMount Mount(V1Job job, string place)
        => job.Spec.Template.Spec.Containers[0].VolumeMounts.Single(mount => mount.MountPath == place);

    private static V1Volume Volume(V1Job job, string place)
        => job.Spec.Template.Spec.Volumes.Single(volume => volume.Name == Mount(job, place).Name);

    public void Dispose() => directory.Dispose();
}
