using SparseLlm.Docs.Tests.Support;

namespace SparseLlm.Docs.Tests;

/// <summary>Every command of the documentation, typed as it stands there.</summary>
public sealed class FollowingThePages(Clone clone) : IClassFixture<Clone>
{
    [SkippableFact]
    public void The_readme_can_be_followed_where_nothing_is_installed()
    {
        RequireShell();
        using Machine machine = clone.NewMachine();
        machine.Follow(new Page(Page.Readme));
    }

    [SkippableFact]
    public void The_guide_can_be_followed_where_nothing_is_installed_and_then_every_other_page()
    {
        RequireShell();
        using Machine machine = clone.NewMachine();
        machine.Follow(new Page(Page.Guide));
        foreach (string page in Page.All.Except([Page.Readme, Page.Guide]))
        {
            machine.Follow(new Page(page));
        }
    }

    private static void RequireShell() => Skip.IfNot(File.Exists("/bin/bash"), "there is no bash here");
}
