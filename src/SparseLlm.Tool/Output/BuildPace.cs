using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Tool.Output;

/// <summary>
/// How far a build is, and how much longer it takes: decoder layers at the speed of those before them in the same prune
/// or measurement, steps of all layers together at that of the steps before them, artifacts at that of the artifacts
/// that this build has computed. Between the ends of two layers the time left only runs down.
/// </summary>
internal sealed class BuildPace
{
    // An engine of another make may count what it likes.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly TimeProvider time;
    private readonly long start;
    private int number = 1;
    private int artifacts = 1;
    private long artifactStart;
    private int computed;
    private TimeSpan computing;
    private (string Model, string Text)? measured;
    private bool isTuning;
    private int unseen;
    private long stepStart;
    private long lastEnd;
    private int layersDone;
    private int layersLeft;

    /// <summary>The build begins now.</summary>
    /// <param name="time">Tells the time.</param>
    public BuildPace(TimeProvider time)
    {
        this.time = time;
        start = artifactStart = stepStart = lastEnd = time.GetTimestamp();
    }

    /// <summary><c>artifact 7 of 32</c>; null where there is only one.</summary>
    public string? Position => artifacts > 1 ? FormattableString.Invariant($"artifact {number} of {artifacts}") : null;

    /// <summary>Time since the build began.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(start);

    /// <summary>Until the prune or the measurement that goes on is done; null before its first layer is, and after its
    /// last one.</summary>
    public TimeSpan? StepLeft
    {
        get
        {
            if (layersDone <= 0 || IsStepDone)
            {
                return null;
            }

            double layer = time.GetElapsedTime(stepStart, lastEnd).TotalSeconds / layersDone;
            double left = Math.Max(
                (layer * layersLeft) - time.GetElapsedTime(lastEnd).TotalSeconds,
                layer * (layersLeft - 1));
            return Limited(left);
        }
    }

    /// <summary>Until all artifacts are done; null where there is only one, before one has been computed, and after the
    /// last layer of the last one.</summary>
    public TimeSpan? BuildLeft
    {
        get
        {
            if (artifacts == 1 || computed == 0 || (number == artifacts && IsStepDone))
            {
                return null;
            }

            double artifact = computing.TotalSeconds / computed;
            double current = Math.Max(
                artifact - time.GetElapsedTime(artifactStart).TotalSeconds,
                (StepLeft ?? TimeSpan.Zero).TotalSeconds);
            return Limited(current + (artifact * (artifacts - number)));
        }
    }

    private bool IsStepDone => layersDone > 0 && layersLeft <= 0;

    /// <summary>Takes note of what happens.</summary>
    public void Take(BuildProgress value)
    {
        switch (value)
        {
            case ArtifactBegun begun:
                (number, artifacts, artifactStart) = (begun.Number, begun.Of, time.GetTimestamp());
                break;
            case PruningStarted:
                BeginStep();
                break;
            case PruningStep { Progress: LayerStarted } when layersDone == 0:
                // What came before it, such as taking layers from the cache, tells nothing of the time that pruning one
                // takes.
                stepStart = time.GetTimestamp();
                break;
            case PruningStep { Progress: LayerFinished finished }:
                EndLayers(layersDone + 1, finished.Layers - finished.Layer - 1);
                break;
            case PruningStep { Progress: GlobalStep step }:
                Tune(step);
                break;
            case EvaluationStep evaluation:
                Measure(evaluation);
                break;
            case ArtifactDone { Outcome.Origin: ArtifactOrigin.Pruned }:
                computed++;
                computing += time.GetElapsedTime(artifactStart);
                break;
        }
    }

    private void Measure(EvaluationStep evaluation)
    {
        if (measured != (evaluation.Model, evaluation.Text))
        {
            // The first that is heard of it is the end of a layer; nobody has said when that began.
            BeginStep();
            (measured, unseen) = ((evaluation.Model, evaluation.Text), evaluation.Done);
        }
        else
        {
            EndLayers(evaluation.Done - unseen, evaluation.Layers - evaluation.Done);
        }
    }

    private void Tune(GlobalStep step)
    {
        if (!isTuning)
        {
            // Steps of an earlier run were none of this one's time.
            BeginStep();
            (isTuning, unseen) = (true, step.Step);
        }
        else
        {
            EndLayers(step.Step - unseen, step.Steps - step.Step);
        }
    }

    private void BeginStep()
    {
        (measured, isTuning, layersDone, layersLeft) = (null, false, 0, 0);
        stepStart = lastEnd = time.GetTimestamp();
    }

    private void EndLayers(int done, int left)
    {
        (layersDone, layersLeft) = (done, left);
        lastEnd = time.GetTimestamp();
    }

    private static TimeSpan Limited(double seconds)
        => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));
}
