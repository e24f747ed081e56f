using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Has one of these issued the credential?</summary>
internal sealed class FromIssuers(string[] issuers) : Requirement(Describe(issuers), Problems.PolicyDenied(Describe(issuers)))
{
    public override bool IsMetBy(in Circumstances circumstances) => Array.IndexOf(issuers, circumstances.Identity.Claims.Issuer) >= 0;

    private static string Describe(string[] issuers) => "issuer: " + string.Join(" or ", issuers);
}
