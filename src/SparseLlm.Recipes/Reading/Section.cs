using SparseLlm.Diagnostics;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>A mapping whose keys are known. Opening it reports every key that is not.</summary>
internal sealed class Section
{
    private readonly YamlMapping mapping;
    private readonly DiagnosticBag diagnostics;
    private readonly string name;
    private readonly HashSet<string> mistyped = [];

    private Section(string name, SourceLocation owner, YamlMapping mapping, DiagnosticBag diagnostics)
    {
        this.name = name;
        this.mapping = mapping;
        this.diagnostics = diagnostics;
        Owner = owner;
    }

    /// <summary>What the mapping belongs to: its key, or itself in a list.</summary>
    public SourceLocation Owner { get; }

    /// <summary>Opens a mapping; null, which is reported, if the value is something else.</summary>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="owner">Where to report what is missing in it.</param>
    /// <param name="node">The value.</param>
    /// <param name="keys">The keys it may have.</param>
    /// <param name="diagnostics">Receives mistakes.</param>
    public static Section? Open(
        string name,
        SourceLocation owner,
        YamlNode node,
        KeyTable keys,
        DiagnosticBag diagnostics)
    {
        if (node is not YamlMapping mapping)
        {
            diagnostics.Add(RecipeDiagnostics.WrongKind, node.Location,
                $"{name} must be a mapping ('key: value'), found {node.Kind}");
            return null;
        }

        var section = new Section(name, owner, mapping, diagnostics);
        foreach (YamlEntry entry in mapping.Entries.Where(entry => !keys.Contains(entry.Name)))
        {
            diagnostics.Add(RecipeDiagnostics.UnknownKey, entry.Key.Location,
                $"unknown key '{entry.Name}'; {Nearest.Suggest(entry.Name, keys.Names)}");
            if (Nearest.To(entry.Name, keys.Names) is { } meant)
            {
                section.mistyped.Add(meant);
            }
        }

        return section;
    }

    /// <summary>Opens a mapping that may also be left empty.</summary>
    public static Section? OpenOrEmpty(
        string name,
        SourceLocation owner,
        YamlNode node,
        KeyTable keys,
        DiagnosticBag diagnostics) =>
        Open(name, owner, node.IsNull ? new YamlMapping(node.Location, []) : node, keys, diagnostics);

    /// <summary>The entry of a key, or null.</summary>
    public YamlEntry? Entry(RecipeKey key) => mapping.ByName.GetValueOrDefault(key.Name);

    /// <summary>The value of a key, or null.</summary>
    public YamlNode? Find(RecipeKey key) => Entry(key)?.Value;

    /// <summary>Whether a key is there, or one that was probably meant to be it: that has been reported, and nothing
    /// more is to be said of what is missing.</summary>
    public bool Means(RecipeKey key) => Entry(key) is not null || mistyped.Contains(key.Name);

    /// <summary>The value of a key; null, which is reported, if it is missing.</summary>
    public YamlNode? Require(RecipeKey key)
    {
        if (Find(key) is { } node)
        {
            return node;
        }

        if (Means(key))
        {
            return null;
        }

        diagnostics.Add(RecipeDiagnostics.MissingKey, Owner, $"{name} needs '{key.Name}:'; {key.Purpose}");
        return null;
    }

    /// <summary>Reports keys that exclude each other, at the last of them.</summary>
    public void AllowOne(params ReadOnlySpan<RecipeKey> keys)
    {
        var present = new List<YamlEntry>();
        foreach (RecipeKey key in keys)
        {
            if (Entry(key) is { } entry)
            {
                present.Add(entry);
            }
        }

        if (present.Count < 2)
        {
            return;
        }

        present.Sort((a, b) => (a.Key.Location.Line, a.Key.Location.Column).CompareTo(
            (b.Key.Location.Line, b.Key.Location.Column)));
        diagnostics.Add(RecipeDiagnostics.Conflict, present[^1].Key.Location,
            $"'{present[^1].Name}' and '{present[0].Name}' exclude each other; remove one of them");
    }
}
