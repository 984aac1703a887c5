namespace SparseLlm.Numerics;

/// <summary>The fused kernels of pruning: loops that would be too slow operation by operation.</summary>
public interface IPruningKernels
{
    /// <summary>
    /// The OBS sweep of SparseGPT, unstructured (Frantar and Alistarh 2023, algorithm 1). Columns in blocks: at the
    /// start of a block, exactly-k selection over all its rows by w² / u_jj²; then, column by column,
    /// e = (w_j - q_j) / u_jj and w[:, j:] -= e u[j, j:]; after the block, w[:, rest] -= E u[block, rest].
    /// Block b prunes floor(zeros·end/d) - floor(zeros·start/d) weights, so that the total is exact.
    /// A block that is already sparse stays pruned where it was zero: zeros have the lowest score.
    /// </summary>
    /// <param name="weights">[n x d]; changed in place, pruned weights are exactly +0.</param>
    /// <param name="u">[d x d], upper triangular, of <see cref="IFactorizations.TryInverseFactor"/>.</param>
    /// <param name="zeros">How many weights to prune in all.</param>
    /// <param name="blockSize">Columns per block; 128 in the paper.</param>
    /// <param name="mask">[n x d]; receives 1 where kept, 0 where pruned.</param>
    void ObsSweep(Matrix<float> weights, Matrix<double> u, long zeros, int blockSize, Matrix<float> mask);

    /// <summary>
    /// The OBS sweep for N:M: in each row, the lowest scores of each group are chosen when the sweep reaches the group,
    /// with the weights as updated so far.
    /// </summary>
    /// <param name="weights">[n x d]; changed in place. d must be a multiple of group.</param>
    /// <param name="u">[d x d], upper triangular.</param>
    /// <param name="zeros">How many weights of each group to prune.</param>
    /// <param name="group">Group size M.</param>
    /// <param name="blockSize">Columns per block; rounded down to a multiple of group (at least one group).</param>
    /// <param name="mask">[n x d]; receives 1 where kept, 0 where pruned.</param>
    void ObsSweepGroups(
        Matrix<float> weights,
        Matrix<double> u,
        int zeros,
        int group,
        int blockSize,
        Matrix<float> mask);

    /// <summary>
    /// scores_ij = (|w_ij| / Σ_j |w_ij| + |w_ij| / Σ_i |w_ij|) factor_j, in double precision: how large a weight is
    /// beside those of its row and of its column (Zhang et al. 2024, eq. 2). The score of a zero is 0.
    /// </summary>
    /// <param name="weights">[n x d].</param>
    /// <param name="factors">d numbers on the host.</param>
    /// <param name="scores">[n x d]; may be the weights.</param>
    void RelativeImportance(Matrix<float> weights, ReadOnlySpan<double> factors, Matrix<float> scores);

    /// <summary>
    /// Rounds to what a format holds, to nearest, ties to even. A number so small that it would become zero gets the
    /// format's least magnitude instead, so that a matrix stays exactly as sparse as it is; every zero is +0.
    /// </summary>
    /// <param name="weights">Changed in place. What is beyond the range of the format becomes infinite.</param>
    /// <param name="format">The format.</param>
    void RoundTo(Matrix<float> weights, NumberFormat format);

    /// <summary>
    /// SparseLLM's pre-activation update for ReLU (Bai et al. 2024, eq. 9-11): the elementwise minimiser over z of
    /// gamma (p - relu(z))² + alpha (z - m)².
    /// </summary>
    /// <param name="m">X W1' + b1, [tokens x ff].</param>
    /// <param name="p">Auxiliary hidden activations, [tokens x ff].</param>
    /// <param name="alpha">Weight of the linear constraint.</param>
    /// <param name="gamma">Weight of the activation constraint.</param>
    /// <param name="z">[tokens x ff]; may be m.</param>
    void UpdateReluPreactivation(Matrix<float> m, Matrix<float> p, float alpha, float gamma, Matrix<float> z);

    /// <summary>
    /// SparseLLM's up-projection update for SwiGLU: the elementwise minimiser over z of
    /// gamma (p - silu(s) z)² + alpha (z - m)², z = (alpha m + gamma silu(s) p) / (alpha + gamma silu(s)²).
    /// </summary>
    /// <param name="m">X W_up', [tokens x ff].</param>
    /// <param name="s">Gate pre-activations, [tokens x ff].</param>
    /// <param name="p">Auxiliary hidden activations, [tokens x ff].</param>
    /// <param name="alpha">Weight of the linear constraint.</param>
    /// <param name="gamma">Weight of the activation constraint.</param>
    /// <param name="z">[tokens x ff]; may be m.</param>
    void UpdateSwiGluUp(Matrix<float> m, Matrix<float> s, Matrix<float> p, float alpha, float gamma, Matrix<float> z);

    /// <summary>
    /// SparseLLM's gate update for SwiGLU: elementwise, a local minimiser over s of
    /// alpha (s - m)² + gamma (p - silu(s) z)² by safeguarded Newton steps from m; never worse than s = m.
    /// </summary>
    /// <param name="m">X W_gate', [tokens x ff].</param>
    /// <param name="z">Up-projection values, [tokens x ff].</param>
    /// <param name="p">Auxiliary hidden activations, [tokens x ff].</param>
    /// <param name="alpha">Weight of the linear constraint.</param>
    /// <param name="gamma">Weight of the activation constraint.</param>
    /// <param name="s">[tokens x ff]; may be m.</param>
    void UpdateSwiGluGate(Matrix<float> m, Matrix<float> z, Matrix<float> p, float alpha, float gamma, Matrix<float> s);

    /// <summary>
    /// sensitivity += per column, Σ over tokens of f'(x)²: how strongly y = f(x) depends on its channels. For a ReLU
    /// that is how often it passes.
    /// </summary>
    /// <param name="f">Any but those that need a gate.</param>
    /// <param name="x">Pre-activations, [tokens x ff].</param>
    /// <param name="sensitivity">[1 x ff].</param>
    void AccumulateSensitivity(Nonlinearity f, Matrix<float> x, Matrix<double> sensitivity);

    /// <summary>
    /// sums += per column, Σ over tokens of (∂y/∂up)² = f(gate)², and of (∂y/∂gate)² = (f'(gate) up)²: how strongly
    /// y = f(gate) ⊙ up depends on its up and on its gate channels.
    /// </summary>
    /// <param name="f">The function.</param>
    /// <param name="gate">[tokens x ff].</param>
    /// <param name="up">[tokens x ff].</param>
    /// <param name="upSensitivity">[1 x ff].</param>
    /// <param name="gateSensitivity">[1 x ff].</param>
    void AccumulateGatedSensitivity(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<double> upSensitivity,
        Matrix<double> gateSensitivity);
}
