using System.Text.Json;

namespace Gateway.Tokens;

/// <summary>What a backend is told of whoever is there, where it is told in JSON.</summary>
/// <param name="Subject">Whose it is, for ever.</param>
/// <param name="Username">The name, or the subject again.</param>
/// <param name="Email">Null unless it may be told.</param>
/// <param name="Roles">Empty: none.</param>
/// <param name="SessionId">Null: the issuer has no sessions.</param>
internal sealed record AssertedClaims(string Subject, string Username, string? Email, IReadOnlyList<string> Roles, string? SessionId)
{
    /// <summary>Into an object that has been begun. Absent claim: absent member; roles are a list always.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("sub", Subject);
        json.WriteString("preferred_username", Username);
        if (Email is not null)
            json.WriteString("email", Email);
        json.WriteStartArray("roles");
        foreach (var role in Roles)
            json.WriteStringValue(role);
        json.WriteEndArray();
        if (SessionId is not null)
            json.WriteString("sid", SessionId);
    }
}
