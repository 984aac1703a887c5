using System.Text;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Lines that another process writes.</summary>
public sealed class LinesOfWorkers
{
    [Fact]
    public void Lines_are_read_one_by_one_and_what_has_no_end_is_not_whole() =>
        Read("one\n\ntwo\nthr", limit: 10).ShouldBe([("one", true), ("", true), ("two", true), ("thr", false)]);

    [Fact]
    public void A_line_longer_than_the_limit_comes_in_pieces_of_which_only_the_last_is_whole() =>
        Read("0123456789abc\nd\n", limit: 5).ShouldBe([("01234", false), ("56789", false), ("abc", true), ("d", true)]);

    [Fact]
    public void A_line_may_be_longer_than_what_is_read_at_a_time()
    {
        string line = new('x', 200_000);
        Read($"{line}\ny\n", limit: 1 << 20).ShouldBe([(line, true), ("y", true)]);
    }

    private static List<(string Line, bool IsWhole)> Read(string text, int limit)
    {
        var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), limit);
        var lines = new List<(string, bool)>();
        while (reader.TryRead(out byte[] bytes, out bool isWhole))
        {
            lines.Add((Encoding.UTF8.GetString(bytes), isWhole));
        }

        return lines;
    }
}
