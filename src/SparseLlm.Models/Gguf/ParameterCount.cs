using System.Globalization;

namespace SparseLlm.Models.Gguf;

/// <summary>How large a model is.</summary>
/// <param name="Total">All parameters.</param>
/// <param name="OfExperts">Those among them that belong to one of the experts.</param>
/// <param name="Experts">The experts of a layer; 0 where there are none.</param>
internal readonly record struct ParameterCount(long Total, long OfExperts = 0, int Experts = 0)
{
    /// <summary>The size in a few characters, as llama.cpp's converter writes it: <c>8.0B</c>, or <c>8x7.2B</c> for 8
    /// experts, counted with one of them.</summary>
    public string Label => Experts > 0
        ? FormattableString.Invariant($"{Experts}x{Rounded(Total - OfExperts + (OfExperts / Experts))}")
        : Rounded(Total);

    private static string Rounded(long count)
    {
        (decimal scale, char suffix) = count switch
        {
            >= 1_000_000_000_000 => (1e12m, 'T'),
            >= 1_000_000_000 => (1e9m, 'B'),
            >= 1_000_000 => (1e6m, 'M'),
            _ => (1e3m, 'K'),
        };
        decimal scaled = count / scale;
        // Two digits at least; a zero before the point is none.
        int decimals = decimal.Round(scaled) switch { < 1 => 2, < 10 => 1, _ => 0 };
        return decimal.Round(scaled, decimals).ToString($"F{decimals}", CultureInfo.InvariantCulture) + suffix;
    }
}
