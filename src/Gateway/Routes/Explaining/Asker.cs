using Gateway.Platform;
using Gateway.Sessions;

namespace Gateway.Routes.Explaining;

/// <summary>Who asks, as far as a policy sees it? Whoever it is may be made up: nothing here is a credential, and none can be made of it.</summary>
/// <param name="Name">In words.</param>
/// <param name="Identity">Null: nobody, or somebody whose credential does not hold.</param>
/// <param name="Refusal">What is said to the credential itself, before any policy is asked; null: it holds, or there is none.</param>
/// <param name="Note">What was not looked at; null: nothing.</param>
internal sealed record Asker(string Name, Identity? Identity = null, Problem? Refusal = null, string? Note = null)
{
    public const CredentialKind Tokens = CredentialKind.Bearer | CredentialKind.AccessTokenHeader | CredentialKind.Body | CredentialKind.Query;

    public static readonly Asker Nobody = new("nobody");

    /// <summary>How the credential may come.</summary>
    public CredentialKind Kinds { get; init; } = Tokens | CredentialKind.Cookie;
}
