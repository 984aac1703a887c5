using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>Looks at a stage of a forward pass. The matrices are not the visitor's.</summary>
/// <param name="stage">The stage.</param>
/// <param name="sum">The residual stream before the stage's block, [tokens x hidden].</param>
/// <param name="input">What the stage's linear layers take in, [tokens x inputs].</param>
public delegate void StageVisitor(Stage stage, Matrix<float> sum, Matrix<float> input);

/// <summary>
/// A loaded decoder layer: residual blocks, through which data flows in the order of the list. Whatever walks through a
/// layer (a forward pass, a prune, a gradient) goes by this order and knows no other.
/// </summary>
/// <param name="definition">Names and shapes.</param>
/// <param name="blocks">The blocks.</param>
/// <param name="norms">The norms around their mixers, each once.</param>
public sealed class DecoderLayer(
    LayerDefinition definition,
    IReadOnlyList<Block> blocks,
    IReadOnlyList<Norm> norms) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public LayerDefinition Definition { get; } = definition;

    /// <summary>The residual blocks.</summary>
    public IReadOnlyList<Block> Blocks { get; } = blocks;

    /// <summary>The norms, those inside the mixers among them.</summary>
    public IEnumerable<Norm> Norms => norms.Concat(Blocks.SelectMany(block => block.Mixer.Norms));

    /// <summary>The linear layers that are in memory, in the order in which data flows through them.</summary>
    public IEnumerable<Linear> Linears => Blocks.SelectMany(block => block.Mixer.Linears);

    /// <summary>Every parameter that is in memory, by where it is stored; a vector is a matrix of one row.</summary>
    public IEnumerable<(TensorSlice Slice, Matrix<float> Values)> Parameters =>
        Norms.SelectMany(norm => norm.Parameters).Concat(Linears.SelectMany(linear => linear.Parameters));

    /// <summary>The stages in the order in which data flows through them; experts have none here, since they are not in
    /// memory.</summary>
    public IEnumerable<Stage> Stages => Blocks.SelectMany((block, index) => block.Mixer is StagedMixer mixer
        ? (Stage[])[new Stage(index, mixer, IsOutput: false), new Stage(index, mixer, IsOutput: true)]
        : []);

    /// <summary>The layer's output for its input x, tokens in sequences of <paramref name="sequenceLength"/>; a new
    /// matrix.</summary>
    /// <param name="x">[tokens x hidden].</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    /// <param name="look">Shown, at each stage, the residual stream before its block and the input of its linear
    /// layers.</param>
    public Matrix<float> Forward(Matrix<float> x, int sequenceLength, StageVisitor? look = null)
        => ForwardFrom(0, x, x, sequenceLength, look);

    /// <summary>The layer's output from the residual stream before one of its blocks; a new matrix.</summary>
    /// <param name="block">The block.</param>
    /// <param name="x">The layer's input; asked for where the blocks are parallel.</param>
    /// <param name="sum">The residual stream before the block.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    /// <param name="look">As in <see cref="Forward"/>.</param>
    public Matrix<float> ForwardFrom(
        int block,
        Matrix<float> x,
        Matrix<float> sum,
        int sequenceLength,
        StageVisitor? look = null) =>
        Through(block, Blocks.Count, x, sum, sequenceLength, look);

    /// <summary>The residual stream before a block that is not the first; a new matrix.</summary>
    /// <inheritdoc cref="ForwardFrom" path="/param"/>
    public Matrix<float> Before(int block, Matrix<float> x, int sequenceLength)
        => Through(0, block, x, x, sequenceLength, look: null);

    private Matrix<float> Through(
        int first,
        int end,
        Matrix<float> x,
        Matrix<float> sum,
        int sequenceLength,
        StageVisitor? look)
    {
        Matrix<float> stream = sum;
        for (int index = first; index < end; index++)
        {
            using Matrix<float> input = Input(index, x, stream);
            Matrix<float> next = Behind(index, stream, Mix(index, stream, input, sequenceLength, look));
            if (stream != sum)
            {
                stream.Dispose();
            }

            stream = next;
        }

        return stream;
    }

    private Matrix<float> Mix(int block, Matrix<float> sum, Matrix<float> input, int sequenceLength, StageVisitor? look)
    {
        if (look is null || Blocks[block].Mixer is not StagedMixer mixer)
        {
            return Blocks[block].Mixer.Forward(input, sequenceLength);
        }

        look(new Stage(block, mixer, IsOutput: false), sum, input);
        using Matrix<float> hidden = mixer.Hidden(input, sequenceLength);
        look(new Stage(block, mixer, IsOutput: true), sum, hidden);
        return mixer.Output.Apply(hidden);
    }

    /// <summary>What goes into a block's mixer; a new matrix.</summary>
    /// <inheritdoc cref="ForwardFrom" path="/param"/>
    public Matrix<float> Input(int block, Matrix<float> x, Matrix<float> sum) =>
        Blocks[block].Input(Definition.Wiring == Wiring.Parallel ? x : sum);

    /// <summary>The residual stream behind a block; a new matrix.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">The residual stream before it.</param>
    /// <param name="output">What comes out of its mixer; taken over from the caller.</param>
    public Matrix<float> Behind(int block, Matrix<float> sum, Matrix<float> output)
        => Blocks[block].Complete(Blocks[block].Add(sum, output));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Block block in Blocks)
        {
            block.Dispose();
        }

        foreach (Norm norm in norms)
        {
            norm.Dispose();
        }
    }
}
