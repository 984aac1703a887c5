using System.Runtime.CompilerServices;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Decoding;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime;

/// <summary>
/// A language model that generates text: any artifact, packed or dense, and any Hugging Face directory of a supported
/// family. Weights stay in mapped files, as they are stored. Its methods may be called from several threads; their
/// steps take turns.
/// </summary>
public sealed class LanguageModel : IDisposable
{
    private readonly Decoder decoder;
    private readonly Lock turn = new();
    private readonly Lazy<Tokenizer> tokenizer;
    private readonly Lazy<EndTokens> endTokens;
    private bool isDisposed;

    private LanguageModel(string directory, Decoder decoder, GenerationOptions recommended)
    {
        Directory = directory;
        RecommendedOptions = recommended;
        this.decoder = decoder;
        tokenizer = new(() => Tokenizer.Load(directory));
        endTokens = new(() => Generation.EndTokens.Read(directory, Tokenizer));
    }

    /// <summary>The model's directory.</summary>
    public string Directory { get; }

    /// <summary>What the model is made of.</summary>
    public ModelDefinition Definition => decoder.Definition;

    /// <summary>Its tokenizer, which is read when it is first asked for.</summary>
    /// <exception cref="DiagnosticException">The directory has none, or one that is malformed or not
    /// supported.</exception>
    public Tokenizer Tokenizer => tokenizer.Value;

    /// <summary>The tokens with which the model ends its text.</summary>
    public IReadOnlyCollection<int> EndTokens => endTokens.Value.Ids;

    /// <summary>The options that its authors recommend, as <see cref="GenerationOptions.Recommended"/> reads
    /// them.</summary>
    public GenerationOptions RecommendedOptions { get; }

    /// <summary>The most tokens that a sequence may have.</summary>
    public int ContextLength => decoder.ContextLength;

    /// <summary>Threads that compute.</summary>
    public int Threads => decoder.Threads;

    /// <summary>What it takes of the machine.</summary>
    public ModelMemory Memory => new(decoder.WeightBytes, decoder.TokenBytes, decoder.CacheBytes);

