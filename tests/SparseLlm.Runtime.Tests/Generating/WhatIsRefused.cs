using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>What cannot be generated is refused, before anything is, and what would reach for memory that is
/// gone.</summary>
public sealed class WhatIsRefused : IDisposable
{
    private const string Matrix = "model.layers.3.mlp.down_proj.weight";
    private const int Columns = 512;
    private const int Group = 64;

    private readonly LanguageModel model = LanguageModel.Open(
        Repository.Model("tiny-llama"),
        new LanguageModelOptions { Threads = 1, ContextLength = 8 });
    private readonly TempDirectory directory = new();

    public static TheoryData<GenerationOptions, string> Impossible => new()
    {
        { new GenerationOptions { MaximumTokens = 0 }, nameof(GenerationOptions.MaximumTokens) },
        { new GenerationOptions { Temperature = -1 }, nameof(GenerationOptions.Temperature) },
        { new GenerationOptions { Temperature = float.NaN }, nameof(GenerationOptions.Temperature) },
        { new GenerationOptions { TopK = -1 }, nameof(GenerationOptions.TopK) },
        { new GenerationOptions { TopP = 1.1f }, nameof(GenerationOptions.TopP) },
        { new GenerationOptions { MinP = -0.1f }, nameof(GenerationOptions.MinP) },
        { new GenerationOptions { RepetitionPenalty = 0 }, nameof(GenerationOptions.RepetitionPenalty) },
        {
            new GenerationOptions { RepetitionPenalty = float.PositiveInfinity },
            nameof(GenerationOptions.RepetitionPenalty) },
        { new GenerationOptions { StopStrings = ["a", ""] }, nameof(GenerationOptions.StopStrings) },
    };

