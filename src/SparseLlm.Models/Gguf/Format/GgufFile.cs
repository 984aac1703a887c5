using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>A GGUF file, or all parts of one that was split, open for reading. Whatever lies outside of it has been
/// refused when it was opened.</summary>
public sealed partial class GgufFile : IDisposable
{

    private readonly List<(SafeFileHandle Handle, string Path)> parts = [];
    private readonly List<GgufStoredTensor> tensors = [];

    private GgufFile(string path) => Path = path;

    /// <summary>The file, or its first part.</summary>
    public string Path { get; }

    /// <summary>The version of the format.</summary>
    public int Version { get; private set; }

    /// <summary>The metadata of the file, or of its first part.</summary>
    public GgufMetadata Metadata { get; private set; } = new();

    /// <summary>The tensors, in the order of the file.</summary>
    public IReadOnlyList<GgufStoredTensor> Tensors => tensors;

    /// <summary>How many files it is in.</summary>
    public int Parts => parts.Count;

    /// <summary>Bytes of all its files.</summary>
    public long ByteLength { get; private set; }

    /// <summary>Opens a file, with the other parts beside it where it is the first of several.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiagnosticException">It cannot be read, breaks the format, or is another part than the
    /// first.</exception>
    public static GgufFile Open(string path)
    {
        var file = new GgufFile(path);
        try
        {
            file.OpenParts();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a path is meant as that of a GGUF file.</summary>
    public static bool IsName(string path) => path.EndsWith(GgufLayout.Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether somebody who names a model means such a file and no directory. Some programs keep theirs
    /// without the ending.</summary>
    public static bool IsMeantBy(string path)
        => !Directory.Exists(path) && (IsName(path) || (File.Exists(path) && !MeantModel.IsFileOf(path)));

    /// <summary>Whether a file begins as GGUF files do.</summary>
    public static bool IsAt(string path)
    {
        using SafeFileHandle file = FileBytes.Open(path);
        Span<byte> beginning = stackalloc byte[sizeof(uint)];
        return RandomAccess.Read(file, beginning, 0) == beginning.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(beginning) == GgufLayout.Magic;
    }

    /// <summary>Values of a tensor; of a quantised one, what its codes stand for.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="start">The first element, at the beginning of a block.</param>
    /// <param name="destination">Receives as many elements as it has room for: whole blocks.</param>
    /// <exception cref="DiagnosticException">The values cannot be read, or their type is none that can be.</exception>
    public void Read(GgufStoredTensor tensor, long start, Span<float> destination)
    {
        if (!tensor.Type.IsConvertible())
        {
            throw GgufDiagnostics.UnreadableType.Error(
                new SourceLocation(Path),
                $"the values of '{tensor.Name}' are stored as {TypeName(tensor.Type)}, which cannot be read here; take "
                + $"a file whose tensors are "
                + $"{string.Join(", ", GgufElementTypes.ByName.Values.Select(type => type.Name()))}");
        }

        byte[] bytes = new byte[tensor.Type.ByteLength(destination.Length)];
        (SafeFileHandle handle, string path) = parts[tensor.Part];
        FileBytes.Read(handle, tensor.Offset + tensor.Type.ByteLength(start), bytes, path);
        tensor.Type.ToSingle(bytes, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => parts.ForEach(part => part.Handle.Dispose());

    private void OpenParts()
    {
        GgufHeader first = Add(Path);
        (Version, Metadata) = (first.Version, first.Metadata);
        int count = first.Integer(GgufLayout.PartCountKey) ?? 1;
        if (count <= 1)
        {
            return;
        }

        int number = first.Integer(GgufLayout.PartNumberKey) ?? 0;
        if (PartNames().Match(Path) is not { Success: true } name || name.Groups[2].Value != GgufLayout.Digits(count)
            || name.Groups[1].Value != GgufLayout.Digits(number + 1))
        {
            throw first.Malformed($"this is part {number + 1} of {count}, and its name does not end in "
                + $"{GgufLayout.PartEnding(number, count)}; give it back the name that it was split under, so that the "
                + $"others are found");
        }

        string stem = name.Groups[0].Index is var index ? Path[..index] : "";
        if (number != 0)
        {
            throw first.Malformed(
                $"this is part {number + 1} of {count}; name the first, '{GgufLayout.PartName(stem, 0, count)}'");
        }

        for (int part = 1; part < count; part++)
        {
            GgufHeader header = Add(GgufLayout.PartName(stem, part, count));
            if (header.Integer(GgufLayout.PartNumberKey) != part || header.Integer(GgufLayout.PartCountKey) != count)
            {
                throw header.Malformed($"this does not say that it is part {part + 1} of {count}; it belongs to "
                    + $"another file, so copy all parts again");
            }
        }
    }

    private GgufHeader Add(string path)
    {
        SafeFileHandle handle = FileBytes.Open(path);
        parts.Add((handle, path));
        GgufHeader header = GgufHeader.Read(handle, path, parts.Count - 1);
        HashSet<string> known = parts.Count == 1 ? [] : [.. tensors.Select(tensor => tensor.Name)];
        if (header.Tensors.FirstOrDefault(tensor => known.Contains(tensor.Name)) is { } twice)
        {
            throw header.Malformed($"the tensor '{twice.Name}' is in another part already; the parts are not of one "
                + $"file, so copy all of them again");
        }

        tensors.AddRange(header.Tensors);
        ByteLength += RandomAccess.GetLength(handle);
        return header;
    }

    private static string TypeName(GgufElementType type) =>
        type.IsKnown() ? type.Name() : string.Create(CultureInfo.InvariantCulture, $"type {(int)type}");

    [GeneratedRegex(@"-([0-9]{5})-of-([0-9]{5})\.gguf\z")]
    private static partial Regex PartNames();
}
