using System.Globalization;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Settings;

/// <summary>How the weights that are left are stored: as codes of a few bits, times a scale for each group of columns
/// of a row.</summary>
/// <param name="Bits">Bits of a code: 4 or 8.</param>
/// <param name="Group">Columns of a group; null for a whole row.</param>
/// <param name="Embeddings">Bits of the codes of the tables of tokens, those of the embedding and of the head; null
/// where they stay as they are.</param>
public sealed record Quantization(int Bits, int? Group, int? Embeddings = null)
{
    private const string Row = "row";
    private const string StandardGroup = "64";

    /// <summary>The bits that there are, as users write them.</summary>
    public static IReadOnlyList<string> BitChoices { get; } = [.. CodeFormat.AllBits.Select(Text)];

    /// <summary>The groups that there are, as users write them.</summary>
    public static IReadOnlyList<string> GroupChoices { get; } = [.. CodeFormat.Groups.Select(Text), Row];

    /// <summary>What a user has chosen.</summary>
    /// <param name="bits">One of <see cref="BitChoices"/>.</param>
    /// <param name="group">One of <see cref="GroupChoices"/>; null for the usual one, 64.</param>
    /// <param name="embeddings">One of <see cref="BitChoices"/>; null to leave tables as they are.</param>
    public static Quantization Of(string bits, string? group = null, string? embeddings = null) => new(
        Number(bits),
        group == Row ? null : Number(group ?? StandardGroup),
        embeddings is null ? null : Number(embeddings));

    /// <summary>One of <see cref="BitChoices"/>.</summary>
    public string BitsText => Text(Bits);

    /// <summary>One of <see cref="GroupChoices"/>.</summary>
    public string GroupText => Group is { } columns ? Text(columns) : Row;

    /// <summary>One of <see cref="BitChoices"/>; null where tables stay as they are.</summary>
    public string? EmbeddingsText => Embeddings is { } bits ? Text(bits) : null;

    /// <summary>As a sentence has it, such as <c>4 bits in groups of 64 (embeddings in 8 bits)</c>.</summary>
    public string Description => $"{BitsText} bits in {(Group is null ? "whole rows" : $"groups of {GroupText}")}"
        + (EmbeddingsText is { } tables ? $" (embeddings in {tables} bits)" : "");

    /// <summary>How the tables of tokens are quantised; null where they are not.</summary>
    internal Quantization? OfEmbeddings => Embeddings is { } bits ? new Quantization(bits, Group) : null;

    /// <summary>Whether codes are so coarse that errors of a head's table have to count by what runs into it. With 8
    /// bits, the nearest codes lose nothing that can be measured.</summary>
    internal bool IsWeighed => Bits < 8;

    /// <summary>The codes where some weights are pruned, or where none is. As in GGUF's Q4_0 and Q8_0: -8 to 7 and -127
    /// to 127.</summary>
    internal CodeRange Codes(bool isPruned)
    {
        CodeFormat format = new(Bits, GroupOf(int.MaxValue));
        return new CodeRange(format.Least, format.Most, HasZero: !isPruned);
    }

    /// <summary>Columns of a group of a matrix.</summary>
    internal int GroupOf(int columns) => Math.Min(Group ?? columns, columns);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
