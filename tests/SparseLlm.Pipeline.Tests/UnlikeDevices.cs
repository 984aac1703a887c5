using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

public sealed class UnlikeDevices
{
    [Fact]
    public void Devices_that_do_not_compute_alike_do_not_work_together()
    {
        DeviceNumbers devices = DeviceNumbers.Parse("2,0,5")!;
        WorkerHost.RequireAlike(devices, ["torch-cuda-a100/2", "torch-cuda-a100/2", "torch-cuda-a100/2"]);
        Should.Throw<NotSupportedException>(
            () => WorkerHost.RequireAlike(devices, ["torch-cuda-a100/2", "torch-cuda-a100/2", "torch-cuda-h100/2"]))
            .Message.ShouldBe("devices 2 and 5 do not compute alike (torch-cuda-a100/2 and torch-cuda-h100/2); choose "
                + "devices of one model");
    }
}
