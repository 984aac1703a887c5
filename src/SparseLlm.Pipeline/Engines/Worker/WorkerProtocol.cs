using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>How requests and answers are written: JSON, one object on a line, the kind of an object by the name of its
/// type.</summary>
internal static class WorkerProtocol
{
    /// <summary>Raised when tools and workers of before and after would not understand each other.</summary>
    public const int Version = 9;

    /// <summary>The most bytes of a line; the answer for a model of a thousand layers has a tenth of that.</summary>
    public const int LongestLine = 1 << 26;

    private static readonly JsonSerializerOptions Options = new(RecordJson.Strict(NameKinds))
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
    };

    /// <summary>A line of the protocol.</summary>
    /// <typeparam name="T">The abstract type.</typeparam>
    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    /// <summary>The next message of the other side; null where it has gone, perhaps in the middle of a line.</summary>
    /// <typeparam name="T">The abstract type.</typeparam>
    /// <exception cref="InvalidDataException">What comes is not a message. Its text says what it is instead, in a form
    /// to follow a subject.</exception>
    public static T? Read<T>(LineReader lines)
        where T : class
    {
        try
        {
            return !lines.TryRead(out byte[] line, out bool isWhole) ? null
                : isWhole ? Parse<T>(line)
                : line.Length == LongestLine ? throw new InvalidDataException(
                    FormattableString.Invariant($"sent a line of more than {LongestLine} bytes"))
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>What a line says.</summary>
    private static T Parse<T>(byte[] line)
        where T : class
    {
        try
        {
            using JsonDocument document = ForeignJson.Parse(line);
            return RecordJson.Read<T>(document.RootElement, Options);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"sent a line that is not of the protocol: {exception.Message}", exception);
        }
    }

    /// <summary>Every case of an abstract record can travel, and none can be forgotten.</summary>
    private static void NameKinds(JsonTypeInfo info)
    {
        if (!info.Type.IsAbstract
            || info.Type.Assembly.GetName().Name?.StartsWith("SparseLlm.", StringComparison.Ordinal) != true)
        {
            return;
        }

        info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "is" };
        foreach (Type kind in info.Type.Assembly.GetTypes()
            .Where(type => type.IsSealed && type.IsSubclassOf(info.Type)))
        {
            info.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(kind, kind.Name));
        }
    }
}
