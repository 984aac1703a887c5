namespace SparseLlm.Pruning.Settings;

/// <summary>A setting that is true or false.</summary>
public sealed class BooleanSetting : TypedSetting<bool>
{
    internal BooleanSetting(
        string name,
        string description,
        Func<PruningSettings, bool?> get,
        Func<PruningSettings, bool, PruningSettings> with)
        : base(name, description, get, with)
    {
    }

    /// <inheritdoc/>
    public override string Expected => "true or false";

    internal override string Write(bool value) => value ? "true" : "false";

    private protected override bool? Read(string text) => text is "true" or "false" ? text == "true" : null;
}
