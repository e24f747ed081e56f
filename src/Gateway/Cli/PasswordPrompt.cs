using System.Text;

namespace Gateway.Cli;

/// <summary>What is the new password? Asked of a person at a terminal, twice, and never shown.</summary>
internal static class PasswordPrompt
{
    /// <param name="readKey">The next key, which the terminal does not show.</param>
    /// <param name="terminal">Where the questions go; not standard output, which may be a file.</param>
    /// <returns>Null: nothing was typed, or not the same twice.</returns>
    public static string? Ask(Func<ConsoleKeyInfo> readKey, TextWriter terminal)
    {
        var password = Ask("Password: ", readKey, terminal);
        if (password.Length == 0)
            return null;
        if (password == Ask("The same again: ", readKey, terminal))
            return password;

        terminal.WriteLine("These were two different ones.");
        return null;
    }

    private static string Ask(string question, Func<ConsoleKeyInfo> readKey, TextWriter terminal)
    {
        terminal.Write(question);
        var typed = new StringBuilder();
        for (var key = readKey(); key.Key is not ConsoleKey.Enter; key = readKey())
        {
            if (key.Key is ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        terminal.WriteLine();
        return typed.ToString();
    }
}
