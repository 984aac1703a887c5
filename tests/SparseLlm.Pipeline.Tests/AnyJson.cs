using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace SparseLlm.Pipeline.Tests;

/// <summary>JSON of any form, with names and values that somebody could take for good.</summary>
internal static class AnyJson
{
    private const int MostChildren = 4;

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "0.5", "-0.5", "1.5", "64", "255", "256", "2147483647", "2147483648", "-2147483648",
        "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "1e15", "1e308", "1.7976931348623157e308", "1e309", "-1e309", "1e-320", "5e-324",
        "1e-400", "0.9999999999", "1.0000000001", "1E+2", "100000000000000000000000",
    ];

    private static readonly string[] Strings =
    [
        "", " ", "0.5", "2:4", "dense", "0.5 on average", " on average", "a", "A", "..", "../evil", "/etc/passwd",
        "a/b", "a//b", "C:\\evil", "con", "nul\0", "\u0663", "layers.\u0663.q.weight",
        "model.layers.1.mlp.up_proj.weight", "model.layers.999999.mlp.up_proj.weight", "h.9999999.x.weight", "<script>",
        "\u202E", "\u001B[2J", "\n", "True", "null", "NaN", "AAAA", "=", "////",
        "magnitude", "sparsellm", "99", "-1", "paper", "config.json", "model.safetensors", new string(
            '0',
            64), new string('f', 64), new string('0', 63) + "G", new string('0', 32), new string('x', 5000),
    ];

    private static readonly string[] Names =
    [
        "formatVersion", "key", "digest", "content", "kind", "description", "files", "metadata", "name", "length",
        "checksum", "tensors", "shape", "pattern", "sparsity", "relativeError", "mask",
        "rows", "columns", "cells", "index", "linears", "zeros", "fallbacks", "sweeps", "guards", "layer", "tried",
        "accepted", "sparsities", "value", "tokens", "windows", "model", "settings",
        "inputs", "layers", "patterns", "weights", "calibration", "perplexity", "dense", "pruned", "artifacts", "path",
        "stamp", "variant", "tuningEpochs", "toolVersion", "numerics", "seconds", "a", "",
    ];

    /// <summary>A name.</summary>
    public static Gen<string> Name { get; } = Gen.Frequency((8, Gen.Elements(Names)), (1, Gen.Elements(Strings)));

    /// <summary>A value, as text: some of it no node could hold.</summary>
    public static Gen<string> Value { get; } = Gen.Sized(size => OfDepth(Math.Min(3, size / 10)));

    /// <summary>A number.</summary>
    public static Gen<string> Number { get; } = Gen.Frequency(
        (5, Gen.Elements(Numbers)),
        (2, ArbMap.Default.GeneratorFor<int>().Select(number => number.ToString(CultureInfo.InvariantCulture))),
        (2, ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite)
            .Select(number => number.ToString("R", CultureInfo.InvariantCulture))));

    /// <summary>A string.</summary>
    public static Gen<string> Text { get; } = Gen.Frequency(
        (4, Gen.Elements(Strings).Select(Quote)),
        (1, ArbMap.Default.GeneratorFor<string>().Select(text => Quote(text ?? ""))));

    private static Gen<string> Leaf { get; } = Gen.Frequency(
        (2, Gen.Constant("null")),
        (1, Gen.Elements("true", "false")),
        (9, Number),
        (5, Text),
        (1, Gen.Elements("\"\\ud800\"", "NaN", "-Infinity")));

    private static Gen<string> OfDepth(int depth) => depth == 0
        ? Leaf
        : Gen.Frequency(
            (4, Leaf),
            (1, Children(OfDepth(depth - 1)).Select(values => $"[{string.Join(',', values)}]")),
            (1, Children(Name.Zip(OfDepth(depth - 1), (name, value) => $"{Quote(name)}:{value}")).Select(
                values => $"{{{string.Join(',', values)}}}")));

    private static Gen<string[]> Children(Gen<string> child)
        => Gen.Choose(0, MostChildren).SelectMany(count => child.ArrayOf(count));

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}

/// <summary>A change of a document: which of its places, what is done there, and a value for it.</summary>
/// <param name="Place">Which of the places there are, counted in order and over again from the first.</param>
/// <param name="What">What is done.</param>
/// <param name="Name">A name for what is added.</param>
/// <param name="Value">A value for what is put there.</param>
/// <param name="Number">The same for a number in the place of one.</param>
/// <param name="Text">The same for a string in the place of one.</param>
public sealed record JsonChange(int Place, JsonChange.Kind What, string Name, string Value, string Number, string Text)
{
    public enum Kind
    {
        Alike,
        Replace,
        Remove,
        Repeat,
        Add,
        Empty,
    }

