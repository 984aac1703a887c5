using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary>
/// <c>sparsellm completions SHELL</c>: a script that asks the tool itself, through System.CommandLine's <c>[suggest]</c> directive, what can come next.
/// So commands, options, their values and the names of artifacts complete without anything to keep up to date.
/// </summary>
internal static class CompletionsCommand
{
    private const string Bash = """
        # eval "$(dotnet-sparsellm completions bash)"
        _dotnet_sparsellm() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(dotnet-sparsellm "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default; fi
        }
        complete -F _dotnet_sparsellm dotnet-sparsellm

        """;

    private const string Zsh = """
        # eval "$(dotnet-sparsellm completions zsh)"
        _dotnet_sparsellm() {
            local -a suggestions
            suggestions=("${(@f)$(dotnet-sparsellm "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            if [[ -n "${suggestions[1]}" ]]; then compadd -- "${suggestions[@]}"; else _files; fi
        }
        compdef _dotnet_sparsellm dotnet-sparsellm

        """;

    private const string PowerShell = """
        # dotnet-sparsellm completions powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName dotnet-sparsellm -ScriptBlock {
            param($word, $command, $cursor)
            dotnet-sparsellm "[suggest:$cursor]" "$command" 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or powershell." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "powershell");
        var command = new Command("completions", "Print a script that completes commands, options and artifact names in a shell.") { shell };
        command.SetWork((arguments, _) =>
        {
            Console.Out.Write(arguments.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => PowerShell,
            });
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("completions bash", "The script for bash; zsh and powershell have one too."),
        ]);
    }
}
