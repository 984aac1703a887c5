using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Tests.Memory;

/// <summary>Matrices in memory up to a budget, and in a file beyond it.</summary>
public sealed class Storing : IDisposable
{
    private const int Rows = 300;
    private const int Columns = 1000;
    private const long MatrixBytes = (long)Rows * Columns * sizeof(float);

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 2);

    [Theory]
    [InlineData(0)]
    [InlineData(MatrixBytes)]
    public void What_is_kept_comes_back_bit_by_bit(long budget)
    {
        using var store = new MatrixStore(backend, budget, directory.Path);
        float[] values = Values(seed: 1);
        using StoredMatrix stored = store.Keep(Upload(values));
        store.ResidentBytes.ShouldBe(budget);
        store.SpilledBytes.ShouldBe(MatrixBytes - budget);

        Read(stored.Read()).ShouldBe(values);
        Read(stored.Read()).ShouldBe(values);
        Read(stored.Read(299, 1)).ShouldBe(values[^Columns..]);
        stored.ReadAhead();
        Read(stored.Read()).ShouldBe(values);
        using Matrix<float> copy = Upload(new float[values.Length]);
        stored.CopyTo(copy);
        Read(copy).ShouldBe(values);
        stored.ReadAhead();
        Read(stored.Take()).ShouldBe(values);
        store.ResidentBytes.ShouldBe(0);
    }

    [Fact]
    public void A_copy_leaves_the_original_alone()
    {
        foreach (long budget in (long[])[0, MatrixBytes])
        {
            using var store = new MatrixStore(backend, budget, directory.Path);
            float[] values = Values(seed: 2);
            using Matrix<float> original = Upload(values);
            using StoredMatrix stored = store.KeepCopy(original);
            backend.Combine(0, original, 0, original, original);
            Read(stored.Read()).ShouldBe(values);
            stored.CopyTo(original);
            Read(original).ShouldBe(values);
        }
    }

    [Fact]
    public void As_many_bytes_are_in_memory_as_the_budget_allows_and_passes_leave_them_there()
    {
        const int Chunks = 5;
        using var store = new MatrixStore(backend, 2 * MatrixBytes + 1, directory.Path);
        using var stream = new ActivationStream(store, Chunks);
        for (int chunk = 0; chunk < Chunks; chunk++)
        {
            stream.Put(chunk, Upload(Values(chunk)));
        }

        for (int pass = 1; pass <= 3; pass++)
        {
            store.ResidentBytes.ShouldBe(2 * MatrixBytes);
            store.SpilledBytes.ShouldBe(3 * pass * MatrixBytes);
            for (int chunk = 0; chunk < Chunks; chunk++)
            {
                // The next chunk is read ahead, and then has another value.
                using Matrix<float> x = stream.Read(chunk);
                Read(x.Slice(0, x.Rows)).ShouldBe(Values(chunk + 10 * (pass - 1)));
                stream.Put(chunk, Upload(Values(chunk + 10 * pass)));
            }
        }

        store.PeakResidentBytes.ShouldBe(2 * MatrixBytes);
        stream.Drop(0);
        store.ResidentBytes.ShouldBe(MatrixBytes);
    }

    [Fact]
    public void Space_in_the_file_is_used_again()
    {
        using var file = SpillFile.Create(directory.Path);
        long first = file.Allocate(100);
        long second = file.Allocate(100);
        second.ShouldBe(first + 100);
        file.Free(first, 100);
        file.Allocate(40).ShouldBe(second + 100);
        file.Allocate(100).ShouldBe(first);
    }

    [SkippableFact]
    public void Nothing_of_the_file_is_to_be_seen_even_while_it_is_open()
    {
        Skip.If(OperatingSystem.IsWindows(), "a file that is open has a name there");
        using var store = new MatrixStore(backend, 0, directory.Path);
        using StoredMatrix stored = store.Keep(Upload(Values(seed: 3)));
        Directory.EnumerateFileSystemEntries(directory.Path).ShouldBeEmpty();
        Read(stored.Read()).ShouldBe(Values(seed: 3));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_an_error_that_says_what_to_do()
    {
        File.WriteAllText(directory["file"], "");
        using var store = new MatrixStore(backend, 0, directory["file"]);
        Diagnostic problem = Should.Throw<DiagnosticException>(() => store.Keep(Upload(Values(seed: 4)))).Diagnostics
            .ShouldHaveSingleItem();
        problem.Descriptor.ShouldBe(PruningDiagnostics.CannotSpill);
        problem.Location!.ToString().ShouldContain(directory["file"]);
        problem.Message.ShouldContain("free some space, allow more memory");
    }

    [SkippableFact]
    public void A_full_disk_is_an_error_that_says_what_to_do()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        using var store = new MatrixStore(
            backend, 0, () => new SpillFile(
                "/dev",
                File.OpenHandle("/dev/full", access: FileAccess.ReadWrite, share: FileShare.ReadWrite)));
        Should.Throw<DiagnosticException>(() => store.Keep(Upload(Values(seed: 5)))).Diagnostics.ShouldHaveSingleItem()
            .Descriptor.ShouldBe(PruningDiagnostics.CannotSpill);
    }

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("500MB", 500_000_000)]
    public void A_budget_is_a_size(string text, long bytes) => MemoryBudget.Parse(text)!.Bytes.ShouldBe(bytes);

    [Fact]
    public void A_budget_is_a_share_of_what_is_free()
    {
        MemoryBudget.Parse("50%").ShouldBe(MemoryBudget.Default);
        MemoryBudget.Parse("0%")!.Bytes.ShouldBe(0);
        MemoryBudget.Parse("100%")!.Bytes.ShouldBeInRange(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        foreach (string wrong in (string[])["101%", "-1%", "%", "half", "4 parsecs", ""])
        {
            MemoryBudget.Parse(wrong).ShouldBeNull(wrong);
        }
    }

    private static float[] Values(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.NextSingle())];
    }

    private Matrix<float> Upload(float[] values)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.Upload<float>(values, matrix);
        return matrix;
    }

    private float[] Read(Matrix<float> matrix)
    {
        using (matrix)
        {
            var values = new float[matrix.Length];
            backend.Download(matrix, values);
            return values;
        }
    }

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }
}
