using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace SparseLlm.Pruning.Calibration;

/// <summary>What the header of a file in NumPy's .npy format (versions 1 to 3) says of an array of integers.</summary>
/// <param name="Start">Where the elements begin.</param>
/// <param name="Size">Bytes of an element, 1, 2, 4 or 8, little-endian.</param>
/// <param name="IsSigned">Whether elements can be negative.</param>
/// <param name="Count">Number of elements.</param>
internal sealed partial record NpyHeader(int Start, int Size, bool IsSigned, long Count)
{
    private const int LengthAt = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a header. On failure, <paramref name="problem"/> says what is wrong and what to do.</summary>
    /// <param name="beginning">The file, or as much of it as a header can have.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="problem">Empty on success.</param>
    public static NpyHeader? TryRead(ReadOnlySpan<byte> beginning, long fileLength, out string problem)
    {
        if (beginning.Length < LengthAt + sizeof(uint) || !beginning.StartsWith(Magic)
            || beginning[Magic.Length] is 0 or > 3)
        {
            problem = "the file is not a NumPy array; save token ids with numpy.save";
            return null;
        }

        bool isFirstVersion = beginning[Magic.Length] == 1;
        uint length = isFirstVersion
            ? BinaryPrimitives.ReadUInt16LittleEndian(beginning[LengthAt..])
            : BinaryPrimitives.ReadUInt32LittleEndian(beginning[LengthAt..]);
        int textAt = LengthAt + (isFirstVersion ? sizeof(ushort) : sizeof(uint));
        if (length > beginning.Length - textAt)
        {
            problem = "the header of the NumPy array is longer than the file, or than any header; copy the file again";
            return null;
        }

        int start = textAt + (int)length;
        return Describe(Encoding.UTF8.GetString(beginning[textAt..start]), start, fileLength - start, out problem);
    }

    private static NpyHeader? Describe(string text, int start, long available, out string problem)
    {
        Dictionary<string, string>? values = Values(text);
        if (values is null || !values.TryGetValue("descr", out string? type)
            || !values.TryGetValue("fortran_order", out string? order)
            || !values.TryGetValue("shape", out string? shape))
        {
            problem = "the header of the NumPy array describes no plain array; save token ids as an array of integers";
            return null;
        }

        if (Integer().Match(type) is not { Success: true } integer)
        {
            problem = $"the NumPy array holds elements of the type {type}; token ids are little-endian integers, as of "
                + $"ids.astype('<i4')";
            return null;
        }

        BigInteger[] sizes = [.. Number().Matches(shape)
            .Select(number => BigInteger.Parse(number.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))];
        if (order == "True" && sizes.Length > 1)
        {
            problem = "the NumPy array is in Fortran order; save it in C order, as of numpy.ascontiguousarray(ids)";
            return null;
        }

        int size = integer.Groups["size"].ValueSpan[0] - '0';
        BigInteger count = sizes.Aggregate(BigInteger.One, BigInteger.Multiply);
        if (count * size != available)
        {
            problem = string.Create(CultureInfo.InvariantCulture,
                $"the shape {shape} of the NumPy array does not go with its "
                + $"{available} bytes of {size}-byte elements; copy or save the file again");
            return null;
        }

        problem = "";
        return new NpyHeader(start, size, integer.Groups["sign"].ValueSpan is "i", (long)count);
    }

    /// <summary>The entries of the header, which is the literal of a Python dictionary; null if it is of another
    /// form.</summary>
    private static Dictionary<string, string>? Values(string text)
    {
        Match match = Dictionary().Match(text);
        var values = new Dictionary<string, string>();
        return match.Success && match.Groups["key"].Captures.Zip(match.Groups["value"].Captures)
            .All(entry => values.TryAdd(entry.First.Value, entry.Second.Value))
            ? values
            : null;
    }

    [GeneratedRegex(
        @"^\{(?:\s*'(?<key>[a-z_]+)'\s*:\s*(?<value>'[^']*'|True|False|\([0-9L, ]*\))\s*(?:,|(?=\})))*\s*\}\s*$")]
    private static partial Regex Dictionary();

    [GeneratedRegex("^'(?:<(?<sign>[iu])(?<size>[1248])|\\|(?<sign>[iu])(?<size>1))'$")]
    private static partial Regex Integer();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
