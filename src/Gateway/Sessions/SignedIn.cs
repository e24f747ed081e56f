using Gateway.Platform;

namespace Gateway.Sessions;

/// <summary>On an endpoint of ours: it wants a signed-in user, whom the gate leaves as the feature <see cref="Identity"/>.</summary>
internal sealed record SignedIn(bool BodyWillDo)
{
    public static readonly SignedIn Required = new(false);

    /// <summary>Without a credential the body has to prove who asks; a session that has ended already is no trouble.</summary>
    public static readonly SignedIn OrBody = new(true);
}

/// <summary>Left by the gate where somebody wants to end what has ended.</summary>
/// <param name="Refusal">What every other endpoint says to it.</param>
/// <param name="UserId">Whose it was; null: the gate does not know.</param>
internal sealed record EndedAlready(Problem Refusal, string? UserId);
