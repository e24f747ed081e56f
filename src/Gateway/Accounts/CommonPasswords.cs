using System.Collections.Frozen;

namespace Gateway.Accounts;

/// <summary>Is it one of those that everybody tries first? The list is part of the program: nobody is asked.</summary>
internal static class CommonPasswords
{
    private const string List = "common-passwords.txt";

    // Read when somebody first chooses a password.
    private static readonly Lazy<FrozenSet<string>> All = new(Read);

    /// <param name="password">In any case of letters, and any spelling that is the same password.</param>
    public static bool Contains(string password) => All.Value.Contains(PasswordSpelling.Normalize(password));

    private static FrozenSet<string> Read()
    {
        using var lines = new StreamReader(typeof(CommonPasswords).Assembly.GetManifestResourceStream(List)!);
        return lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
