using System.Xml;
using System.Xml.Linq;

namespace SparseLlm.Reports.Tests.Support;

/// <summary>A page, read by a parser that forgives nothing.</summary>
internal static class Document
{
    public static XElement Parse(string page)
    {
        using var reader = XmlReader.Create(
            new StringReader(page),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
    }

    /// <summary>The texts of all elements of a name.</summary>
    public static IReadOnlyList<string> Texts(this XElement page, string element)
        => [.. page.Descendants(element).Select(found => found.Value.Trim())];
}
