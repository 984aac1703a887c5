using System.Globalization;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Architectures;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Checks;

/// <summary>
/// Holds the tensors of a checkpoint against those that its config implies. Both ways: a tensor that the forward pass
/// leaves out makes it another model's. One cause is one failure, so the search ends at the first: a model of another
/// kind differs in names, types and shapes at once.
/// </summary>
internal sealed partial class TensorCheck(ModelDefinition definition, Checkpoint checkpoint)
{
    private const int Named = 3;

    // A table of logits that is stored although the embedding is that table.
    private readonly TensorInfo? separateHead = definition.Head.Tokens == definition.Embedding.Tokens
        ? checkpoint.Tensors.FirstOrDefault(
            tensor => Head.IsMatch(tensor.Name) && tensor.Name.EndsWith(".weight", StringComparison.Ordinal))
        : null;

    // Buffers that old versions of transformers saved: they follow from the config, and nothing reads them. And heads
    // of training (TRL).
    [GeneratedRegex(
        @"(^|\.)rotary_emb\.(inv_freq|original_inv_freq|cos_cached|sin_cached)$|\.(attn|attention)\.(bias|masked_bias)$|(^|\.)decoder\.version$|^v_head\.",
        RegexOptions.CultureInvariant)]
    private static partial Regex Harmless { get; }

    [GeneratedRegex(@"(^|\.)(layers|h)\.(?<layer>[0-9]{1,9})\.", RegexOptions.CultureInvariant)]
    private static partial Regex InLayer { get; }

