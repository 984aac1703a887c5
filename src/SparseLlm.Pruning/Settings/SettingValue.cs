namespace SparseLlm.Pruning.Settings;

/// <summary>A setting with a value that it takes.</summary>
/// <param name="Setting">The setting.</param>
public abstract record SettingValue(Setting Setting)
{
    /// <summary>The value, as a user would write it.</summary>
    public abstract string Text { get; }

    /// <summary>Settings with this value.</summary>
    public abstract PruningSettings ApplyTo(PruningSettings settings);
}

/// <summary>A setting with a value of its type.</summary>
/// <typeparam name="T">The type.</typeparam>
public sealed record SettingValue<T> : SettingValue
    where T : struct
{
    private readonly TypedSetting<T> setting;

    internal SettingValue(TypedSetting<T> setting, T value)
        : base(setting) => (this.setting, Value) = (setting, value);

    /// <summary>The value.</summary>
    public T Value { get; }

    /// <inheritdoc/>
    public override string Text => setting.Write(Value);

    /// <inheritdoc/>
    public override PruningSettings ApplyTo(PruningSettings settings) => setting.With(settings, Value);
}
