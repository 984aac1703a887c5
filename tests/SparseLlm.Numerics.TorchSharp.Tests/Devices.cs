using SparseLlm.Numerics.Conformance;
using TorchSharp;

namespace SparseLlm.Numerics.TorchSharp.Tests;

public sealed class Devices
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void A_device_of_another_kind_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new TorchBackend(name)).Message.ShouldContain("cuda:N");

    [Fact]
    public void A_device_that_is_not_there_is_refused_by_name() =>
        Should.Throw<InvalidOperationException>(() => new TorchBackend("cuda:99")).Message.ShouldContain("cuda:99");

    [Fact]
    public void The_numerics_class_names_device_and_libtorch()
    {
        using var backend = new TorchBackend("cpu");
        backend.NumericsClass.ShouldMatch(@"^torch-cpu-2\.\d+\.\d+/3$");
        backend.Description.ShouldMatch(@"^CPU, \d+ threads, libtorch \d+\.\d+");
    }

    [Fact]
    public void A_matrix_of_another_backend_is_refused()
    {
        using var torch = new TorchBackend("cpu");
        using var cpu = new Cpu.CpuBackend(1);
        using Matrix<float> own = torch.Allocate<float>(2, 2);
        using Matrix<float> other = cpu.Allocate<float>(2, 2);
        Should.Throw<ArgumentException>(() => torch.Copy(other, own)).Message.ShouldContain("TorchSharp");
    }

    [Fact]
    public void Nothing_is_left_over_of_operations()
    {
        using var backend = new TorchBackend("cpu");
        using Matrix<float> x = backend.Float(Reference.Random(40, 24, 1));
        using Matrix<float> y = backend.Float(Reference.Random(40, 24, 2));
        using Matrix<double> h = backend.Allocate<double>(24, 24);
        Compute();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Compute();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.ShouldBe(before);

        void Compute()
        {
            backend.AccumulateGram(x.Slice(3, 20), h);
            backend.AddDiagonal(h, 1);
            backend.Combine(1, x, 0.5f, y, x);
            backend.CausalAttention(x, x, x, new AttentionShape(4, 4, 20, int.MaxValue, 0.5f), null, y);
            backend.KeepLargest(x, 100, y);
            backend.CountNonZero(y).ShouldBe(100);
        }
    }
}