    [GeneratedRegex(@"^(language_model\.)?(lm_head|embed_out)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Head { get; }

    /// <summary>Finds what is wrong, and says it once.</summary>
    /// <exception cref="DiagnosticException">A tensor is missing or unexplained, or of another type or shape than it
    /// must be.</exception>
    public void Require()
    {
        if ((Names() ?? Types() ?? Shapes() ?? TiedHead()) is { } problem)
        {
            throw new DiagnosticException(problem);
        }
    }

    private Diagnostic? Names()
    {
        HashSet<string> needed = [.. definition.Tensors.Select(shape => shape.Name)];
        string[] missing = [.. definition.Tensors.Select(shape => shape.Name)
            .Where(name => !checkpoint.TryGet(name, out _))];
        TensorInfo[] unexplained = [.. checkpoint.Tensors
            .Where(tensor => !needed.Contains(tensor.Name) && !IsHarmless(tensor))];
        return QuantizedModel.Find(unexplained, checkpoint)
            ?? WrappedModel.Find(missing, unexplained, checkpoint)
            ?? NotInShard(missing)
            ?? Missing(missing, unexplained)
            ?? Unexplained(unexplained);
    }

    /// <summary>Whether a tensor that is not needed changes nothing: it is a buffer, empty, a tied head, or a part of
    /// something around the language model.</summary>
    private bool IsHarmless(TensorInfo tensor) =>
        Harmless.IsMatch(tensor.Name) || tensor.ElementCount == 0 || tensor == separateHead
            || !IsOfLanguageModel(tensor.Name);

    /// <summary>Whether a name is inside the language model, where there is something around it: a model that sees,
    /// say.</summary>
    private bool IsOfLanguageModel(string name)
    {
        string embedding = definition.Embedding.Tokens.Name;
        int wrapper = embedding.IndexOf(TensorNames.Wrapper, StringComparison.Ordinal);
        return wrapper < 0 || Head.IsMatch(name)
            || name.StartsWith(embedding[..(wrapper + TensorNames.Wrapper.Length)], StringComparison.Ordinal);
    }

    /// <summary>A head of its own beside config.json's word that there is none: transformers 4 computes with the
    /// embedding then, and 5 with the head.</summary>
    private Diagnostic? TiedHead()
    {
        if (separateHead is not { } head || checkpoint.HoldsTheSame(head, checkpoint[definition.Embedding.Tokens.Name]))
        {
            return null;
        }

        return ModelDiagnostics.UnexplainedTensor.At(
            new SourceLocation(checkpoint.PathOf(head)),
            $"the checkpoint holds '{head.Name}' with other values than '{definition.Embedding.Tokens.Name}', and "
            + $"tie_word_embeddings in config.json " +
            $"(or, where it is missing there, a {definition.Architecture}) says that they are the same; set it to "
            + $"false, or remove the tensor");
    }

    private Diagnostic? NotInShard(string[] missing)
    {
        string? shard = missing.Select(checkpoint.ListedIn).FirstOrDefault(shard => shard is not null);
        if (shard is null)
        {
            return null;
        }

        string[] listed = [.. missing.Where(name => checkpoint.ListedIn(name) == shard)];
        return ModelDiagnostics.MalformedIndex.At(
            new SourceLocation(checkpoint.MainFile),
            $"the index lists {List(listed)} in '{shard}', which does not hold {It(listed)}; fetch index and shards of "
            + $"one revision");
    }

    private Diagnostic? Missing(string[] missing, TensorInfo[] unexplained)
    {
        if (missing.Length == 0)
        {
            return null;
        }

        string others = unexplained.Length == 0
            ? ""
            : $", and holds {List(NamesOf(unexplained))}, which config.json does not explain";
        string remedy = unexplained.Length == 0
            ? "it is incomplete, or config.json belongs to another model"
            : "config.json belongs to another model, or names an architecture that this is not";
        return ModelDiagnostics.MissingTensor.At(
            new SourceLocation(checkpoint.MainFile), $"the checkpoint lacks {List(missing)}{others}; {remedy}");
    }

    private Diagnostic? Unexplained(TensorInfo[] unexplained)
    {
        if (unexplained.Length == 0)
        {
            return null;
        }

        int layers = definition.Layers.Count;
        TensorInfo[] beyond = [.. unexplained.Where(tensor => LayerOf(tensor) >= layers)];
        string problem = beyond.Length > 0
            ? $"the checkpoint holds {List(NamesOf(beyond))} in layers beyond num_hidden_layers of config.json, which "
                + $"is {layers}; " +
              "one of the two belongs to another model"
            : $"the checkpoint holds {List(NamesOf(unexplained))}, which a {definition.Architecture} with this "
                + $"config.json does not have; " +
              $"computed without {It(unexplained)}, it would be another model";
        return ModelDiagnostics.UnexplainedTensor.At(
            new SourceLocation(checkpoint.PathOf((beyond.Length > 0 ? beyond : unexplained)[0])), problem);
    }

    private Diagnostic? Types()
    {
        TensorInfo[] others = [.. Needed.Where(tensor => !tensor.ElementType.IsConvertible())];
        return others.Length == 0 ? null : ModelDiagnostics.UnsupportedElementType.At(
            new SourceLocation(checkpoint.PathOf(others[0])), Checkpoint.UnsupportedElementTypeMessage(others[0])
                + AndSo(others.Length));
    }

    private Diagnostic? Shapes()
    {
        TensorShape[] others = [.. definition.Tensors
            .Where(shape => !checkpoint[shape.Name].Shape.SequenceEqual(shape.Dimensions))];
        if (others.Length == 0)
        {
            return null;
        }

        TensorInfo tensor = checkpoint[others[0].Name];
        return ModelDiagnostics.WrongShape.At(
            new SourceLocation(checkpoint.PathOf(tensor)),
            $"tensor '{tensor.Name}' is [{string.Join(" x ", tensor.Shape)}], where config.json implies " +
            $"[{string.Join(" x ", others[0].Dimensions)}]; one of them belongs to another model{AndSo(others.Length)}");
    }

    private IEnumerable<TensorInfo> Needed => definition.Tensors.Select(shape => checkpoint[shape.Name]);

    private static int LayerOf(TensorInfo tensor) =>
        InLayer.Match(tensor.Name) is { Success: true } match
            ? int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture)
            : -1;

    private static string[] NamesOf(TensorInfo[] tensors) => [.. tensors.Select(tensor => tensor.Name)];

    private static string List(string[] names)
    {
        string first = string.Join(", ", names.Take(Named).Select(name => $"'{name}'"));
        return (names.Length == 1 ? "tensor " : "tensors ") + first + (names.Length > Named
            ? $" and {names.Length - Named} more"
            : "");
    }

    private static string It<T>(T[] tensors) => tensors.Length == 1 ? "it" : "them";

    private static string AndSo(int count) => count switch
    {
        1 => "",
        2 => "; it is the same with 1 more tensor",
        _ => $"; it is the same with {count - 1} more tensors",
    };
}
