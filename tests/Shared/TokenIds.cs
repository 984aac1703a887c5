using System.Text;

namespace SparseLlm.Tests;

/// <summary>A calibration text for models without a tokenizer.</summary>
internal static class TokenIds
{
    /// <summary>Writes random token ids below 200 as a NumPy array.</summary>
    public static void Write(string path, int count)
    {
        var ids = new byte[count];
        var random = new Random(1);
        for (int i = 0; i < count; i++)
        {
            ids[i] = (byte)random.Next(200);
        }

        string header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count},), }}".PadRight(117) + "\n";
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)header.Length), .. Encoding
            .ASCII
            .GetBytes(header), .. ids]);
    }
}