    /// <summary>Opens a model. Weights are not read, but the masks of packed ones, which are checked.</summary>
    /// <param name="directory">An artifact, or a Hugging Face model directory.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory; or keys and values of a whole
    /// context would not fit into memory.</exception>
    public static LanguageModel Open(string directory, LanguageModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new LanguageModelOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options.Threads));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextLength ?? 1, 1, nameof(options.ContextLength));
        GenerationOptions recommended = GenerationOptions.Recommended(directory);
        return new LanguageModel(directory, Decoder.Open(directory, options), recommended);
    }

    /// <summary>An empty sequence, which is the caller's to dispose.</summary>
    public TokenSequence NewSequence() => decoder.NewSequence();

    /// <summary>Adds tokens to a sequence.</summary>
    /// <param name="sequence">A sequence of this model.</param>
    /// <param name="tokens">At least one token id.</param>
    /// <param name="cancellation">Stops between steps of 256 tokens; what has been added by then stays.</param>
    /// <returns>The logits of the token that follows, one for each of the vocabulary.</returns>
    /// <exception cref="DiagnosticException">There are no tokens, more than the context has, or ones that the model
    /// does not have; or a logit is not finite.</exception>
    /// <exception cref="ArgumentException">The sequence is another model's, or there twice.</exception>
    /// <exception cref="ObjectDisposedException">The model or the sequence is no more.</exception>
    public float[] Read(TokenSequence sequence, IReadOnlyList<int> tokens, CancellationToken cancellation = default) =>
        Read([new Continuation(sequence, tokens)], cancellation)[0];

    /// <summary>Adds tokens to several sequences at once, so that each weight is read once for all of them.</summary>
    /// <param name="continuations">No sequence twice.</param>
    /// <param name="cancellation">Stops between steps of 256 tokens; what has been added by then stays.</param>
    /// <returns>For each, the logits of the token that follows.</returns>
    /// <inheritdoc cref="Read(TokenSequence, IReadOnlyList{int}, CancellationToken)" path="/exception"/>
    public float[][] Read(IReadOnlyList<Continuation> continuations, CancellationToken cancellation = default)
    {
        lock (turn)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return decoder.Read(continuations, cancellation);
        }
    }

    /// <summary>The model's continuation of a text, whole.</summary>
    /// <param name="prompt">The text. Special tokens are put around it, as the model expects.</param>
    /// <param name="options">How tokens are chosen and when it ends; null for greedy choices up to the model's own end
    /// or that of the context.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <inheritdoc cref="Read(TokenSequence, IReadOnlyList{int}, CancellationToken)" path="/exception"/>
    public string Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return string.Concat(Stream(Tokenizer.Encode(prompt), options, cancellation).Select(piece => piece.Text));
    }

    /// <summary>The model's continuation of tokens, piece by piece.</summary>
    /// <param name="prompt">At least one token id.</param>
    /// <param name="options">How tokens are chosen and when it ends; null for greedy choices up to the model's own end
    /// or that of the context.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>Pieces of text; the last one says why it is the last.</returns>
    /// <inheritdoc cref="Read(TokenSequence, IReadOnlyList{int}, CancellationToken)" path="/exception"/>
    public IEnumerable<GeneratedText> Stream(
        IReadOnlyList<int> prompt,
        GenerationOptions? options = null,
        CancellationToken cancellation = default)
    {
        // Wrong options are wrong when this is called, and not when the first piece is asked for.
        TextGeneration generation = Prepare(options);
        return Pieces();

        IEnumerable<GeneratedText> Pieces()
        {
            using TokenSequence sequence = NewSequence();
            foreach (GeneratedText piece in generation.Run(sequence, prompt, cancellation))
            {
                yield return piece;
            }
        }
    }

    /// <summary>The model's continuation of a sequence to which tokens are added first, piece by piece. What it
    /// generates becomes part of the sequence.</summary>
    /// <param name="sequence">A sequence of this model.</param>
    /// <param name="prompt">At least one token id.</param>
    /// <param name="options">How tokens are chosen and when it ends; null for greedy choices up to the model's own end
    /// or that of the context.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>Pieces of text; the last one says why it is the last.</returns>
    /// <inheritdoc cref="Read(TokenSequence, IReadOnlyList{int}, CancellationToken)" path="/exception"/>
    public IEnumerable<GeneratedText> Stream(
        TokenSequence sequence, IReadOnlyList<int> prompt, GenerationOptions? options = null,
        CancellationToken cancellation = default) =>
        Prepare(options).Run(sequence, prompt, cancellation);

    /// <summary>The same as <see cref="Stream(IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>, without
    /// work on the caller's thread.</summary>
    /// <inheritdoc cref="Stream(IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedText> StreamAsync(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        MoveAside(Stream(prompt, options, cancellation), cancellation);

    /// <summary>The same as
    /// <see cref="Stream(TokenSequence, IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>, without work on
    /// the caller's thread.</summary>
    /// <inheritdoc cref="Stream(TokenSequence, IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedText> StreamAsync(
        TokenSequence sequence, IReadOnlyList<int> prompt, GenerationOptions? options = null,
        CancellationToken cancellation = default) =>
        MoveAside(Stream(sequence, prompt, options, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (turn)
        {
            if (!isDisposed)
            {
                isDisposed = true;
                decoder.Dispose();
            }
        }
    }

    private TextGeneration Prepare(GenerationOptions? options) => new(options ?? GenerationOptions.Greedy)
    {
        Read = Read,
        Tokenizer = tokenizer,
        EndTokens = endTokens,
        ContextLength = ContextLength,
    };

    private static async IAsyncEnumerable<GeneratedText> MoveAside(
        IEnumerable<GeneratedText> pieces,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using IEnumerator<GeneratedText> next = pieces.GetEnumerator();
        while (await Task.Run(next.MoveNext, cancellation).ConfigureAwait(false))
        {
            yield return next.Current;
        }
    }
}
