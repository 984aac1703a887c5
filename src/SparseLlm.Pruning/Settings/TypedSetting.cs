namespace SparseLlm.Pruning.Settings;

/// <summary>A setting with values of a type.</summary>
/// <typeparam name="T">The type.</typeparam>
public abstract class TypedSetting<T> : Setting
    where T : struct
{
    private readonly Func<PruningSettings, T?> get;
    private readonly Func<PruningSettings, T, PruningSettings> with;

    private protected TypedSetting(
        string name,
        string description,
        Func<PruningSettings, T?> get,
        Func<PruningSettings, T, PruningSettings> with)
        : base(name, description) =>
        (this.get, this.with) = (get, with);

    /// <inheritdoc/>
    public sealed override SettingValue? Parse(string text)
        => Read(text) is { } value ? new SettingValue<T>(this, value) : null;

    /// <inheritdoc/>
    public sealed override SettingValue? ValueIn(PruningSettings settings)
        => get(settings) is { } value ? new SettingValue<T>(this, value) : null;

    /// <summary>The settings with this one changed.</summary>
    internal PruningSettings With(PruningSettings settings, T value) => with(settings, value);

    /// <summary>A value as a user would write it.</summary>
    internal abstract string Write(T value);

    /// <summary>The value that a user has written, or null if it is not valid.</summary>
    private protected abstract T? Read(string text);
}
