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
    private const int LowestWorkFactor = 4, HighestWorkFactor = 15;

    /// <summary>All rounds of BCrypt that were run so far: what an answer has cost, which no clock can tell exactly.</summary>
    public long Rounds => Volatile.Read(ref rounds);

    private long rounds;

    public string Hash(string password)
    {
        Count(options.WorkFactor);
        return $"{Marker}${secrets.Current.Id}${BCrypt.Net.BCrypt.HashPassword(Prehash(secrets.Current, password), options.WorkFactor)}";
    }

    /// <summary>It is a hash that a password can be tried on; otherwise nobody can ever log in with it, and somebody should know.</summary>
    public bool CanRead(string stored) => Read(stored) is not null;

    /// <param name="stored">Null for an unknown user: the same work is done, in vain.</param>
    /// <param name="password">What was presented.</param>
    public PasswordVerificationResult Verify(string? stored, string password)
    {
        var hash = Read(stored);
        var fits = hash is var (secret, bcrypt, factor) && Try(secret is null ? password : Prehash(secret, password), bcrypt, factor);

        // Also when it fits: the account may be disabled, and is then answered as if it did not.
        SpendTheRest(hash?.WorkFactor, password);
        return !fits ? PasswordVerificationResult.Failed
            : hash?.Secret == secrets.Current && hash?.WorkFactor == options.WorkFactor ? PasswordVerificationResult.Success
            : PasswordVerificationResult.SuccessRehashNeeded;
    }

    /// <summary>An answer that comes sooner would tell that there is no such user, or which hash is a cheap one. A dearer one than ours takes longer.</summary>
    private void SpendTheRest(int? spent, string password)
    {
        if (spent is null)
            TryInVain(options.WorkFactor, password);

        // From n on, one of each comes to 2^WorkFactor rounds together with the 2^n that were spent.
        for (var factor = spent ?? options.WorkFactor; factor < options.WorkFactor; factor++)
            TryInVain(factor, password);
    }

    private void TryInVain(int workFactor, string password) =>
        Try(Prehash(secrets.Current, password), $"$2a${workFactor:00}${new string('.', 53)}", workFactor);      // no password fits

    private bool Try(string text, string bcrypt, int workFactor)
    {
        Count(workFactor);
        return BCrypt.Net.BCrypt.Verify(text, bcrypt);
    }

    private void Count(int workFactor) => Interlocked.Add(ref rounds, 1L << workFactor);

    /// <returns>Null: nothing that a password can be tried on.</returns>
    private (Secret? Secret, string Bcrypt, int WorkFactor)? Read(string? stored)
    {
        var (secret, bcrypt) = stored?.Split('$', 3) is [Marker, var id, var keyed] ? (secrets.Find(id), keyed) : (null, stored);
        if (bcrypt is null || !Bcrypt().IsMatch(bcrypt) || (secret is null && bcrypt != stored))
            return null;

        var factor = int.Parse(bcrypt.AsSpan(4, 2), System.Globalization.CultureInfo.InvariantCulture);
        return factor is >= LowestWorkFactor and <= HighestWorkFactor ? (secret, bcrypt, factor) : null;
    }

    string IPasswordHasher<User>.HashPassword(User user, string password) => Hash(password);

    PasswordVerificationResult IPasswordHasher<User>.VerifyHashedPassword(User user, string hashedPassword, string providedPassword) =>
        Verify(hashedPassword, providedPassword);

    private static string Prehash(Secret secret, string password) =>
        Convert.ToBase64String(HMACSHA384.HashData(secret.Derive("passwords", 48), Encoding.UTF8.GetBytes(PasswordSpelling.Normalize(password))));

    [GeneratedRegex(@"^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}\z")]
    private static partial Regex Bcrypt();
}
