using System.Diagnostics;
using System.Globalization;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Methods;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>
/// Progress for a person at a terminal: what is being made, layer, matrix and its error, tokens, time and memory,
/// redrawn in place. What is finished scrolls away above it.
/// </summary>
internal sealed class LiveProgress : IProgress<BuildProgress>
{
    private const int BarWidth = 24;

    // What a terminal writes of keys that are pressed, such as ^C, stays on the last line.
    private const int RoomForEcho = 5;

    private const string Ellipsis = "…";

    private readonly BuildPace pace = new(TimeProvider.System);
    private DownloadPace? downloads;
    private string title = "";
    private string step = "";
    private string facts = "";
    private string goal = "";
    private double done;
    private int layers = 1;
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

    /// <summary>What there is to see, three lines; null where nothing goes on.</summary>
    /// <param name="width">Of the terminal. A line that does not fit is cut off, since a frame of another height would
    /// not be drawn in its place.</param>
    public IRenderable? View(int width)
    {
        if (title.Length == 0)
        {
            return null;
        }

        width -= RoomForEcho;
        string name = Cut(title, width);
        string about = Cut(facts, width - name.GetCellWidth() - 1);
        int filled = (int)Math.Round(BarWidth * Math.Clamp(done / layers, 0, 1));
        return new Rows(
            new Markup($"[bold]{Markup.Escape(name)}[/] {Markup.Escape(about)}"),
            new Markup($"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {Markup.Escape(Cut(step, width - BarWidth - 1))}"),
            new Markup($"[grey]{Markup.Escape(Cut(Times(), width))}[/]"));
    }

    private string Times()
    {
        string left = (pace.BuildLeft, pace.StepLeft) switch
        {
            ({ } all, _) => $", about {Duration(all)} left",
            (_, { } own) => $", about {Duration(own)} of {goal} left",
            _ => "",
        };
        string position = pace.Position is { } place ? $"{place}, " : "";
        return Invariant($"{position}{Duration(pace.Elapsed)} elapsed{left}, {EngineMemory() / 1e9:0.0} GB of memory");
    }

    /// <summary>As much of a text as has room on its line.</summary>
    private static string Cut(string text, int width)
    {
        string shown = Printable.Of(text);
        if (shown.GetCellWidth() <= width)
        {
            return shown;
        }

        string begun = "";
        foreach (Rune rune in shown.EnumerateRunes()
            .TakeWhile(rune => (begun + rune + Ellipsis).GetCellWidth() <= width))
        {
            begun += rune;
        }

        return width <= 0 ? "" : begun + Ellipsis;
    }

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
        pace.Take(value);
        switch (value)
        {
            case Notice notice:
                Terminal.Show(notice.Diagnostic);
                break;
            case DownloadStarted download:
                downloads = new DownloadPace(TimeProvider.System);
                Terminal.Progress(ConsoleProgress.Describe(download));
                Begin(download.Source, "downloading", "");
                break;
            case DownloadStep download:
                downloads?.Take(download);
                (done, layers, facts) = (download.Done / Math.Max(1.0, download.Total), 1, download.File);
                step = downloads?.ToString() ?? "";
                break;
            case EngineStarted engine:
                engineProcess = engine.ProcessId;
                Terminal.Progress($"computing on {engine.Description}");
                break;
            case EngineOutput output:
                Terminal.Progress($"  {output.Line}");
                break;
            case PruningStarted started:
                Begin(started.Artifact, "pruning", Invariant($"{started.Method} {started.Pattern}{(started.Tokens == 0 ? "" : $", {started.Tokens:N0} calibration tokens")}"));
                break;
            case PruningStep pruning:
                Take(pruning.Progress);
                break;
            case EvaluationStep evaluation:
                string measured = $"perplexity of {evaluation.Model} on {evaluation.Text}";
                if (title != measured)
                {
                    Begin(measured, "measuring", "");
                }

                (done, layers) = (evaluation.Done, evaluation.Layers);
                step = $"layer {evaluation.Done}/{evaluation.Layers}";
                break;
            case Exporting exporting:
                Begin(exporting.Artifact, "writing", $"writing {exporting.File}");
                break;
            case PackingStep packing:
                if (title != packing.Model || goal != packing.Work)
                {
                    Begin(packing.Model, packing.Work, packing.Work);
                }

                (done, layers) = (packing.Percent, 100);
                step = Invariant($"{packing.Percent} %");
                break;
            case Waiting waiting:
                Begin(waiting.Artifact, "waiting", "another build makes it; waiting");
                break;
            case ArtifactDone { Outcome: var outcome }:
                Terminal.Progress(ConsoleProgress.Describe(outcome) + ConsoleProgress.InSweep(pace));
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
                string error = matrix.Report.RelativeError is { } relative
                    ? Invariant($" error {relative:0.0000}")
                    : "";
                step = Invariant($"layer {matrix.Layer + 1}/{layers} {matrix.Report.Name.Split('.') switch { [.., var name, _] => name, _ => matrix.Report.Name }}{error}");
                break;
            case LayerFinished finished:
                At(finished.Layer + 1, finished.Layers, "");
                break;
        }
    }

    private void Begin(string what, string toDo, string detail)
        => (title, goal, facts, step, done, layers) = (what, toDo, detail, "", 0, 1);

    private void At(int layer, int of, string what)
    {
        (done, layers) = (layer, of);
        step = Invariant($"layer {layer}/{of} {what}");
    }

    /// <summary>Minutes and seconds, and hours where there are any.</summary>
    internal static string Duration(TimeSpan time)
        => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
