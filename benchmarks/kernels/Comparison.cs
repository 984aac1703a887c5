namespace SparseLlm.Benchmarks.Kernels;

/// <summary>Work that is done by this project's kernel and by a peer, each measured in seconds.</summary>
/// <param name="Work">What is done.</param>
/// <param name="Peer">By whom else.</param>
/// <param name="Goal">How many times as fast as the peer the kernel should be.</param>
/// <param name="Ours">Does the work once, here.</param>
/// <param name="Theirs">Does the work once, there.</param>
/// <param name="Flops">Floating-point operations of the work; 0 where it is not counted in those.</param>
internal sealed record Comparison(
    string Work,
    string Peer,
    double Goal,
    Func<double> Ours,
    Func<double> Theirs,
    double Flops = 0);
