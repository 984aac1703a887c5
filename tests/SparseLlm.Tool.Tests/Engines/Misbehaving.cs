using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Tests.Engines;

/// <summary>Workers that do not keep to the protocol, in this process. Their scripts are in the environment, which all
/// of it shares.</summary>
[Collection(Alone)]
public sealed class Misbehaving : IDisposable
{
    private const string Alone = "scripted workers";
    private const string Measured = """send {"is":"Measured","number":1,"result":{"value":7,"tokens":8,"windows":9}}""";

    private readonly EngineFolder engines = new();
    private readonly List<string> told = [];

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class Collection;

    [Fact]
    public void A_worker_that_keeps_to_the_protocol_is_heard()
        => Measure($"flood\ngreet\nreceive 2\n{Measured}").ShouldBe(new Perplexity(7, 8, 9));

    [Theory]
    [InlineData("send not JSON")]
    [InlineData("send null")]
    [InlineData("send [1]")]
    [InlineData("send ")]
    [InlineData("bytes 22FF220A")]
    [InlineData("endless")]
    [InlineData("""send {"is":"Gossip"}""")]
    [InlineData("""send {"number":1}""")]
    [InlineData("""send {"is":"Measured","number":1}""")]
    [InlineData("""send {"is":"Measured","number":1,"result":null}""")]
    [InlineData("""send {"is":"Measured","number":1,"result":[7]}""")]
    [InlineData("""send {"is":"Measured","number":1,"result":{"value":"seven","tokens":8,"windows":9}}""")]
    [InlineData("""send {"is":"Measured","number":2,"result":{"value":7,"tokens":8,"windows":9}}""")]
    [InlineData(
        """send {"is":"Pruned","number":1,"result":{"layers":[],"calibration":null,"spilledBytes":0,"peakMemory":0}}""")]
    [InlineData("""send {"is":"Told","value":null}""")]
    [InlineData("""send {"is":"Refused","number":1,"diagnostics":null}""")]
    [InlineData("""send {"is":"Refused","number":1,"diagnostics":[]}""")]
    [InlineData("""send {"is":"Refused","number":1,"diagnostics":[null]}""")]
    [InlineData("""send {"is":"Cancelled","number":1}""")]
    public void An_answer_that_is_none_is_an_error_with_the_last_lines_of_the_worker(string answer)
    {
        Diagnostic error = Fails($"greet\nreceive 2\n{answer}\n{Measured}\nstay");
        error.Code.ShouldBe("SLM4041");
        error.Message.ShouldStartWith("the worker of 'cpu-torch' ");
        error.Message.ShouldEndWith("type: dotnet sparsellm engine install cpu-torch");
        told.ShouldContain("a line on standard error");
        engines.WaitForEnd();
    }

    [Fact]
    public void An_answer_that_nobody_has_asked_for_does_not_pass_for_that_to_a_later_question() =>
        Fails("""greet""" + "\n" + """send {"is":"Measured","number":0,"result":{"value":7,"tokens":8,"windows":9}}"""
            + "\nstay").Message
            .ShouldContain("answers task 0, and was asked for task 1");

    [Theory]
    [InlineData("""send {"is":"Hello"}""")]
    [InlineData("""send {"is":"Hello","protocol":"two","tool":[]}""")]
    [InlineData("""send {"is":"Cancelled","number":0}""")]
    [InlineData("""send {"is":"Refused","number":0,"diagnostics":[]}""")]
    [InlineData("endless")]
    public void A_greeting_that_is_none_is_an_error(string greeting)
        => Fails($"{greeting}\nstay").Code.ShouldBe("SLM4041");

    [Fact]
    public void A_worker_that_has_much_to_say_before_it_is_ready_is_not_listened_to_for_ever() =>
        Fails(string.Concat(
            Enumerable.Repeat("""send {"is":"Told","value":{"is":"Waiting","artifact":"a"}}""" + "\n", 1000)) + "stay").Code.ShouldBe("SLM4041");

