using System.Buffers;
using Microsoft.AspNetCore.Identity;

namespace Gateway.Accounts;

/// <summary>What is a user called, in the one form that is stored, compared and told to backends?</summary>
internal static class Names
{
    public const string UsernameRule = "A user name is 3 to 64 of the letters a-z, digits, '.', '_' and '-'; capital letters count as small ones.";
    public const string EmailRule = "An e-mail address is name@domain, at most 254 visible ASCII characters.";
    public const string RoleRule = "A role is 1 to 64 of the letters A-Z and a-z, digits, '.', '_', ':', '/' and '-'.";

    private static readonly SearchValues<char> Username = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> NotInEmail = SearchValues.Create(",;<>()[]\"\\");
    private static readonly SearchValues<char> Role = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-");

    /// <returns>Null: it breaks <see cref="UsernameRule"/>.</returns>
    public static string? CanonicalUsername(string text)
    {
        // ToLowerInvariant makes ASCII of a few others (the Kelvin sign), so ASCII is asked first.
        var name = System.Text.Ascii.IsValid(text) ? text.ToLowerInvariant() : "";
        return name.Length is >= 3 and <= 64 && !name.AsSpan().ContainsAnyExcept(Username) ? name : null;
    }

    /// <returns>Null: it breaks <see cref="EmailRule"/>.</returns>
    public static string? CanonicalEmail(string text)
    {
        if (text.Length > 254 || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny(NotInEmail))
            return null;

        var at = text.IndexOf('@');
        return at is > 0 and <= 64 && at == text.LastIndexOf('@') && at < text.Length - 1 ? text.ToLowerInvariant() : null;
    }

    public static bool IsRole(string text) => text.Length is > 0 and <= 64 && !text.AsSpan().ContainsAnyExcept(Role);
}

/// <summary>Identity's normalized columns hold the canonical form itself: one form, not two.</summary>
internal sealed class CanonicalNames : ILookupNormalizer
{
    public string? NormalizeName(string? name) => name is null ? null : Names.CanonicalUsername(name);

    public string? NormalizeEmail(string? email) => email is null ? null : Names.CanonicalEmail(email);
}
