using System.ComponentModel.DataAnnotations;

namespace Gateway.Accounts;

/// <summary>Who may have an account, and what does a new one get?</summary>
internal sealed class AccountOptions : IValidatableObject
{
    public const string Section = "Gateway:Accounts";

    public SignupMode Signup { get; set; } = SignupMode.Open;

    public string[] DefaultRoles { get; set; } = ["user"];

    /// <summary>Opt-in with a risk: whoever signs up with your address is you to a backend that matches by e-mail.</summary>
    public bool ForwardUnverifiedEmail { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (DefaultRoles.FirstOrDefault(role => !Names.IsRole(role)) is { } bad)
            yield return new($"'{bad}' is not a role. {Names.RoleRule}", [nameof(DefaultRoles)]);
    }
}

internal enum SignupMode
{
    Open,
    Closed,
}

/// <summary>What must a password be, and what may checking one cost?</summary>
internal sealed class PasswordOptions
{
    public const string Section = "Gateway:Passwords";

    /// <summary>BCrypt's cost: 2^n rounds.</summary>
    [Range(10, 15, ErrorMessage = "It must be between 10 and 15.")]
    public int WorkFactor { get; set; } = 12;

    [Range(8, 128, ErrorMessage = "It must be between 8 and 128.")]
    public int MinimumLength { get; set; } = 8;

    /// <summary>How many passwords are hashed at once; never on the pool that serves requests.</summary>
    [Range(1, 64, ErrorMessage = "It must be between 1 and 64.")]
    public int Threads { get; set; } = 1;

    /// <summary>How many may wait; one more is told to come back.</summary>
    [Range(1, 10_000, ErrorMessage = "It must be between 1 and 10000.")]
    public int QueueLimit { get; set; } = 32;
}
