using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>Text goes through up to the stop string that is complete first, and nothing of one is let through before it
/// is known to be none.</summary>
public sealed class StopStrings
{
    [Theory]
    [InlineData("a|b", "", "ab", false)]
    [InlineData("one END two", "END", "one ", true)]
    [InlineData("one E|N|D two", "END", "one ", true)]
    [InlineData("one E|N|E|ND two", "END", "one EN", true)]
    [InlineData("one EN", "END", "one EN", false)]
    [InlineData("aab|aac", "aac,b", "aa", true)]
    [InlineData("aaa|ab", "aab", "aa", true)]
    [InlineData("xyz|END", "END,zE", "xy", true)]
    [InlineData("END", "END", "", true)]
    [InlineData("\n|\nUser:", "\n\nUser:", "", true)]
    [InlineData("a\n|\nb", "\n\nUser:", "a\n\nb", false)]
    public void Text_ends_where_a_stop_string_begins(string pieces, string stops, string expected, bool isFound)
    {
        var matcher = new StopMatcher(stops.Split(',', StringSplitOptions.RemoveEmptyEntries));
        string text = "";
        foreach (string piece in pieces.Split('|'))
        {
            text += matcher.Add(piece);
            text.ShouldSatisfyAllConditions(() => expected.StartsWith(text, StringComparison.Ordinal).ShouldBeTrue());
        }

        (text + matcher.Complete()).ShouldBe(expected);
        matcher.IsFound.ShouldBe(isFound);
    }

    [Fact]
    public void Any_cut_of_a_text_gives_the_same()
    {
        var random = new Random(11);
        for (int round = 0; round < 2000; round++)
        {
            string text = new([.. Enumerable.Range(0, 12).Select(_ => "abc"[random.Next(3)])]);
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 3)).Select(
                _ => new string([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => "abc"[random.Next(3)])]))];
            int end = stops.Where(stop => text.Contains(stop, StringComparison.Ordinal))
                .Select(stop => (Begin: text.IndexOf(stop, StringComparison.Ordinal), stop.Length))
                .OrderBy(stop => stop.Begin + stop.Length)
                .ThenBy(stop => stop
                    .Begin)
                .Select(stop => stop.Begin)
                .FirstOrDefault(text.Length);

            var matcher = new StopMatcher(stops);
            string shown = "";
            for (int i = 0; i < text.Length && !matcher.IsFound;)
            {
                int length = Math.Min(random.Next(1, 4), text.Length - i);
                shown += matcher.Add(text.Substring(i, length));
                i += length;
            }

            (shown + matcher.Complete()).ShouldBe(text[..end], $"{text} before {string.Join(" or ", stops)}");
        }
    }
}
