using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Weights;

namespace SparseLlm.Runtime.Decoding;

/// <summary>A model with all of its layers, through which sequences go token by token or many tokens at a time. One
/// thread at a time.</summary>
internal sealed class Decoder : IDisposable
{
    private readonly CpuBackend backend;
    private readonly DecoderModel model;
    private readonly DecoderLayer[] layers;
    private readonly LanguageModelHead head;
    private readonly CurrentStep current;
    private readonly KeyValueShape[] caches;
    private readonly int[] switches;
    private readonly int stepTokens;

    private Decoder(
        CpuBackend backend,
        DecoderModel model,
        DecodingLoader loader,
        CurrentStep current,
        LanguageModelOptions options)
    {
        (this.backend, this.model, this.current) = (backend, model, current);
        layers = [.. Enumerable.Range(0, model.Definition.Layers.Count).Select(layer => model.LoadLayer(layer))];
        head = model.LoadHead();
        stepTokens = options.StepTokens;
        ContextLength = options.ContextLength ?? Math.Min(model.Definition.MaximumLength, DefaultContextLength);
        caches = Caches(loader.Attentions, ContextLength);
        RequireRoom(loader.Attentions);
        switches = [.. loader.Attentions.Select(attention => attention.Rotary?.Long?.Beyond).OfType<int>().Distinct()];
        foreach (LayerDefinition layer in Definition.Layers)
        {
            loader.Prepare(layer);
        }

        WeightBytes = loader.Bytes;
        TokenBytes = WeightBytes - Definition.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer)
            .OfType<ExpertsDefinition>()
            .Sum(loader.IdleBytes);
    }

    /// <summary>The most tokens that a sequence may have where nobody says otherwise.</summary>
    public const int DefaultContextLength = 4096;

    /// <summary>Names and shapes.</summary>
    public ModelDefinition Definition => model.Definition;

    /// <summary>Threads that compute.</summary>
    public int Threads => backend.Team.Threads;

    /// <summary>The most tokens that a sequence may have.</summary>
    public int ContextLength { get; }

    /// <summary>Bytes of all weight matrices, in mapped files.</summary>
    public long WeightBytes { get; }

    /// <summary>Bytes of those that one token reads.</summary>
    public long TokenBytes { get; }

    /// <summary>Bytes that a sequence takes when it is as long as it may be.</summary>
    public long CacheBytes => caches.Sum(cache => cache.Bytes);

    /// <summary>Opens a model.</summary>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory.</exception>
    public static Decoder Open(string directory, LanguageModelOptions options)
    {
        var backend = new CpuBackend(options.Threads);
        DecoderModel? model = null;
        try
        {
            var current = new CurrentStep();
            DecodingLoader? loader = null;
            model = DecoderModel.Open(
                directory,
                backend,
                checkpoint => loader = new DecodingLoader(checkpoint, backend, new MappedFiles(checkpoint), current));
            return new Decoder(backend, model, loader!, current, options);
        }
        catch
        {
            model?.Dispose();
            backend.Dispose();
            throw;
        }
    }

    /// <summary>An empty sequence.</summary>
    /// <remarks>Its memory is taken from the system as it fills up.</remarks>
    public TokenSequence NewSequence() => new(caches, switches);

    /// <summary>Adds tokens to sequences.</summary>
    /// <param name="continuations">Each sequence once.</param>
    /// <param name="cancellation">Stops between steps; what has been added by then stays.</param>
    /// <returns>For each, the logits of the token that follows.</returns>
    public float[][] Read(IReadOnlyList<Continuation> continuations, CancellationToken cancellation)
    {
        foreach (Continuation continuation in continuations)
        {
            Require(continuation);
        }

        if (continuations.DistinctBy(continuation => continuation.Sequence).Count() != continuations.Count)
        {
            throw new ArgumentException("A sequence is there twice.", nameof(continuations));
        }

        Pending[] pending = [.. continuations.Select(continuation => new Pending(continuation, switches))];
        float[][] logits = new float[pending.Length][];
        for (int first = 0; first < pending.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = first;
            List<TokenSpan> spans = [];
            for (int room = stepTokens; end < pending.Length && room > 0; end++)
            {
                TokenSpan span = pending[end].Next(stepTokens - room, room);
                room -= span.Count;
                spans.Add(span);
            }

            Advance(spans, pending.AsSpan(first, end - first), logits.AsSpan(first, end - first));
            while (first < end && pending[first].IsDone)
            {
                first++;
            }
        }

        return logits;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DecoderLayer layer in layers)
        {
            layer.Dispose();
        }

        head.Dispose();
        model.Dispose();
        backend.Dispose();
    }

    private KeyValueShape[] Caches(IReadOnlyList<AttentionDefinition> attentions, int contextLength) =>
        [.. attentions.Select(attention => KeyValueShape.For(
            attention.KeyValueHeads,
            attention.HeadWidth,
            attention.Window,
            contextLength,
            stepTokens))];

    /// <summary>Said before anything is generated: the sequence could be as long as that, and then there would be no
    /// memory for it.</summary>
    private void RequireRoom(IReadOnlyList<AttentionDefinition> attentions)
    {
        if (Definition.Embedding.Positions is not null && ContextLength > Definition.MaximumLength)
        {
            throw ModelDiagnostics.SequenceTooLong.Error(
                new SourceLocation(model.Directory),
                string.Create(CultureInfo.InvariantCulture,
                    $"a context of {ContextLength} tokens is longer than the model's "
                    + $"{Definition.MaximumLength}, which has a position of its own for each; ask for no more than "
                    + $"these"));
        }

        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (CacheBytes <= available)
        {
            return;
        }

        (int fits, int tooLong) = (0, ContextLength);
        while (tooLong - fits > 1)
        {
            int between = fits + (tooLong - fits) / 2;
            (fits, tooLong) = Caches(attentions, between).Sum(cache => cache.Bytes) <= available
                ? (between, tooLong)
                : (fits, between);
        }

        throw RuntimeDiagnostics.CacheTooLarge.Error(
            new SourceLocation(model.Directory),
            string.Create(CultureInfo.InvariantCulture,
                $"keys and values of {ContextLength} tokens take {CacheBytes / 1e9:0.0} GB, "
                + $"and there are {available / 1e9:0.0} GB of memory; the longest context that fits is {fits}"));
    }

    private void Advance(IReadOnlyList<TokenSpan> spans, ReadOnlySpan<Pending> pending, Span<float[]> logits)
    {
        var step = new Step(spans);
        int[] ids = new int[step.Tokens];
        for (int i = 0; i < spans.Count; i++)
        {
            pending[i].Copy(ids.AsSpan(spans[i].FirstRow, spans[i].Count));
        }

        current.Step = step;
        Matrix<float> hidden = model.Embed(ids, step.Positions);
        foreach (DecoderLayer layer in layers)
        {
            using Matrix<float> input = hidden;
            hidden = layer.Forward(input, sequenceLength: step.Tokens);
        }

        using (hidden)
        {
            for (int i = 0; i < spans.Count; i++)
            {
                pending[i].Complete(spans[i].Count);
            }

            ReadLogits(hidden, spans, pending, logits);
        }
    }

    /// <summary>Only the last token of what was to be added has logits that somebody wants.</summary>
    private void ReadLogits(
        Matrix<float> hidden,
        IReadOnlyList<TokenSpan> spans,
        ReadOnlySpan<Pending> pending,
        Span<float[]> logits)
    {
        List<int> wanted = [];
        for (int i = 0; i < spans.Count; i++)
        {
            if (pending[i].IsDone)
            {
                wanted.Add(i);
            }
        }

        if (wanted.Count == 0)
        {
            return;
        }

        using Matrix<float> last = backend.AllocateUninitialized<float>(wanted.Count, hidden.Columns);
        backend.Embed(hidden, [.. wanted.Select(i => spans[i].FirstRow + spans[i].Count - 1)], last);
        using Matrix<float> all = head.Logits(last);
        if (backend.FirstNonFinite(all) >= 0)
        {
            throw RuntimeDiagnostics.NonFiniteLogits.Error(
                new SourceLocation(model.Directory),
                "the model gives a logit that is NaN or infinite; its weights are damaged, or it "
                        + "was not made for the numbers that they give");
        }

        for (int row = 0; row < wanted.Count; row++)
        {
            using Matrix<float> one = all.Slice(row, 1);
            backend.Download<float>(one, logits[wanted[row]] = new float[all.Columns]);
        }
    }

    private void Require(Continuation continuation)
    {
        continuation.Sequence.Require(caches);
        if (continuation.Tokens.Count == 0)
        {
            throw RuntimeDiagnostics.EmptyPrompt.Error(
                new SourceLocation(model.Directory),
                "there is no token to continue from; give the model a text");
        }

        int length = continuation.Sequence.Length + continuation.Tokens.Count;
        if (length > ContextLength)
        {
            throw RuntimeDiagnostics.ContextTooShort.Error(
                new SourceLocation(model.Directory),
                string.Create(CultureInfo.InvariantCulture,
                    $"{length} tokens are more than the context of {ContextLength}; shorten "
                    + $"the text or open the model with a longer context"));
        }
    }

    /// <summary>What of a continuation has not been through the model.</summary>
    private sealed class Pending
    {
        private readonly TokenSequence sequence;
        private readonly IReadOnlyList<int> tokens;
        private readonly int rotaryLength;
        private int done;

        /// <summary>
        /// Where the length passes one at which LongRoPE changes its frequencies, the whole sequence goes through the
        /// model again: every key depends on them, and so does what layers made of it.
        /// </summary>
        public Pending(Continuation continuation, int[] switches)
        {
            sequence = continuation.Sequence;
            tokens = continuation.Tokens;
            rotaryLength = sequence.Length + tokens.Count;
            if (switches.Any(length => sequence.Length > 0 && sequence.Length <= length && rotaryLength > length))
            {
                tokens = [.. sequence.Tokens, .. tokens];
                sequence.Clear();
            }
        }

        public bool IsDone => done == tokens.Count;

        public TokenSpan Next(int firstRow, int room)
            => new(sequence, firstRow, Math.Min(room, tokens.Count - done), rotaryLength);

        public void Copy(Span<int> ids)
        {
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = tokens[done + i];
            }
        }

        public void Complete(int count)
        {
            sequence.Add(tokens.Skip(done).Take(count));
            done += count;
        }
    }
}
