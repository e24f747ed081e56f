using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Was the login not too long ago (RFC 9470)? One that nobody tells of, or that is yet to come, counts for none.</summary>
/// <param name="maxAge">Whole seconds.</param>
/// <param name="skew">How far another issuer's clock may be ahead of ours.</param>
internal sealed class RecentLogin(TimeSpan maxAge, TimeSpan skew) : Requirement(
    Describe(maxAge), Problems.InsufficientAuthentication($"Log in again: this route needs a login that is at most {maxAge} old.", Describe(maxAge), (long)maxAge.TotalSeconds))
{
    public override bool IsMetBy(in Circumstances circumstances) =>
        circumstances.Identity.Claims.AuthenticatedAt is { } seconds
        && circumstances.Now - DateTimeOffset.FromUnixTimeSeconds(seconds) is var age && age <= maxAge && age >= -skew;

    private static string Describe(TimeSpan maxAge) => "max-auth-age: " + maxAge;
}
