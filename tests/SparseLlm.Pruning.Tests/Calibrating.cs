using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tests;

public sealed class Calibrating
{
    private static readonly SourceLocation Here = new("text.txt");

    [Fact]
    public void Sequential_windows_are_the_first_of_the_text()
    {
        CalibrationTokens tokens = Cut(100, new CalibrationSettings { Samples = 3, SequenceLength = 10 });
        tokens.Ids.ShouldBe(Enumerable.Range(0, 30));
        tokens.Windows.ShouldBe(3);
    }

    [Fact]
    public void Random_windows_depend_on_the_seed_alone()
    {
        CalibrationTokens Draw(int seed) =>
            Cut(
                1000,
                new CalibrationSettings { Samples = 5, SequenceLength = 10, Sampling = Sampling.Random, Seed = seed });
        Draw(1).Ids.ShouldBe(Draw(1).Ids);
        Draw(1).Ids.ShouldNotBe(Draw(2).Ids);
        Draw(1).Ids.Chunk(10).ShouldAllBe(window => window.SequenceEqual(Enumerable.Range(window[0], 10)));
    }

    [Fact]
    public void The_default_window_is_the_models_maximum_up_to_2048()
    {
        Cut(5000, new CalibrationSettings { Samples = 1 }, modelMaximum: 256).SequenceLength.ShouldBe(256);
        Cut(5000, new CalibrationSettings { Samples = 1 }, modelMaximum: 4096).SequenceLength.ShouldBe(2048);
    }

    [Theory]
    [InlineData(9, 1, "SLM3002", "fewer than one window of 10")]
    [InlineData(25, 3, "SLM3002", "samples: 2")]
    public void A_text_that_is_too_short_is_an_error(int length, int samples, string code, string message)
    {
        var error = Should.Throw<DiagnosticException>(
            () => Cut(length, new CalibrationSettings { Samples = samples, SequenceLength = 10 }));
        error.Diagnostics.Single().Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        error.Message.ShouldStartWith("text.txt: error");
    }

    [Fact]
    public void A_window_longer_than_the_model_allows_is_an_error() =>
        Should.Throw<DiagnosticException>(
            () => Cut(1000, new CalibrationSettings { Samples = 1, SequenceLength = 300 }, modelMaximum: 256))
            .Diagnostics.Single().Code.ShouldBe("SLM3003");

    private static CalibrationTokens Cut(int length, CalibrationSettings settings, int modelMaximum = 256) =>
        CalibrationTokens.Cut([.. Enumerable.Range(0, length)], settings, modelMaximum, Here);
}
