using System.Xml.Linq;

namespace SparseLlm.Build.Tests.Support;

/// <summary>Elements by their local names: the namespace of a package's description changes with what is in
/// it.</summary>
internal static class XmlExtensions
{
    /// <summary>The text of the only child of that name.</summary>
    public static string Value(this XElement parent, string name)
        => parent.Elements().Single(child => child.Name.LocalName == name).Value;
}
