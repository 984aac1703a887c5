using System.Reflection;
using NetArchTest.Rules;

namespace SparseLlm.Architecture.Tests;

/// <summary>A library and its layers, from the bottom to the top.</summary>
/// <param name="Name">The name of its assembly, which is its root namespace too.</param>
/// <param name="Layers">
/// Each a namespace below the root, with those below it that are no layers of their own, or a type: an entry point that
/// stands above the namespace that it is in. The root namespace itself is below all of them.
/// </param>
public sealed record Library(string Name, params IReadOnlyList<string> Layers)
{
    private const int Root = -1;

    private readonly Assembly assembly = Assembly.Load(Name);

    /// <summary>The types that depend on a layer above their own, and on what of it.</summary>
    public IEnumerable<string> BackEdges =>
        from layer in Enumerable.Range(Root, Layers.Count)
        let above = Own.Where(type => LayerOf(type) > layer).ToArray()
        from type in Types.InAssembly(assembly).That()
            .MeetCustomRule(type => LayerOf(type.FullName) == layer)
            .Should()
            .NotHaveDependencyOnAny(above)
            .GetResult()
            .FailingTypes
        select $"{type.FullName}: {type.Explanation}";

    /// <summary>Namespaces that belong to no layer.</summary>
    public IEnumerable<string> UnknownNamespaces =>
        Own.Where(type => LayerOf(type) == Root).Select(NamespaceOf).Where(space => space != Name).Distinct();

    /// <summary>Layers that nothing belongs to.</summary>
    public IEnumerable<string> EmptyLayers => Layers.Where((_, layer) => !Own.Any(type => LayerOf(type) == layer));

    /// <summary>The full names of its types; those that compilers add are in other namespaces.</summary>
    private IEnumerable<string> Own =>
        assembly.GetTypes().Where(type => !type.IsNested).Select(type => type.FullName!)
            .Where(type => type.StartsWith("SparseLlm.", StringComparison.Ordinal));

    private static string NamespaceOf(string type) => type[..type.LastIndexOf('.')];

    /// <summary>The layer with the longest of the names that a type's name begins with; a nested type is in that of the
    /// one around it.</summary>
    private int LayerOf(string type) => Layers.Index()
        .Where(layer => $"{type.Replace('/', '.')}.".StartsWith($"{Name}.{layer.Item}.", StringComparison.Ordinal))
        .OrderByDescending(layer => layer.Item.Length)
        .Select(layer => layer.Index)
        .FirstOrDefault(Root);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
