using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Does the token have all of these scopes?</summary>
internal sealed class AllScopes(string[] scopes) : Requirement("scope: " + string.Join(' ', scopes), Problems.InsufficientScope(string.Join(' ', scopes)))
{
    public override bool IsMetBy(in Circumstances circumstances)
    {
        var given = circumstances.Identity.Claims.Scopes;
        foreach (var scope in scopes)
        {
            if (Array.IndexOf(given, scope) < 0)
                return false;
        }

        return true;
    }
}
