using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.AddedTokens;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>The tokens by id, each with its type; ids without a token get a filler.</summary>
/// <param name="Texts">The tokens.</param>
/// <param name="Types">Their types.</param>
internal sealed record TokenList(string[] Texts, TokenType[] Types)
{
    /// <summary>SentencePiece's stand-in for a space.</summary>
    public const char Space = '\u2581';

    /// <summary>The tokens of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="source">The file to blame.</param>
    /// <param name="size">How many there must be.</param>
    /// <param name="typeOf">The type of a token that is not an added one.</param>
    public static TokenList Of(Tokenizer tokenizer, SourceLocation source, int size, Func<string, TokenType> typeOf)
    {
        RequireOneTokenForEachId(tokenizer, source, size);
        var list = new TokenList(new string[size], new TokenType[size]);
        for (int id = 0; id < size; id++)
        {
            (list.Texts[id], list.Types[id]) = tokenizer.Added.Find(id) is AddedToken added ? Added(added)
                : tokenizer.Token(id) is string token ? (token, typeOf(token))
                : ("", TokenType.Unused);
        }

        list.Fill(source);
        return list;
    }

    /// <summary>Adds the pairs.</summary>
    public void Write(GgufMetadata metadata)
    {
        metadata.Set("tokenizer.ggml.tokens", Texts);
        metadata.Set("tokenizer.ggml.token_type", [.. Types.Select(type => (int)type)]);
    }

    private static void RequireOneTokenForEachId(Tokenizer tokenizer, SourceLocation source, int size)
    {
        HashSet<int> ids = [.. tokenizer.Model.Vocabulary.Ids, .. tokenizer.Added.Tokens.Select(token => token.Id)];
        if (ids.Count > 0 && ids.Max() >= size)
        {
            throw GgufVocabularyDiagnostics.BeyondTable.Error(
                source,
                $"the token '{TokenizerPlace.Excerpt(tokenizer.Token(ids.Max())!)}' has the id {ids.Max()}, and the "
                + $"model's token table has {size} rows; " +
                "take the tokenizer that belongs to the model, or resize the table in transformers "
                + "(resize_token_embeddings) and save the model anew.");
        }

        if (ids.Count < tokenizer.VocabularySize)
        {
            throw GgufVocabularyDiagnostics.NotExpressible.Error(
                source, "two tokens have the same id, and a GGUF file has one token for each; give each token an id of "
                    + "its own.");
        }
    }

    private static (string Text, TokenType Type) Added(AddedToken token) => token.Special || LooksSpecial(token.Content)
        ? (token.Content, TokenType.Control)
        : (token.Content.Replace(Space, ' '), TokenType.UserDefined);

    /// <summary>Several models do not mark all tokens as special that are.</summary>
    private static bool LooksSpecial(string text) =>
        text is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]" ||
        (text.StartsWith("<|", StringComparison.Ordinal) && text.EndsWith("|>", StringComparison.Ordinal)) ||
        (text.StartsWith("<\uFF5C", StringComparison.Ordinal) && text.EndsWith("\uFF5C>", StringComparison.Ordinal)) ||
        (text.StartsWith("<unused", StringComparison.Ordinal) && text.EndsWith('>'));

    /// <summary>Names what has no token. llama.cpp loads no file in which two ids have one text.</summary>
    private void Fill(SourceLocation source)
    {
        var taken = new HashSet<string>(Texts.Length, StringComparer.Ordinal);
        for (int id = 0; id < Texts.Length; id++)
        {
            if (Types[id] != TokenType.Unused && !taken.Add(Texts[id]))
            {
                throw GgufVocabularyDiagnostics.NotExpressible.Error(
                    source, $"'{TokenizerPlace.Excerpt(Texts[id])}' is the text of two tokens in llama.cpp, which "
                        + $"loads no such file; remove one of them.");
            }
        }

        for (int id = 0; id < Texts.Length; id++)
        {
            if (Types[id] == TokenType.Unused)
            {
                string filler = $"[PAD{id}]";
                while (!taken.Add(filler))
                {
                    filler = $"[{filler}]";
                }

                Texts[id] = filler;
            }
        }
    }
}
