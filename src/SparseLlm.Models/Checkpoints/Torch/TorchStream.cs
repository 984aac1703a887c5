using System.Globalization;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>
/// The form that torch.save wrote before version 1.6: five pickles - a magic number, a version, the machine, the value,
/// the names of the storages - and behind them the storages, each with the number of its elements before it.
/// </summary>
internal static class TorchStream
{
    private const long Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c",
        NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture);

    /// <summary>The value, its storages in their places.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The file breaks its format, or holds something else than
    /// tensors.</exception>
    public static object? Read(SafeFileHandle file, string path)
    {
        var bytes = new PickleBytes(file, path, 0, RandomAccess.GetLength(file));
        Dictionary<string, TorchStorage> storages = [];
        if (Next() is not BigInteger magic || magic != Magic)
        {
            throw TorchRefusal.Other(
                path,
                "this is a pickle, but not one of torch.save; save the model's state_dict with torch.save");
        }

        if (Next() is not Version)
        {
            throw TorchRefusal.Malformed(path, FormattableString.Invariant($"the file's version is not {Version}"));
        }

        RequireLittleEndian(Next(), path);
        object? value = Next();
        Place(Next(), storages, file, bytes);
        return value;

        object? Next() => new Unpickler(bytes, storage => storages.TryGetValue(storage.Key, out TorchStorage? known)
            ? known == storage ? known : throw TorchRefusal.Malformed(
                path,
                $"storage '{Excerpt.Of(storage.Key)}' is said to be of two types or lengths")
            : storages[storage.Key] = storage).Read();
    }

    private static void Place(
        object? names,
        Dictionary<string, TorchStorage> storages,
        SafeFileHandle file,
        PickleBytes bytes)
    {
        long position = bytes.Position;
        long end = RandomAccess.GetLength(file);
        byte[] count = new byte[sizeof(long)];
        foreach (object? name in names as List<object?>
            ?? throw TorchRefusal.Malformed(bytes.Path, "the list of storages is none"))
        {
            if (name is not string key || !storages.TryGetValue(key, out TorchStorage? storage)
                || storage.Position >= 0)
            {
                throw TorchRefusal.Malformed(
                    bytes.Path,
                    "the list of storages names one twice, or one that no tensor has");
            }

            if (end - position < count.Length || end - position - count.Length < storage.ByteLength)
            {
                throw TorchRefusal.Truncated(bytes.Path, FormattableString.Invariant(
                    $"storage '{Excerpt.Of(key)}' of {storage.ByteLength} bytes extends beyond the end of the file"));
            }

            FileBytes.Read(file, position, count, bytes.Path);
            if (BitConverter.ToInt64(count) != storage.ElementCount)
            {
                throw TorchRefusal.Malformed(
                    bytes.Path,
                    $"storage '{Excerpt.Of(key)}' has another length than its tensors say");
            }

            storage.Position = position + count.Length;
            position = storage.Position + storage.ByteLength;
        }

        if (storages.Values.FirstOrDefault(storage => storage.Position < 0) is { } missing)
        {
            throw TorchRefusal.Malformed(bytes.Path, $"storage '{Excerpt.Of(missing.Key)}' is not in the file");
        }
    }

    private static void RequireLittleEndian(object? machine, string path)
    {
        if (machine is not PickledDictionary facts
            || facts.Entries.GetValueOrDefault("little_endian") is not bool isLittleEndian)
        {
            throw TorchRefusal.Malformed(path, "the file does not say which byte order its numbers have");
        }

        if (!isLittleEndian)
        {
            throw TorchRefusal.Other(path, "the numbers are stored big-endian, and only little-endian ones are read; "
                + "save the file on a usual machine");
        }
    }
}
