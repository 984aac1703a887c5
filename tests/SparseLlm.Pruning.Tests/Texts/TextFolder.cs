using System.IO.Compression;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pruning.Calibration;
using ZstdSharp;

namespace SparseLlm.Pruning.Tests.Texts;

/// <summary>A folder of texts in every form, and what is read of them.</summary>
internal sealed class TextFolder : IDisposable
{
    public static readonly Lazy<Tokenizer> Tokens = new(() => Tokenizer.Load(Repository.Model("tiny-opt")));

    private readonly TempDirectory directory = new();

    public string this[string name] => directory[name];

    /// <summary>Writes a file, packed as its name says.</summary>
    public void Write(string name, string content) => WriteBytes(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a file, packed as its name says.</summary>
    public void WriteBytes(
        string name,
        byte[] content) => File.WriteAllBytes(directory[name], Path.GetExtension(name) switch
        {
            ".gz" => Gzip(content),
            ".zst" => new Compressor().Wrap(content).ToArray(),
            _ => content,
        });

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    public TextSource Source(params string[] names) => new([.. names.Select(name => directory[name])]);

    public static int[] Read(TextSource source, int count = CalibrationText.All)
        => CalibrationText.ReadIds(source, () => Tokens.Value, count: count);

    public static int[] Encode(string text) => Tokens.Value.Encode(text);

    /// <summary>The only diagnostic of a failure to read.</summary>
    public static Diagnostic ShouldFail(TextSource source, string code, string message)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Read(source)).Diagnostics.Single();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain(message);
        return diagnostic;
    }

    public void Dispose() => directory.Dispose();
}
