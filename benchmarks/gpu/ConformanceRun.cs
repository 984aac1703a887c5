using System.Diagnostics;
using System.Reflection;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.TorchSharp;
using SparseLlm.Numerics.TorchSharp.Tests;
using Xunit.Sdk;

namespace SparseLlm.Benchmarks.Gpu;

/// <summary>The tests that every backend must pass, and those of what is done for CUDA devices alone, run without a
/// test host.</summary>
internal static class ConformanceRun
{
    private static string device = "cuda";

    /// <summary>Runs all tests on a device, and prints those that fail.</summary>
    /// <returns>Whether all passed.</returns>
    public static bool On(string name)
    {
        device = name;
        using (var backend = new TorchBackend(device))
        {
            Console.WriteLine($"conformance, {backend.Description}, {backend.NumericsClass}");
        }

        var clock = Stopwatch.StartNew();
        var counts = new Dictionary<Outcome, int> { [Outcome.Passed] = 0, [Outcome.Failed] = 0, [Outcome.Skipped] = 0 };
        Type[] suites
            = [typeof(DeviceConformance), typeof(SweepKernelBesideOperations), typeof(HalfPartsBesideOperations)];
        foreach (MethodInfo test in suites.SelectMany(suite => suite.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null))
        {
            foreach (object?[] arguments in Arguments(test))
            {
                counts[Run(test, arguments)]++;
            }
        }

        Console.WriteLine(
            $"RESULT conformance on {device}: {counts[Outcome.Passed]} passed, {counts[Outcome.Failed]} failed, "
            + $"{counts[Outcome.Skipped]} skipped, {clock.Elapsed.TotalSeconds:0.0} s");
        return counts[Outcome.Failed] == 0;
    }

    private enum Outcome
    {
        Passed,
        Failed,
        Skipped,
    }

    private static IEnumerable<object?[]> Arguments(MethodInfo test)
    {
        DataAttribute[] data = [.. test.GetCustomAttributes<DataAttribute>()];
        return data.Length == 0 ? [[]] : data.SelectMany(source => source.GetData(test));
    }

    private static Outcome Run(MethodInfo test, object?[] arguments)
    {
        object suite = Activator.CreateInstance(test.ReflectedType!)!;
        using var resources = suite as IDisposable;
        try
        {
            test.Invoke(suite, arguments);
            return Outcome.Passed;
        }
        catch (TargetInvocationException wrapped) when (wrapped.InnerException is Xunit.SkipException)
        {
            return Outcome.Skipped;
        }
        catch (TargetInvocationException wrapped)
        {
            string reason = wrapped.InnerException!.Message;
            Console.WriteLine(
                $"  FAILED {test.Name}({string.Join(", ", arguments)}): {reason[..Math.Min(reason.Length, 600)]}");
            return Outcome.Failed;
        }
    }

    private sealed class DeviceConformance : BackendConformance
    {
        protected override IBackend Create(int threads) => new TorchBackend(device);
    }
}
