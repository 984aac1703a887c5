using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseLlm.Files.Tests;

/// <summary>A record is read as exactly what it declares, or not at all.</summary>
public sealed class RecordsThatWereElsewhere
{
    private static readonly Tree Sample = new(
        "oak",
        3,
        null,
        ["green", "brown"],
        new Dictionary<string, Leaf> { ["first"] = new([1, 2], 0.5) })
    { Note = "old" };

    [Fact]
    public void What_was_written_is_read_again_on_one_line_or_over_many()
    {
        foreach (byte[] json in (byte[][])[RecordJson.Write(Sample), RecordJson.WriteIndented(Sample)])
        {
            Tree read = RecordJson.Read<Tree>(json);
            (read.Name, read.Height, read.Girth, read.Note).ShouldBe(("oak", 3, (double?)null, "old"));
            read.Colors.ShouldBe(["green", "brown"]);
            read.Leaves["first"].Veins.ShouldBe([1, 2]);
        }
    }

    [Fact]
    public void What_is_null_is_written_for_programs_and_left_out_for_people_and_both_are_read_the_same()
    {
        Encoding.UTF8.GetString(RecordJson.Write(Sample)).ShouldBe(
            """{"name":"oak","height":3,"girth":null,"colors":["green","brown"],"leaves":{"first":{"veins":[1,2],"green":0.5}},"note":"old"}""");
        Encoding.UTF8.GetString(RecordJson.WriteIndented(Sample)).ShouldNotContain("girth");
        RecordJson.ToElement(Sample).GetProperty("leaves").GetProperty("first").GetProperty("green").GetDouble()
            .ShouldBe(0.5);
    }

    [Theory]
    [InlineData("null", "null for the whole")]
    [InlineData("[]", "a list for an object")]
    [InlineData("""{"height":3,"colors":[],"leaves":{}}""", "a name that is missing")]
    [InlineData("""{"name":"oak","colors":[],"leaves":{}}""", "a number that is missing")]
    [InlineData("""{"name":"oak","height":3,"leaves":{}}""", "a list that is missing")]
    [InlineData("""{"name":null,"height":3,"colors":[],"leaves":{}}""", "null for a name")]
    [InlineData("""{"name":"oak","height":null,"colors":[],"leaves":{}}""", "null for a number")]
    [InlineData("""{"name":"oak","height":3,"colors":null,"leaves":{}}""", "null for a list")]
    [InlineData("""{"name":"oak","height":3,"colors":["green",null],"leaves":{}}""", "null in a list")]
    [InlineData("""{"name":"oak","height":3,"colors":[],"leaves":{"first":null}}""", "null in a dictionary")]
    [InlineData(
        """{"name":"oak","height":3,"colors":[],"leaves":{"first":{"veins":[null],"green":1}}}""",
        "null in a list of numbers")]
    [InlineData("""{"name":"oak","height":3,"colors":[],"leaves":{"first":{"veins":[],"green":2}}}""", "a broken rule")]
    [InlineData(
        """{"name":"oak","height":3,"colors":[],"leaves":{"first":{"veins":[],"green":NaN}}}""",
        "a number that JSON does not have")]
    [InlineData("""{"name":"oak","height":3,"girth":1e999,"colors":[],"leaves":{}}""", "a number that is too large")]
    [InlineData("""{"name":"oak","height":3,"girth":"1","colors":[],"leaves":{}}""", "a text for a number")]
    [InlineData("""{"name":"oak","height":3.5,"colors":[],"leaves":{}}""", "half a whole number")]
    [InlineData("""{"name":"oak","height":4000000000,"colors":[],"leaves":{}}""", "a whole number that is too large")]
    [InlineData("""{"name":3,"height":3,"colors":[],"leaves":{}}""", "a number for a name")]
    [InlineData("""{"name":"oak","height":3,"height":3,"colors":[],"leaves":{}}""", "a property that is there twice")]
    [InlineData(
        """{"name":"oak","height":3,"colors":[],"leaves":{"a":{"veins":[],"green":1},"a":{"veins":[],"green":1}}}""",
        "a name that is there twice")]
    [InlineData("""{"name":"\ud800","height":3,"colors":[],"leaves":{}}""", "half a surrogate pair")]
    [InlineData("""{"name":"oak","height":3,"colors":[],"leaves":{}} x""", "something behind it")]
    [InlineData("""{"name":"oak","height":3,"colors":[],"leaves":{},"note":""", "what is cut off")]
    public void What_is_not_as_declared_is_refused(string json, string flaw) =>
        Should.Throw<JsonException>(() => RecordJson.Read<Tree>(Encoding.UTF8.GetBytes(json)), flaw).Message
            .ShouldNotContain("System.");

    [Fact]
    public void The_message_names_the_place_and_not_the_types_of_this_program()
    {
        Error("""{"name":"oak","height":3,"colors":[],"leaves":{"first":{"veins":3,"green":1}}}""").ShouldBe(
            "'first.veins' is not what it should be, or something in it is missing");
        Error("""{"name":"oak","height":3,"colors":[]}""").ShouldBe(
            "it is not what it should be, or something in it is missing");
        Error("""{"name":"oak","height":3,"colors":[null],"leaves":{}}""").ShouldBe("a list has null in it");

        static string Error(string json)
            => Should.Throw<JsonException>(() => RecordJson.Read<Tree>(Encoding.UTF8.GetBytes(json))).Message;
    }

    [Fact]
    public void What_nobody_knows_is_passed_over() =>
        RecordJson.Read<Tree>("""{"name":"oak","height":3,"colors":[],"leaves":{},"roots":[null]}"""u8.ToArray()).Height
            .ShouldBe(3);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"size":1}""")]
    [InlineData("""{"rings":null}""")]
    public void A_rule_can_count_on_what_has_to_be_there(string json) =>
        Should.Throw<JsonException>(() => RecordJson.Read<Trunk>(Encoding.UTF8.GetBytes(json))).Message
            .ShouldNotContain("rings are not counted");

    [Fact]
    public void An_element_of_a_document_is_held_to_the_same()
    {
        RecordJson.Read<Holder>("""{"inner":{"veins":[],"green":1}}"""u8.ToArray()).Inner.ShouldNotBeNull();
        RecordJson.Read<Holder>("""{"inner":null}"""u8.ToArray()).Inner.ShouldBeNull();
        JsonElement twice = RecordJson.Read<Holder>("""{"inner":{"veins":[],"green":2}}"""u8.ToArray()).Inner!.Value;
        Should.Throw<JsonException>(() => RecordJson.Read<Leaf>(twice)).Message.ShouldContain("greener than green");
        Should.Throw<JsonException>(() => RecordJson.Read<Holder>("""{"inner":{"a":1,"a":2}}"""u8.ToArray()));
    }

    private sealed record Tree(
        string Name,
        int Height,
        double? Girth,
        IReadOnlyList<string> Colors,
        IReadOnlyDictionary<string, Leaf> Leaves)
    {
        public string? Note { get; init; }
    }

    private sealed record Leaf(IReadOnlyList<int> Veins, double Green) : IJsonOnDeserialized
    {
        void IJsonOnDeserialized.OnDeserialized()
            => RecordJson.Require(Green is >= 0 and <= 1, "a leaf is greener than green");
    }

    private sealed record Trunk : IJsonOnDeserialized
    {
        public required IReadOnlyList<string> Rings { get; init; }

        void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(Rings.Count > 0, "the rings are not counted");
    }

    private sealed record Holder(JsonElement? Inner);
}
