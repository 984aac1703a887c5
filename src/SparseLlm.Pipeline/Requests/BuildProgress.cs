using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Requests;

/// <summary>What a build tells while it runs.</summary>
internal abstract record BuildProgress;

/// <summary>The turn of an artifact comes, whether there is anything to do about it or not.</summary>
/// <param name="Number">Which one it is, from 1.</param>
/// <param name="Of">How many this build makes.</param>
internal sealed record ArtifactBegun(int Number, int Of) : BuildProgress;

/// <summary>Something is about to be downloaded.</summary>
/// <param name="Source">The address that it is from.</param>
/// <param name="Commit">Which state of it.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Their length in all.</param>
internal sealed record DownloadStarted(string Source, string Commit, int Files, long Bytes) : BuildProgress;

/// <summary>Some of it has come.</summary>
/// <param name="Source">The address that it is from.</param>
/// <param name="File">The file that has come last.</param>
/// <param name="Done">Bytes that are here, of all files.</param>
/// <param name="Total">Bytes of all files.</param>
internal sealed record DownloadStep(string Source, string File, long Done, long Total) : BuildProgress;

/// <summary>An engine begins to compute.</summary>
/// <param name="Description">What it computes on: device, libraries, threads.</param>
/// <param name="ProcessId">The process that computes, and takes memory for it.</param>
internal sealed record EngineStarted(string Description, int ProcessId) : BuildProgress;

/// <summary>A line that the process of an engine has written before it failed.</summary>
/// <param name="Line">The line.</param>
internal sealed record EngineOutput(string Line) : BuildProgress;

/// <summary>A prune begins.</summary>
/// <param name="Artifact">The artifact's name.</param>
/// <param name="Method">The method, in lower case.</param>
/// <param name="Pattern">What is asked for: <c>0.7</c> or <c>2:4</c>.</param>
/// <param name="Tokens">Calibration tokens; 0 where none are looked at.</param>
internal sealed record PruningStarted(string Artifact, string Method, string Pattern, int Tokens) : BuildProgress;

/// <summary>An artifact's model is being pruned.</summary>
/// <param name="Artifact">Its name.</param>
/// <param name="Progress">How far.</param>
internal sealed record PruningStep(string Artifact, PruningProgress Progress) : BuildProgress;

/// <summary>Perplexity is being measured.</summary>
/// <param name="Model">The artifact's name, or <c>dense</c>.</param>
/// <param name="Text">The name of the text.</param>
/// <param name="Done">Decoder layers done.</param>
/// <param name="Layers">Decoder layers in all.</param>
internal sealed record EvaluationStep(string Model, string Text, int Done, int Layers) : BuildProgress;

/// <summary>A model is being written in another format.</summary>
/// <param name="Artifact">The artifact's name.</param>
/// <param name="File">The name of the file.</param>
internal sealed record Exporting(string Artifact, string File) : BuildProgress;

/// <summary>A model is being packed or unpacked.</summary>
/// <param name="Model">Its directory.</param>
/// <param name="Work">Which of these, such as <c>packing</c>.</param>
/// <param name="Percent">How much of it is done.</param>
internal sealed record PackingStep(string Model, string Work, int Percent) : BuildProgress;

/// <summary>Something the user should know, without which the work goes on.</summary>
/// <param name="Diagnostic">What.</param>
internal sealed record Notice(Diagnostic Diagnostic) : BuildProgress;

/// <summary>Another process makes the same; this one waits for it.</summary>
/// <param name="Artifact">Its name.</param>
internal sealed record Waiting(string Artifact) : BuildProgress;

/// <summary>A prune was stopped.</summary>
/// <param name="Artifact">Its name.</param>
/// <param name="Kept">Decoder layers that are kept for the next run.</param>
/// <param name="Layers">Decoder layers in all.</param>
/// <param name="Passes">Passes over all layers that are kept, too.</param>
internal sealed record Interrupted(string Artifact, int Kept, int Layers, int Passes = 0) : BuildProgress;
