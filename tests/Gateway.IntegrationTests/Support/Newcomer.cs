using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Support;

/// <summary>Somebody with a service of his own who follows the README to the letter, in an empty folder. Only the ports are others.</summary>
public sealed partial class Newcomer : IAsyncLifetime
{
    private const string AnyPort = "http://127.0.0.1:0";

    // No compiler or build server stays behind.
    private static readonly (string, string)[] Build = [("MSBUILDDISABLENODEREUSE", "1"), ("DOTNET_CLI_USE_MSBUILD_SERVER", "0"), ("UseSharedCompilation", "false")];

    private readonly TempFolder folder = new();
    private ServerProcess? gateway;

    public RecordingBackend Service { get; } = new();

    public Uri Url => gateway!.Url;

    internal static Document Chapter { get; } = Document.Readme.Section("Your own service behind it");

    public async ValueTask InitializeAsync()
    {
        var (publish, serve) = (Chapter.Commands.Single(c => c.StartsWith("dotnet publish", StringComparison.Ordinal)), Chapter.Commands.First(c => c.Contains("--config")));
        folder.Write(Config().Match(serve).Groups[1].Value, WithOtherPorts(Chapter.Json));

        var output = Output().Match(publish).Groups[1];
        (await CommandLine.BashAsync(publish[..output.Index] + folder.File(output.Value), Document.Repository, Build)).AssertSucceeded();
        gateway = await ServerProcess.StartAsync(CommandLine.Start("bash", ["-c", "exec " + serve], folder.Path, Environment()));
    }

    /// <summary>A command of the README beside the running gateway: the program is where the README has put it.</summary>
    internal Task<CliResult> TypeAsync(string command, params (string Name, string Value)[] environment)
    {
        var program = Program().Match(string.Join('\n', Chapter.Commands)).Value;
        return CommandLine.BashAsync(command.Replace("dotnet Gateway.dll", program), folder.Path, [.. Environment(), .. environment]);
    }

    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
            await gateway.DisposeAsync();
        await Service.DisposeAsync();
        folder.Dispose();
    }

    internal string[] Files => folder.Names();

    private string WithOtherPorts(string json)
    {
        var settings = JsonNode.Parse(json)!;
        var destination = settings["ReverseProxy"]!["Clusters"]!.AsObject().Single().Value!["Destinations"]!.AsObject().Single().Value!["Address"]!;
        return json.Replace((string)settings["Urls"]!, AnyPort).Replace((string)destination!, Service.Url.ToString());
    }

    private static (string, string)[] Environment() => [("Gateway__Management__Url", AnyPort), ("Gateway__Passwords__WorkFactor", "10")];

    [GeneratedRegex(@"--config (\S+)")]
    private static partial Regex Config();

    [GeneratedRegex(@"(?<=-o )(\S+)$")]
    private static partial Regex Output();

    [GeneratedRegex(@"dotnet \S*/Gateway\.dll")]
    private static partial Regex Program();
}
