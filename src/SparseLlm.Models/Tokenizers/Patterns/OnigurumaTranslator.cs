using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>
/// Rewrites a regular expression in Oniguruma's Ruby syntax, which tokenizer.json uses, as one that means the same in
/// .NET. Where the two cannot be made to agree it throws <see cref="NotSupportedException"/> with the reason.
/// </summary>
/// <remarks>
/// Every character and every set of characters becomes a class of an <see cref="Alphabet"/>, so that what <c>\w</c> or
/// <c>\p{L}</c> is, where a range ends and what equals what when case is ignored is decided here and not by .NET. What
/// else differs and is rewritten: possessive quantifiers, a quantifier after an interval (<c>{1,3}+</c> repeats,
/// <c>{2}?</c> is optional), <c>^</c> and <c>$</c> (always lines), and <c>\b</c>.
/// </remarks>
internal sealed class OnigurumaTranslator
{
    private const int ExpressionLimit = 1 << 18;
    private const int DepthLimit = 100;

    // Oniguruma's own.
    private const int RepetitionLimit = 100_000;

    // While the alphabet is not known yet, a set stands in the expression as one character from here on.
    private const char FirstPlaceholder = '\uE000';

    private readonly string pattern;
    private readonly StringBuilder output = new();
    private readonly List<CharacterSet> sets = [];
    private int? previousLiteral;
    private int position;
    private int depth;

    private OnigurumaTranslator(string pattern) => this.pattern = pattern;

    private bool AtEnd => position == this.pattern.Length;

    private char Current => this.pattern[position];

    /// <summary>The expression for .NET, to be compiled with explicit captures, and the alphabet that it is matched
    /// on.</summary>
    public static (string Expression, Alphabet Alphabet) Translate(string pattern)
    {
        if (pattern.Length > PatternReader.LengthLimit)
        {
            throw new NotSupportedException($"it is longer than {PatternReader.LengthLimit} characters.");
        }

        var translator = new OnigurumaTranslator(pattern);
        translator.Alternatives(ignoreCase: false);
        return translator.AtEnd
            ? translator.Spell()
            : throw new NotSupportedException("a parenthesis is not opened.");
    }

    private void Alternatives(bool ignoreCase)
    {
        // Set further on, the option would span the following alternatives in Ruby but not in .NET.
        while (Accept("(?i)"))
        {
            ignoreCase = true;
        }

        while (!AtEnd && Current != ')')
        {
            int start = output.Length;
            if (Accept("|"))
            {
                output.Append('|');
                previousLiteral = null;
            }
            else
            {
                Atom(ignoreCase);
                Quantifiers(start);
            }
        }
    }

    private void Atom(bool ignoreCase)
    {
        if (Current is not ('(' or '[' or '\\' or '^' or '$' or '.' or '*' or '+' or '?'))
        {
            Literal(OnigurumaEscape.CharacterAt(this.pattern, position, ref position), ignoreCase);
            return;
        }

        switch (Current)
        {
            case '(':
                Group(ignoreCase);
                break;
            case '[':
                position++;
                Append(new OnigurumaClass(this.pattern, ignoreCase).Read(ref position));
                break;
            case '\\':
                Escape(ignoreCase);
                break;
            case '^':
                position++;
                output.Append(@"(?:(?m:^)(?!\z))");
                break;
            case '$':
                position++;
                output.Append("(?m:$)");
                break;
            case '.':
                position++;
                Append(CharacterSet.Of('\n').Complement);
                break;
            default:
                throw new NotSupportedException("a quantifier has nothing to repeat.");
        }
    }

    private void Group(bool ignoreCase)
    {
        if (++depth > DepthLimit)
        {
            throw new NotSupportedException("its groups are nested too deeply.");
        }

        string[] openings = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"];
        string opening = openings.FirstOrDefault(Accept) ?? "(";
        if (opening == "(")
        {
            position++;
            if (!AtEnd && Current == '?')
            {
                string kind = this.pattern.Substring(position - 1, Math.Min(3, this.pattern.Length - position + 1));
                throw new NotSupportedException($"the group '{kind}' is not supported.");
            }
        }

        output.Append(opening is "(?i:" or "(?-i:" ? "(?:" : opening);
        Alternatives(opening switch { "(?i:" => true, "(?-i:" => false, _ => ignoreCase });
        if (!Accept(")"))
        {
            throw new NotSupportedException("a parenthesis is not closed.");
        }

        output.Append(')');
        depth--;
    }

