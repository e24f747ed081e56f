using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Does the user have one of these roles? Exactly as they are written.</summary>
internal sealed class AnyRole(string[] roles) : Requirement(Describe(roles), Problems.PolicyDenied(Describe(roles)))
{
    public override bool IsMetBy(in Circumstances circumstances) => Overlap(roles, circumstances.Identity.Roles);

    public override bool IsMetByRoles(string[] given) => Overlap(roles, given);

    private static string Describe(string[] roles) => "role: " + string.Join(" or ", roles);
}
