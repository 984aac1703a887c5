using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>What Kubernetes takes for a name or an amount.</summary>
internal static partial class KubernetesSyntax
{
    /// <summary>The longest name of an indexed job: its pods are named after it and their index.</summary>
    public const int LongestJobName = 52;

    private const int LongestLabel = 63;
    private const int LongestSubdomain = 253;

    /// <summary>A name that is a label of DNS.</summary>
    public static bool IsLabel(string text) => text.Length <= LongestLabel && Label().IsMatch(text);

    /// <summary>The name of a queue, which has to fit into a label of Kubernetes.</summary>
    public static bool IsQueue(string text) => text.Length <= LongestLabel && Subdomain().IsMatch(text);

    /// <summary>A name of an indexed job.</summary>
    public static bool IsJobName(string text) => text.Length <= LongestJobName && Label().IsMatch(text);

    /// <summary>A name that is a subdomain of DNS.</summary>
    public static bool IsSubdomain(string text) => text.Length <= LongestSubdomain && Subdomain().IsMatch(text);

    /// <summary>The name of an image, with its tag or digest.</summary>
    public static bool IsImage(string text) => Image().IsMatch(text);

    /// <summary>Processors: whole ones, fractions with a point, or thousandths such as <c>500m</c>.</summary>
    public static bool IsCpus(string text) => Processors().IsMatch(text) && !Nothing().IsMatch(text);

    /// <summary>An amount of memory.</summary>
    public static bool IsMemory(string text) => Bytes().IsMatch(text) && !Nothing().IsMatch(text);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(
        @"^[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]+)?(/[a-z0-9_][a-z0-9_.-]*)*"
        + @"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[a-z0-9]+:[0-9a-f]{32,})?\z")]
    private static partial Regex Image();

    [GeneratedRegex(@"^[0-9]{1,9}(m|\.[0-9]{1,3})?\z")]
    private static partial Regex Processors();

    [GeneratedRegex(@"^[0-9]{1,15}(\.[0-9]{1,3})?([kMGTP]|[KMGTP]i)\z|^[0-9]{1,18}\z")]
    private static partial Regex Bytes();

    [GeneratedRegex("^[0.]+([^0-9.]|\\z)")]
    private static partial Regex Nothing();
}
