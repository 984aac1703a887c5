using System.Globalization;
using SparseLlm.Pipeline.Inspection;

namespace SparseLlm.Tool.Output;

/// <summary>What is in a GGUF file. Vocabularies are in it, so of long values only the beginning is shown.</summary>
internal static class GgufText
{
    private const int ShownElements = 6;
    private const int ShownCharacters = 80;

    /// <summary>Writes it.</summary>
    public static void Show(GgufInspection inspection, Terminal terminal) => terminal.Result(
        new
        {
            FormatVersion = 1,
            Format = "gguf",
            inspection.Version,
            inspection.Architecture,
            inspection.Sparsity,
            inspection.BitsPerWeight,
            inspection.Bytes,
            inspection.Parts,
            Metadata = inspection.Metadata.ToDictionary(pair => pair.Key, pair => Value(pair.Value)),
            inspection.Tensors,
        },
        console =>
        {
            console.WriteLine((inspection.Architecture ?? "no architecture")
                + Invariant($": {inspection.Bytes / 1e6:0.0} MB")
                + (inspection.Parts > 1 ? Invariant($" in {inspection.Parts} files") : "")
                + Invariant($", {inspection.BitsPerWeight:0.00} bits per weight")
                + (inspection.Sparsity is { } sparsity
                    ? Invariant($"; {sparsity:P2} of the weights of its linear layers are zero")
                    : ""));
            console.WritePairs(inspection.Metadata.Select(pair => (pair.Key, Text(pair.Value))));
            console.WriteTable(["tensor", "type?", "shape#?", "sparsity#"], inspection.Tensors
                .Select(tensor => (string[])
                    [
                        tensor.Name,
                        tensor.Type,
                        string.Join(" x ", tensor.Shape),
                        tensor.Sparsity?.ToString("P2", CultureInfo.InvariantCulture) ?? "",
                    ]));
        });

    /// <summary>A value as JSON has it; an array by its length and first elements.</summary>
    private static object Value(object value) => value switch
    {
        Array array => new { array.Length, First = array.Cast<object>().Take(ShownElements).Select(Value) },
        float or double when !double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)) => Plain(value),
        _ => value,
    };

    private static string Text(object value) => value switch
    {
        Array { Length: > ShownElements } array => Invariant($"[{List(array)}, ...] ({array.Length})"),
        Array array => $"[{List(array)}]",
        string text => Shortened(text),
        _ => Plain(value),
    };

    private static string List(Array array) => string.Join(", ", array.Cast<object>().Take(ShownElements).Select(Text));

    private static string Shortened(string text) => text.Length <= ShownCharacters
        ? text
        : Invariant($"{text[..ShownCharacters]}... ({text.Length} characters)");

    private static string Plain(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
