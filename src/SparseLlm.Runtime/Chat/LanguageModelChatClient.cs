using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Chat;

/// <summary>
/// A language model as an <see cref="IChatClient"/>. A conversation becomes a prompt by the model's chat template. Base
/// models have none: their prompt is the text of the messages, one after the other as it is, which they continue. The
/// client keeps no conversation, but what the model has read of the last one: a conversation that begins in the same
/// way is read from there on. It may be used by several threads.
/// </summary>
public sealed class LanguageModelChatClient : IChatClient
{
    private readonly LanguageModel model;
    private readonly ChatTemplate? template;
    private readonly bool ownsModel;
    private readonly ChatClientMetadata metadata;
    private TokenSequence? last;

    /// <summary>A client of a model, which stays the caller's to dispose.</summary>
    /// <param name="model">The model.</param>
    /// <param name="template">How a conversation becomes a prompt; null for the model's own template.</param>
    /// <exception cref="DiagnosticException">The model's template is malformed, or has something that is not
    /// supported.</exception>
    public LanguageModelChatClient(LanguageModel model, ChatTemplate? template = null)
        : this(model, template, ownsModel: false)
    {
    }

    private LanguageModelChatClient(LanguageModel model, ChatTemplate? template, bool ownsModel)
    {
        this.model = model;
        this.template = template ?? ChatTemplate.Read(model.Directory);
        this.ownsModel = ownsModel;
        metadata = new ChatClientMetadata("sparsellm", defaultModelId: ModelName.Of(model.Directory));
    }

    /// <summary>Opens a model and makes a client of it, which closes it when it is disposed.</summary>
    /// <param name="directory">An artifact, or a Hugging Face model directory.</param>
    /// <param name="options">How it is opened; null for the defaults.</param>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory.</exception>
    public static LanguageModelChatClient Open(string directory, LanguageModelOptions? options = null)
    {
        LanguageModel model = LanguageModel.Open(directory, options);
        try
        {
            return new LanguageModelChatClient(model, template: null, ownsModel: true);
        }
        catch (DiagnosticException)
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The model's answer, whole.</summary>
    /// <inheritdoc cref="GetStreamingResponseAsync"/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>The model's answer, piece by piece. The last piece says why it is the last, and how many tokens there
    /// were.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">How tokens are chosen and when the answer ends; null for what the model's authors
    /// recommend.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    /// <exception cref="DiagnosticException">The conversation does not fit the template or the context.</exception>
    /// <exception cref="NotSupportedException">
    /// The messages have content other than text, reasoning and calls of functions; or the options ask for what there
    /// is not: tools, answers in JSON, penalties of frequency and presence, or a conversation that the client would
    /// keep.
    /// </exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        GenerationOptions generation = ChatGeneration.Options(options, this, this.model.RecommendedOptions);
        int[] prompt = Prompt(ChatGeneration.Messages(messages, options), options);
        string id = Guid.NewGuid().ToString("N");
        TokenSequence sequence = Interlocked.Exchange(ref last, null) ?? this.model.NewSequence();
        try
        {
            IReadOnlyList<int> unread = sequence.KeepBeginningOf(prompt);
            int known = prompt.Length - unread.Count;
            await foreach (GeneratedText piece in this.model.StreamAsync(sequence, unread, generation,
                cancellationToken)
                .ConfigureAwait(false))
            {
                if (piece.Text.Length > 0 || piece.End is not null)
                {
                    yield return Update(piece, known, id);
                }
            }
        }
        finally
        {
            Interlocked.Exchange(ref last, sequence)?.Dispose();
        }
    }

    /// <summary>This client, its model (<see cref="LanguageModel"/>), its template (<see cref="ChatTemplate"/>) or its
    /// <see cref="ChatClientMetadata"/>.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        object?[] services = [this, this.model, this.template, metadata];
        return serviceKey is null ? services.FirstOrDefault(serviceType.IsInstanceOfType) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Exchange(ref last, null)?.Dispose();
        if (this.ownsModel)
        {
            this.model.Dispose();
        }
    }

    private int[] Prompt(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        ChatTemplateOptions variables = ChatGeneration.TemplateOptions(options);
        return this.template is null
            ? this.model.Tokenizer.Encode(ChatMessageJson.TextOf(messages))
            : this.model.Tokenizer.Encode(this.template.Render(messages, variables), addSpecialTokens: false);
    }

    private ChatResponseUpdate Update(GeneratedText piece, int known, string id)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, piece.Text)
        {
            ResponseId = id,
            MessageId = id,
            ModelId = metadata.DefaultModelId,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = ChatGeneration.Reason(piece.End),
        };
        if (piece.End is not null)
        {
            update.Contents.Add(new UsageContent(new UsageDetails
            {
                InputTokenCount = known + piece.PromptTokens,
                CachedInputTokenCount = known,
                OutputTokenCount = piece.GeneratedTokens,
                TotalTokenCount = known + piece.PromptTokens + piece.GeneratedTokens,
            }));
        }

        return update;
    }
}
