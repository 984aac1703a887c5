using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.Bpe;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>
/// Scores that make SentencePiece's algorithm do a list of merges. It joins the two neighbours whose token has the
/// highest score, whichever way the token falls into two; so a token scores the higher the earlier the list makes it,
/// and a list that this does not say all of is refused.
/// </summary>
internal static class SentencePieceScores
{
    /// <summary>The scores by id.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="source">The file to blame.</param>
    /// <param name="size">How many.</param>
    /// <exception cref="DiagnosticException">The algorithm would join what the list does not join, or in another
    /// order.</exception>
    public static float[] Of(Tokenizer tokenizer, SourceLocation source, int size)
    {
        BytePairVocabulary vocabulary = tokenizer.Model.Vocabulary;
        var ranks = new Dictionary<int, int>();
        int last = -1;
        foreach ((_, _, Merge merge) in vocabulary.Merges)
        {
            if (!ranks.TryAdd(merge.Id, ranks.Count) && merge.Id != last && tokenizer.Added.Find(merge.Id) is null)
            {
                throw Refuse(
                    source, $"the merges that make '{TokenizerPlace.Excerpt(vocabulary.Token(merge.Id)!)}' do not "
                        + $"follow one another in 'model.merges'");
            }

            last = merge.Id;
        }

        RequireEveryJoin(tokenizer, source);
        float[] scores = new float[size];
        Array.Fill(scores, -ranks.Count - 1f);
        foreach ((int id, int rank) in ranks)
        {
            scores[id] = -rank;
        }

        return scores;
    }

    /// <summary>Refuses a vocabulary in which two tokens that stay apart would be joined, as together they are the text
    /// of a third.</summary>
    private static void RequireEveryJoin(Tokenizer tokenizer, SourceLocation source)
    {
        BytePairModel model = tokenizer.Model;
        var symbols = new SymbolList();
        var ids = new List<int>();
        foreach (int id in model.Vocabulary.Ids.Where(id => tokenizer.Added.Find(id) is null))
        {
            string token = model.Vocabulary.Token(id)!;
            foreach (int middle in Boundaries(token))
            {
                if (!model.Vocabulary.TryGetId(token.AsSpan(0, middle), out int left)
                    || !model.Vocabulary.TryGetId(token.AsSpan(middle), out int right) ||
                    model.Vocabulary.TryGetMerge(left, right, out _))
                {
                    continue;
                }

                ids.Clear();
                model.EncodeByMerges(token, symbols, ids);
                if (ids is [int first, int second] && first == left && second == right)
                {
                    throw Refuse(
                        source,
                        $"'model.merges' leaves '{TokenizerPlace.Excerpt(model.Vocabulary.Token(left)!)}' and " +
                        $"'{TokenizerPlace.Excerpt(model.Vocabulary.Token(right)!)}' apart, and llama.cpp joins them "
                        + $"to '{TokenizerPlace.Excerpt(token)}'");
                }
            }
        }
    }

    /// <summary>Where a token can be cut in two without cutting a character.</summary>
    private static IEnumerable<int> Boundaries(string token)
    {
        int position = 0;
        foreach (Rune character in token.EnumerateRunes())
        {
            if (position > 0)
            {
                yield return position;
            }

            position += character.Utf16SequenceLength;
        }
    }

    private static DiagnosticException Refuse(
        SourceLocation source,
        string problem) => GgufVocabularyDiagnostics.NotExpressible.Error(
        source, $"{problem}: scores, which are all that a GGUF file holds of such a tokenizer, cannot say so; keep the "
            + $"safetensors directory, and run it where tokenizer.json is read.");
}
