using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A build after editing a rule for the last decoder layer, beside the full build and forward
/// passes.</summary>
internal sealed class EditOfLastLayer(Workspace workspace, int layers)
{
    // The method compares with the dense model, so its activations and those of the pruned model are both taken through
    // the layers before.
    private const int Passes = 2;

    // For what a machine does beside it.
    private const double Tolerance = 1.5;

    public IEnumerable<Measurement> Measure(int runs)
    {
        var model = new LayeredModel(workspace, "edit", layers);
        int windows = model.Evaluate();
        var times = new List<(double Start, double Forward, double Full, double Edited)>();
        for (int run = 0; run < runs; run++)
        {
            model.Forget();
            model.WriteRecipe(windows);
            double forward = Timing.Of(() => model.Evaluate());
            double full = Timing.Of(() => workspace.Sparsellm(model.Build));
            double start = Timing.Of(() => workspace.Sparsellm(model.Build));
            model.WriteRecipe(windows, lastLayer: 0.6);
            times.Add((start, forward - start, full, Timing.Of(() => workspace.Sparsellm(model.Build))));
        }

        double started = Timing.Median(times.Select(time => time.Start));
        double passed = Timing.Median(times.Select(time => time.Forward));
        double whole = Timing.Median(times.Select(time => time.Full));
        double edited = Timing.Median(times.Select(time => time.Edited));
        double expected = started + (whole - started) / layers + Passes * passed;
        yield return new Measurement(
            $"`sparsellm build` after editing a rule for the last of {layers} layers",
            $"{edited:0.0} s",
            $"{whole:0.0} s in full; {expected:0.0} s are the start, a {layers}th of the rest and {Passes} forward "
            + $"passes of {passed:0.0} s, dense and pruned",
            $"{edited / whole:0.00} of the full build, {edited / expected:0.00} of what is expected",
            $"at most {Tolerance} of what is expected",
            edited / expected <= Tolerance);
    }
}
