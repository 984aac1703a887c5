using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Tuning;

/// <summary>Mini-batches of whole calibration windows, none of them held back, in a shuffled order that is the same in
/// every run.</summary>
/// <param name="backend">Where they live.</param>
/// <param name="chunks">The windows.</param>
/// <param name="windowsPerBatch">Windows of a batch.</param>
internal sealed class WindowBatches(IBackend backend, TokenChunks chunks, int windowsPerBatch = 2)
{
    private const int Seed = 0;

    private readonly (int Chunk, int FirstRow)[] windows =
    [
        .. Enumerable.Range(0, chunks.FittedCount).SelectMany(chunk =>
            Enumerable.Range(0, chunks.Ids(chunk).Length / chunks.SequenceLength)
                .Select(window => (chunk, window * chunks.SequenceLength))),
    ];

    /// <summary>Batches per epoch.</summary>
    public int Count => (windows.Length + windowsPerBatch - 1) / windowsPerBatch;

    /// <summary>The batches of some epochs, one epoch after the other.</summary>
    public IEnumerable<(int Chunk, int FirstRow)[]> OfEpochs(int epochs)
        => Enumerable.Range(0, epochs).SelectMany(Shuffled);

    /// <summary>The batches of an epoch: together they hold every window once.</summary>
    /// <param name="epoch">Which, from 0.</param>
    public (int Chunk, int FirstRow)[][] Shuffled(int epoch)
    {
        var random = new Random(Seed);
        (int, int)[] order = windows;
        for (int i = 0; i <= epoch; i++)
        {
            order = ((int, int)[])windows.Clone();
            random.Shuffle(order);
        }

        return [.. order.Chunk(windowsPerBatch)];
    }

    /// <summary>The token ids of a batch, one window after the other.</summary>
    /// <param name="tokens">Windows that are grouped alike.</param>
    /// <param name="batch">The batch.</param>
    public int[] Ids(TokenChunks tokens, (int Chunk, int FirstRow)[] batch)
        => [.. batch.SelectMany(window
            => tokens.Ids(window.Chunk).Slice(window.FirstRow, chunks.SequenceLength).ToArray())];

    /// <summary>A batch's tokens from a stream, one window after the other, as a new matrix.</summary>
    public Matrix<float> Gather(ActivationStream stream, (int Chunk, int FirstRow)[] batch)
    {
        int length = chunks.SequenceLength;
        Matrix<float> tokens = backend.AllocateUninitialized<float>(batch.Length * length, stream.Columns);
        for (int i = 0; i < batch.Length; i++)
        {
            using Matrix<float> source = stream.Read(batch[i].Chunk, batch[i].FirstRow, length);
            using Matrix<float> destination = tokens.Slice(i * length, length);
            backend.Copy(source, destination);
        }

        return tokens;
    }
}
