using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Is this not met?</summary>
internal sealed class Not(Requirement part) : Requirement($"not ({part.Text})", Problems.PolicyDenied($"not ({part.Text})"))
{
    private readonly Requirement[] parts = [part];

    public override IReadOnlyList<Requirement> Parts => parts;

    public override bool IsMetBy(in Circumstances circumstances) => !parts[0].IsMetBy(in circumstances);

    public override bool IsMetByRoles(string[] roles) => !parts[0].IsMetByRoles(roles);
}
