using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>
/// The form that torch.save writes since version 1.6: a zip archive with a pickle, <c>archive/data.pkl</c>, and an
/// entry for each storage, <c>archive/data/0</c> and so on. The archive may have another name.
/// </summary>
internal static class TorchArchive
{
    private const string PickleName = "/data.pkl";
    private const int LongestByteOrder = 10;

    /// <summary>The value in the pickle, its storages in their places.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The file breaks its format, or holds something else than
    /// tensors.</exception>
    public static object? Read(SafeFileHandle file, string path)
    {
        IReadOnlyDictionary<string, ZipEntry> entries = new ZipEntries(file, path).Read();
        ZipEntry pickle = Pickle(entries, path);
        string archive = pickle.Name[..^PickleName.Length];
        RequireLittleEndian(file, path, entries.GetValueOrDefault($"{archive}/byteorder"));
        RequireAsIs(pickle, path);
        return new Unpickler(new PickleBytes(file, path, pickle.Start, pickle.Start + pickle.Length), Place).Read();

        TorchStorage Place(TorchStorage storage)
        {
            if (!entries.TryGetValue($"{archive}/data/{storage.Key}", out ZipEntry? entry))
            {
                throw TorchRefusal.Malformed(path, $"storage '{Excerpt.Of(storage.Key)}' is not in the archive");
            }

            RequireAsIs(entry, path);
            storage.Position = entry.Start;
            return storage.ByteLength <= entry.Length ? storage : throw TorchRefusal.Malformed(
                path, string.Create(CultureInfo.InvariantCulture,
                    $"storage '{Excerpt.Of(storage.Key)}' is said to have "
                    + $"{storage.ByteLength} bytes, and its entry has {entry.Length}"));
        }
    }

    private static ZipEntry Pickle(IReadOnlyDictionary<string, ZipEntry> entries, string path)
    {
        ZipEntry[] pickles = [.. entries.Values.Where(entry => entry.Name.IndexOf('/') == entry.Name.Length
            - PickleName.Length && entry.Name.EndsWith(PickleName, StringComparison.Ordinal))];
        return pickles.Length != 1
            ? throw TorchRefusal.Malformed(path, $"the archive has {(pickles.Length == 0 ? "no" : "more than one")} "
                + $"data.pkl, so it is not one of torch.save")
            : entries.ContainsKey(pickles[0].Name.Replace(PickleName, "/constants.pkl", StringComparison.Ordinal))
                ? throw TorchRefusal.Other(
                    path,
                    "this is a program of TorchScript and not weights; save the model's state_dict with torch.save")
                : pickles[0];
    }

    /// <summary>Makes sure that an entry can be read in place.</summary>
    private static void RequireAsIs(ZipEntry entry, string path)
    {
        if (entry.Flaw is not null)
        {
            throw TorchRefusal.Malformed(path, $"entry '{Excerpt.Of(entry.Name)}' {entry.Flaw}");
        }
    }

    private static void RequireLittleEndian(SafeFileHandle file, string path, ZipEntry? entry)
    {
        byte[] order = new byte[Math.Min(LongestByteOrder, entry?.Length ?? 0)];
        if (entry is null)
        {
            return;
        }

        RequireAsIs(entry, path);
        FileBytes.Read(file, entry.Start, order, path);
        if (!order.AsSpan().SequenceEqual("little"u8))
        {
            throw TorchRefusal.Other(path, $"the numbers are stored in the byte order "
                + $"'{Encoding.Latin1.GetString(order)}', and only little-endian ones are read; save the file on a "
                + $"usual machine");
        }
    }
}
