using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Chat.Templates;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat;

/// <summary>A template that says where it comes from when something is wrong with it.</summary>
internal sealed class NamedTemplate
{
    private readonly ChatTemplateText source;
    private readonly Template template;

    /// <summary>Reads a template.</summary>
    /// <exception cref="DiagnosticException"><see cref="ChatDiagnostics"/>: it is malformed, or has something that is
    /// not supported.</exception>
    public NamedTemplate(ChatTemplateText source)
    {
        this.source = source;
        try
        {
            template = Template.Parse(source.Text);
        }
        catch (TemplateException failure)
        {
            throw Located(failure);
        }
    }

    /// <summary>The text that it makes of variables.</summary>
    /// <exception cref="DiagnosticException"><see cref="ChatDiagnostics"/>: it fails, refuses them, or does not come to
    /// an end.</exception>
    public string Render(IEnumerable<KeyValuePair<string, Value>> variables, TimeProvider time)
    {
        try
        {
            return template.Render(variables, time);
        }
        catch (TemplateException failure)
        {
            throw Located(failure);
        }
    }

    /// <summary>Where the template is only part of a file, its lines are not the file's.</summary>
    private DiagnosticException Located(TemplateException failure)
    {
        int line = failure.Place?.Line ?? 0;
        int column = failure.Place?.Column ?? 0;
        string message = Message(failure);
        return this.source.IsFile
            ? failure.Descriptor.Error(new SourceLocation(this.source.Path, line, column), message, failure)
            : failure.Descriptor.Error(
                new SourceLocation(this.source.Path), FormattableString.Invariant(
                    $"chat template, line {line}, column {column}: {message}"), failure);
    }

    private static string Message(TemplateException failure)
    {
        // What is undefined is named with a relative clause, which may be the last.
        string problem = failure.Message.TrimEnd(',');
        return failure.Descriptor switch
        {
            var kind when kind == ChatDiagnostics
                .Malformed => $"{problem}; correct the template, or download the model's files again.",
            var kind when kind == ChatDiagnostics.Unsupported => $"{problem} in chat templates; put a template without "
                + $"it into chat_template.jinja beside the weights, or encode prompts yourself.",
            var kind when kind == ChatDiagnostics.Failed
                => $"{problem}; check that the messages have what the template asks for, in the order that it expects.",
            var kind when kind == ChatDiagnostics
                .Refused => $"the chat template refuses the conversation: {failure.Message}",
            _ => $"{problem}; check where the template comes from.",
        };
    }
}
