using System.Text;
using Gateway.Platform;
using Microsoft.AspNetCore.Identity;

namespace Gateway.Accounts;

/// <summary>May this be a password, and is it the one? The slow part runs on <see cref="HashingThreads"/>.</summary>
internal sealed partial class Passwords(PasswordHasher hasher, HashingThreads threads, PasswordOptions options, ILogger<Passwords> logger)
{
    private const int MaxBytes = 1024;

    private long unreadable;

    /// <summary>How often a password was tried at a stored hash that is none.</summary>
    public long Unreadable => Volatile.Read(ref unreadable);

    /// <summary>False: another one would be turned away, so nothing need be looked up for it.</summary>
    public bool HasRoom() => threads.HasRoom();

    public Problem Busy => Problems.Busy with { RetryAfter = threads.RetryAfterSeconds };

    /// <returns>Null: it may.</returns>
    public Problem? Judge(string password, string username)
    {
        if (password.EnumerateRunes().Count() < options.MinimumLength)
            return Problems.WeakPassword($"The password must have {options.MinimumLength} characters or more. A few words are easy to remember and hard to guess.");
        if (Encoding.UTF8.GetByteCount(password) > MaxBytes)
            return Problems.WeakPassword($"The password must be {MaxBytes} bytes or less.");
        if (password.Equals(username, StringComparison.OrdinalIgnoreCase))
            return Problems.WeakPassword("The password must not be the user name.");
        if (CommonPasswords.Contains(password))
            return Problems.WeakPassword("The password is one of the most common ones, which are tried first. A few words are easy to remember and hard to guess.");
        return null;
    }

    /// <returns>Null: too many are waiting.</returns>
    public async Task<string?> HashAsync(string password, CancellationToken ct) =>
        threads.TryRun(() => hasher.Hash(password), ct) is { } work ? await work : null;

    /// <param name="user">Null for an unknown one: the same work is done, in vain.</param>
    /// <param name="password">What was presented.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Null: too many are waiting.</returns>
    public async Task<PasswordVerificationResult?> VerifyAsync(User? user, string password, CancellationToken ct)
    {
        var stored = user?.PasswordHash;
        if (stored is not null && !hasher.CanRead(stored))
        {
            // To who logs in it is a wrong password; to the operator it is damage, or a Secret that is missing.
            Interlocked.Increment(ref unreadable);
            HashIsUnreadable(logger, user!.Id);
        }

        // Longer was never accepted; it is compared with nothing, at the usual price.
        if (Encoding.UTF8.GetByteCount(password) > MaxBytes)
            (stored, password) = (null, "");
        return threads.TryRun(() => hasher.Verify(stored, password), ct) is { } work ? await work : null;
    }

    [LoggerMessage(1000, LogLevel.Error, "The stored password of user {UserId} cannot be read: it is damaged, of a work factor above 15, or made with a Secret that is not listed. Nobody can log in with it; set a new one with the verb users set")]
    private static partial void HashIsUnreadable(ILogger logger, string userId);
}
