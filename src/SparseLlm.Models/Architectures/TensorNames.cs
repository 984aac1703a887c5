namespace SparseLlm.Models.Architectures;

/// <summary>
/// Where a checkpoint has its tensors. Checkpoints of one architecture differ in the prefix of their names: it may be
/// missing, and that of a model of text and images may be around it.
/// </summary>
/// <param name="Root">What the names of the embedding and of the layers begin with.</param>
/// <param name="Head">The output table, where it is not the embedding.</param>
internal sealed record TensorNames(string Root, string Head)
{
    /// <summary>What the language model is called inside a model that has more than text.</summary>
    public const string Wrapper = "language_model.";

    /// <summary>The bias of the logits, in families that have one.</summary>
    public string HeadBias => string.Concat(Head.AsSpan(0, Head.LastIndexOf('.')), ".bias");

    /// <summary>The names under which a checkpoint has a model; the usual ones if it does not have it at all.</summary>
    /// <param name="hasTensor">Whether the checkpoint has a tensor of that name.</param>
    /// <param name="embedding">The name of the token table behind the prefix.</param>
    /// <param name="head">The name of the output table, which the usual prefix is not before.</param>
    /// <param name="prefixes">The usual prefix, then others.</param>
    public static TensorNames Find(
        Func<string, bool> hasTensor,
        string embedding,
        string head,
        params string[] prefixes)
    {
        string root = prefixes.Concat(prefixes.SelectMany(prefix => (string[])[Wrapper + prefix, prefix + Wrapper]))
            .FirstOrDefault(prefix => hasTensor(prefix + embedding)) ?? prefixes[0];
        bool isInside = root.StartsWith(Wrapper, StringComparison.Ordinal) && !hasTensor(head);
        return new TensorNames(root, isInside ? Wrapper + head : head);
    }
}
