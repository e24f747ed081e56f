using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Support;

/// <summary>A page of the documentation as its reader sees it: sections, commands, tables, JSON, links.</summary>
internal sealed partial class Document
{
    private Document(string file, string[] lines) => (File, Lines) = (file, lines);

    /// <summary>The folder that somebody has after git clone.</summary>
    public static string Repository { get; } = FindRepository();

    public static Document Readme { get; } = Read("README.md");

    public string File { get; }

    public string[] Lines { get; }

    public string Text => string.Join('\n', Lines);

    /// <summary>The one block of JSON.</summary>
    public string Json => Assert.Single(Fence().Matches(Text)).Groups[1].Value;

    /// <summary>What is to be typed: lines indented by four spaces, without the comment behind them.</summary>
    public string[] Commands =>
        [.. AnyFence().Replace(Text, "").Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Split("  #")[0].Trim())];

    /// <summary>The rows of the one table, without its head.</summary>
    public string[][] Table =>
        [.. Lines.Where(line => line.StartsWith('|')).Skip(2).Select(line => Bar().Split(line.Trim('|')).Select(cell => cell.Trim().Replace("\\|", "|")).ToArray())];

    public string[] Links => [.. Link().Matches(Text).Select(match => match.Groups[1].Value)];

    public static Document Read(string file) => new(Path.Combine(Repository, file), System.IO.File.ReadAllLines(Path.Combine(Repository, file)));

    public Document Section(string heading)
    {
        var after = Lines.SkipWhile(line => line != "## " + heading).Skip(1).ToArray();
        Assert.True(after.Length > 0, $"{File} has no section '{heading}'.");
        return new(File, [.. after.TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))]);
    }

    /// <summary>What stands between `backticks`.</summary>
    public static string[] Code(string text) => [.. Span().Matches(text).Select(match => match.Groups[1].Value)];

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No Gateway.sln above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("```[a-z]+\n.*?```", RegexOptions.Singleline)]
    private static partial Regex AnyFence();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Bar();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?<!`)`([^`]+)`(?!`)")]
    private static partial Regex Span();
}
