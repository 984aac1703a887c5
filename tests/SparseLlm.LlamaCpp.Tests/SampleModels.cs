using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.LlamaCpp.Tests.Support;
using SparseLlm.Models;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using Xunit.Abstractions;

namespace SparseLlm.LlamaCpp.Tests;

/// <summary>The sample model, trained and with its own tokenizer, as a GGUF file in llama.cpp.</summary>
/// <param name="output">Told the perplexities.</param>
public sealed class SampleModels(ITestOutputHelper output) : IDisposable
{
    private const int Window = 256;

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 2);

    private static string Model => Repository.Model("tiny-llama");

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void Texts_become_the_same_tokens()
    {
        using LlamaCppModel model = Export(Model, GgufElementType.F16);
        Tokenizer tokenizer = Tokenizer.Load(Model);
        foreach (string text in Texts())
        {
            model.Encode(text, addSpecial: true, parseSpecial: true).ShouldBe(tokenizer.Encode(text), text);
            model.Encode(text, addSpecial: false, parseSpecial: true)
                .ShouldBe(tokenizer.Encode(text, addSpecialTokens: false), text);
        }
    }

    [Fact]
    public void Perplexity_in_single_precision_is_that_of_this_library()
    {
        int[] ids = Ids();
        using LlamaCppModel model = Export(Model, GgufElementType.F32);
        model.Perplexity(ids, Window).ShouldBe(Perplexity(Model, ids), 1e-5);
    }

    // llama.cpp also rounds what comes into a quantised matrix.
    [Theory]
    [InlineData(GgufElementType.F16, 0.001)]
    [InlineData(GgufElementType.BF16, 0.001)]
    [InlineData(GgufElementType.Q8_0, 0.005)]
    [InlineData(GgufElementType.Q4_0, 0.02)]
    public void Perplexity_of_a_type_is_that_of_the_weights_that_it_stands_for(GgufElementType type, double tolerance)
    {
        int[] ids = Ids()[..(24 * Window)];
        using LlamaCppModel model = Export(Model, type);
        double theirs = model.Perplexity(ids, Window);
        GgufElementType ofHead = GgmlFile.Read(directory["model.gguf"])["output.weight"].Type;
        WriteModel((name, values) => Round(name == "lm_head.weight" ? ofHead : type, values));
        double ours = Perplexity(directory["changed"], ids);
        output.WriteLine($"{type}: {theirs:f4} in llama.cpp, {ours:f4} here, {theirs / ours - 1:p3}");
        theirs.ShouldBe(ours, tolerance * ours);
    }

    [Fact]
    public void Greedy_continuations_are_those_of_the_reference()
    {
        using LlamaCppModel model = Export(Model, GgufElementType.F32);
        foreach (JsonElement prompt in Reference("reference.json").GetProperty("prompts").EnumerateArray())
        {
            List<int> ids = [.. prompt.GetProperty("ids").Deserialize<int[]>()!];
            foreach (int expected in prompt.GetProperty("greedy_next_24").Deserialize<int[]>()!)
            {
                int next = TensorPrimitives.IndexOfMax<float>(model.Logits([.. ids])[^1]);
                next.ShouldBe(expected);
                ids.Add(next);
            }
        }
    }

    [Theory]
    [InlineData(GgufElementType.Q8_0)]
    [InlineData(GgufElementType.Q4_0)]
    public void What_was_pruned_is_zero_in_quantised_matrices(GgufElementType type)
    {
        WriteModel((_, values) => Prune(values));
        using (Export(directory["changed"], GgufElementType.F32))
        {
            File.Move(directory["model.gguf"], directory["exact.gguf"]);
        }

        using LlamaCppModel model = Export(directory["changed"], type);
        Dictionary<string, (GgufElementType Type, float[] Values)> quantized = GgmlFile.Read(directory["model.gguf"]);
        foreach ((string name, (_, float[] exact)) in GgmlFile.Read(directory["exact.gguf"])
            .Where(tensor => quantized[tensor.Key].Type != GgufElementType.F32))
        {
            Sparsity(exact).ShouldBe(0.5, 0.01, name);
            Sparsity(quantized[name].Values).ShouldBeGreaterThanOrEqualTo(Sparsity(exact), name);
            exact.Zip(quantized[name].Values).ShouldAllBe(pair => pair.First != 0 || pair.Second == 0, name);
        }
    }

    [Theory]
    [InlineData(GgufElementType.F32)]
    [InlineData(GgufElementType.F16)]
    [InlineData(GgufElementType.BF16)]
    [InlineData(GgufElementType.Q8_0)]
    [InlineData(GgufElementType.Q4_0)]
    public void Ggml_and_this_library_read_the_same_from_a_file(GgufElementType type)
    {
        using LlamaCppModel model = Export(Model, type);
        using GgufFile file = GgufFile.Open(directory["model.gguf"]);
        Dictionary<string, (GgufElementType Type, float[] Values)> expected = GgmlFile.Read(directory["model.gguf"]);
        file.Tensors.Select(tensor => tensor.Name).ShouldBe(expected.Keys);
        foreach (GgufStoredTensor tensor in file.Tensors)
        {
            var values = new float[tensor.ElementCount];
            file.Read(tensor, 0, values);
            tensor.Type.ShouldBe(expected[tensor.Name].Type, tensor.Name);
            values.AsSpan().SequenceEqual(expected[tensor.Name].Values).ShouldBeTrue(tensor.Name);
        }
    }

    [Fact]
    public void A_model_in_parts_is_loaded_by_the_first()
    {
        int[] ids = Ids()[..32];
        using LlamaCppModel whole = Export(Model, GgufElementType.Q8_0);
        using GgufExport export = GgufExport.Open(
            Model,
            new GgufExportOptions(GgufElementType.Q8_0) { PartLength = 500_000 });
        IReadOnlyList<string> files = export.Files(directory["parts.gguf"]);
        export.Write(directory["parts.gguf"], CancellationToken.None);
        files.Count.ShouldBeGreaterThan(3);
        files.Sum(file => new FileInfo(file).Length).ShouldBe(export.ByteLength);
        using LlamaCppModel parts = LlamaCppModel.Load(files[0], Window);
        parts.Logits(ids).ShouldBe(whole.Logits(ids));
    }

    [Fact]
    public void Where_a_model_comes_from_is_among_what_llama_cpp_reads()
    {
        var provenance = new GgufMetadata();
        provenance.Set("sparsellm.sparsity", 0.5f);
        provenance.Set("sparsellm.method", "wanda \"ü\"");
        using LlamaCppModel model = Export(Model, GgufElementType.F16, provenance);
        model.Metadata["sparsellm.sparsity"].ShouldBe("0.500000");
        model.Metadata["sparsellm.method"].ShouldBe("wanda \"ü\"");
        model.Metadata["general.architecture"].ShouldBe("llama");
    }

    /// <summary>Writes the model into the folder "changed", its matrices changed.</summary>
    private void WriteModel(Func<string, float[], float[]> change)
    {
        Directory.CreateDirectory(directory["changed"]);
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(directory["changed"], Path.GetFileName(file)));
        }

        StoredTensors tensors = StoredTensors.Of(Model);
        foreach ((string name, (_, long[] shape, byte[] bytes)) in tensors.Where(
            tensor => tensor.Value.Shape.Length == 2).ToArray())
        {
            float[] values = change(
                name,
                Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), value => (float)value));
            tensors[name] = ("F32", shape, MemoryMarshal.AsBytes<float>(values).ToArray());
        }

        tensors.Write(Path.Combine(directory["changed"], "model.safetensors"));
    }

    private static float[] Round(GgufElementType type, float[] values)
    {
        var bytes = new byte[type.ByteLength(values.Length)];
        type.FromSingle(values, bytes);
        type.ToSingle(bytes, values);
        return values;
    }

    /// <summary>Half of the weights, by magnitude.</summary>
    private static float[] Prune(float[] values)
    {
        float median = values.Select(Math.Abs).Order().ElementAt(values.Length / 2);
        return Array.ConvertAll(values, value => Math.Abs(value) < median ? 0 : value);
    }

    private static double Sparsity(float[] values) => values.Count(value => value == 0) / (double)values.Length;

    private LlamaCppModel Export(string model, GgufElementType type, GgufMetadata? provenance = null)
    {
        string file = directory["model.gguf"];
        using (GgufExport export = GgufExport.Open(
            model,
            new GgufExportOptions(type) { Provenance = provenance ?? [] }))
        {
            export.Write(file, CancellationToken.None);
        }

        return LlamaCppModel.Load(file, Window);
    }

    private double Perplexity(string directory, int[] ids)
    {
        using DecoderModel model = DecoderModel.Open(directory, backend);
        return Pruning.Evaluation.Perplexity.Measure(model, ids, Window, new SourceLocation("sample-eval.txt")).Value;
    }

    private static int[] Ids() => Tokenizer.Load(Model).Encode(File.ReadAllText(Repository.Text("sample-eval.txt")));

    /// <summary>The texts that tokenizers are tested with, and all paragraphs of the sample text.</summary>
    private static IEnumerable<string> Texts()
    {
        JsonElement cases = JsonElement.Parse(File.ReadAllBytes(
            Path.Combine(Repository.Root, "tests", "SparseLlm.Models.Tests", "Tokenizers", "library-cases.json")));
        return
        [
            .. Reference("reference.json").GetProperty("tokenizer_tests").EnumerateArray()
                .Select(test => test.GetProperty("text").GetString()!),
            .. cases.EnumerateArray().Single(test => test.GetProperty("name").GetString() == "llama")
                .GetProperty("cases")
                .EnumerateArray()
                .Select(test => test.GetProperty("text").GetString()!),
            .. File.ReadAllText(Repository.Text("sample-eval.txt")).Split("\n\n"),
        ];
    }

    private static JsonElement Reference(string file)
        => JsonElement.Parse(File.ReadAllBytes(Path.Combine(Model, file)));
}
