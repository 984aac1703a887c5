using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Benchmarks.Kernels.Cases;

/// <summary>The forward pass of a decoder layer over one sequence beside the same layer in PyTorch.</summary>
internal static class DecoderLayers
{
    private const double Goal = 2;
    private const int Tokens = 2048;

    public static IEnumerable<Func<Operands, Peer, Comparison>> All() =>
        ((SyntheticModel[])[SyntheticModel.Opt125M, SyntheticModel.Llama160M])
        .Select(model => (Func<Operands, Peer, Comparison>)((operands, peer) => Of(
            operands,
            peer,
            model with { Layers = 1 })));

    private static Comparison Of(Operands operands, Peer peer, SyntheticModel shape)
    {
        string directory = Directory.CreateTempSubdirectory("sparsellm-kernels-").FullName;
        try
        {
            shape.Write(directory);
            using DecoderModel model = DecoderModel.Open(directory, operands.Backend);
            DecoderLayer layer = model.LoadLayer(0);
            Matrix<float> x = operands.Matrix(Tokens, shape.Hidden);
            return new Comparison(
                $"decoder layer, {shape.Family} {shape.Hidden} / {shape.FeedForward}, {Tokens} tokens",
                "torch",
                Goal,
                () => Timing.Of(() => layer.Forward(x, Tokens).Dispose()),
                () => peer.Run($"layer {shape.Hidden} {shape.FeedForward} {shape.Heads} {Tokens} "
                    + $"{(shape.Family == ModelFamily.Llama ? 1 : 0)}"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
