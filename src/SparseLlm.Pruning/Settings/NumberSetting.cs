using System.Globalization;
using System.Numerics;

namespace SparseLlm.Pruning.Settings;

/// <summary>A setting that is a number within a range.</summary>
/// <typeparam name="T">The type of the number: <see cref="int"/> for whole ones, or <see cref="double"/>.</typeparam>
public sealed class NumberSetting<T> : TypedSetting<T>
    where T : struct, INumber<T>
{
    private static readonly bool IsWhole = typeof(T) == typeof(int);

    internal NumberSetting(
        string name,
        string description,
        T minimum,
        T maximum,
        Func<PruningSettings, T?> get,
        Func<PruningSettings, T, PruningSettings> with)
        : base(name, description, get, with) =>
        (Minimum, Maximum) = (minimum, maximum);

    /// <summary>The least value.</summary>
    public T Minimum { get; }

    /// <summary>The greatest value.</summary>
    public T Maximum { get; }

    /// <inheritdoc/>
    public override string Expected
        => FormattableString.Invariant($"{(IsWhole ? "a whole number" : "a number")} from {Minimum} to {Maximum}");

    internal override string Write(T value) => value.ToString(null, CultureInfo.InvariantCulture);

    private protected override T? Read(string text) =>
        T.TryParse(
            text,
            IsWhole ? NumberStyles.AllowLeadingSign : NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out T value)
            && value >= Minimum
            && value <= Maximum
            ? value
            : null;
}
