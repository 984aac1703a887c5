namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Weights as codes: whole numbers of a few bits, each of which stands for itself times the scale of its group. A group
/// is some consecutive columns of a row, and its scale a half-precision number of either sign.
/// </summary>
/// <param name="Bits">4 for codes from -8 to 7, two in a byte, the first one in the lower half; 8 for codes from -127 to
/// 127.</param>
/// <param name="Group">Columns of a group; the last group of a row may have fewer.</param>
internal sealed record CodeFormat(int Bits, int Group)
{
    /// <summary>The sizes of groups that there are, besides that of a whole row.</summary>
    public static IReadOnlyList<int> Groups { get; } = [32, 64, 128, 256];

    /// <summary>The numbers of bits that there are.</summary>
    public static IReadOnlyList<int> AllBits { get; } = [4, 8];

    /// <summary>The least code.</summary>
    internal int Least => Bits == 4 ? -8 : -127;

    /// <summary>The greatest code.</summary>
    internal int Most => Bits == 4 ? 7 : 127;

    /// <summary>Whether the rows of a matrix are long enough for groups.</summary>
    internal static bool HasGroups(MatrixShape matrix) => matrix.Columns >= Groups[0];

    /// <summary>Whether a matrix may have such codes.</summary>
    internal bool Fits(MatrixShape matrix)
        => HasGroups(matrix) && AllBits.Contains(Bits) && (Groups.Contains(Group) || Group == matrix.Columns);

    /// <summary>Groups of a row.</summary>
    internal int GroupsOf(MatrixShape matrix) => (matrix.Columns + Group - 1) / Group;

    /// <summary>Whether codes other than zero end where they should: two numbers of 4-bit codes take the same bytes, and
    /// the last half is zero with the smaller one alone.</summary>
    /// <param name="bytes">The codes.</param>
    /// <param name="codes">How many there should be.</param>
    internal bool Ends(ReadOnlySpan<byte> bytes, long codes)
        => Bits != 4 || bytes.IsEmpty || bytes[^1] >> 4 == 0 == (codes % 2 != 0);

    /// <summary>Bytes that some codes of a row take.</summary>
    internal long ByteLength(long codes) => Bits == 4 ? (codes + 1) / 2 : codes;
}
