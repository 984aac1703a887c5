using System.CommandLine;
using SparseLlm.Numerics;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>How a command is told what computes. What it is not told is as its recipe has it.</summary>
internal sealed class EngineOptions
{
    private readonly Option<string?> device = new("--device")
    {
        Description = $"What computes: {string.Join(", ", DeviceNames.All)}; those but auto and cpu are installed by "
        + $"'engine install'."
    };
    private readonly Option<string?> precision = new("--precision")
    {
        Description = "How an installed engine multiplies: exact, or fast, with halves of eight bits on tensor cores; "
        + "results depend on it."
    };
    private readonly Option<DeviceNumbers?> devices = new("--devices")
    {
        Description = "The GPUs to compute with, such as 0,1: the first has the model, and all of them solve matrices; "
            + "results do not depend on how many there are.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            DeviceNumbers? numbers = DeviceNumbers.Parse(text);
            if (numbers is null)
            {
                result.AddError($"--devices is '{text}'; write the numbers of GPUs, each once, like 0,1");
            }

            return numbers;
        },
    };

    private readonly Option<int?> threads = CommandAction.Threads();

    public EngineOptions()
    {
        device.AcceptOnly([.. DeviceNames.All]);
        precision.AcceptOnly([.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())]);
    }

    /// <summary>Adds the options to a command that computes.</summary>
    public void AddTo(Command command)
    {
        AddPlannedTo(command);
        command.Add(threads);
    }

    /// <summary>Adds those that keys may depend on.</summary>
    public void AddPlannedTo(Command command)
    {
        command.Add(device);
        command.Add(precision);
        command.Add(devices);
    }

    /// <summary>What computes.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="otherwise">What it is where the command line does not say; null for the defaults.</param>
    public EngineChoice Choose(ParseResult arguments, EngineChoice? otherwise = null)
    {
        EngineChoice asked = otherwise ?? new EngineChoice();
        return new EngineChoice(arguments.GetValue(device) ?? asked.Device)
        {
            Precision = arguments.GetValue(precision) is { } name
                ? Enum.Parse<Precision>(name, ignoreCase: true)
                : asked.Precision,
            Devices = arguments.GetValue(devices) ?? asked.Devices,
            Threads = arguments.GetValue(threads) ?? asked.Threads,
        };
    }
}
