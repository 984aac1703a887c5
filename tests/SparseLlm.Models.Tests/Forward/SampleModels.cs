using System.Text.Json;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests.Forward;

/// <summary>The sample models against numbers that PyTorch computed with Hugging Face's semantics.</summary>
public sealed class SampleModels : IDisposable
{
    private const double Tolerance = 1e-3;
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public static TheoryData<string, string> References => new()
    {
        { "tiny-opt", "reference.json" },
        { "tiny-opt", "reference-sample.json" },
        { "tiny-llama", "reference.json" },
        { "tiny-llama", "reference-sample.json" },
    };

    public void Dispose() => backend.Dispose();

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Logits_behind_each_prompt_are_those_of_the_reference(string name)
    {
        using DecoderModel model = DecoderModel.Open(Repository.Model(name), backend);
        foreach (JsonElement prompt in Reference(name, "reference.json").GetProperty("prompts").EnumerateArray())
        {
            int[] ids = prompt.GetProperty("ids").Deserialize<int[]>()!;
            float[] last = LastLogits(model, ids);
            foreach (JsonElement expected in prompt.GetProperty("last_logits_top10").EnumerateArray())
            {
                double logit = last[expected.GetProperty("id").GetInt32()];
                logit.ShouldBe(expected.GetProperty("logit").GetDouble(), Tolerance);
            }

            double logSumExp = Math.Log(last.Sum(logit => Math.Exp(logit)));
            logSumExp.ShouldBe(prompt.GetProperty("last_logits_logsumexp").GetDouble(), Tolerance);
        }
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Greedy_continuation_is_that_of_the_reference(string name)
    {
        using DecoderModel model = DecoderModel.Open(Repository.Model(name), backend);
        foreach (JsonElement prompt in Reference(name, "reference.json").GetProperty("prompts").EnumerateArray())
        {
            int[] expected = prompt.GetProperty("greedy_next_24").Deserialize<int[]>()!;
            int[] ids = prompt.GetProperty("ids").Deserialize<int[]>()!;

            // A causal model gives every step's logits in one pass over prompt and continuation.
            int[] all = [.. ids, .. expected];
            float[] logits = model.Logits(all, all.Length);
            int vocabulary = model.Definition.VocabularySize;
            for (int step = 0; step < expected.Length; step++)
            {
                ReadOnlySpan<float> row = logits.AsSpan((ids.Length - 1 + step) * vocabulary, vocabulary);
                System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row).ShouldBe(expected[step]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(References))]
    public void Losses_of_the_first_tokens_of_the_text_are_those_of_the_reference(string name, string file)
    {
        JsonElement perplexity = Reference(name, file).GetProperty("perplexity");
        int[] ids = perplexity.GetProperty("first_16_ids").Deserialize<int[]>()!;
        double[] expected = perplexity.GetProperty("first_window_first_32_token_nll").Deserialize<double[]>()!;
        using DecoderModel model = DecoderModel.Open(Repository.Model(name), backend);
        model.Losses(ids, ids.Length).ShouldBe(expected.Take(ids.Length - 1), Tolerance);
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Mean_losses_of_windows_are_those_of_the_reference(string name)
    {
        const int Windows = 1;
        const int Length = 256;
        string text = File.ReadAllText(Path.Combine(Repository.Root, "samples", "data", "sample-eval.txt"));
        int[] ids = Tokenizer.Load(Repository.Model(name)).Encode(text)[..(Windows * Length)];
        double[] expected = Reference(name, "reference-sample.json")
            .GetProperty("perplexity").GetProperty("window_mean_loss").Deserialize<double[]>()!;
        using DecoderModel model = DecoderModel.Open(Repository.Model(name), backend);
        double[] losses = model.Losses(ids, Length);
        losses.Chunk(Length - 1).Select(window => window.Average()).ShouldBe(expected.Take(Windows), Tolerance);
    }

    private static float[] LastLogits(DecoderModel model, int[] ids) =>
        model.Logits(ids, ids.Length)[^model.Definition.VocabularySize..];

    private static JsonElement Reference(string model, string file) =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(Repository.Model(model), file)));
}
