namespace SparseLlm.Numerics;

/// <summary>
/// What a decoder-only transformer is made of, beside matrix products. Activations are [tokens x channels]; tokens of
/// several sequences follow each other, each <c>sequenceLength</c> long.
/// </summary>
public interface ITransformerKernels
{
    /// <summary>Row i of the destination is row ids[i] of the table.</summary>
    /// <param name="table">[vocabulary x d].</param>
    /// <param name="ids">Token ids; each must be a row of the table.</param>
    /// <param name="destination">[ids.Length x d].</param>
    void Embed(Matrix<float> table, ReadOnlySpan<int> ids, Matrix<float> destination);

    /// <summary>destination = (x - mean) / sqrt(var + epsilon) ⊙ gain + bias, per row. Ba et al. 2016.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[g x d], of which row i of x takes row i mod g; or null for ones. g divides n.</param>
    /// <param name="bias">[g x d], taken like the gain, with the same g; or null for zeros.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    void LayerNorm(Matrix<float> x, Matrix<float>? gain, Matrix<float>? bias, float epsilon, Matrix<float> destination);

    /// <summary>destination = x / sqrt(mean x² + epsilon) ⊙ gain, per row. Zhang and Sennrich 2019.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[g x d], of which row i of x takes row i mod g; or null for ones. g divides n.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    void RmsNorm(Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> destination);

    /// <summary>
    /// Rotary position embedding in place: the first 2 pairs channels of every head turn, two by two; the others stay.
    /// Su et al. 2021.
    /// </summary>
    /// <param name="x">[tokens x heads * width].</param>
    /// <param name="heads">Number of heads in x.</param>
    /// <param name="pairing">Which two channels turn together.</param>
    /// <param name="cosines">[sequenceLength x pairs]; 2 pairs is at most the width of a head.</param>
    /// <param name="sines">[sequenceLength x pairs].</param>
    void ApplyRotary(Matrix<float> x, int heads, RotaryPairing pairing, Matrix<float> cosines, Matrix<float> sines);

    /// <summary>
    /// softmax(scores) v with a causal mask, for every sequence and head; the scores are q k' times a scale, capped
    /// where the shape says so. The masked half is not computed.
    /// </summary>
    /// <param name="q">[tokens x heads * width].</param>
    /// <param name="k">[tokens x keyValueHeads * width].</param>
    /// <param name="v">[tokens x keyValueHeads * width].</param>
    /// <param name="shape">Heads, sequences, window and scores.</param>
    /// <param name="sinks">
    /// [1 x heads]: a score per head that every query has beside those of its keys. It takes its part in the softmax
    /// and brings nothing to the context (gpt-oss). Null for none.
    /// </param>
    /// <param name="context">[tokens x heads * width]; must not overlap the others.</param>
    void CausalAttention(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, AttentionShape shape, Matrix<float>? sinks,
        Matrix<float> context);

    /// <summary>destination = f(x).</summary>
    /// <param name="f">Any but those that need a gate.</param>
    /// <param name="x">[tokens x ff].</param>
    /// <param name="destination">[tokens x ff]; may be x.</param>
    void Activate(Nonlinearity f, Matrix<float> x, Matrix<float> destination);

    /// <summary>destination = f(gate) ⊙ up. Shazeer 2020.</summary>
    /// <param name="f">The function.</param>
    /// <param name="gate">[tokens x ff].</param>
    /// <param name="up">[tokens x ff].</param>
    /// <param name="destination">[tokens x ff]; may be either.</param>
    void ActivateGated(Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> destination);

    /// <summary>destination = cap tanh(x / cap), which keeps logits between -cap and cap (Gemma 2).</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="cap">Greater than 0.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    void SoftCap(Matrix<float> x, float cap, Matrix<float> destination);

    /// <summary>Per row, -log softmax(logits)[target], computed with the maximum taken out and summed in double
    /// precision.</summary>
    /// <param name="logits">[n x vocabulary].</param>
    /// <param name="targets">n token ids.</param>
    /// <param name="losses">n numbers on the host, in nats.</param>
    void CrossEntropy(Matrix<float> logits, ReadOnlySpan<int> targets, Span<double> losses);
}
