namespace SparseLlm.Pruning.Settings;

/// <summary>A setting whose values are names, in lower case.</summary>
/// <typeparam name="T">What the names stand for.</typeparam>
public sealed class ChoiceSetting<T> : TypedSetting<T>
    where T : struct, Enum
{
    private readonly OrderedDictionary<string, T> byName;

    internal ChoiceSetting(
        string name,
        string description,
        IReadOnlyList<T> choices,
        Func<PruningSettings, T?> get,
        Func<PruningSettings, T, PruningSettings> with)
        : base(name, description, get, with) =>
        byName = new(choices.Select(choice => KeyValuePair.Create(NameOf(choice), choice)));

    /// <inheritdoc/>
    public override IReadOnlyList<string> Choices => byName.Keys;

    /// <inheritdoc/>
    public override string Expected => "one of " + string.Join(", ", Choices);

    internal override string Write(T value) => NameOf(value);

    private protected override T? Read(string text) => byName.TryGetValue(text, out T value) ? value : null;

    private static string NameOf(T value) => value.ToString().ToLowerInvariant();
}
