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
    /// <param name="gain">[1 x d], or null for ones.</param>
    /// <param name="bias">[1 x d], or null for zeros.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    void LayerNorm(Matrix<float> x, Matrix<float>? gain, Matrix<float>? bias, float epsilon, Matrix<float> destination);

    /// <summary>destination = x / sqrt(mean x² + epsilon) ⊙ gain, per row. Zhang and Sennrich 2019.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[1 x d].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    void RmsNorm(Matrix<float> x, Matrix<float> gain, float epsilon, Matrix<float> destination);

    /// <summary>
    /// Rotary position embedding in place, in Hugging Face's half-split layout: channel c of a head pairs with channel
    /// c + width / 2. Su et al. 2021.
    /// </summary>
    /// <param name="x">[tokens x heads * width].</param>
    /// <param name="heads">Number of heads in x.</param>
    /// <param name="cosines">[sequenceLength x width / 2].</param>
    /// <param name="sines">[sequenceLength x width / 2].</param>
    void ApplyRotary(Matrix<float> x, int heads, Matrix<float> cosines, Matrix<float> sines);

    /// <summary>
    /// softmax(q k' / sqrt(width)) v with a causal mask, for every sequence and head. With fewer key-value heads than
    /// query heads, consecutive query heads share one (Ainslie et al. 2023). The masked half is not computed.
    /// </summary>
    /// <param name="q">[tokens x heads * width].</param>
    /// <param name="k">[tokens x keyValueHeads * width].</param>
    /// <param name="v">[tokens x keyValueHeads * width].</param>
    /// <param name="heads">Number of query heads.</param>
    /// <param name="keyValueHeads">Number of key-value heads; divides heads.</param>
    /// <param name="sequenceLength">Tokens per sequence; divides the number of tokens.</param>
    /// <param name="window">A token sees itself and the window - 1 tokens before it; <see cref="int.MaxValue"/> for all.</param>
    /// <param name="context">[tokens x heads * width]; must not overlap the others.</param>
    void CausalAttention(Matrix<float> q, Matrix<float> k, Matrix<float> v, int heads, int keyValueHeads, int sequenceLength, int window, Matrix<float> context);

    /// <summary>destination = max(x, 0).</summary>
    void Relu(Matrix<float> x, Matrix<float> destination);

    /// <summary>destination = silu(gate) ⊙ up, silu(s) = s / (1 + exp(-s)). Shazeer 2020. The destination may be either.</summary>
    void SwiGlu(Matrix<float> gate, Matrix<float> up, Matrix<float> destination);

    /// <summary>Per row, -log softmax(logits)[target], computed with the maximum taken out and summed in double precision.</summary>
    /// <param name="logits">[n x vocabulary].</param>
    /// <param name="targets">n token ids.</param>
    /// <param name="losses">n numbers on the host, in nats.</param>
    void CrossEntropy(Matrix<float> logits, ReadOnlySpan<int> targets, Span<double> losses);
}
