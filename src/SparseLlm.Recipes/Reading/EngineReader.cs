using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>engine</c>.</summary>
internal sealed class EngineReader(ReadingContext context)
{
    /// <summary>What computes, and in how much memory; what is not said is at its default.</summary>
    public (EngineChoice Choice, MemoryBudget? Memory) Read(YamlEntry entry)
    {
        var standard = new EngineChoice();
        if (context.Open(entry, EngineKeys.All) is not { } engine)
        {
            return (standard, null);
        }

        EngineChoice choice = standard with
        {
            Device = (engine.Find(EngineKeys.Device) is { } device
                ? context.Scalars.Choice(EngineKeys.Device, device)
                : null) ?? standard.Device,
            Precision = ReadPrecision(engine),
            Devices = (engine.Find(EngineKeys.Devices) is { } devices ? ReadDevices(devices) : null)
                ?? standard.Devices,
            Threads = engine.Find(EngineKeys.Threads) is { } count
                ? context.Scalars.Integer(EngineKeys.Threads, count)
                : null,
        };
        MemoryBudget? memory = engine.Find(EngineKeys.Memory) is { } size
            ? context.Scalars.Memory(EngineKeys.Memory.Name, size)
            : null;
        RejectUnsupported(engine, choice);
        return (choice, memory);
    }

    private Precision ReadPrecision(Section engine) =>
        engine.Find(EngineKeys.Precision) is { } node && context.Scalars.Choice(EngineKeys.Precision, node) is { } name
            ? EnumNames.Parse<Precision>(name)
            : default;

    private DeviceNumbers? ReadDevices(YamlNode node)
    {
        IReadOnlyList<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        string?[] texts = [.. items.Select(item => context.Scalars.Text(EngineKeys.Devices.Name, item))];
        if (texts.Contains(null))
        {
            return null;
        }

        if (DeviceNumbers.Parse(string.Join(',', texts)) is { } numbers)
        {
            return numbers;
        }

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
            $"'{EngineKeys.Devices.Name}' must be numbers of GPUs, each once, found '{string.Join(", ", texts)}'; "
            + $"write them like [0, 1]");
        return null;
    }

    /// <summary>What engines do not have must not be asked of one that is named.</summary>
    private void RejectUnsupported(Section engine, EngineChoice choice)
    {
        if (choice.UnsupportedPrecision is { } precision)
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.Conflict,
                engine.Entry(EngineKeys.Precision)!.Key.Location,
                $"{precision}; remove one of 'device' and 'precision'");
        }

        if (choice.UnsupportedDevices is { } devices)
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.Conflict,
                engine.Entry(EngineKeys.Devices)!.Key.Location,
                $"{devices}; remove one of 'device' and 'devices'");
        }
    }
}
