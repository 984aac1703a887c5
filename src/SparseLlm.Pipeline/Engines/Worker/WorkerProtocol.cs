using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>How requests and answers are written: JSON, one object on a line, the kind of an object by the name of its type.</summary>
internal static class WorkerProtocol
{
    /// <summary>Raised when tools and workers of before and after would not understand each other.</summary>
    public const int Version = 1;

    /// <summary>The worker's argument before the handle of the pipe for its answers. Standard output is free for whatever libraries print.</summary>
    public const string AnswersOption = "--answers";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(NameKinds),
    };

    /// <summary>A line of the protocol.</summary>
    /// <typeparam name="T">The abstract type.</typeparam>
    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    /// <summary>What a line says; null where it is not of the protocol.</summary>
    /// <typeparam name="T">The abstract type.</typeparam>
    public static T? Read<T>(string line)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Options);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Every case of an abstract record can travel, and none can be forgotten.</summary>
    private static void NameKinds(JsonTypeInfo info)
    {
        if (!info.Type.IsAbstract || info.Type.Assembly.GetName().Name?.StartsWith("SparseLlm.", StringComparison.Ordinal) != true)
        {
            return;
        }

        info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "is" };
        foreach (Type kind in info.Type.Assembly.GetTypes().Where(type => type.IsSealed && type.IsSubclassOf(info.Type)))
        {
            info.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(kind, kind.Name));
        }
    }
}
