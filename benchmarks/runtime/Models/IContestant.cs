namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>A runtime with a model.</summary>
internal interface IContestant : IDisposable
{
    /// <summary>What the table calls it.</summary>
    string Name { get; }

    /// <summary>Bytes of weights that one token reads.</summary>
    long Bytes { get; }

    /// <summary>Begins a new sequence with a prompt.</summary>
    void Prefill(int[] tokens);

    /// <summary>Adds one token, up to the logits of the next.</summary>
    void Decode(int token);
}
