using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Runtime.Decoding;

namespace SparseLlm.Runtime.Tests.Decoding;

/// <summary>A tiny random model of every family, token by token, against what the family's official code computes of
/// whole sequences in double precision.</summary>
public sealed class Families : IDisposable
{
    // The official code in single precision is off by 3e-6 at most. The two forms of GELU are 1.3e-4 and more apart,
    // every other feature 1e-2.
    private const double Tolerance = 5e-5;

    private readonly TempDirectory directory = new();

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Repository.Families, "config.json", SearchOption.AllDirectories)
            .Select(path => Path.GetFileName(Path.GetDirectoryName(path))!)
            .Order(StringComparer.Ordinal)];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_the_official_code_token_by_token_and_in_pieces(string family)
    {
        // Steps of 5 tokens: caches behind a window are full soon, and move what is still seen to their beginning.
        using LanguageModel model = LanguageModel.Open(
            Repository.Family(family),
            new LanguageModelOptions { Threads = 2, StepTokens = 5 });
        foreach ((int[] ids, Dictionary<int, double[]> reference) in Sequences(family))
        {
            using TokenSequence single = model.NewSequence();
            float[][] logits = [.. ids.Select(id => model.Read(single, [id]))];
            Distance(logits, Comparable(model, ids, reference)).ShouldBeLessThan(Tolerance);

            using TokenSequence pieces = model.NewSequence();
            model.Read(pieces, ids[..2]);
            model.Read(pieces, ids[2..^1]);
            Distance(model.Read(pieces, ids[^1..]), reference[ids.Length - 1]).ShouldBeLessThan(Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_packed_model_gives_the_logits_of_the_dense_one(string family)
    {
        StoredTensors tensors = StoredTensors.Of(Repository.Family(family));
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in tensors)
        {
            // Every second matrix 2:4, the others with zeros anywhere.
            int size = type == "F32" ? 4 : 2;
            for (int weight = 0; shape.Length > 1 && weight < bytes.Length / size; weight++)
            {
                if (name.Length % 2 == 0 ? weight % 4 is 1 or 2 : weight * 7919 % 13 < 8)
                {
                    bytes.AsSpan(weight * size, size).Clear();
                }
            }
        }

        ShouldGiveTheSamePacked(tensors, Repository.Family(family), Sequences(family).First().Ids);
    }

    [Theory]
    [InlineData("tiny-llama", 8, "model.embed_tokens.weight", "lm_head.weight")]
    [InlineData("tiny-llama", 4, "model.embed_tokens.weight", "lm_head.weight")]
    [InlineData("tiny-opt", 4, "model.decoder.embed_tokens.weight")]
    public void Tables_that_are_packed_as_codes_give_the_logits_of_dense_ones(
        string model,
        int bits,
        params string[] tables)
    {
        string source = ShallowModel.Of(model);
        StoredTensors tensors = StoredTensors.Of(source);
        foreach (string table in tables)
        {
            long[] shape = tensors[table].Shape;
            float[] values = QuantizedWeights.Random((int)shape[0], (int)shape[1], bits, group: 64, sparsity: 0);
            tensors[table] = ("F32", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }

        // Vectors that meet codes are rounded to 16 bits.
        ShouldGiveTheSamePacked(tensors, source, [5, 900, 2, 31, 5], 1e-4);
        using Checkpoint packed = Checkpoint.Open(directory["packed"]);
        tables.ShouldAllBe(table => packed[table].Packed!.Encoding.Codes == new CodeFormat(bits, 64));
    }

    [Theory]
    [InlineData("qwen3_bf16")]
    [InlineData("gpt2")]
    [InlineData("gpt_oss")]
    [InlineData("opt")]
    public void Weights_of_torch_save_give_the_same_logits_in_order_or_as_views_at_odd_places(string family)
    {
        StoredTensors tensors = StoredTensors.Of(Repository.Family(family));
        int[] ids = Sequences(family).First().Ids;
        float[] known = Last(Repository.Family(family), ids);
        foreach (bool areViews in (bool[])[false, true])
        {
            string folder = Directory.CreateDirectory(directory[$"{areViews}"]).FullName;
            File.Copy(Path.Combine(Repository.Family(family), "config.json"), Path.Combine(folder, "config.json"));
            File.WriteAllBytes(Path.Combine(folder, "pytorch_model.bin"), TorchBytes.Legacy(
            [
                TorchTensorBytes.Whole("rotary_emb.inv_freq", "odd", "ByteStorage", 1, [1], [1]),
                .. tensors.Select(tensor =>
                {
                    (string type, long[] shape, byte[] bytes) = tensor.Value;
                    (string storage, int size) = type switch { "F32" => ("FloatStorage", 4), "F16"
                        => ("HalfStorage", 2), _ => ("BFloat16Storage", 2) };
                    return areViews && shape.Length == 2
                        ? TorchTensorBytes.Turned(tensor.Key, tensor.Key, storage, size, shape[0], shape[1], bytes)
                        : TorchTensorBytes.Whole(tensor.Key, tensor.Key, storage, size, shape, bytes);
                }),
            ]));
            Last(folder, ids).ShouldBe(known);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_that_was_cut_goes_on_as_if_nothing_had_followed(string family)
    {
        using LanguageModel model = LanguageModel.Open(
            Repository.Family(family),
            new LanguageModelOptions { Threads = 2, StepTokens = 5 });
        (int[] ids, _) = Sequences(family).First();
        using TokenSequence sequence = model.NewSequence();
        foreach (int length in (int[])[ids.Length - 2, ids.Length / 2, 1, 0])
        {
            // What has been pushed out of a window is read again.
            model.Read(sequence, ids[sequence.Length..]);
            sequence.Truncate(length);
            sequence.Tokens.ShouldBe(sequence.Length == 0 ? [] : ids[..length]);
            int[] next = [.. ids[sequence.Length..length], 3, 4];
            Distance(
                model.Read(sequence, next),
                Array.ConvertAll(Last(model, [.. ids[..length], 3, 4]), logit => (double)logit)).ShouldBeLessThan(1e-5);
            sequence.Clear();
        }
    }

    [Fact]
    public void Sequences_that_go_together_have_the_logits_that_each_has_alone()
    {
        using LanguageModel model = LanguageModel.Open(
            Repository.Family("gemma3_text"),
            new LanguageModelOptions { Threads = 2, StepTokens = 16 });
        int[][] texts = [[5, 9, 2, 7, 11, 30, 4], [8],
            [3, 3, 1, 12, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55]];
        float[][] alone = [.. texts.Select(text => Last(model, [.. text, 6]))];

        TokenSequence[] sequences = [.. texts.Select(_ => model.NewSequence())];
        model.Read([.. texts.Select((text, i) => new Continuation(sequences[i], text))]);
        float[][] together = model.Read([.. sequences.Select(sequence => new Continuation(sequence, [6]))]);
        for (int i = 0; i < texts.Length; i++)
        {
            sequences[i].Tokens.ShouldBe([.. texts[i], 6]);
            sequences[i].Dispose();
            Distance(together[i], Array.ConvertAll(alone[i], logit => (double)logit)).ShouldBeLessThan(1e-5);
        }
    }

    /// <summary>
    /// Where a sequence passes the length at which LongRoPE changes its frequencies, the official code generates with
    /// those of the length that it has by then, and the reference is of the whole sequence: tokens before are not to be
    /// compared.
    /// </summary>
    private static Dictionary<int, double[]> Comparable(
        LanguageModel model,
        int[] ids,
        Dictionary<int, double[]> reference)
    {
        int beyond = model.Definition.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer)
            .OfType<AttentionDefinition>()
            .Max(attention => attention.Rotary?.Long?.Beyond ?? 0);
        return ids.Length > beyond ? reference.Where(position => position.Key >= beyond).ToDictionary() : reference;
    }

    private void ShouldGiveTheSamePacked(StoredTensors tensors, string source, int[] ids, double tolerance = 1e-5)
    {
        Directory.CreateDirectory(directory["dense"]);
        tensors.Write(directory["dense/model.safetensors"]);
        Directory.CreateDirectory(directory["packed"]);
        using (Checkpoint dense = Checkpoint.Open(directory["dense"]))
        {
            new PackedCheckpointWriter(dense, directory["packed"], _ => { }, default).Write();
        }

        foreach (string form in (string[])["dense", "packed"])
        {
            File.Copy(Path.Combine(source, "config.json"), directory[$"{form}/config.json"]);
        }

        float[] packed = Last(directory["packed"], ids);
        Distance(packed, Array.ConvertAll(Last(directory["dense"], ids), logit => (double)logit)).ShouldBeLessThan(
            tolerance);
    }

    private static float[] Last(string directory, int[] ids)
    {
        using LanguageModel model = LanguageModel.Open(directory, new LanguageModelOptions { Threads = 2 });
        return Last(model, ids);
    }

    private static float[] Last(LanguageModel model, int[] ids)
    {
        using TokenSequence sequence = model.NewSequence();
        return model.Read(sequence, ids);
    }

    private static IEnumerable<(int[] Ids, Dictionary<int, double[]> Logits)> Sequences(string family)
    {
        JsonElement reference = JsonElement.Parse(
            File.ReadAllBytes(Path.Combine(Repository.Family(family), "reference.json")));
        foreach (JsonElement sequence in reference.GetProperty("sequences").EnumerateArray())
        {
            yield return (
                sequence.GetProperty("token_ids").Deserialize<int[]>()!,
                sequence.GetProperty("logits").EnumerateObject().ToDictionary(
                    position => int.Parse(position.Name, CultureInfo.InvariantCulture),
                    position => position.Value.Deserialize<double[]>()!));
        }
    }

    /// <summary>The L2 norm of the difference over that of the reference, for all positions that it has.</summary>
    private static double Distance(float[][] logits, Dictionary<int, double[]> reference) =>
        Distance(
            [.. reference.Keys.SelectMany(position => logits[position])],
            [.. reference.Values.SelectMany(values => values)]);

    private static double Distance(float[] logits, double[] reference)
    {
        logits.Length.ShouldBe(reference.Length);
        return Math.Sqrt(logits.Zip(reference, (value, wanted) => (value - wanted) * (value - wanted)).Sum()
            / reference.Sum(value => value * value));
    }
}
