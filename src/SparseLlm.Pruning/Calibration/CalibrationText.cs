using System.Text;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Reads the token ids of a text: its records joined, encoded once, with the tokenizer's special tokens. Conversations
/// are encoded one by one, with the special tokens that their template writes and no others, and their ids follow one
/// another.
/// </summary>
public static class CalibrationText
{
    /// <summary>As many ids as there are.</summary>
    public const int All = int.MaxValue;

    // A token has four characters in English, fewer in most other languages; what is missing is read then.
    private const long CharactersPerToken = 4;
    private const long LeastCharacters = 1 << 16;

    /// <summary>The token ids of a text.</summary>
    /// <param name="source">Its files.</param>
    /// <param name="tokenizer">Called only if the files hold text, not token ids.</param>
    /// <param name="chat">Makes one text of the messages of a conversation; needed where the source has
    /// conversations.</param>
    /// <param name="count">How many ids are needed, from the first one on: no more is read than it takes to have them.
    /// There are more in the result, or fewer if the text has no more.</param>
    /// <exception cref="DiagnosticException">A file is missing, not UTF-8, too long, or not of the form that its name
    /// promises; or the template does not take a conversation.</exception>
    public static int[] ReadIds(
        TextSource source,
        Func<Tokenizer> tokenizer,
        Func<JsonArray, string>? chat = null,
        int count = All)
    {
        TextCheck.Require(source);
        return source.Paths.All(path => TextFormats.Of(path) == TextFormat.TokenIds) ? Ids(source, count)
            : source.Chat is not null
                ? ConversationIds(source, tokenizer(), chat ?? throw new ArgumentNullException(nameof(chat)), count)
                : TextIds(source, tokenizer(), count);
    }

    private static int[] TextIds(TextSource source, Tokenizer tokenizer, int count)
    {
        var text = new StringBuilder();
        long enough = count == All ? long.MaxValue : Math.Max(LeastCharacters, CharactersPerToken * count);
        foreach (string piece in new TextPieces(source, count == All).Texts())
        {
            text.Append(piece);
            if (text.Length < enough)
            {
                continue;
            }

            int[] ids = tokenizer.EncodeBeginning(text.ToString());
            if (ids.Length >= count)
            {
                return ids;
            }

            enough = 2L * text.Length;
        }

        return tokenizer.Encode(text.ToString());
    }

    private static int[] ConversationIds(
        TextSource source,
        Tokenizer tokenizer,
        Func<JsonArray, string> chat,
        int count)
    {
        var ids = new List<int>();
        foreach (Conversation conversation in new TextPieces(source, count == All).Conversations())
        {
            ids.AddRange(tokenizer.Encode(Render(conversation, chat), addSpecialTokens: false));
            if (ids.Count >= count)
            {
                break;
            }
        }

        return [.. ids];
    }

    private static string Render(Conversation conversation, Func<JsonArray, string> chat)
    {
        try
        {
            return chat(conversation.Messages);
        }
        catch (DiagnosticException exception) when (exception.Diagnostics is [{ Location: { } template } problem]
            && problem.Descriptor != PruningDiagnostics.NoChatTemplate)
        {
            throw PruningDiagnostics.ConversationRefused
                .Error(conversation.Place, $"{conversation.Row}{problem.Message} ({template})", exception);
        }
    }

    private static int[] Ids(TextSource source, int count)
    {
        var ids = new List<int>();
        var limit = new ReadingLimit();
        foreach (string path in source.Paths.TakeWhile(_ => ids.Count < count))
        {
            ids.AddRange(NpyIds.Read(path, count - ids.Count, limit));
        }

        return [.. ids];
    }
}
