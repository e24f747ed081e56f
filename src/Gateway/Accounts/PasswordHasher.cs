using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Platform;
using Microsoft.AspNetCore.Identity;

namespace Gateway.Accounts;

/// <summary>Is this the password? BCrypt over a keyed pre-hash: base64(HMAC-SHA-384(passwords key, NFC password)).</summary>
/// <remarks>
/// BCrypt ignores what follows byte 72 and stops at NUL; the pre-hash is 64 characters of base64, whatever the password. Its key is
/// not in the database, so stolen hashes cannot even be guessed at. Stored as <c>gw1$KEYID$BCRYPT</c>; what begins with <c>$2</c> was
/// imported, verifies as plain BCrypt and is renewed.
/// </remarks>
internal sealed partial class PasswordHasher(Secrets secrets, PasswordOptions options) : IPasswordHasher<User>
{
    private const string Marker = "gw1";
    private const int HighestWorkFactor = 15;

    /// <summary>A hash that no password fits, as expensive to try as a real one: for unknown users.</summary>
    public string Decoy => $"{Marker}${secrets.Current.Id}$$2a${options.WorkFactor}${new string('.', 53)}";

    public string Hash(string password) =>
        $"{Marker}${secrets.Current.Id}${BCrypt.Net.BCrypt.HashPassword(Prehash(secrets.Current, password), options.WorkFactor)}";

    public PasswordVerificationResult Verify(string stored, string password)
    {
        var (secret, bcrypt) = Split(stored);
        if (!Bcrypt().IsMatch(bcrypt) || WorkFactorOf(bcrypt) > HighestWorkFactor || (secret is null && bcrypt != stored))
            return PasswordVerificationResult.Failed;
        if (!BCrypt.Net.BCrypt.Verify(secret is null ? password : Prehash(secret, password), bcrypt))
            return PasswordVerificationResult.Failed;

        return secret == secrets.Current && WorkFactorOf(bcrypt) == options.WorkFactor
            ? PasswordVerificationResult.Success
            : PasswordVerificationResult.SuccessRehashNeeded;
    }

    string IPasswordHasher<User>.HashPassword(User user, string password) => Hash(password);

    PasswordVerificationResult IPasswordHasher<User>.VerifyHashedPassword(User user, string hashedPassword, string providedPassword) =>
        Verify(hashedPassword, providedPassword);

    private (Secret? Secret, string Bcrypt) Split(string stored) =>
        stored.Split('$', 3) is [Marker, var id, var bcrypt] ? (secrets.Find(id), bcrypt) : (null, stored);

    private static string Prehash(Secret secret, string password) =>
        Convert.ToBase64String(HMACSHA384.HashData(secret.Derive("passwords", 48), Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormC))));

    private static int WorkFactorOf(string bcrypt) => int.Parse(bcrypt.AsSpan(4, 2), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}\z")]
    private static partial Regex Bcrypt();
}
