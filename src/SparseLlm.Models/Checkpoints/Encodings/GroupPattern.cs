using System.Numerics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>N:M sparsity, as it is found in the masks of a matrix.</summary>
/// <param name="Kept">N, the most weights of a group that are not zero.</param>
/// <param name="Size">M, the size of a group.</param>
internal sealed record GroupPattern(int Kept, int Size)
{
    /// <summary>The sizes of groups that are looked for.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [2, 4, 8, 16, 32];

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Kept}:{Size}");

    /// <summary>Looks for a pattern while the rows of a matrix pass by.</summary>
    public sealed class Finder
    {
        private readonly int[] fullest = new int[Sizes.Count];
        private int columns = 1;
        private long weights;

        /// <summary>Weights that are not zero, so far.</summary>
        public long Kept { get; private set; }

        /// <summary>Weights that are zero, so far.</summary>
        public long Zeros => weights - Kept;

        /// <summary>Takes the next row.</summary>
        /// <param name="mask">The mask of what is not zero.</param>
        /// <param name="columns">The columns of the row.</param>
        public void Add(ReadOnlySpan<byte> mask, int columns)
        {
            this.columns = columns;
            weights += columns;
            Kept += RowMask.Count(mask);
            for (int i = 0; i < fullest.Length; i++)
            {
                int size = Sizes[i];
                for (int start = 0; start <= columns - size && fullest[i] < size; start += size)
                {
                    fullest[i] = Math.Max(fullest[i], BitOperations.PopCount(RowMask.Bits(mask, start, size)));
                }
            }
        }

        /// <summary>The pattern of the smallest groups that both holds and explains the zeros: N:M with a density near
        /// N/M. Null where there is none.</summary>
        public GroupPattern? Find()
        {
            if (Kept == 0 || Kept == weights)
            {
                return null;
            }

            for (int i = 0; i < fullest.Length; i++)
            {
                (int kept, int size) = (fullest[i], Sizes[i]);
                if (columns % size == 0 && kept < size && (double)Kept / weights * size > kept - 0.5)
                {
                    return new GroupPattern(kept, size);
                }
            }

            return null;
        }
    }
}
