namespace SparseLlm.Numerics;

/// <summary>
/// Derivatives of the transformer kernels and the step along them. The gradient of a matrix has its shape: the
/// derivative of a scalar loss by each element. Two need no kernel of their own: a rotary embedding's is the rotation
/// by the negative angles (<see cref="ITransformerKernels.ApplyRotary"/> with negated sines), a bias's the column sums
/// of the output's.
/// </summary>
public interface IGradientKernels
{
    /// <summary>
    /// Through <see cref="ITransformerKernels.LayerNorm"/>: with n the normalised row, s its scale 1 / sqrt(var +
    /// epsilon) and g = dy ⊙ gain, dx = s (g - mean(g) - n mean(g ⊙ n)).
    /// </summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[g x d], of which row i of x takes row i mod g; or null for ones.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="outputGradient">dy, [n x d].</param>
    /// <param name="inputGradient">Receives dx, [n x d]; must not overlap the others.</param>
    /// <param name="gainGradient">[g x d]; the sum of dy ⊙ n over the rows that take a gain is added to it; with the
    /// gain's g. Null where it is not wanted.</param>
    void LayerNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient);

    /// <summary>
    /// Through <see cref="ITransformerKernels.RmsNorm"/>: as <see cref="LayerNormGradient"/>, without what comes from
    /// the mean.
    /// </summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[g x d], of which row i of x takes row i mod g; or null for ones.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="outputGradient">dy, [n x d].</param>
    /// <param name="inputGradient">Receives dx, [n x d]; must not overlap the others.</param>
    /// <param name="gainGradient">[g x d]; the sum of dy ⊙ n over the rows that take a gain is added to it; with the
    /// gain's g. Null where it is not wanted.</param>
    void RmsNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient);

    /// <summary>
    /// Through <see cref="ITransformerKernels.CausalAttention"/>. The probabilities P are computed again, a block of
    /// queries at a time: dV = P' dC, dS = scale P ⊙ (dC V' - rowsum(P ⊙ dC V')), dQ = dS K, dK = dS' Q. Query heads
    /// that share a key-value head add up in it. Where scores are capped, dS is multiplied by 1 - (s / cap)², s being
    /// the capped score.
    /// </summary>
    /// <param name="q">[tokens x heads * width].</param>
    /// <param name="k">[tokens x keyValueHeads * width].</param>
    /// <param name="v">[tokens x keyValueHeads * width].</param>
    /// <param name="sinks">[1 x heads], which are constants; or null for none.</param>
    /// <param name="contextGradient">dC, [tokens x heads * width].</param>
    /// <param name="shape">Heads, sequences, window and scores.</param>
    /// <param name="queryGradient">Receives dQ; no two of the matrices may overlap.</param>
    /// <param name="keyGradient">Receives dK.</param>
    /// <param name="valueGradient">Receives dV.</param>
    void CausalAttentionGradient(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, Matrix<float>? sinks, Matrix<float> contextGradient,
        AttentionShape shape,
        Matrix<float> queryGradient, Matrix<float> keyGradient, Matrix<float> valueGradient);

    /// <summary>Through <see cref="ITransformerKernels.Activate"/>: dx = dy ⊙ f'(x).</summary>
    /// <param name="f">Any but those that need a gate.</param>
    /// <param name="x">The pre-activation; of a ReLU, its output does as well.</param>
    /// <param name="outputGradient">dy.</param>
    /// <param name="inputGradient">Receives dx; may be either.</param>
    void ActivationGradient(Nonlinearity f, Matrix<float> x, Matrix<float> outputGradient, Matrix<float> inputGradient);

    /// <summary>
    /// Through <see cref="ITransformerKernels.ActivateGated"/>: dup = dy ⊙ f(gate), dgate = dy ⊙ up ⊙ f'(gate).
    /// </summary>
    /// <param name="f">The function.</param>
    /// <param name="gate">[tokens x ff].</param>
    /// <param name="up">[tokens x ff].</param>
    /// <param name="outputGradient">dy, [tokens x ff].</param>
    /// <param name="gateGradient">Receives dgate; must not overlap the others.</param>
    /// <param name="upGradient">Receives dup; may be dy.</param>
    void GatedActivationGradient(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> outputGradient, Matrix<float> gateGradient,
        Matrix<float> upGradient);

    /// <summary>Through <see cref="ITransformerKernels.SoftCap"/>: dx = dy (1 - (y / cap)²).</summary>
    /// <param name="output">y, the capped values.</param>
    /// <param name="cap">Greater than 0.</param>
    /// <param name="outputGradient">dy.</param>
    /// <param name="inputGradient">Receives dx; may be either.</param>
    void SoftCapGradient(Matrix<float> output, float cap, Matrix<float> outputGradient, Matrix<float> inputGradient);

    /// <summary>
    /// Per row, KL(p || q) for p = softmax(teacher) and q = softmax(student), and its derivative by the student's
    /// logits times a factor: scale (q - p). Hinton et al. 2015.
    /// </summary>
    /// <param name="teacher">[n x vocabulary].</param>
    /// <param name="student">[n x vocabulary].</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <param name="divergences">n numbers on the host, in nats.</param>
    /// <param name="gradient">[n x vocabulary]; may be student.</param>
    void DivergenceGradient(
        Matrix<float> teacher, Matrix<float> student, float scale, Span<double> divergences, Matrix<float> gradient);

    /// <summary>
    /// A step of Adam: m = β1 m + (1 - β1) g, v = β2 v + (1 - β2) g², w -= rate m̂ / (sqrt(v̂) + epsilon), where m̂ and
    /// v̂ are corrected for the number of steps. Where the mask is 0, g counts as 0: moments that start there at 0
    /// stay, and so does w.
    /// </summary>
    /// <param name="weights">w, changed in place.</param>
    /// <param name="gradient">g, of the same shape.</param>
    /// <param name="mask">Zeros and ones of the same shape, or null for ones.</param>
    /// <param name="mean">m, of the same shape; zeros before the first step.</param>
    /// <param name="square">v, of the same shape; zeros before the first step.</param>
    /// <param name="step">Rate, decays and the number of the step.</param>
    void Adam(
        Matrix<float> weights, Matrix<float> gradient, Matrix<float>? mask, Matrix<float> mean, Matrix<float> square,
        AdamStep step);
}
