namespace SparseLlm.Runtime.Decoding;

/// <summary>What goes through the model at once: tokens of one sequence or of several.</summary>
internal sealed class Step
{
    /// <summary>A step of spans whose rows follow each other.</summary>
    public Step(IReadOnlyList<TokenSpan> spans)
    {
        Spans = spans;
        Positions = [.. spans.SelectMany(span => Enumerable.Range(span.Sequence.Length, span.Count))];
    }

    /// <summary>The spans.</summary>
    public IReadOnlyList<TokenSpan> Spans { get; }

    /// <summary>The place of each token in its sequence.</summary>
    public int[] Positions { get; }

    /// <summary>Tokens of all spans.</summary>
    public int Tokens => Positions.Length;
}

/// <summary>The step that the layers are working on, which attention looks at: it is all that tells tokens of one
/// sequence from those of another.</summary>
internal sealed class CurrentStep
{
    private Step? step;

    /// <summary>The step.</summary>
    public Step Step
    {
        get => step ?? throw new InvalidOperationException("No step is being worked on.");
        set => step = value;
    }
}
