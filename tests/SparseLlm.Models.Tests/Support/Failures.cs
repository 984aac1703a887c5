using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tests.Support;

public static class Failures
{
    /// <summary>The only diagnostic of a failing action, whose code must be the given one.</summary>
    public static Diagnostic ShouldFailWith(this Action action, DiagnosticDescriptor descriptor)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(action).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(descriptor);
        return diagnostic;
    }
}
