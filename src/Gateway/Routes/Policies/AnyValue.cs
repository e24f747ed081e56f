using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Does this claim have one of these values? Which ones is not said: a claim may be an address or a name.</summary>
internal sealed class AnyValue(string claim, string[] values) : Requirement("claim: " + claim, Problems.PolicyDenied("claim: " + claim))
{
    public override bool IsMetBy(in Circumstances circumstances) => Overlap(values, circumstances.Identity.ValuesOf(claim));
}
