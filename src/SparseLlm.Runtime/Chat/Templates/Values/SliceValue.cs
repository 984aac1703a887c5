using System.Numerics;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Which elements <c>[start:stop:step]</c> takes.</summary>
/// <param name="start">The first; null where it is left out.</param>
/// <param name="stop">The one behind the last; null where it is left out.</param>
/// <param name="step">The distance; null where it is left out.</param>
internal sealed class SliceValue(BigInteger? start, BigInteger? stop, BigInteger? step) : Value
{
    public override string TypeName => "slice";

    public override void Represent(StringBuilder text, Budget budget)
        => throw TemplateException.Unsupported("writing a slice");

    /// <summary>What it takes of so many elements.</summary>
    public (int Start, int Count, int Step) Within(int length)
    {
        BigInteger distance = step ?? 1;
        if (distance.IsZero)
        {
            throw TemplateException.Failed("the step of a slice is zero");
        }

        int lowest = distance.Sign < 0 ? -1 : 0;
        int highest = distance.Sign < 0 ? length - 1 : length;
        BigInteger first = Clamped(start, distance.Sign < 0 ? highest : lowest);
        BigInteger end = Clamped(stop, distance.Sign < 0 ? lowest : highest);
        BigInteger span = distance.Sign < 0 ? first - end : end - first;
        int count = span.Sign <= 0 ? 0 : (int)((span - 1) / BigInteger.Abs(distance)) + 1;
        // A step beyond the length is taken at most once.
        int taken = (int)BigInteger.Clamp(distance, -length - 1, length + 1);
        return ((int)first, count, taken);

        BigInteger Clamped(BigInteger? bound, int absent) => bound is not BigInteger given
            ? absent
            : BigInteger.Clamp(given.Sign < 0 ? given + length : given, lowest, highest);
    }
}
