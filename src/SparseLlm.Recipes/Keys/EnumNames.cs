namespace SparseLlm.Recipes.Keys;

/// <summary>Names of enum members as recipes write them: in lower case.</summary>
internal static class EnumNames
{
    /// <summary>All names, in the order of declaration.</summary>
    public static IReadOnlyCollection<string> Of<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>The name of a member.</summary>
    public static string Of<T>(T member) where T : struct, Enum => member.ToString().ToLowerInvariant();

    /// <summary>The member of a name that is known to be one of <see cref="Of{T}()"/>.</summary>
    public static T Parse<T>(string name) where T : struct, Enum
        => Enum.GetValues<T>().First(member => Of(member) == name);
}
