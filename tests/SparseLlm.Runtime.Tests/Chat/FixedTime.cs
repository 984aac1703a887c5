namespace SparseLlm.Runtime.Tests.Chat;

/// <summary>A clock that stands still, on a Friday.</summary>
internal sealed class FixedTime : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(2025, 3, 7, 15, 4, 9, TimeSpan.Zero);
}
