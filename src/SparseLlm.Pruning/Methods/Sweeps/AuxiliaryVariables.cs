using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>The auxiliary variables of a feed-forward block for all tokens that it is fitted to, chunk by chunk, with
/// its inputs and targets.</summary>
internal sealed class AuxiliaryVariables(TokenChunks chunks) : IDisposable
{
    private readonly ActivationStream inputs = chunks.Stream();
    private readonly ActivationStream targets = chunks.Stream();
    private readonly ActivationStream ups = chunks.Stream();
    private readonly ActivationStream gates = chunks.Stream();
    private bool isGated;

    /// <summary>Number of chunks.</summary>
    public int Count { get; private set; }

    /// <summary>Takes over the next chunk.</summary>
    public void Add(AuxiliaryChunk chunk)
    {
        inputs.Put(Count, chunk.Input);
        targets.Put(Count, chunk.Target);
        ups.Put(Count, chunk.Up);
        isGated = chunk.Gate is not null;
        if (chunk.Gate is not null)
        {
            gates.Put(Count, chunk.Gate);
        }

        Count++;
    }

    /// <summary>Shows a chunk's input X and target Y, [tokens x channels] each.</summary>
    public void Read(int chunk, Action<Matrix<float>, Matrix<float>> action)
    {
        using Matrix<float> input = inputs.Read(chunk);
        using Matrix<float> target = targets.Read(chunk);
        action(input, target);
    }

    /// <summary>Shows a chunk, whose variables z and s may be changed.</summary>
    public void Change(int chunk, Action<AuxiliaryChunk> action) => Read(chunk, (input, target) =>
    {
        Matrix<float> up = ups.Take(chunk);
        Matrix<float>? gate = isGated ? gates.Take(chunk) : null;
        action(new AuxiliaryChunk(input, target, up, gate));
        ups.Put(chunk, up);
        if (gate is not null)
        {
            gates.Put(chunk, gate);
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        inputs.Dispose();
        targets.Dispose();
        ups.Dispose();
        gates.Dispose();
    }
}
