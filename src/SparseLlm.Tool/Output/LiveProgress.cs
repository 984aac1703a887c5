using System.Diagnostics;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Methods;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>
/// Progress for a person at a terminal: what is being made, layer, matrix and its error, tokens, time and memory, redrawn in place. What is finished
/// scrolls away above it.
/// </summary>
internal sealed class LiveProgress : IProgress<BuildProgress>
{
    /// <summary>How often the time is drawn anew.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private const int BarWidth = 24;

    private static readonly TimeSpan LongestLeft = TimeSpan.FromDays(1);

    private readonly Stopwatch clock = new();
    private string title = "";
    private string step = "";
    private string facts = "";
    private double done;
    private int layers = 1;
    private int prunedLayers;
    private int engineProcess = Environment.ProcessId;

    /// <summary>There is something new to see.</summary>
    public event Action? Changed;

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        lock (this)
        {
            Take(value);
        }

        Changed?.Invoke();
    }

    /// <summary>What there is to see.</summary>
    public IRenderable View()
    {
        if (title.Length == 0)
        {
            return new Text("");
        }

        int filled = (int)Math.Round(BarWidth * Math.Clamp(done / layers, 0, 1));
        string left = prunedLayers <= 0 || done >= layers ? "" : Invariant($", about {Duration(Left())} left");
        return new Rows(
            new Markup($"[bold]{Shown(title)}[/] {Shown(facts)}"),
            new Markup($"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {Shown(step)}"),
            new Markup(Invariant($"[grey]{Duration(clock.Elapsed)} elapsed{left}, {EngineMemory() / 1e9:0.0} GB of memory[/]")));
    }

    /// <summary>At the speed so far; an engine of another make may count what it likes.</summary>
    private TimeSpan Left() => TimeSpan.FromSeconds(Math.Min(clock.Elapsed.TotalSeconds / prunedLayers * (layers - done), LongestLeft.TotalSeconds));

    private static string Shown(string text) => Markup.Escape(Printable.Of(text));

    private long EngineMemory()
    {
        try
        {
            using var process = Process.GetProcessById(engineProcess);
            return process.WorkingSet64;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended.
            return 0;
        }
    }

    private void Take(BuildProgress value)
    {
        switch (value)
        {
            case Notice notice:
                Terminal.Show(notice.Diagnostic);
                break;
            case EngineStarted engine:
                engineProcess = engine.ProcessId;
                Terminal.Progress($"computing on {engine.Description}");
                break;
            case EngineOutput output:
                Terminal.Progress($"  {output.Line}");
                break;
            case PruningStarted started:
                Begin(started.Artifact, Invariant($"{started.Method} {started.Pattern}{(started.Tokens == 0 ? "" : $", {started.Tokens:N0} calibration tokens")}"));
                break;
            case PruningStep pruning:
                Take(pruning.Progress);
                break;
            case EvaluationStep evaluation:
                string measured = $"perplexity of {evaluation.Model} on {evaluation.Text}";
                if (title != measured)
                {
                    Begin(measured, "");
                }

                (done, layers, prunedLayers) = (evaluation.Done, evaluation.Layers, evaluation.Done);
                step = $"layer {evaluation.Done}/{evaluation.Layers}";
                break;
            case Waiting waiting:
                Begin(waiting.Artifact, "another build makes it; waiting");
                break;
            case ArtifactDone { Outcome: var outcome }:
                Terminal.Progress(Line(outcome));
                title = "";
                break;
            case Interrupted interrupted:
                Terminal.Progress(ConsoleProgress.Describe(interrupted));
                break;
        }
    }

    private void Take(PruningProgress progress)
    {
        switch (progress)
        {
            case LayerMeasured measured:
                At(measured.Layer + 1, measured.Layers, "measured, to spread the budget");
                break;
            case LayerRestored restored:
                At(restored.Layer + 1, restored.Layers, "from the cache");
                break;
            case LayerReplayed replayed:
                At(replayed.Layer + 1, replayed.Layers, "activations taken through");
                break;
            case LayerStarted started:
                At(started.Layer, started.Layers, "");
                step = Invariant($"layer {started.Layer + 1}/{started.Layers}");
                break;
            case MatrixPruned matrix:
                string error = matrix.Report.RelativeError is { } relative ? Invariant($" error {relative:0.0000}") : "";
                step = Invariant($"layer {matrix.Layer + 1}/{layers} {matrix.Report.Name.Split('.') switch { [.., var name, _] => name, _ => matrix.Report.Name }}{error}");
                break;
            case LayerFinished finished:
                prunedLayers++;
                At(finished.Layer + 1, finished.Layers, "");
                break;
        }
    }

    private void Begin(string what, string detail)
    {
        (title, facts, step, done, layers, prunedLayers) = (what, detail, "", 0, 1, 0);
        clock.Restart();
    }

    private void At(int layer, int of, string what)
    {
        (done, layers) = (layer, of);
        step = Invariant($"layer {layer}/{of} {what}");
    }

    private static string Line(ArtifactOutcome outcome) => outcome.Origin switch
    {
        ArtifactOrigin.UpToDate or ArtifactOrigin.MeasuredAgain => $"{outcome.Name}: up to date",
        ArtifactOrigin.Cache => $"{outcome.Name}: from the cache",
        _ => Invariant($"{outcome.Name}: pruned to {outcome.Manifest.Sparsity:P2} in {outcome.Manifest.Seconds:0.0} s"),
    };

    private static string Duration(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
