namespace Gateway.Tokens;

/// <summary>Which claims leave this gateway in headers, besides the roles? Those of every dialect, and what Routes was configured to say.</summary>
/// <param name="Configured">Of Gateway:Identity:Headers.</param>
internal sealed record SpokenClaims(string[] Configured)
{
    private static readonly string[] OfTheDialects = ["sub", "preferred_username", "name", "email", "jti", "sid"];

    public string[] Names { get; } = [.. OfTheDialects, .. Configured];
}
