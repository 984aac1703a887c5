using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Fuzz.Targets;

/// <summary>What a tool and the worker of an engine say to each other.</summary>
internal static class WorkerMessages
{
    private static readonly SourceLocation Place = new("pruning.yaml", 3, 5, 3, 9);

    /// <summary>What the worker says.</summary>
    public static WorkerAnswer[] Answers =>
    [
        new Hello(WorkerProtocol.Version, "0.1.0") { NumericsClass = "torch-cpu/1", Description = "a device" },
        new Told(new Notice(PipelineDiagnostics.EngineNotice.At(Place, "less memory than usual"))),
        new Told(new EvaluationStep("a", "prose", 1, 2)),
        new Pruned(1, new PruneResult(
            [new PrunedLayer(0, [], [new LinearReport("a.weight", 4, 8, "0.5", 16, 0.25)], ["the damping was raised"])],
            new CalibrationWindows(4, 16),
            0,
            1000) { Gpus = [new Gpu("a GPU", "580.65.06", "12.8")] }),
        new Measured(2, new Perplexity(7.5, 64, 4)),
        new Refused(3, [PipelineDiagnostics.DeviceUnavailable.At(null, "there is none")]),
        new Failed(4, "out of luck"),
        new Cancelled(5),
    ];

    /// <summary>What the tool says.</summary>
    public static WorkerRequest[] Requests =>
    [
        new Begin("/cache"),
        new Prune(
            1,
            new PruneJob("/model", Request, StepKeys.Of(Built.Manifest.Inputs), Stamps, "/out", MemoryBudget.Default)),
        new Measure(2, new MeasureJob("/dense", "/model", "a", Text, MemoryBudget.Default)),
        new Cancel(),
    ];

    private static InputStamps Stamps => new([new InputStamp("/model/config.json", new FileStamp(700, 1, 2, 3))]);

    private static PerplexityText Text => new("prose", new TextSource(["/text.txt"]), 16, Place);

    private static PruneRequest Request => new(
        "a",
        new PruningSettings(),
        new SparsityPlan(new SparsityPattern.Unstructured(0.5), [new SparsityRule("*.k_proj.*", null)]),
        new CalibrationSource(new TextSource(["/text.txt"]), new CalibrationSettings(), Place),
        [Text],
        "/out");
}
