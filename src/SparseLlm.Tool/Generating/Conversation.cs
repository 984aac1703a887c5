using System.Text;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Tool.Generating;

/// <summary>What has been said to a model and by it. The model reads only what is new, where the rest is what it has
/// read already.</summary>
/// <param name="model">The model.</param>
/// <param name="prompting">How what is said becomes a prompt.</param>
internal sealed class Conversation(LanguageModel model, IPrompting prompting) : IDisposable
{
    private readonly TokenSequence sequence = model.NewSequence();

    /// <summary>Says something, and has the model answer.</summary>
    /// <param name="text">What to say.</param>
    /// <param name="options">How to answer.</param>
    /// <param name="cancellation">Stops between tokens; what the model has said by then stays part of the
    /// conversation.</param>
    /// <returns>The pieces of the answer.</returns>
    public IEnumerable<GeneratedText> Say(string text, GenerationOptions options, CancellationToken cancellation)
    {
        IReadOnlyList<int> unread = sequence.KeepBeginningOf(prompting.Prompt(text));
        var answer = new StringBuilder();
        try
        {
            foreach (GeneratedText piece in model.Stream(sequence, unread, options, cancellation))
            {
                answer.Append(piece.Text);
                yield return piece;
            }
        }
        finally
        {
            // Nothing was said to a model that could not answer.
            if (answer.Length > 0)
            {
                prompting.Add(text, answer.ToString());
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        sequence.Clear();
        prompting.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => sequence.Dispose();
}
