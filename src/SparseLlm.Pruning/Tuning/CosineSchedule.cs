namespace SparseLlm.Pruning.Tuning;

/// <summary>A learning rate that rises linearly over the first steps and falls to zero along a cosine.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="Steps">Steps in all.</param>
internal sealed record CosineSchedule(double Peak, int Steps)
{
    private const int WarmUp = 10;

    /// <summary>The rate of a step, from 1.</summary>
    public double Rate(int step) =>
        Peak * Math.Min(1, step / (double)WarmUp) * 0.5 * (1 + Math.Cos(Math.PI * (step - 1) / Steps));
}
