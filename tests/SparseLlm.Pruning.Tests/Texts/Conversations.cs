using System.Text.Json.Nodes;
using Parquet.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>Conversations become text by a template, and token ids one after the other.</summary>
public sealed class Conversations : IDisposable
{
    private static readonly DiagnosticDescriptor Refusal = new("SLM2314", "Conversation refused by the chat template");

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_is_encoded_by_itself_with_the_tokens_that_its_template_writes_and_no_others()
    {
        folder.Write("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", "
            + "\"content\": \"Hello\"}]}\n{\"messages\": null}\n{\"messages\": []}\n{\"messages\": [{\"role\": "
            + "\"user\", \"content\": \"Bye\"}]}\n");
        Read("a.jsonl").ShouldBe([.. Encode("<user>Hi<assistant>Hello</s>"), .. Encode("<user>Bye</s>")]);
    }

    [Fact]
    public async Task The_same_messages_give_the_same_ids_in_a_table()
    {
        Turn[][] conversations =
        [
            [new() { role = "user", content = "Hi" }, new() { role = "assistant", content = null }],
            [],
            [new() { role = "system", content = "" }],
            .. Enumerable.Range(0, 50).Select(i => Enumerable.Range(0, i % 4)
                .Select(turn => new Turn { role = "user", content = $"{i} {turn}" })
                .ToArray()),
        ];
        await using (FileStream file = File.Create(folder["a.parquet"]))
        {
            await ParquetSerializer.SerializeAsync(
                conversations.Select(turns => new Row { messages = [.. turns] }),
                file);
        }

        File.WriteAllLines(
            folder["a.jsonl"],
            conversations.Select(turns
                => System.Text.Json.JsonSerializer.Serialize(new Row { messages = [.. turns] })));
        Read("a.parquet").ShouldBe(Read("a.jsonl"));
        Read("a.parquet").Length.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void The_first_ones_are_read_alone_and_no_more_than_are_needed()
    {
        folder.Write("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n{\"messages\": "
            + "[{\"role\": \"user\", \"content\": \"Bye\"}]}\nno record\n");
        CalibrationText.ReadIds(Source("a.jsonl") with { Records = 1 }, () => TextFolder.Tokens.Value, Render)
            .ShouldBe(Encode("<user>Hi</s>"));
        int[] ids = CalibrationText.ReadIds(
            Source("a.jsonl"),
            () => TextFolder.Tokens.Value,
            Render,
            count: Encode("<user>Hi</s>").Length + 1);
        ids.ShouldBe([.. Encode("<user>Hi</s>"), .. Encode("<user>Bye</s>")]);
    }

    [Theory]
    [InlineData("{\"text\": \"x\"}", "the record has no field 'messages' (it has text)")]
    [InlineData("{\"mesages\": []}", "did you mean 'mesages'?")]
    [InlineData("{\"messages\": \"x\"}", "'messages' is not a list")]
    [InlineData("{\"messages\": [\"x\"]}", "an item of the list is no message")]
    [InlineData("{\"messages\": [{\"content\": \"x\"}]}", "a message has no 'role'")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"role\": \"user\"}]}", "a message has a field twice")]
    [InlineData("{\"messages\": [{\"from\": \"human\", \"value\": \"x\"}]}", "the messages have 'from' and 'value'")]
    public void Records_without_messages_are_errors_at_their_place(string record, string message)
    {
        folder.Write("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n" + record);
        ShouldFail("a.jsonl", "SLM3001", message).Location!.Line.ShouldBe(2);
    }

    [Fact]
    public async Task A_conversation_that_the_template_refuses_is_named()
    {
        folder.Write("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n{\"messages\": "
            + "[{\"role\": \"robot\", \"content\": \"Hi\"}]}\n");
        Diagnostic problem = ShouldFail("a.jsonl", "SLM3020", "only users speak");
        (problem.Location!.File, problem.Location.Line).ShouldBe((folder["a.jsonl"], 2));
        problem.Message.ShouldContain("chat_template.jinja(3,1)");

        await using (FileStream file = File.Create(folder["a.parquet"]))
        {
            await ParquetSerializer.SerializeAsync(
                [new Row { messages = [new() { role = "user" }] }, new Row { messages = [new() { role = "robot" }] }],
                file);
        }

        ShouldFail("a.parquet", "SLM3020", "row 2: only users speak").Location!.File.ShouldBe(folder["a.parquet"]);
    }

    [Fact]
    public async Task A_table_without_messages_is_an_error_that_says_what_it_has()
    {
        await using (FileStream file = File.Create(folder["a.parquet"]))
        {
            await ParquetSerializer.SerializeAsync(
                [new Other { turns = [new() { from = "human", value = "x" }], names = ["x"] }],
                file);
        }

        ShouldFail("a.parquet", "SLM3001", "there is no column 'messages'; it has turns, names");
        TextCheck.Find(folder.Source("a.parquet") with { Chat = "turns" }).Single().Message
            .ShouldContain("'from' and 'value'");
        TextCheck.Find(folder.Source("a.parquet") with { Chat = "names" }).Single().Message
            .ShouldContain("holds no messages");
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("a.txt.gz")]
    public void Plain_text_has_no_conversations(string name)
    {
        folder.Write(name, "Hi");
        ShouldFail(name, "SLM3013", "conversations are read from JSON lines (.jsonl) or Parquet (.parquet)");
    }

    private TextSource Source(string name) => folder.Source(name) with { Chat = "messages" };

    private int[] Read(string name) => CalibrationText.ReadIds(Source(name), () => TextFolder.Tokens.Value, Render);

    private Diagnostic ShouldFail(string name, string code, string message)
    {
        Diagnostic problem = Should.Throw<DiagnosticException>(() => Read(name)).Diagnostics.Single();
        problem.Code.ShouldBe(code);
        problem.Message.ShouldContain(message);
        return problem;
    }

    private static int[] Encode(string text) => TextFolder.Tokens.Value.Encode(text, addSpecialTokens: false);

    private static string Render(JsonArray messages) => messages.Any(message => message!["role"]!.ToString() == "robot")
        ? throw Refusal.Error(new SourceLocation("chat_template.jinja", 3, 1), "only users speak")
        : string.Concat(messages.Select(message => $"<{message!["role"]}>{message["content"]}")) + "</s>";

#pragma warning disable IDE1006 // The names are those in files.
    public sealed record Row
    {
        public List<Turn>? messages { get; set; }
    }

    public sealed record Turn
    {
        public string? role { get; set; }

        public string? content { get; set; }
    }

    public sealed record Other
    {
        public List<Said>? turns { get; set; }

        public List<string>? names { get; set; }
    }

    public sealed record Said
    {
        public string? from { get; set; }

        public string? value { get; set; }
    }
#pragma warning restore IDE1006
}
