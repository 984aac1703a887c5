using System.Text;
using System.Text.Json;

namespace SparseLlm.Files.Tests;

/// <summary>JSON as PowerShell, Python and broken programs write it.</summary>
public sealed class JsonOfOthers
{
    [Fact]
    public void A_byte_order_mark_is_passed_over() =>
        Parse("\uFEFF{\"a\": 1}").GetProperty("a").GetInt32().ShouldBe(1);

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void A_number_that_json_does_not_have_is_neither_number_nor_text_and_disturbs_nobody(string number)
    {
        JsonElement root = Parse($$"""{"a": [{{number}}, -1], "b": 2, "c": "{{number}}"}""");
        root.GetProperty("a")[0].ValueKind.ShouldBe(JsonValueKind.Array);
        root.GetProperty("a")[1].GetInt32().ShouldBe(-1);
        root.GetProperty("b").GetInt32().ShouldBe(2);
        root.GetProperty("c").GetString().ShouldBe(number);
    }

    [Theory]
    [InlineData(@"""\ud83d""")]
    [InlineData(@"""\ude00""")]
    [InlineData(@"""\ud83d\ud83d\ude00""")]
    [InlineData(@"""\ud83d\n""")]
    [InlineData(@"{""\uD800"": 1}")]
    public void Half_a_surrogate_pair_is_an_error_with_its_place(string json)
    {
        var error = Should.Throw<JsonException>(() => Parse("\n  " + json));
        error.Message.ShouldBe("a string holds half of a surrogate pair");
        error.LineNumber.ShouldBe(1);
        error.BytePositionInLine!.Value.ShouldBeInRange(3, 5);
    }

    [Fact]
    public void Half_a_surrogate_pair_of_a_text_is_read_as_the_replacement_character() =>
        ForeignJson.Parse(@"""a\ud83db \ud83d\ude00 \\ud83d \ude00"""u8.ToArray(), replaceHalfPairs: true).RootElement
            .GetString()
            .ShouldBe("a\uFFFDb \U0001F600 \\ud83d \uFFFD");

    [Fact]
    public void Bytes_that_are_not_utf8_are_an_error_with_their_place()
    {
        byte[] json = Encoding.UTF8.GetBytes("{\n\"ä\": \"x\"}");
        json[^3] = 0xFF;
        var error = Should.Throw<JsonException>(() => ForeignJson.Parse(json));
        (error.LineNumber, error.BytePositionInLine).ShouldBe((1, 7));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\u")]
    [InlineData("\"\\ud83d")]
    [InlineData("-")]
    [InlineData("Nan")]
    [InlineData("[NaN")]
    [InlineData("{NaN: 1}")]
    public void What_is_cut_off_is_an_error(string json) => Should.Throw<JsonException>(() => Parse(json));

    [Fact]
    public void Nesting_is_limited()
        => Should.Throw<JsonException>(() => Parse(new string('[', 100_000) + new string(']', 100_000)));

    [Fact]
    public void More_values_than_are_wanted_are_an_error_where_the_first_of_them_is()
    {
        const string Json = "\uFEFF{\"a\":\n[1, 2, 3]}";
        ForeignJson.Parse(Encoding.UTF8.GetBytes(Json), maximumTokens: 8).RootElement.GetProperty("a").GetArrayLength()
            .ShouldBe(3);
        var error = Should.Throw<JsonException>(
            () => ForeignJson.Parse(Encoding.UTF8.GetBytes(Json), maximumTokens: 5));
        (error.LineNumber, error.BytePositionInLine).ShouldBe((1, 7));
    }

    private static JsonElement Parse(string json) => ForeignJson.Parse(Encoding.UTF8.GetBytes(json)).RootElement;
}
