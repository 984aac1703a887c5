using SparseLlm.Pipeline.Inspection;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What an inspection finds in tensors that are not one matrix each.</summary>
public sealed class InspectingParts : BuildTest
{
    [Theory]
    [InlineData("gpt2", "attn.c_attn.weight")]
    [InlineData("gpt_oss", "mlp.experts.down_proj")]
    [InlineData("phi3", "self_attn.qkv_proj.weight")]
    public void A_pattern_is_found_along_the_inputs_however_a_tensor_is_stored(string family, string tensor)
    {
        Model = Repository.Family(family);
        PruneRequest request = Request() with
        {
            Settings = PruningSettings.For(PruningMethod.Magnitude),
            Plan = new SparsityPlan(new SparsityPattern.Groups(2, 4), []),
            Calibration = null,
        };
        Build(request);
        ModelInspection.Of(Output, CancellationToken.None).Tensors.Where(found => found.Name.EndsWith(tensor))
            .Select(found => (found.Pattern, found.Sparsity)).Distinct().ShouldBe([("2:4", 0.5)]);
    }
}
