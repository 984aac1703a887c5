using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>Which settings decide anything: those that the command line takes.</summary>
public sealed class Heeding : IDisposable
{
    private readonly RandomModel model = new([SampleLayers.All["layer norms first, ReLU"]], SampleLayers.Hidden);
    private readonly CalibrationTokens tokens;

    public Heeding() => tokens = model.Tokens(windows: 16);

    public static TheoryData<PruningMethod> Methods => [.. Enum.GetValues<PruningMethod>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_setting_changes_the_weights_where_it_is_said_to_have_an_effect_and_nowhere_else(PruningMethod method)
    {
        PruningSettings settings = Rich(method);
        Dictionary<Setting, bool> effects = Effects(
            settings,
            Setting.All.Where(setting => !setting.IsPartOfSparseLlm && !setting.IsGlobal));
        effects.Where(effect => effect.Value).Select(effect => effect.Key.Name).ShouldBe(
            effects.Keys.Where(setting => setting.HasEffectOn(settings)).Select(setting => setting.Name));
    }

    [Theory]
    [InlineData(PruningMethod.Magnitude)]
    [InlineData(PruningMethod.Wanda)]
    public void What_errors_are_measured_with_has_an_effect_where_the_budget_is_spread_by_them(PruningMethod method)
    {
        PruningSettings settings = PruningSettings.For(method) with { Allocation = AllocationKind.Error };
        Setting[] measuring = [Setting.Find("damping")!, Setting.Find("blockSize")!];
        Effects(settings, measuring).Values.ShouldAllBe(hasEffect => hasEffect);
        measuring.ShouldAllBe(setting => setting.HasEffectOn(settings));
    }

    /// <summary>Settings under which each of them can show, as far as the method allows that.</summary>
    private static PruningSettings Rich(PruningMethod method)
    {
        var settings = PruningSettings.For(method);
        return settings with
        {
            Solver = method == PruningMethod.SparseLlm ? PruningMethod.SparseGpt : settings.Solver,
            Targets = TargetKind.Dense,
            RefitSteps = 1,
            RowImportance = true,
            BiasRefit = true,
            Sequential = true,
            TuningEpochs = 1,
            DistillationEpochs = 1,
        };
    }

    private Dictionary<Setting, bool> Effects(PruningSettings settings, IEnumerable<Setting> changed)
    {
        byte[] rich = Pruned(settings);
        byte[] untuned = Pruned(WithoutTuning(settings));
        return changed.ToDictionary(setting => setting, HasEffect);

        bool HasEffect(Setting setting)
        {
            PruningSettings other = Other(setting, settings).ApplyTo(settings);

            // Without targets of the dense model, tuning is refused.
            return other.Targets == settings.Targets
                ? !Pruned(other).SequenceEqual(rich)
                : !Pruned(WithoutTuning(other)).SequenceEqual(untuned);
        }
    }

    private static PruningSettings WithoutTuning(PruningSettings settings) =>
        settings with { TuningEpochs = 0, DistillationEpochs = 0 };

    private byte[] Pruned(PruningSettings settings) =>
        [.. model.Prune(settings, RandomModel.Plan("0.5"), tokens)
            .SelectMany(layer => layer.Tensors)
            .SelectMany(tensor => tensor.Bytes.ToArray())];

    /// <summary>A value that it has not got.</summary>
    private static SettingValue Other(Setting setting, PruningSettings settings)
    {
        IEnumerable<string> values = setting.Choices.Count > 0 ? setting.Choices
            : setting is BooleanSetting ? ["true", "false"]
            : ["2", "0.5"];
        return values.Select(setting.Parse).OfType<SettingValue>().Last(value => value != setting.ValueIn(settings));
    }

    public void Dispose() => model.Dispose();
}
