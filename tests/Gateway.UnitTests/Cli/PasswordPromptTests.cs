using Gateway.Cli;

namespace Gateway.UnitTests.Cli;

public sealed class PasswordPromptTests
{
    [Theory]
    [InlineData("secret pass\rsecret pass\r", "secret pass")]
    [InlineData("sex\bcret\rsecret\r", "secret")]
    [InlineData("\b\bsecret\rsecret\r", "secret")]
    [InlineData("sec\u0001ret\rsecret\r", "secret")]
    [InlineData("secret\rSecret\r", null)]
    [InlineData("\r", null)]
    public void What_was_typed_twice_is_the_password_and_is_never_shown(string keys, string? password)
    {
        using var terminal = new StringWriter();
        var next = new Queue<char>(keys);

        Assert.Equal(password, PasswordPrompt.Ask(() => Key(next.Dequeue()), terminal));

        Assert.DoesNotContain("sec", terminal.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    private static ConsoleKeyInfo Key(char c) =>
        new(c, c switch { '\r' => ConsoleKey.Enter, '\b' => ConsoleKey.Backspace, _ => ConsoleKey.None }, shift: false, alt: false, control: false);
}
