using System.Globalization;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Activations;

/// <summary>How much memory a run may use for what it keeps of each token: so many bytes, or a share of what is free
/// when it begins.</summary>
public abstract record MemoryBudget
{
    /// <summary>Half of what is free.</summary>
    public static MemoryBudget Default { get; } = new Share(0.5);

    /// <summary>The budget in bytes, now.</summary>
    public abstract long Bytes { get; }

    /// <summary>Reads a budget: <c>4GB</c>, <c>512MiB</c>, <c>50%</c>; null where it is none.</summary>
    public static MemoryBudget? Parse(string text)
    {
        if (!text.EndsWith('%'))
        {
            return ByteSize.Parse(text) is { } bytes ? new Size(bytes) : null;
        }

        return double.TryParse(
            text[..^1],
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out double percent) && percent <= 100
            ? new Share(percent / 100)
            : null;
    }

    /// <summary>So many bytes.</summary>
    public sealed record Size(long Amount) : MemoryBudget
    {
        /// <inheritdoc/>
        public override long Bytes => Amount;
    }

    /// <summary>A share of the memory that is free.</summary>
    public sealed record Share(double Fraction) : MemoryBudget
    {
        /// <inheritdoc/>
        public override long Bytes => (long)(Fraction * Free());

        private static long Free()
        {
            // The runtime looks at the machine's memory, or the container's, whenever it collects.
            GC.Collect();
            GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
            return Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
        }
    }
}
