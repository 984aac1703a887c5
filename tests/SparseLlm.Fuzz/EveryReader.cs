using System.Globalization;

namespace SparseLlm.Fuzz;

/// <summary>
/// No content of a file is a defect of the tool: every reader gets its number of bad inputs, twenty thousand of most,
/// the same ones every time. <c>dotnet run --project tests/SparseLlm.Fuzz</c> goes on from there for as long as one
/// wants.
/// </summary>
public sealed class EveryReader
{
    public static TheoryData<string> Names => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reads_or_refuses_whatever_it_is_given(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(target => target.Name == name);
        var run = new FuzzRun(target, FuzzProgram.DefaultSeed);
        run.Run(0, target.Inputs);
        run.Failures.Select(
            failure => string.Create(CultureInfo.InvariantCulture, $"input {failure.Number}: {failure.Problem}"))
                .Take(5).ShouldBeEmpty();

        // Otherwise the inputs do not come as far as anything that could go wrong, or the reader refuses nothing.
        run.Refused.ShouldBeInRange(target.Inputs / 100, target.Inputs * 99 / 100);
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