    [Theory]
    [InlineData("greet\nreceive 2\nexit 0", "its exit code is 0")]
    [InlineData("greet\nreceive 2\nbegin {\"is\":\"Meas\nexit 3", "its exit code is 3")]
    [InlineData("greet\nreceive 2\nclose\nstay", "it said no more and went on, and was killed")]
    [InlineData("stay", "it has not greeted within 0.2 s, and was killed")]
    public void A_worker_that_ends_or_falls_silent_is_an_error_that_says_how(string script, string how)
    {
        Diagnostic error = Fails(script, startingTime: script == "stay" ? TimeSpan.FromMilliseconds(200) : null);
        error.Code.ShouldBe("SLM4042");
        error.Message.ShouldContain(how);
    }

    [Fact]
    public void What_a_worker_prints_without_end_is_shown_as_far_as_anyone_would_read()
    {
        Fails("greet\nreceive 2\nflood\nexit 1").Code.ShouldBe("SLM4042");
        told.Count.ShouldBe(20);
        told[^1].ShouldBe(@"line 19999 \u001B[31m");
        told.ShouldAllBe(line => line.Length <= 500);
    }

    [Theory]
    [InlineData("greet\nreceive 2\nstay")]
    [InlineData("greet\nstay")]
    public void A_worker_that_does_not_stop_when_it_is_asked_to_is_killed(string script)
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.CancelAfter(TimeSpan.FromSeconds(1));
        Should.Throw<OperationCanceledException>(
            () => Measure(script, cancellation: cancellation.Token, name: new string('x', 1 << 20)));
        engines.WaitForEnd();
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("""{"is":"Begin","cache":null}""")]
    [InlineData("""{"is":"Measure","number":1,"job":{}}""")]
    [InlineData("""{"is":"Prune","number":1}""")]
    public void A_worker_that_is_sent_what_is_no_request_ends_and_says_so(string request)
    {
        ToolRun run = Serve(request);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("the tool sent a line that is not of the protocol: ");
        run.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public void A_worker_that_nobody_has_a_pipe_for_says_who_starts_it()
    {
        ToolRun run = Serve("", handle: "none");
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("This is an engine of dotnet sparsellm");
    }

    /// <summary>What a worker does with a line that is sent to it.</summary>
    private static ToolRun Serve(string request, string? handle = null)
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(
            System.IO.Pipes.PipeDirection.In,
            HandleInheritability.Inheritable);
        using Process process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "TestWorker.dll"), "--answers", handle
                ?? pipe.GetClientHandleAsString(), "--precision", "Exact", "--devices", "0"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        pipe.DisposeLocalCopyOfClientHandle();
        process.StandardInput.WriteLine(request);
        process.StandardInput.Flush();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new ToolRun(process.ExitCode, "", error);
    }

    private Diagnostic Fails(string script, TimeSpan? startingTime = null) =>
        Should.Throw<DiagnosticException>(() => Measure(script, startingTime)).Diagnostics.ShouldHaveSingleItem();

    private Perplexity Measure(
        string script,
        TimeSpan? startingTime = null,
        CancellationToken cancellation = default,
        string name = "a")
    {
        Environment.SetEnvironmentVariable("TEST_WORKER", "script");
        Environment.SetEnvironmentVariable("TEST_WORKER_SCRIPT", script);
        Environment.SetEnvironmentVariable("TEST_WORKER_STARTED", engines.Started);
        try
        {
            engines.Install(numericsClass: "test");
            InstalledEngine engine = InstalledEngine.TryRead(
                Directory.EnumerateDirectories(Path.Combine(engines.Path, "cpu-torch")).Single())!;
            using var worker = new WorkerEngine(engine, new EngineChoice(engine.Name))
            {
                StartingTime = startingTime ?? TimeSpan.FromMinutes(2),
                StoppingTime = TimeSpan.FromSeconds(1),
            };
            var text = new PerplexityText("text", new TextSource([], "text"), null, new SourceLocation("text"));
            return worker.Measure(
                new MeasureJob("dense", "model", name, text, new MemoryBudget.Size(0)),
                BuildCache.Open("off", _ => { }),
                new Listener(told),
                cancellation);
        }
        finally
        {
            Environment.SetEnvironmentVariable("TEST_WORKER", null);
            Environment.SetEnvironmentVariable("TEST_WORKER_STARTED", null);
        }
    }

    public void Dispose() => engines.Dispose();

    private sealed class Listener(List<string> told) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is EngineOutput output)
            {
                told.Add(output.Line);
            }
        }
    }
}