    // Stands where a value is put that no node can hold; it becomes the value's own text in the end.
    private const string Mark = "\uE000";

    /// <summary>A document with changes, one after the other.</summary>
    public static string Apply(JsonNode document, IReadOnlyList<JsonChange> changes)
    {
        var whole = new JsonObject { ["document"] = document.DeepClone() };
        for (int i = 0; i < changes.Count; i++)
        {
            (JsonNode Parent, string? Name, int Index)[] places = [.. Places(whole)];
            changes[i].Apply(places[changes[i].Place % places.Length], Mark + (char)('\uE100' + i));
        }

        string text = whole["document"]?.ToJsonString() ?? "null";
        for (int i = 0; i < changes.Count; i++)
        {
            string mark = Mark + (char)('\uE100' + i);
            text = text.Replace(JsonSerializer.Serialize(mark), changes[i].Value)
                .Replace(JsonSerializer.Serialize(mark + "number"), changes[i]
                    .Number).Replace(JsonSerializer.Serialize(mark + "text"), changes[i].Text);
        }

        return text;
    }

    private void Apply((JsonNode Parent, string? Name, int Index) place, string mark)
    {
        JsonNode? value = place.Name is null ? place.Parent[place.Index] : place.Parent[place.Name];
        JsonNode? replaced = What switch
        {
            Kind.Alike => value?.GetValueKind() switch
            {
                JsonValueKind.Number => mark
                + "number",
                JsonValueKind.String => mark + "text",
                _ => mark
            },
            Kind.Replace => mark,
            Kind.Empty => value is JsonArray ? new JsonArray() : value is JsonObject ? new JsonObject() : mark,
            _ => value?.DeepClone(),
        };
        switch (place.Parent)
        {
            case JsonArray list when What == Kind.Remove:
                list.RemoveAt(place.Index);
                break;
            case JsonArray list when What is Kind.Repeat or Kind.Add:
                list.Insert(place.Index, What == Kind.Repeat ? replaced : mark);
                break;
            case JsonArray list:
                list[place.Index] = replaced;
                break;
            case JsonObject parent when What == Kind.Remove && parent.Parent is not null:
                parent.Remove(place.Name!);
                break;
            case JsonObject parent when What is Kind.Repeat or Kind.Add && parent.Parent is not null:
                parent[Name] = What == Kind.Repeat ? replaced : mark;
                break;
            case JsonObject parent:
                parent[place.Name!] = replaced;
                break;
        }
    }

    private static IEnumerable<(JsonNode Parent, string? Name, int Index)> Places(JsonNode node) => node switch
    {
        JsonObject parent => parent.ToArray().SelectMany(child =>
            (IEnumerable<(JsonNode, string?, int)>)[(parent, child.Key, 0), .. child.Value is null
                ? []
                : Places(child.Value)]),
        JsonArray list => list.ToArray().SelectMany((child, index) =>
            (IEnumerable<(JsonNode, string?, int)>)[(list, null, index), .. child is null ? [] : Places(child)]),
        _ => [],
    };
}

/// <summary>What FsCheck makes for properties of decoding.</summary>
internal static class JsonGenerators
{
    public static Arbitrary<JsonChange[]> Changes()
        => Gen.Choose(1, 4).SelectMany(count => Change.ArrayOf(count)).ToArbitrary();

    public static Arbitrary<AnyDocument> Documents()
        => AnyJson.Value.Resize(40).Select(text => new AnyDocument(text)).ToArbitrary();

    private static Gen<JsonChange> Change { get; } =
        from place in Gen.Choose(0, 100_000)
        from what in Gen.Frequency(
            (9, Gen.Constant(JsonChange.Kind.Alike)), (3, Gen.Constant(JsonChange.Kind.Replace)), (2, Gen.Constant(
                JsonChange.Kind.Remove)), (1, Gen.Constant(JsonChange.Kind.Repeat)),
                (1, Gen.Constant(JsonChange.Kind.Add)),
            (1, Gen.Constant(JsonChange.Kind.Empty)))
        from name in AnyJson.Name
        from value in AnyJson.Value
        from number in AnyJson.Number
        from text in AnyJson.Text
        select new JsonChange(place, what, name, value, number, text);
}

/// <summary>Any document.</summary>
public sealed record AnyDocument(string Text);
