using SparseLlm.Models;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// Reads the weights of the next decoder layer while there is work on another, into the operating system's memory and
/// not into this process's. Whatever goes wrong with it will go wrong again where the layer is loaded, and is reported
/// there.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="isNeeded">Whether a layer will be loaded; asked from another thread. Null for all.</param>
internal sealed class LayerReadAhead(DecoderModel model, Func<int, bool>? isNeeded = null) : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private Task reading = Task.CompletedTask;

    /// <summary>Begins to read the layer behind one, if there is any.</summary>
    public void Begin(int index)
    {
        int next = index + 1;
        Wait();
        if (next < model.Definition.Layers.Count)
        {
            reading = Task.Run(() =>
            {
                if (isNeeded?.Invoke(next) != false)
                {
                    model.ReadAhead(next, stop.Token);
                }
            });
        }
    }

    private void Wait() => Task.WaitAny([reading], CancellationToken.None);

    /// <summary>Stops. The model is not used any more then.</summary>
    public void Dispose()
    {
        stop.Cancel();
        Wait();
        stop.Dispose();
    }
}
