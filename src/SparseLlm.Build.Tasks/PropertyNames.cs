using System.Linq;
using System.Text.RegularExpressions;

namespace SparseLlm.Build.Tasks;

/// <summary>The tool speaks of its options; who builds a project has properties instead. What the tool says passes
/// through here.</summary>
internal static class PropertyNames
{
    // One after the other is put in place, so that what is longer comes first.
    private static readonly (Regex Option, string Property)[] All =
    [
        (new("without --locked"), "with SparseLlmLocked=false"),
        (new("--locked(-mode)?"), "SparseLlmLocked=true"),
        (new("--offline"), "SparseLlmOffline=true"),
        (new("--cache off"), "SparseLlmCachePath=off"),
        (new("--cache(?![a-z-])"), "SparseLlmCachePath"),
        (new("--on-cache-miss ([a-z]+)"), "SparseLlmOnCacheMiss=$1"),
        (new("--on-cache-miss"), "SparseLlmOnCacheMiss"),
        (new("--executor ([a-z]+)"), "SparseLlmExecutor=$1"),
        (new("--devices ([0-9,]+)"), "SparseLlmDevices=$1"),
        (new("--device ([a-z-]+)"), "SparseLlmDevice=$1"),
        (new("--device"), "SparseLlmDevice"),
        (new("--precision ([a-z]+)"), "SparseLlmPrecision=$1"),
        (new("--precision"), "SparseLlmPrecision"),
        (new("--artifact"), "SparseLlmArtifacts"),
        (new(", or --memory(?! of)"), ""),
        (new("--memory( of 'build' and 'prune')?"), "'memory' in the recipe's engine section"),
    ];

    /// <summary>A text of the tool in terms of the project.</summary>
    public static string In(string text) => text.Contains("--")
        ? All.Aggregate(text, (said, name) => name.Option.Replace(said, name.Property))
        : text;
}
