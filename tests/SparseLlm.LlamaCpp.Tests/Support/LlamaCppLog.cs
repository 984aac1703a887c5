using LLama.Native;

namespace SparseLlm.LlamaCpp.Tests.Support;

/// <summary>What llama.cpp has to say: nothing that anybody hears, until something fails.</summary>
internal static class LlamaCppLog
{
    [ThreadStatic]
    private static List<string>? lines;

    static LlamaCppLog()
    {
        NativeLogConfig.llama_log_set((_, line) => lines?.Add(line));

        // Loads the library, which calls to it do not do by themselves.
        NativeApi.llama_empty_call();
    }

    /// <summary>Does something of llama.cpp's; where that fails, what this thread heard meanwhile is in the
    /// message.</summary>
    public static T Around<T>(Func<T> action)
    {
        lines = [];
        try
        {
            return action();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{string.Concat(lines!.TakeLast(40))}", failure);
        }
        finally
        {
            lines = null;
        }
    }
}
