using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace SparseLlm.Build.Tasks;

/// <summary>Names of artifacts and texts as names of C#: <c>tiny-opt-70</c> is <c>TinyOpt70</c>.</summary>
internal static class Identifiers
{
    /// <summary>The identifier for a name, which may be any.</summary>
    /// <param name="name">The name.</param>
    /// <param name="taken">Identifiers that mean something else where it is to stand.</param>
    /// <param name="kind">What is put behind it where it is taken.</param>
    public static string Of(string name, IReadOnlyCollection<string> taken, string kind)
    {
        var identifier = new StringBuilder();
        bool isStart = true;
        foreach (char unit in name)
        {
            if (char.IsLetterOrDigit(unit))
            {
                identifier.Append(isStart ? char.ToUpperInvariant(unit) : unit);
            }

            isStart = !char.IsLetterOrDigit(unit);
        }

        if (identifier.Length == 0 || char.IsDigit(identifier[0]))
        {
            identifier.Insert(0, '_');
        }

        return taken.Contains(identifier.ToString()) ? identifier + kind : identifier.ToString();
    }
}
