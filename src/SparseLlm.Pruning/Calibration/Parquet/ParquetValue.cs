namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>A value of a column of text.</summary>
/// <param name="Repetition">0 where a row begins with it.</param>
/// <param name="Definition">How much of the path to it is there: as much as the column's level where there is a
/// text.</param>
/// <param name="Text">The text; null where there is none.</param>
internal readonly record struct ParquetValue(int Repetition, int Definition, string? Text);
