using System.Reflection;
using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests;

/// <summary>What the documents point to is there.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        ["README.md", .. Directory.GetFiles(Path.Combine(Document.Repository, "docs"), "*.md").Select(file => Path.GetRelativePath(Document.Repository, file))];

    [Fact]
    public void Readme_is_read_in_one_sitting() => Assert.InRange(Document.Readme.Lines.Length, 1, 150);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_relative_link_leads_to_a_file(string file)
    {
        var document = Document.Read(file);

        var targets = document.Links.Where(link => !link.Contains("://")).Select(link => Path.Combine(Path.GetDirectoryName(document.File)!, link.Split('#')[0]));

        Assert.All(targets, target => Assert.True(Path.Exists(target), target));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_in_the_text_leads_to_a_file(string file)
    {
        var paths = Document.Code(Document.Read(file).Text).Where(code => RepositoryPath().IsMatch(code));

        Assert.All(paths, path => Assert.True(Path.Exists(Path.Combine(Document.Repository, path)), path));
    }

    // A newcomer reads it with the code beside.
    [Fact]
    public void Architecture_names_only_what_the_code_has()
    {
        var known = typeof(GatewayHost).Assembly.GetTypes().SelectMany(type => type.GetMembers(All).Select(m => m.Name).Append(type.Name)).Concat(Folders()).ToHashSet();

        var named = Document.Code(Document.Read("docs/architecture.md").Text).Where(code => Name().IsMatch(code)).SelectMany(code => code.TrimEnd('/').Split('.', ':', '/'));

        Assert.Empty(named.Except(known).Except(["IEntityTypeConfiguration", "DependencyTests", "Gateway", "XFeature"]));
    }

    // Whoever doubts what is said of a fault can bring it about.
    [Fact]
    public void Every_fault_of_revocation_names_tests_that_are_there()
    {
        var tests = typeof(DocumentTests).Assembly.GetTypes().Select(type => type.Name).Where(name => name.EndsWith("Tests", StringComparison.Ordinal)).ToHashSet();

        Assert.All(Document.Read("docs/revocation.md").Section("Faults").Table, row =>
        {
            var named = Document.Code(row[^1]);
            Assert.NotEmpty(named);
            Assert.Empty(named.Except(tests));
        });
    }

    // Whoever doubts a rule can see it hold. What has no test says so by an empty cell.
    [Fact]
    public void Every_test_that_the_rules_of_security_name_is_there()
    {
        string[] projects = ["Gateway.UnitTests", "Gateway.IntegrationTests"];
        var tests = projects.SelectMany(project => Directory.GetFiles(Path.Combine(Document.Repository, "tests", project), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => TestClass().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToHashSet();

        string[] named = [.. Document.Code(Document.Read("docs/security.md").Text).Where(code => code.EndsWith("Tests", StringComparison.Ordinal))];

        Assert.True(named.Length > 100, $"{named.Length}");
        Assert.Empty(named.Except(tests));
    }

    [Fact]
    public async Task Example_passes_the_check()
    {
        var result = await CommandLine.RunAsync("check", "--config", Path.Combine(Document.Repository, "appsettings.example.json"));

        result.AssertSucceeded();
    }

    [Fact]
    public async Task Two_commands_are_there_with_the_options_that_the_readme_names()
    {
        var section = Document.Readme.Section("Two commands");
        var options = Document.Code(section.Text).SelectMany(code => Option().Matches(code).Select(m => m.Value)).Distinct().ToArray();

        var help = (await CommandLine.BashAsync("./demo.sh --help", Document.Repository)).AssertSucceeded();

        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains(option + " ", help.Output));
        Assert.All(section.Commands, command => Assert.Equal("", CannotRun(command)));
    }

    [Fact]
    public async Task Tour_of_the_demo_has_at_most_ten_lines()
    {
        var steps = await CommandLine.BashAsync("grep -cE '^ +step ' demo.sh", Document.Repository);

        Assert.InRange(int.Parse(steps.Output, System.Globalization.CultureInfo.InvariantCulture), 1, 10);
    }

    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static IEnumerable<string> Folders() => Directory.GetDirectories(Path.Combine(Document.Repository, "src", "Gateway")).Select(folder => Path.GetFileName(folder)!);

    private static string CannotRun(string command) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(Document.Repository, command)).HasFlag(UnixFileMode.UserExecute) ? "" : command + " is not executable";

    [GeneratedRegex(@"^(src|docs|tests|bench|deploy)/[\w./]+$")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"^[A-Z][A-Za-z]+([.:/][A-Z][A-Za-z]+)*/?$")]
    private static partial Regex Name();

    [GeneratedRegex(@"class (\w+Tests)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex Option();
}
