using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Chat;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Chat;

public sealed class ChatClients : IDisposable
{
    private const string Template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% if flag "
        + "%}!{% endif %}{{ '\n' }}{% endfor %}It was a";

    private static readonly ChatMessage[] Conversation = [new(ChatRole.User, "Tell me a story.")];

    private readonly TempDirectory directory = new();
    private readonly LanguageModel model;

    public ChatClients()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.Model("tiny-llama")))
        {
            File.Copy(file, directory[Path.GetFileName(file)]);
        }

        File.WriteAllText(directory["chat_template.jinja"], Template);
        this.model = LanguageModel.Open(directory.Path, new LanguageModelOptions { Threads = 1 });
    }

    public void Dispose()
    {
        this.model.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task An_answer_is_the_models_continuation_of_what_the_template_makes()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        ChatResponse response = await client.GetResponseAsync(Conversation, new ChatOptions { MaxOutputTokens = 12 });

        int[] prompt = this.model.Tokenizer.Encode("<s>[user] Tell me a story.\nIt was a", addSpecialTokens: false);
        prompt.Count(id => id == 1).ShouldBe(1);
        response.Text.ShouldBe(Continuation(prompt, new GenerationOptions { MaximumTokens = 12 }));
        response.FinishReason.ShouldBe(ChatFinishReason.Length);
        response.Messages.ShouldHaveSingleItem().Role.ShouldBe(ChatRole.Assistant);
        response.ModelId.ShouldBe(Path.GetFileName(directory.Path));
        (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount).ShouldBe(
            (prompt.Length, 12, prompt.Length + 12));
    }

    [Fact]
    public async Task A_conversation_that_goes_on_is_read_from_where_it_was_left()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        using IChatClient other = new LanguageModelChatClient(this.model);
        var options = new ChatOptions { MaxOutputTokens = 12 };
        ChatResponse first = await client.GetResponseAsync(Conversation, options);
        ChatMessage[] longer = [.. Conversation, .. first.Messages, new(ChatRole.User, "Go on.")];

        ChatResponse second = await client.GetResponseAsync(longer, options);
        ChatResponse anew = await other.GetResponseAsync(longer, options);
        second.Text.ShouldBe(anew.Text);
        second.Usage!.InputTokenCount.ShouldBe(anew.Usage!.InputTokenCount);
        second.Usage.CachedInputTokenCount!.Value.ShouldBeGreaterThan(first.Usage!.InputTokenCount!.Value / 2);
        anew.Usage.CachedInputTokenCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_stream_brings_the_same_text_in_pieces_and_the_usage_at_its_end()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        var options = new ChatOptions { MaxOutputTokens = 12 };
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Conversation, options))
        {
            updates.Add(update);
        }

        updates.Count.ShouldBeGreaterThan(3);
        string.Concat(updates.Select(update => update.Text))
            .ShouldBe((await client.GetResponseAsync(Conversation, options)).Text);
        updates.Select(update => update.ResponseId).Distinct().ShouldHaveSingleItem().ShouldNotBeNullOrEmpty();
        updates[^1].FinishReason.ShouldBe(ChatFinishReason.Length);
        updates[^1].Contents.OfType<UsageContent>().ShouldHaveSingleItem().Details.OutputTokenCount.ShouldBe(12);
        updates[..^1].ShouldAllBe(update => update.FinishReason == null);
    }

    [Fact]
    public async Task Options_choose_the_tokens()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        ChatResponse response = await client.GetResponseAsync(Conversation, new ChatOptions
        {
            Temperature = 0.8f,
            TopK = 30,
            TopP = 0.95f,
            Seed = 5,
            MaxOutputTokens = 10,
            AdditionalProperties = new() { ["min_p"] = 0.02, ["repetition_penalty"] = 1.2f },
        });
        response.Text.ShouldBe(Continuation(
            this.model.Tokenizer.Encode("<s>[user] Tell me a story.\nIt was a", addSpecialTokens: false),
            new GenerationOptions
            {
                Temperature = 0.8f,
                TopK = 30,
                TopP = 0.95f,
                Seed = 5,
                MaximumTokens = 10,
                MinP = 0.02f,
                RepetitionPenalty = 1.2f
            }));

        string whole = (await client.GetResponseAsync(Conversation, new ChatOptions { MaxOutputTokens = 12 })).Text;
        string stop = whole.Substring(whole.Length / 2, 3);
        ChatResponse stopped = await client.GetResponseAsync(
            Conversation,
            new ChatOptions { MaxOutputTokens = 12, StopSequences = [stop] });
        stopped.Text.ShouldBe(whole[..whole.IndexOf(stop, StringComparison.Ordinal)]);
        stopped.FinishReason.ShouldBe(ChatFinishReason.Stop);
    }

    [Fact]
    public async Task What_only_this_library_has_comes_by_the_factory_and_what_only_the_template_has_by_a_property()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ => new GenerationOptions { MaximumTokens = 3, MinP = 0.5f },
            AdditionalProperties = new() { ["chat_template_kwargs"] = new JsonObject { ["flag"] = true } },
        };
        ChatResponse response = await client.GetResponseAsync(Conversation, options);
        response.Usage!.OutputTokenCount.ShouldBe(3);
        response.Usage.InputTokenCount
            .ShouldBe(this.model.Tokenizer.Encode("<s>[user] Tell me a story.!\nIt was a", addSpecialTokens: false).Length);
    }

    [Fact]
    public async Task What_nobody_asks_for_is_as_the_models_authors_recommend()
    {
        File.WriteAllText(directory["generation_config.json"], """{"repetition_penalty": 5.0, "eos_token_id": 2}""");
        using IChatClient client = LanguageModelChatClient.Open(
            directory.Path,
            new LanguageModelOptions { Threads = 1 });
        int[] prompt = this.model.Tokenizer.Encode("<s>[user] Tell me a story.\nIt was a", addSpecialTokens: false);
        (await client.GetResponseAsync(Conversation, new ChatOptions { MaxOutputTokens = 12 })).Text
            .ShouldBe(Continuation(prompt, new GenerationOptions { RepetitionPenalty = 5, MaximumTokens = 12 }));
        (await client.GetResponseAsync(
            Conversation,
            new ChatOptions { MaxOutputTokens = 12, AdditionalProperties = new() { ["repetition_penalty"] = 1 } })).Text
            .ShouldBe(Continuation(prompt, new GenerationOptions { MaximumTokens = 12 }));
    }

    [Fact]
    public async Task Instructions_are_the_first_message_and_the_systems()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        ChatResponse response = await client.GetResponseAsync(
            Conversation,
            new ChatOptions { Instructions = "Be brief.", MaxOutputTokens = 5 });
        response.Text.ShouldBe(Continuation(
            this.model.Tokenizer.Encode(
                "<s>[system] Be brief.\n[user] Tell me a story.\nIt was a",
                addSpecialTokens: false), new GenerationOptions { MaximumTokens = 5 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pictures_are_refused_with_a_template_and_without_one(bool hasTemplate)
    {
        using IChatClient client = LanguageModelChatClient.Open(
            hasTemplate ? directory.Path : Repository.Model("tiny-llama"),
            new LanguageModelOptions { Threads = 1 });
        ChatMessage[] picture = [new(
            ChatRole.User,
            [new TextContent("What is this?"), new DataContent(new byte[] { 1 }, "image/png")])];
        (await Should.ThrowAsync<NotSupportedException>(() => client.GetResponseAsync(picture))).Message
            .ShouldContain("DataContent");
    }

    [Fact]
    public async Task A_model_without_a_template_refuses_calls_of_functions()
    {
        using IChatClient client = LanguageModelChatClient.Open(
            Repository.Model("tiny-llama"),
            new LanguageModelOptions { Threads = 1 });
        ChatMessage[] call = [new(ChatRole.Assistant, [new FunctionCallContent("1", "f")])];
        await Should.ThrowAsync<NotSupportedException>(() => client.GetResponseAsync(call));
    }

    [Fact]
    public async Task A_model_without_a_template_continues_the_text_of_the_messages()
    {
        using LanguageModelChatClient client = LanguageModelChatClient.Open(
            Repository.Model("tiny-llama"),
            new LanguageModelOptions { Threads = 1 });
        var model = (LanguageModel)client.GetService(typeof(LanguageModel))!;
        ChatResponse response = await client.GetResponseAsync(
            [new ChatMessage(ChatRole.User, "It was a dark night"), new ChatMessage(
                ChatRole.Assistant,
                " and")], new ChatOptions { MaxOutputTokens = 8 });
        response.Text.ShouldBe(model.Generate("It was a dark night and", new GenerationOptions { MaximumTokens = 8 }));
        response.ModelId.ShouldBe("tiny-llama");
        client.GetService(typeof(ChatTemplate)).ShouldBeNull();
        ((ChatClientMetadata)client.GetService(typeof(ChatClientMetadata))!).ProviderName.ShouldBe("sparsellm");
        client.GetService(typeof(IChatClient)).ShouldBe(client);
        client.GetService(typeof(LanguageModel), "key").ShouldBeNull();
    }

    public static TheoryData<string> Unsupported
        => ["Tools", "ResponseFormat", "FrequencyPenalty", "PresencePenalty", "ConversationId"];

    [Theory]
    [MemberData(nameof(Unsupported))]
    public async Task What_is_asked_for_and_not_there_is_refused(string property)
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        ChatOptions options = property switch
        {
            "Tools" => new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("f", "d", default)] },
            "ResponseFormat" => new ChatOptions { ResponseFormat = ChatResponseFormat.Json },
            "FrequencyPenalty" => new ChatOptions { FrequencyPenalty = 1 },
            "PresencePenalty" => new ChatOptions { PresencePenalty = 1 },
            _ => new ChatOptions { ConversationId = "1" },
        };
        (await Should.ThrowAsync<NotSupportedException>(() => client.GetResponseAsync(Conversation, options))).Message
            .ShouldStartWith(property);
    }

    [Fact]
    public async Task A_conversation_that_the_template_refuses_is_an_error_before_anything_is_generated()
    {
        using IChatClient client = new LanguageModelChatClient(
            this.model,
            ChatTemplate.Parse("{{ raise_exception('no') }}"));
        (await Should.ThrowAsync<DiagnosticException>(() => client.GetResponseAsync(Conversation))).Diagnostics
            .ShouldHaveSingleItem()
            .Descriptor
            .ShouldBe(ChatDiagnostics.Refused);
    }

    [Fact]
    public async Task An_answer_can_be_called_off_between_tokens()
    {
        using IChatClient client = new LanguageModelChatClient(this.model);
        using var calledOff = new CancellationTokenSource();
        int pieces = 0;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(
                Conversation,
                cancellationToken: calledOff.Token))
            {
                pieces++;
                await calledOff.CancelAsync();
            }
        });
        pieces.ShouldBe(1);
    }

    [Fact]
    public void Services_may_have_several_models_under_keys()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddKeyedSparseLlm("one", directory.Path, options => options.Threads = 1)
            .AddKeyedSparseLlm("other", Repository.Model("tiny-llama"), options => options.Threads = 1)
            .BuildServiceProvider();
        services.GetRequiredKeyedService<IChatClient>("one").GetService<LanguageModel>()!.Directory
            .ShouldBe(directory.Path);
        services.GetRequiredKeyedService<IChatClient>("other").GetService<LanguageModel>()!.Directory
            .ShouldBe(Repository.Model("tiny-llama"));
    }

    [Fact]
    public void Services_have_one_model_and_one_client_of_it()
    {
        using ServiceProvider services = new ServiceCollection().AddSparseLlm(
            directory.Path,
            options => options.ContextLength = 100).BuildServiceProvider();
        IChatClient client = services.GetRequiredService<IChatClient>();
        client.ShouldBeSameAs(services.GetRequiredService<IChatClient>());
        LanguageModel model = services.GetRequiredService<LanguageModel>();
        client.GetService(typeof(LanguageModel)).ShouldBeSameAs(model);
        model.ContextLength.ShouldBe(100);
    }

    private string Continuation(int[] prompt, GenerationOptions options)
        => string.Concat(this.model.Stream(prompt, options).Select(piece => piece.Text));
}
