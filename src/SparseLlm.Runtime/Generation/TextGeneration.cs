using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Sampling;

namespace SparseLlm.Runtime.Generation;

/// <summary>Token by token, until something ends the text.</summary>
internal sealed class TextGeneration
{
    private readonly LanguageModel model;
    private readonly GenerationOptions options;

    public TextGeneration(LanguageModel model, GenerationOptions options)
    {
        options.Require();
        (this.model, this.options) = (model, options);
    }

    /// <summary>Pieces of text; the last one says why it is the last.</summary>
    public IEnumerable<GeneratedText> Run(
        TokenSequence sequence,
        IReadOnlyList<int> prompt,
        CancellationToken cancellation)
    {
        var sampler = new Sampler(options);
        var text = new TextDecoder(model.Tokenizer, !options.ShowsSpecialTokens, sequence.Tokens.Concat(prompt));
        var stop = new StopMatcher(options.StopStrings);
        IReadOnlyList<int> next = prompt;
        for (int generated = 1; ; generated++)
        {
            cancellation.ThrowIfCancellationRequested();
            int token = sampler.Choose(model.Read(sequence, next, cancellation), sequence.Tokens);
            bool isEnd = model.EndTokens.Contains(token);
            string piece = stop.Add(isEnd && !options.ShowsSpecialTokens ? "" : text.Add(token));
            EndReason? end = isEnd ? EndReason.EndToken
                : stop.IsFound ? EndReason.StopString
                : generated == options.MaximumTokens || sequence.Length == model.ContextLength ? EndReason.Length
                : null;
            if (end is EndReason.EndToken or EndReason.Length)
            {
                piece += stop.Add(text.Complete()) + stop.Complete();
                end = stop.IsFound ? EndReason.StopString : end;
            }

            yield return new GeneratedText(piece, prompt.Count, generated, end);
            if (end is not null)
            {
                yield break;
            }

            next = [token];
        }
    }
}
