namespace SparseLlm.Benchmarks.Cluster;

/// <summary>How a sweep would scale to more nodes than were measured, by formula: n nodes share u units of t seconds,
/// each of which takes o seconds more; the machine that submits needs s seconds of its processor for each unit
/// meanwhile, and r seconds to put each in its place in the end.</summary>
/// <param name="Overhead">o.</param>
/// <param name="Watching">s.</param>
/// <param name="Restoring">r.</param>
internal sealed record ScaleOnPaper(double Overhead, double Watching, double Restoring)
{
    // Between two looks at the jobs.
    private const double Interval = 2;

    private const int Units = 256;

    private static readonly int[] Nodes = [1, 2, 4, 8, 16, 32, 64];

    private static readonly (string Name, double Seconds)[] Lengths =
        [("10 s", 10), ("1 min", 60), ("10 min", 600), ("1 h", 3600)];

    /// <summary>Prints the table.</summary>
    public void Show()
    {
        Console.WriteLine($"""

            Computed and not run: u = {Units} units, i = {Interval} s, o = {Overhead:0.00} s, s = {Watching:0.000} s,
            r = {Restoring:0.000} s.

            | nodes | {string.Join(" | ", Lengths.Select(length => $"units of {length.Name}"))} |
            |---|{string.Concat(Lengths.Select(_ => "---|"))}
            """);
        foreach (int nodes in Nodes)
        {
            IEnumerable<string> cells = Lengths.Select(length => $"{Efficiency(nodes, length.Seconds):0.00}");
            Console.WriteLine($"| {nodes} | {string.Join(" | ", cells)} |");
        }
    }

    /// <summary>The work of all units over the time that all nodes are taken, until the last artifact is in its
    /// place.</summary>
    private double Efficiency(int nodes, double length)
    {
        double computing = Math.Ceiling((double)Units / nodes) * (length + Overhead);
        double watching = Units * Watching;
        return Units * length / (nodes * (Math.Max(computing, watching) + Interval + (Units * Restoring)));
    }
}
