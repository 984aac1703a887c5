using System.Runtime.CompilerServices;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>What one rendering may use up, so that whatever a template asks for ends. Real conversations stay far
/// below.</summary>
internal sealed class Budget
{
    /// <summary>Elements of a range, as in jinja2's sandbox.</summary>
    public const int LongestRange = 100_000;

    // A context of a million tokens has about five million characters.
    private const int LongestText = 1 << 25;
    private const int LongestList = 1 << 22;
    private const int DeepestNesting = 400;
    private const long MostSteps = 20_000_000;

    // Characters that are copied in the time of a step.
    private const int CharactersPerStep = 64;

    private long steps;
    private int depth;

    /// <summary>Takes a step.</summary>
    public void Step() => Charge(1);

    /// <summary>Allows a text of a length to be made.</summary>
    public void Text(long length)
    {
        RequireText(length);
        Charge((length / CharactersPerStep) + 1);
    }

    /// <summary>Allows a text to become longer by as much.</summary>
    public void More(StringBuilder text, long length)
    {
        RequireText(text.Length + length);
        Charge((length / CharactersPerStep) + 1);
    }

    /// <summary>Makes a text longer.</summary>
    public void Append(StringBuilder text, ReadOnlySpan<char> more)
    {
        More(text, more.Length);
        text.Append(more);
    }

    /// <summary>Allows a list of a length to be made.</summary>
    public void List(long length)
    {
        if (length > LongestList)
        {
            throw TemplateException.Endless(
                FormattableString.Invariant($"the template makes a list of more than {LongestList} elements"));
        }

        Charge(length + 1);
    }

    /// <summary>Goes one level deeper: into an expression, a block, a macro or a value.</summary>
    public void Enter()
    {
        Charge(1);
        if (++depth > DeepestNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateException.Endless(FormattableString.Invariant(
                $"the template nests expressions, macros or values more than {DeepestNesting} levels deep"));
        }
    }

    /// <summary>Comes back.</summary>
    public void Leave() => depth--;

    private static void RequireText(long length)
    {
        if (length > LongestText)
        {
            throw TemplateException.Endless(
                FormattableString.Invariant($"the template makes a text of more than {LongestText} characters"));
        }
    }

    private void Charge(long steps)
    {
        this.steps += steps;
        if (this.steps > MostSteps)
        {
            throw TemplateException.Endless(
                FormattableString.Invariant($"the template has taken {MostSteps} steps and has not come to an end"));
        }
    }
}