    public void Dispose()
    {
        model.Dispose();
        directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_option_out_of_its_range_is_named(GenerationOptions options, string name) =>
        Should.Throw<ArgumentException>(() => model.Stream([5], options)).ParamName.ShouldBe(name);

    [Fact]
    public void A_text_longer_than_the_context_is_refused_as_a_whole()
    {
        using TokenSequence sequence = model.NewSequence();
        Diagnostic diagnostic = Failure(
            () => model.Read(sequence, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            RuntimeDiagnostics.ContextTooShort);
        diagnostic.Message.ShouldStartWith("9 tokens are more than the context of 8");
        sequence.Length.ShouldBe(0);
        model.Read(sequence, [1, 2, 3, 4, 5, 6, 7, 8]);
        Failure(() => model.Read(sequence, [9]), RuntimeDiagnostics.ContextTooShort);
    }

    [Fact]
    public void A_context_that_memory_has_no_room_for_is_refused_with_the_longest_that_has()
    {
        Diagnostic diagnostic = Failure(
            () => Open(Repository.Model("tiny-llama"), int.MaxValue),
            RuntimeDiagnostics.CacheTooLarge);
        diagnostic.Message.ShouldContain("2147483647 tokens take 4398.0 GB");
        int longest = int.Parse(Regex.Match(diagnostic.Message, "[0-9]+$").Value, CultureInfo.InvariantCulture);
        Open(Repository.Model("tiny-llama"), longest);
        Failure(() => Open(Repository.Model("tiny-llama"), longest + 1), RuntimeDiagnostics.CacheTooLarge);
    }

    [Fact]
    public void A_context_beyond_the_positions_that_a_model_has_learned_is_refused() =>
        Failure(() => Open(Repository.Model("tiny-opt"), 257), ModelDiagnostics.SequenceTooLong).Message
            .ShouldContain("longer than the model's 256");

    [Fact]
    public void Logits_that_are_no_numbers_are_refused()
    {
        StoredTensors tensors = StoredTensors.Of(Repository.Model("tiny-llama"));
        Span<Half> weights = MemoryMarshal.Cast<byte, Half>(
            tensors["model.layers.3.mlp.down_proj.weight"].Bytes.AsSpan());
        weights[7] = Half.NaN;
        tensors.Write(directory["model.safetensors"]);
        File.Copy(Path.Combine(model.Directory, "config.json"), directory["config.json"]);
        using LanguageModel damaged = LanguageModel.Open(directory.Path, new LanguageModelOptions { Threads = 1 });
        using TokenSequence sequence = damaged.NewSequence();
        Failure(() => damaged.Read(sequence, [5]), RuntimeDiagnostics.NonFiniteLogits).Location!.File
            .ShouldBe(directory.Path);
    }

    [Fact]
    public void Offsets_of_a_packed_model_that_cannot_be_right_are_refused()
    {
        float[] weights = Floats();
        for (int weight = 0; weight < weights.Length; weight++)
        {
            weights[weight] = weight % 13 < 8 ? default : weights[weight];
        }

        Pack(weights);
        Damage(
            StoredPart.RowOffsets,
            sizeof(long),
            bytes => BitConverter.TryWriteBytes(bytes.Span, -5L).ShouldBeTrue());
        Failure(() => Open(directory.Path, 8), ModelDiagnostics.MalformedPackedFile).Message
            .ShouldStartWith($"tensor '{Matrix}': .row_offsets has row 1 begin at value -5, which is before the row "
                + $"above it; the file is damaged");
    }

    [Fact]
    public void A_mask_of_a_packed_model_that_does_not_fit_is_refused_with_both_counts()
    {
        Pack(Codes(0.5));
        Damage(StoredPart.Mask, 4 * Columns / 8, bytes => bytes.Span[..2].Clear());
        Failure(() => Open(directory.Path, 8), ModelDiagnostics.MalformedPackedFile).Message
            .ShouldMatch($"^tensor '{Matrix}': the mask of row 4 keeps [0-9]+ weights, and [0-9]+ or [0-9]+ codes are "
                + "stored for it; the file is damaged");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void A_scale_of_a_packed_model_that_is_not_finite_is_refused(double sparsity)
    {
        Pack(Codes(sparsity));
        Damage(
            StoredPart.Scales,
            (3 * Columns / Group + 2) * sizeof(ushort),
            bytes => BitConverter.TryWriteBytes(bytes.Span, Half.NaN).ShouldBeTrue());
        Diagnostic diagnostic = Failure(() => Open(directory.Path, 8), ModelDiagnostics.MalformedPackedFile);
        diagnostic.Location!.File.ShouldBe(directory["model.safetensors"]);
        diagnostic.Message.ShouldStartWith($"tensor '{Matrix}': .scales has NaN for group 2 of row 3");
    }

    [Fact]
    public void No_tokens_and_tokens_of_other_models_are_refused()
    {
        using TokenSequence sequence = model.NewSequence();
        Failure(() => model.Read(sequence, []), RuntimeDiagnostics.EmptyPrompt);
        Failure(() => model.Read(sequence, [5, 2048]), ModelDiagnostics.TokenOutOfRange);
        Failure(() => model.Read(sequence, [-1]), ModelDiagnostics.TokenOutOfRange);
        sequence.Length.ShouldBe(0);
    }

    [Fact]
    public void Sequences_of_other_models_disposed_ones_and_one_that_is_there_twice_are_refused()
    {
        using TokenSequence sequence = model.NewSequence();
        Should.Throw<ArgumentException>(
            () => model.Read([new Continuation(sequence, [1]), new Continuation(sequence, [2])]));

        using LanguageModel other = LanguageModel.Open(
            Repository.Model("tiny-opt"),
            new LanguageModelOptions { Threads = 1 });
        Should.Throw<ArgumentException>(() => other.Read(sequence, [1]));

        TokenSequence gone = model.NewSequence();
        gone.Dispose();
        gone.Dispose();
        Should.Throw<ObjectDisposedException>(() => model.Read(gone, [1]));

        other.Dispose();
        Should.Throw<ObjectDisposedException>(() => other.Generate("a"));
    }

    private static float[] Floats() =>
        [.. MemoryMarshal.Cast<byte, Half>(StoredTensors.Of(Repository.Model("tiny-llama"))[Matrix].Bytes)
            .ToArray().Select(weight => (float)weight)];

    private static float[] Codes(double sparsity)
        => QuantizedWeights.Random(Floats().Length / Columns, Columns, bits: 4, Group, sparsity);

    /// <summary>Packs the model with one matrix of these weights.</summary>
    private void Pack(float[] weights)
    {
        StoredTensors tensors = StoredTensors.Of(model.Directory);
        weights.Select(weight => (Half)weight).ToArray()
            .CopyTo(MemoryMarshal.Cast<byte, Half>(tensors[Matrix].Bytes.AsSpan()));
        Directory.CreateDirectory(directory["dense"]);
        tensors.Write(directory["dense/model.safetensors"]);
        using Checkpoint dense = Checkpoint.Open(directory["dense"]);
        new PackedCheckpointWriter(dense, directory.Path, _ => { }, default).Write();
        File.Copy(Path.Combine(model.Directory, "config.json"), directory["config.json"]);
    }

    /// <summary>Changes a part of the packed matrix.</summary>
    private void Damage(string part, int from, Action<Memory<byte>> change)
    {
        byte[] bytes = File.ReadAllBytes(directory["model.safetensors"]);
        using (Checkpoint packed = Checkpoint.Open(directory.Path))
        {
            change(bytes.AsMemory((int)packed[Matrix].Packed!.Part(part).Offset + from));
        }

        File.WriteAllBytes(directory["model.safetensors"], bytes);
    }

    private static void Open(string directory, int context) =>
        LanguageModel.Open(directory, new LanguageModelOptions { Threads = 1, ContextLength = context }).Dispose();

    private static Diagnostic Failure(Action action, DiagnosticDescriptor descriptor)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(action).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(descriptor);
        return diagnostic;
    }
}
