using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Files that change while they are read: nothing that was made of two states of a file is kept.</summary>
public sealed class ChangingInputs : BuildTest
{
    private readonly string weights;
    private readonly string text;

    public ChangingInputs()
    {
        // What changes is behind layers that are finished.
        string dense = Repository.Model("tiny-opt");
        Model = Temp["dense"];
        Directory.CreateDirectory(Model);
        foreach (string file in Directory.EnumerateFiles(dense))
        {
            File.Copy(file, Path.Combine(Model, Path.GetFileName(file)));
        }

        weights = Path.Combine(Model, "model.safetensors");
        text = Temp["text.txt"];
        File.WriteAllText(text, File.ReadAllText(Repository.Text("sample-calibration.txt"))[..20_000]);
    }

    [Fact]
    public void A_model_that_changes_while_it_is_pruned_leaves_nothing_behind_and_what_was_finished_before_is_right()
    {
        string right = Build(Request(), root: "off").Manifest.Digest;
        RemoveOutput();
        byte[] bytes = File.ReadAllBytes(weights);
        ShouldFail(
            Request(),
            weights,
            when: value => value is PruningStep { Progress: LayerStarted { Layer: 2 } },
            then: () => Flip(weights));
        Kinds().ShouldBe(["layer", "layer"]);

        File.WriteAllBytes(weights, bytes);
        Build(Request()).Manifest.Digest.ShouldBe(right);
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void Every_file_of_the_model_counts(string name)
    {
        string file = Path.Combine(Model, name);
        ShouldFail(
            Request(),
            file,
            when: value => value is PruningStep { Progress: LayerStarted { Layer: 0 } },
            then: () => File.AppendAllText(file, "\n"));
        Kinds().ShouldBeEmpty();
    }

    [Fact]
    public void A_file_that_is_replaced_or_gone_has_changed()
    {
        string file = Path.Combine(Model, "tokenizer_config.json");
        ShouldFail(
            Request(),
            file,
            when: value => value is PruningStep { Progress: LayerStarted { Layer: 1 } },
            then: () => Replace(file));
        ShouldFail(
            Request(),
            file,
            when: value => value is PruningStep { Progress: LayerStarted { Layer: 3 } },
            then: () => File.Delete(file));
    }

    [Fact]
    public void A_file_that_comes_along_has_changed_the_model()
    {
        string file = Path.Combine(Model, "chat_template.jinja");
        ShouldFail(
            Request(),
            file,
            when: value => value is PruningStarted,
            then: () => File.WriteAllText(file, "{{ messages }}"));
        Kinds().ShouldNotContain("artifact");
    }

    [Theory]
    [InlineData("layer")]
    [InlineData("budget")]
    public void A_calibration_text_that_changes_is_not_what_the_key_says(string step)
    {
        PruneRequest request = Request() with
        {
            Settings = PruningSettings.For(PruningMethod.Wanda) with
            {
                Allocation = step == "budget"
                ? AllocationKind.Owl
                : AllocationKind.Uniform
            },
            Calibration = new CalibrationSource(
                new TextSource([text]),
                new CalibrationSettings { Samples = 2, SequenceLength = 32 },
                new SourceLocation("pruning.yaml")),
        };
        ShouldFail(request, text, when: value => value is PruningStarted, then: () => File.AppendAllText(text, "more"));
        Kinds().ShouldBeEmpty();
    }

    [Fact]
    public void A_text_or_a_model_that_changes_while_perplexity_is_measured_gives_none()
    {
        PruneRequest request = Request() with
        {
            Perplexities = [new PerplexityText("prose", new TextSource([text]), 32, new SourceLocation("pruning.yaml"))]
        };
        ShouldFail(
            request,
            text,
            when: value => value is EvaluationStep { Model: "dense", Done: 1 },
            then: () => File.AppendAllText(text, "more"));
        Kinds().ShouldNotContain("perplexity");

        // An artifact that stands there is measured in its place.
        Build(request with { Perplexities = [] });
        string pruned = Path.Combine(Output, "model.safetensors");
        ShouldFail(
            request,
            pruned,
            when: value => value is EvaluationStep { Model: "a", Done: 1 },
            then: () => Flip(pruned));
        Kinds().Count(kind => kind == "perplexity").ShouldBe(1);
    }

    [Fact]
    public void A_text_that_is_asked_for_twice_is_what_it_was_the_first_time()
    {
        var files = new InputFiles(new FileDigests(null));
        string digest = files.Of(text);
        InputStamps stamps = files.Stamps([text]);
        stamps.RequireUnchanged();
        File.AppendAllText(text, "more");
        files.Of(text).ShouldBe(digest);
        Should.Throw<DiagnosticException>(stamps.RequireUnchanged).Diagnostics.Single().Code.ShouldBe("SLM4009");
        Should.Throw<DiagnosticException>(files.Stamps([text]).RequireUnchanged);
    }

    [Fact]
    public void A_worker_knows_the_files_as_the_tool_does()
    {
        InputStamps stamps = new InputFiles(new FileDigests(null)).Stamps([text, weights]);
        var job = new PruneJob(Model, Request(), Keys(Request()), stamps, Output, MemoryBudget.Default);
        byte[] line = Encoding.UTF8.GetBytes(WorkerProtocol.Write<WorkerRequest>(new Prune(1, job)) + "\n");
        WorkerRequest? read = WorkerProtocol.Read<WorkerRequest>(
            new LineReader(new MemoryStream(line), WorkerProtocol.LongestLine));
        InputStamps received = read.ShouldBeOfType<Prune>().Job.Inputs;
        received.RequireUnchanged();
        Flip(weights);
        Should.Throw<DiagnosticException>(received.RequireUnchanged).Diagnostics.Single().Location!.File
            .ShouldBe(weights);
    }

    private void ShouldFail(PruneRequest request, string file, Func<BuildProgress, bool> when, Action then)
    {
        var progress = new Reaction(when, then);
        string[] before = Directory.Exists(Temp["models"]) ? Directory.GetFileSystemEntries(Temp["models"]) : [];
        Diagnostic error = Should.Throw<DiagnosticException>(() => Build(request, progress: progress)).Diagnostics
            .Single();
        (error.Code, error.Location!.File).ShouldBe(("SLM4009", file));
        if (Directory.Exists(Temp["models"]))
        {
            Directory.GetFileSystemEntries(Temp["models"]).ShouldBe(before);
        }
    }

    /// <summary>The kinds of all entries of the cache.</summary>
    private string[] Kinds() => [.. FilesIn("ac").Select(path => Entry(Path.GetFileName(path)).Kind).Order()];

    /// <summary>Puts another file with the same bytes in the place of one, as editors do.</summary>
    private static void Replace(string file)
    {
        File.Copy(file, file + ".new");
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Changes a byte of the last layer's weights.</summary>
    private static void Flip(string file)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        stream.Seek(-9, SeekOrigin.End);
        int value = stream.ReadByte();
        stream.Seek(-1, SeekOrigin.Current);
        stream.WriteByte((byte)(value ^ 1));
    }

    private sealed class Reaction(Func<BuildProgress, bool> when, Action then) : IProgress<BuildProgress>
    {
        private bool isDone;

        public void Report(BuildProgress value)
        {
            if (!isDone && when(value))
            {
                isDone = true;
                then();
            }
        }
    }
}
