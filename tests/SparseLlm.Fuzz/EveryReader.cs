using System.Globalization;

namespace SparseLlm.Fuzz;

/// <summary>
/// No content of a file is a defect of the tool: every reader gets thousands of bad inputs, the same ones every time,
/// and as many as SPARSELLM_FUZZ says. <c>dotnet run --project tests/SparseLlm.Fuzz</c> goes on from there for as long
/// as one wants.
/// </summary>
public sealed class EveryReader
{
    private static readonly int Inputs = int.Parse(
        Environment.GetEnvironmentVariable("SPARSELLM_FUZZ") ?? "5000",
        CultureInfo.InvariantCulture);

    public static TheoryData<string> Names => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reads_or_refuses_whatever_it_is_given(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(target => target.Name == name);
        var run = new FuzzRun(target, FuzzProgram.DefaultSeed);
        int inputs = Inputs / target.Cost;
        run.Run(0, inputs);
        run.Failures.Select(
            failure => string.Create(CultureInfo.InvariantCulture, $"input {failure.Number}: {failure.Problem}"))
                .Take(5).ShouldBeEmpty();

        // Otherwise the inputs do not come as far as anything that could go wrong, or the reader refuses nothing.
        run.Refused.ShouldBeInRange(inputs / 100, inputs * 99 / 100);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Reads_every_sample_that_bad_inputs_are_made_of(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(target => target.Name == name);
        using var folder = new TempDirectory();
        target.Prepare(folder.Path);
        foreach (Mutation.Sample sample in target.Samples)
        {
            target.Read(sample.Bytes, folder.Path).ShouldBeTrue();
        }
    }
}
