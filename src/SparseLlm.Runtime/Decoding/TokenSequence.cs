namespace SparseLlm.Runtime.Decoding;

/// <summary>Tokens that a model has read, and what it keeps of them.</summary>
public sealed class TokenSequence : IDisposable
{
    private readonly IReadOnlyList<KeyValueShape> shapes;
    private readonly IReadOnlyList<int> switches;
    private readonly KeyValueCache[] caches;
    private readonly List<int> tokens = [];
    private bool isDisposed;

    /// <summary>An empty sequence.</summary>
    /// <param name="shapes">Of the caches.</param>
    /// <param name="switches">Lengths beyond which LongRoPE has other frequencies.</param>
    internal TokenSequence(IReadOnlyList<KeyValueShape> shapes, IReadOnlyList<int> switches)
    {
        (this.shapes, this.switches) = (shapes, switches);
        caches = [.. shapes.Select(shape => new KeyValueCache(shape))];
    }

    /// <summary>How many tokens there are.</summary>
    public int Length => tokens.Count;

    /// <summary>The tokens.</summary>
    public IReadOnlyList<int> Tokens => tokens;

    /// <summary>Forgets all tokens. The memory stays for others.</summary>
    public void Clear()
    {
        tokens.Clear();
        foreach (KeyValueCache cache in caches)
        {
            cache.Clear();
        }
    }

    /// <summary>
    /// Forgets the tokens behind a place, so that others can follow there. Where it has let go of what would be seen
    /// again, behind a sliding window, it forgets all.
    /// </summary>
    /// <param name="length">How many tokens stay, if they can.</param>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        int dropped = Length - length;
        if (dropped > 0 && (switches.Any(beyond => length <= beyond && Length > beyond)
            || caches.Any(cache => !cache.CanDrop(dropped, length))))
        {
            Clear();
            return;
        }

        tokens.RemoveRange(length, dropped);
        foreach (KeyValueCache cache in caches)
        {
            cache.Drop(dropped);
        }
    }

    /// <summary>
    /// Keeps the tokens with which a prompt begins, too, and forgets the others: conversations begin as they did when
    /// they were last read, as far as templates leave nothing out of earlier answers and a model has cut its words as
    /// its tokenizer does.
    /// </summary>
    /// <param name="prompt">At least one token id.</param>
    /// <returns>What of the prompt is left to be read: one token at least, to go on from.</returns>
    public IReadOnlyList<int> KeepBeginningOf(IReadOnlyList<int> prompt)
    {
        Truncate(tokens.Zip(prompt.SkipLast(1)).TakeWhile(pair => pair.First == pair.Second).Count());
        return [.. prompt.Skip(Length)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isDisposed = true;
        foreach (KeyValueCache cache in caches)
        {
            cache.Dispose();
        }
    }

    /// <summary>Throws unless it is there, and a sequence of the decoder that has made caches of these shapes: kernels
    /// write to its memory unseen.</summary>
    internal void Require(IReadOnlyList<KeyValueShape> expected)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!ReferenceEquals(shapes, expected))
        {
            throw new ArgumentException("The sequence is another model's.");
        }
    }

    /// <summary>The cache of an attention block.</summary>
    internal KeyValueCache Cache(int attention) => caches[attention];

    /// <summary>Adds tokens that have been through the model.</summary>
    internal void Add(IEnumerable<int> read) => tokens.AddRange(read);
}
