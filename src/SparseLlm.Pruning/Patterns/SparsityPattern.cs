using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseLlm.Pruning.Patterns;

/// <summary>How many weights of a matrix are pruned, and where they may be.</summary>
public abstract partial record SparsityPattern
{
    private SparsityPattern()
    {
    }

    /// <summary>The fraction of weights that are zero, 0 .. 1.</summary>
    public abstract double Sparsity { get; }

    /// <summary>Exactly how many weights of a matrix are pruned.</summary>
    /// <param name="rows">Outputs of the layer.</param>
    /// <param name="columns">Inputs of the layer.</param>
    public abstract long Zeros(int rows, int columns);

    /// <summary>Zeros anywhere in the matrix.</summary>
    /// <param name="Fraction">The fraction of weights that are zero, 0 .. 1.</param>
    public sealed record Unstructured(double Fraction) : SparsityPattern
    {
        /// <inheritdoc/>
        public override double Sparsity => Fraction;

        /// <inheritdoc/>
        public override long Zeros(int rows, int columns) =>
            (long)Math.Round((double)rows * columns * Fraction, MidpointRounding.AwayFromZero);

        /// <inheritdoc/>
        public override string ToString() => Fraction.ToString("0.######", CultureInfo.InvariantCulture);
    }

    /// <summary>N:M sparsity: of each group of M consecutive inputs of a row, N weights are kept.</summary>
    /// <param name="Keep">N, the weights kept in each group.</param>
    /// <param name="Size">M, the size of a group.</param>
    public sealed record Groups(int Keep, int Size) : SparsityPattern
    {
        /// <inheritdoc/>
        public override double Sparsity => (double)(Size - Keep) / Size;

        /// <inheritdoc/>
        public override long Zeros(int rows, int columns) => (long)rows * columns / Size * (Size - Keep);

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"{Keep}:{Size}");
    }

    /// <summary>Reads <c>2:4</c>. On failure, <paramref name="problem"/> says what is wrong in a form to follow a
    /// name.</summary>
    public static bool TryParseGroups(string text, out Groups pattern, out string problem)
    {
        pattern = new Groups(2, 4);
        Match match = GroupsSyntax().Match(text);
        if (!match.Success ||
            !int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int keep) ||
            !int.TryParse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out int size))
        {
            problem = $"'{text}' is not a pattern; write it as N:M, such as 2:4";
            return false;
        }

        if (keep >= size || keep == 0)
        {
            problem = $"'{text}' would {(keep == 0 ? "prune every weight" : "prune nothing")}; "
                + "N:M keeps N of each M weights, so N must be from 1 to M - 1, such as 2:4";
            return false;
        }

        pattern = new Groups(keep, size);
        problem = "";
        return true;
    }

    /// <summary>Checks a sparsity. On failure, <paramref name="problem"/> says what is wrong in a form to follow a
    /// name.</summary>
    public static bool TryUnstructured(double sparsity, out Unstructured pattern, out string problem)
    {
        pattern = new Unstructured(sparsity);
        bool valid = sparsity is >= 0 and < 1;
        problem = valid
            ? ""
            : FormattableString.Invariant(
                $"{sparsity} is not a fraction of weights to prune; it must be at least 0 and less than 1, such as 0.7");
        return valid;
    }

    [GeneratedRegex(@"^(\d+):(\d+)$")]
    private static partial Regex GroupsSyntax();
}
