using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Packing;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A model is packed into a directory of its own, with what belongs to it, or not at all.</summary>
public sealed class Packing : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly Reports reports = new();

    private string Pruned => directory["model"];

    private string Packed => directory["packed"];

    // What is called as files of artifacts are and is not the tool's goes nowhere.
    private IEnumerable<string> Belonging
        => Names(Pruned).Except(["pruning.json", "report.html", "summary.md", "notes.txt"]);

    public Packing()
    {
        Directory.CreateDirectory(Pruned);
        string header = """{"w":{"dtype":"F32","shape":[4,64],"data_offsets":[0,1024]}}""";
        byte[] data = new byte[1024];
        data[512] = 1;
        File.WriteAllBytes(
            Path.Combine(Pruned, "model.safetensors"),
            [.. BitConverter.GetBytes((ulong)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. data]);
        foreach (string name in (string[])["config.json", "tokenizer.json", "additional_chat_templates/tool.jinja",
            "LICENSE", "pruning.json", "report.html", "summary.md", "notes.txt"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Pruned, name))!);
            File.WriteAllText(Path.Combine(Pruned, name), "{}");
        }
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public void What_belongs_to_the_model_goes_along_and_comes_back()
    {
        PackingResult result = Pack();
        LayoutSize layout = result.Layouts.ShouldHaveSingleItem();
        (layout.Layout, layout.Tensors, layout.Weights, layout.DenseBytes).ShouldBe(("bitmask", 1, 256, 1024));
        result.BytesAfter.ShouldBe(new FileInfo(Path.Combine(Packed, "model.safetensors")).Length
            + new FileInfo(Path.Combine(Packed, "sparsellm.json")).Length);
        Names(Packed).ShouldBe([.. Belonging.Append("sparsellm.json")], ignoreOrder: true);
        new ModelPacking(Packed, directory["back"], reports, default).Unpack().BytesAfter.ShouldBe(result.BytesBefore);
        Names(directory["back"]).ShouldBe(Belonging, ignoreOrder: true);
        foreach (string name in Names(directory["back"]))
        {
            File.ReadAllBytes(Path.Combine(directory["back"], name))
                .ShouldBe(File.ReadAllBytes(Path.Combine(Pruned, name)), name);
        }

        reports.Last.ShouldBeOfType<PackingStep>().Percent.ShouldBe(100);
    }

    [Fact]
    public void Nothing_is_written_in_the_place_of_the_model_or_of_anything_else()
    {
        Failure(() => new ModelPacking(Pruned, Pruned + "/.", reports, default).Pack(), "SLM4001").Message
            .ShouldContain("the model itself");
        Directory.CreateDirectory(Packed);
        Pack();
        Failure(() => Pack(), "SLM4001").Message.ShouldContain("not replaced");
    }

    [Fact]
    public async Task Who_writes_the_same_output_is_waited_for()
    {
        using var waits = new CancellationTokenSource();
        Task packing;
        using (OutputLock.Acquire(Packed, default, () => { }))
        {
            packing = Task.Run(() => new ModelPacking(Pruned, Packed, new Waits(waits.Cancel), default).Pack());
            await Task.WhenAny(packing, Task.Delay(Timeout.Infinite, waits.Token));
            Directory.CreateDirectory(Packed);
            File.WriteAllText(Path.Combine(Packed, "model.safetensors"), "of the other");
        }

        (await Should.ThrowAsync<DiagnosticException>(packing)).Diagnostics[0].Message.ShouldContain("not replaced");
        File.ReadAllText(Path.Combine(Packed, "model.safetensors")).ShouldBe("of the other");
    }

    [Fact]
    public void A_damaged_model_or_an_interrupt_leaves_nothing()
    {
        Should.Throw<OperationCanceledException>(
            () => new ModelPacking(Pruned, Packed, reports, new CancellationToken(canceled: true)).Pack());
        Pack();
        string weights = Path.Combine(Packed, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        int mask = Array.LastIndexOf(bytes, (byte)1, bytes.Length - 20);
        bytes[mask] = 3;
        File.WriteAllBytes(weights, bytes);
        Failure(() => new ModelPacking(Packed, directory["back"], reports, default).Unpack(), "SLM2021");
        Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName)
            .ShouldBe(["model", "packed"], ignoreOrder: true);
    }

    [Fact]
    public void Tensors_have_the_digests_that_they_had_before()
    {
        Pack();
        BuildCache cache = BuildCache.Open(directory["cache"], remote: null, _ => { });
        Digests(Packed).ShouldBe(Digests(Pruned), ignoreOrder: true);

        IReadOnlyDictionary<string, string> Digests(string model)
            => ModelDigests.TensorsIn(model, shard => cache.Digests.Tensors(Path.Combine(model, shard)));
    }

    [Fact]
    public void Pruning_a_packed_model_is_refused_before_anything_is_computed()
    {
        using var build = new TempDirectory();
        new ModelPacking(Repository.Model("tiny-opt"), build["packed"], reports, default).Pack();
        var dense = new DenseModel(build["packed"], "none", BuildCache.Open(build["cache"], remote: null, _ => { }));
        Failure(() => dense.Inputs(null!), ModelDiagnostics.PackedModel.Code).Message.ShouldContain("sparsellm unpack");
    }

    private PackingResult Pack() => new ModelPacking(Pruned, Packed, reports, default).Pack();

    private static Diagnostic Failure(Action action, string code)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(action).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Code.ShouldBe(code);
        return diagnostic;
    }

    private static string[] Names(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory, path).Replace('\\', '/'))];

    private sealed class Waits(Action told) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is Waiting)
            {
                told();
            }
        }
    }

    private sealed class Reports : IProgress<BuildProgress>
    {
        public BuildProgress? Last { get; private set; }

        public void Report(BuildProgress value) => Last = value;
    }
}
