using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Is it one of these people?</summary>
internal sealed class OneOfUsers(string[] users) : Requirement(Describe(users), Problems.PolicyDenied(Describe(users)))
{
    // Whoever signs up may choose another's id as a user name: what looks like an id is never a name.
    private readonly string[] names = [.. users.Where(user => !Guid.TryParse(user, out _))];

    public override bool IsMetBy(in Circumstances circumstances)
    {
        var identity = circumstances.Identity;
        if (identity.IsOwn)
            return Array.IndexOf(users, identity.Subject) >= 0 || Array.IndexOf(names, identity.Username) >= 0;

        // Another issuer's alice is not ours. Its prefix tells them apart; where it has none, nothing does.
        return identity.Subject.Length > identity.Claims.Subject.Length && Array.IndexOf(users, identity.Subject) >= 0;
    }

    private static string Describe(string[] users) => $"user: one of {users.Length}";
}
