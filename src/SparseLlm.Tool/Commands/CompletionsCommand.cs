using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary>
/// <c>sparsellm completions SHELL</c>: a script that asks the tool itself, through System.CommandLine's
/// <c>[suggest]</c> directive, what can come next. So commands, options, their values and the names of artifacts
/// complete without anything to keep up to date, behind <c>dotnet sparsellm</c> as well as behind
/// <c>dotnet-sparsellm</c>.
/// </summary>
internal static class CompletionsCommand
{
    private const string Bash = """
        # eval "$(dotnet sparsellm completions bash)"
        _dotnet_sparsellm() {
            local IFS=$'\n' line="${COMP_LINE}" tool=(dotnet-sparsellm)
            if [[ "${COMP_LINE}" =~ ^[[:space:]]*[^[:space:]]*dotnet[[:space:]]+sparsellm(.*)$ ]]; then
                line="dotnet-sparsellm${BASH_REMATCH[1]}"
                tool=(dotnet sparsellm)
            fi
            local point=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
            COMPREPLY=($(compgen -W "$("${tool[@]}" "[suggest:${point}]" "${line}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default; fi
        }
        complete -F _dotnet_sparsellm dotnet-sparsellm

        # Of 'dotnet' this completes what follows 'sparsellm'; the rest is left to what has completed it before.
        _dotnet_with_sparsellm() {
            if [[ "${COMP_WORDS[1]}" == sparsellm && ${COMP_CWORD} -gt 1 ]]; then
                _dotnet_sparsellm "$@"
            elif [[ -n "${_dotnet_without_sparsellm:-}" ]]; then
                "${_dotnet_without_sparsellm}" "$@"
            fi
        }
        if ! _dotnet_completion="$(complete -p dotnet 2>/dev/null)"; then
            complete -o bashdefault -o default -F _dotnet_with_sparsellm dotnet
        elif [[ "${_dotnet_completion}" =~ ' -F '([^[:space:]]+) && "${BASH_REMATCH[1]}" != _dotnet_with_sparsellm ]]; then
            _dotnet_without_sparsellm="${BASH_REMATCH[1]}"
            eval "${_dotnet_completion/ -F ${_dotnet_without_sparsellm}/ -F _dotnet_with_sparsellm}"
        fi
        unset _dotnet_completion

        """;

    private const string Zsh = """
        # eval "$(dotnet sparsellm completions zsh)", after compinit
        _dotnet_sparsellm() {
            local MATCH MBEGIN MEND
            local -a match mbegin mend suggestions tool
            local line="${BUFFER}"
            tool=(dotnet-sparsellm)
            if [[ "${BUFFER}" =~ '^[[:space:]]*[^[:space:]]*dotnet[[:space:]]+sparsellm(.*)$' ]]; then
                line="dotnet-sparsellm${match[1]}"
                tool=(dotnet sparsellm)
            fi
            suggestions=("${(@f)$("${tool[@]}" "[suggest:$((CURSOR - ${#BUFFER} + ${#line}))]" "${line}" 2>/dev/null)}")
            if [[ -n "${suggestions[1]}" ]]; then compadd -- "${suggestions[@]}"; else _files; fi
        }
        compdef _dotnet_sparsellm dotnet-sparsellm

        # Of 'dotnet' this completes what follows 'sparsellm'; the rest is left to what has completed it before.
        _dotnet_with_sparsellm() {
            if [[ "${words[2]}" == sparsellm ]] && ((CURRENT > 2)); then
                _dotnet_sparsellm
            else
                eval "${_dotnet_without_sparsellm:-_default}"
            fi
        }
        if [[ "${_comps[dotnet]}" != _dotnet_with_sparsellm ]]; then _dotnet_without_sparsellm="${_comps[dotnet]}"; fi
        compdef _dotnet_with_sparsellm dotnet

        """;

    private const string PowerShell = """
        # dotnet sparsellm completions pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName dotnet-sparsellm -ScriptBlock {
            param($word, $command, $cursor)
            dotnet-sparsellm "[suggest:$cursor]" "$command" 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        # Of 'dotnet' this completes what follows 'sparsellm'; the rest is left to the SDK, which can complete it.
        Register-ArgumentCompleter -Native -CommandName dotnet -ScriptBlock {
            param($word, $command, $cursor)
            $position = $cursor - $command.Extent.StartOffset
            $suggestions = if ("$command".PadRight($position) -match '^\S*dotnet(\.exe)?\s+sparsellm(?<rest>\s.*)$') {
                $line = "dotnet-sparsellm" + $Matches.rest
                dotnet sparsellm "[suggest:$($line.Length - "$command".PadRight($position).Length + $position)]" "$line" 2>$null
            } else {
                dotnet complete --position $cursor "$command" 2>$null
            }
            $suggestions | Where-Object { $_ } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, or pwsh (which is powershell too)." };
        shell.AcceptOnly("bash", "zsh", "pwsh", "powershell");
        var command = new Command(
            "completions",
            "Print a script that completes commands, options and artifact names in a shell.") { shell };
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
        return command.WithExamples([new("completions bash", "The script for bash; zsh and pwsh have one too."),]);
    }
}
