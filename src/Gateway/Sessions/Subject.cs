using Gateway.Platform.Database;

namespace Gateway.Sessions;

/// <summary>What a session needs to know of its user; Accounts tells it.</summary>
/// <param name="Id">The <c>sub</c>.</param>
/// <param name="Username">In its canonical form.</param>
/// <param name="Email">Absent if none was given.</param>
/// <param name="EmailVerified">Only a verified address is told to backends.</param>
/// <param name="Roles">Exact names.</param>
/// <param name="Version">The <c>ver</c>: what was said of the user under a lower one is out of date.</param>
/// <param name="IsDisabled">May not go anywhere.</param>
/// <param name="Stamp">Changes with the password.</param>
internal sealed record Subject(
    string Id, string Username, string? Email, bool EmailVerified, string[] Roles, int Version, bool IsDisabled, string Stamp);

/// <summary>Reads a user, in the caller's transaction.</summary>
internal delegate Task<Subject?> ReadSubject(GatewayDatabase db, string userId, CancellationToken ct);

/// <summary>Raises the user's <c>ver</c>, in the caller's transaction, and returns the new one.</summary>
internal delegate Task<int> RaiseVersion(GatewayDatabase db, string userId, CancellationToken ct);
