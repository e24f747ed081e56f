using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>One thing that a policy demands. Compiled when the configuration loads; judging allocates nothing.</summary>
/// <param name="text">What is demanded, for the log and for operators: it names no person.</param>
/// <param name="refusal">What is said to who does not meet it.</param>
internal abstract class Requirement(string text, Problem refusal)
{
    public string Text { get; } = text;

    /// <summary>What it is made of; each part can be judged by itself.</summary>
    public virtual IReadOnlyList<Requirement> Parts => [];

    public abstract bool IsMetBy(in Circumstances circumstances);

    /// <summary>What is said to who does not meet it like this.</summary>
    public virtual Problem RefusalOf(in Circumstances circumstances) => refusal;

    /// <summary>Is a new account with these roles, of which nothing else is known, one that meets it?</summary>
    public virtual bool IsMetByRoles(string[] roles) => false;

    /// <summary>Whoever is told this can cure it: by logging in again.</summary>
    protected static bool IsCurable(Problem refusal) => refusal.Status is StatusCodes.Status401Unauthorized;

    protected static string Join(string word, Requirement[] parts) =>
        parts is [var one] ? one.Text : string.Join($" {word} ", parts.Select(part => $"({part.Text})"));

    protected static bool Overlap(string[] wanted, string[] given)
    {
        foreach (var value in given)
        {
            if (Array.IndexOf(wanted, value) >= 0)
                return true;
        }

        return false;
    }
}