    private void Escape(bool ignoreCase)
    {
        OnigurumaEscape escape = OnigurumaEscape.Read(this.pattern, ref position);
        if (escape.Character is int character)
        {
            Literal(character, ignoreCase);
        }
        else if (escape.Set is CharacterSet set)
        {
            // As in the original, ignoring case does not widen a set outside brackets.
            Append(set);
        }
        else
        {
            string word = Placeholder(WordCharacters.Oniguruma).ToString();
            output.Append(escape.Assertion switch
            {
                'b' => $"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))",
                'B' => $"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))",
                char assertion => $@"\{assertion}",
                null => "",
            });
        }
    }

    private void Literal(int character, bool ignoreCase)
    {
        var set = CharacterSet.Of(character);
        if (!ignoreCase)
        {
            Append(set);
            return;
        }

        if (CaseFolding.Expands(set)
            || (previousLiteral is int previous && CaseFolding.MayContract(previous, character)))
        {
            throw new NotSupportedException(
                "where case is ignored, characters equal one that stands for several, such as the sharp s.");
        }

        Append(CaseFolding.Close(set));
        previousLiteral = character;
    }

    private void Append(CharacterSet set)
    {
        output.Append(Placeholder(set));
        previousLiteral = null;
    }

    private char Placeholder(CharacterSet set)
    {
        int index = sets.FindIndex(set.SetEquals);
        if (index < 0)
        {
            index = sets.Count;
            sets.Add(set);
        }

        return (char)(FirstPlaceholder + index);
    }

    private void Quantifiers(int start)
    {
        for (int count = 0; !AtEnd && Quantifier() is string quantifier; count++)
        {
            bool isInterval = quantifier[0] == '{';
            bool isExact = isInterval && !quantifier.Contains(',');
            if (count > DepthLimit)
            {
                throw new NotSupportedException("too many quantifiers stand one after another.");
            }

            if (!isExact && Accept("?"))
            {
                Wrap(start, "(?:", $"{quantifier}?)");
            }
            else if (!isInterval && Accept("+"))
            {
                Wrap(start, "(?>", $"{quantifier})");
            }
            else if (!AtEnd && Current is '*' or '+' or '?' or '{')
            {
                Wrap(start, "(?:", $"{quantifier})");
            }
            else
            {
                output.Append(quantifier);
            }
        }
    }

    private string? Quantifier()
    {
        if (Current is '*' or '+' or '?')
        {
            return this.pattern[position++].ToString();
        }

        int close = Current == '{' ? this.pattern.IndexOf('}', position) : -1;
        string[] bounds = close < 0 ? [] : this.pattern[(position + 1)..close].Split(',');
        bool isInterval = bounds.Length is 1 or 2 && bounds.Any(bound => bound.Length > 0) &&
            bounds.All(bound => bound.All(char.IsAsciiDigit));
        if (!isInterval)
        {
            return null;
        }

        position = close + 1;
        string minimum = bounds[0].Length == 0 ? "0" : bounds[0];
        if (bounds.Any(bound => bound.Length > 0
            && !(int.TryParse(bound, CultureInfo.InvariantCulture, out int count) && count <= RepetitionLimit)))
        {
            throw new NotSupportedException($"a quantifier counts further than {RepetitionLimit}.");
        }

        return bounds.Length == 1 ? $"{{{minimum}}}" : $"{{{minimum},{bounds[1]}}}";
    }

    private void Wrap(int start, string opening, string closing) => output.Insert(start, opening).Append(closing);

    private bool Accept(string text)
    {
        bool found = this.pattern.AsSpan(position).StartsWith(text, StringComparison.Ordinal);
        position += found ? text.Length : 0;
        return found;
    }

    /// <summary>The expression with every placeholder spelt out.</summary>
    private (string Expression, Alphabet Alphabet) Spell()
    {
        var alphabet = new Alphabet(sets);
        string[] classes = [.. sets.Select(alphabet.Class)];
        var expression = new StringBuilder(output.Length);
        foreach (char character in output.ToString())
        {
            if (character < FirstPlaceholder)
            {
                expression.Append(character);
            }
            else
            {
                expression.Append(classes[character - FirstPlaceholder]);
            }

            if (expression.Length > ExpressionLimit)
            {
                throw new NotSupportedException("it tells too many kinds of characters apart.");
            }
        }

        return (expression.ToString(), alphabet);
    }
}
