using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Did the login have more than one factor (RFC 8176 section 2)?</summary>
internal sealed class MultiFactor() : Requirement("mfa", Problems.InsufficientAuthentication("Log in again with a second factor: this route needs it.", "mfa"))
{
    public override bool IsMetBy(in Circumstances circumstances) => Array.IndexOf(circumstances.Identity.ValuesOf("amr"), "mfa") >= 0;
}
