using System.Globalization;

namespace SparseLlm.Recipes;

/// <summary>The GPUs that compute, by the numbers that CUDA gives to those that are visible to it; the first has the
/// model.</summary>
public sealed record DeviceNumbers
{
    private DeviceNumbers(IReadOnlyList<int> all) => All = all;

    /// <summary>The first GPU alone.</summary>
    public static DeviceNumbers First { get; } = new([0]);

    /// <summary>The numbers, each once.</summary>
    public IReadOnlyList<int> All { get; }

    /// <summary>Reads numbers with commas between them; null where the text is something else.</summary>
    public static DeviceNumbers? Parse(string text)
    {
        var numbers = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                || numbers.Contains(number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return new DeviceNumbers(numbers);
    }

    /// <inheritdoc/>
    public bool Equals(DeviceNumbers? other) => other is not null && All.SequenceEqual(other.All);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString()
        => string.Join(',', All.Select(number => number.ToString(CultureInfo.InvariantCulture)));
}
