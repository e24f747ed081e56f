using System.Text;
using Gateway.Platform;
using Microsoft.AspNetCore.Identity;

namespace Gateway.Accounts;

/// <summary>May this be a password, and is it the one? The slow part runs on <see cref="HashingThreads"/>.</summary>
internal sealed class Passwords(PasswordHasher hasher, HashingThreads threads, PasswordOptions options)
{
    private const int MaxBytes = 1024;

    /// <returns>Null: it may.</returns>
    public Problem? Judge(string password, string username)
    {
        if (password.EnumerateRunes().Count() < options.MinimumLength)
            return Problems.WeakPassword($"The password must have {options.MinimumLength} characters or more. A few words are easy to remember and hard to guess.");
        if (Encoding.UTF8.GetByteCount(password) > MaxBytes)
            return Problems.WeakPassword($"The password must be {MaxBytes} bytes or less.");
        if (password.Equals(username, StringComparison.OrdinalIgnoreCase))
            return Problems.WeakPassword("The password must not be the user name.");
        return null;
    }

    /// <returns>Null: too many are waiting.</returns>
    public async Task<string?> HashAsync(string password, CancellationToken ct) =>
        threads.TryRun(() => hasher.Hash(password), ct) is { } work ? await work : null;

    /// <param name="stored">Null for an unknown user: the same work is done, in vain.</param>
    /// <param name="password">What was presented.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Null: too many are waiting.</returns>
    public async Task<PasswordVerificationResult?> VerifyAsync(string? stored, string password, CancellationToken ct)
    {
        // Longer was never accepted; it is compared with nothing, at the usual price.
        if (Encoding.UTF8.GetByteCount(password) > MaxBytes)
            (stored, password) = (null, "");
        return threads.TryRun(() => hasher.Verify(stored, password), ct) is { } work ? await work : null;
    }
}
