namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>Where in a record its text is.</summary>
public sealed class Fields : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.b", "{\"a\": {\"b\": \"x\"}}", "x\n")]
    [InlineData("a.b", "{\"a.b\": \"literal\", \"a\": {\"b\": \"x\"}}", "literal\n")]
    [InlineData("a.b.c", "{\"a.b\": {\"c\": \"x\"}, \"a\": {\"b\": {\"c\": \"y\"}}}", "x\n")]
    [InlineData("a[]", "{\"a\": [\"x\", null, \"y\"]}", "x\ny\n")]
    [InlineData("a[][]", "{\"a\": [[\"x\"], [], [\"y\", \"z\"]]}", "x\ny\nz\n")]
    [InlineData("a[].b", "{\"a\": [{\"b\": \"x\"}, {\"c\": 1}, {\"b\": null}, {\"b\": \"y\"}]}", "x\ny\n")]
    [InlineData("a[].b[].c", "{\"a\": [{\"b\": [{\"c\": \"x\"}]}, {\"b\": [{\"c\": \"y\"}]}]}", "x\ny\n")]
    [InlineData("text", "{\"text\": null}\n{\"text\": \"\"}\n{\"text\": \"x\"}", "\nx\n")]
    [InlineData("a.b", "{\"a\": null}\n{\"a\": {\"b\": \"x\"}}", "x\n")]
    [InlineData("a[]", "{\"a\": []}\n{\"a\": [\"x\"]}", "x\n")]
    public void Paths_lead_to_texts_and_what_is_null_is_passed_over(string field, string records, string text)
    {
        folder.Write("a.jsonl", records);
        TextFolder.Read(folder.Source("a.jsonl") with { Field = field }).ShouldBe(TextFolder.Encode(text));
    }

    [Theory]
    [InlineData("a.c", "{\"a\": {\"b\": \"x\"}}", "no string field 'a.c' (it has b)")]
    [InlineData("txet", "{\"id\": 1, \"text\": \"x\"}", "did you mean 'text'?")]
    [InlineData("a", "{\"a\": [\"x\"]}", "'a' is a list; write 'a[]' for each of its items")]
    [InlineData(
        "a",
        "{\"a\": [{\"role\": \"user\", \"content\": \"x\"}]}",
        "'a' is a list; write 'a[].content' for each of its items")]
    [InlineData("a[]", "{\"a\": \"x\"}", "the record has no list there")]
    [InlineData("a[].b", "{\"a\": [{\"b\": 1}]}", "no string field 'a[].b'")]
    [InlineData("a", "{\"a\": 1}", "no string field 'a'")]
    [InlineData("a[].b", "{\"a\": [\"x\"]}", "no string field 'a[].b'")]
    public void A_path_that_leads_nowhere_is_an_error_that_says_what_there_is(
        string field,
        string record,
        string message)
    {
        folder.Write("a.jsonl", record);
        TextFolder.ShouldFail(folder.Source("a.jsonl") with { Field = field }, "SLM3001", message).Location!.Line
            .ShouldBe(1);
    }

    [Fact]
    public void What_stands_between_records_stands_between_all_of_them_and_nowhere_else()
    {
        folder.Write("a.jsonl", "{\"text\": \"one\"}\n{\"text\": null}\n{\"text\": \"\"}\n");
        folder.Write("b.txt", "two");
        folder.Write("c.jsonl", "{\"text\": \"three\"}\n");
        TextFolder.Read(folder.Source("a.jsonl", "b.txt", "c.jsonl") with { Join = "\n\n" })
            .ShouldBe(TextFolder.Encode("one\n\n\n\ntwo\n\nthree"));
        TextFolder.Read(folder.Source("a.jsonl", "b.txt", "c.jsonl") with { Join = "" })
            .ShouldBe(TextFolder.Encode("onetwothree"));
    }

    [Theory]
    [InlineData(1, "one\n")]
    [InlineData(2, "one\ntwo")]
    [InlineData(3, "one\ntwothree\n")]
    [InlineData(9, "one\ntwothree\nfour\n")]
    public void The_first_records_are_read_alone(int records, string text)
    {
        folder.Write("a.jsonl", "{\"text\": \"one\"}\n");
        folder.Write("b.txt", "two");
        folder.Write("c.jsonl", "{\"text\": \"three\"}\n{\"text\": \"four\"}\n");
        TextFolder.Read(folder.Source("a.jsonl", "b.txt", "c.jsonl") with { Records = records })
            .ShouldBe(TextFolder.Encode(text));
    }
}
