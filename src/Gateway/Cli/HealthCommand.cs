using System.CommandLine;
using System.Net;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Platform;
using Gateway.Platform.Configuration;

namespace Gateway.Cli;

/// <summary><c>health</c>: does a gateway answer here, and is it ready? For images that have neither a shell nor curl.</summary>
internal static class HealthCommand
{
    private const int Unwell = 1;
    private const int MaxReportBytes = 64 * 1024;
    private const string Example = "http://127.0.0.1:8090";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);      // whoever runs health checks mostly gives them five

    private static readonly Option<string?> Url = new("--url") { Description = "The management listener; without it the one of the configuration.", HelpName = "URL" };
    private static readonly Option<bool> Live = new("--live") { Description = "Asks only whether the process answers, not whether it is ready." };

    public static Command Create(string[] args)
    {
        var command = new Command("health", "Asks a running gateway whether it is ready. Exit code 0: yes; 1: no, with the reasons.") { Url, Live };
        command.SetAction((parsed, ct) => AskAsync(parsed.GetValue(Url) is { } given ? Given(given) : Configured(args), parsed.GetValue(Live), ct));
        return command;
    }

    private static Uri Given(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" && url.PathAndQuery is "/"
            ? url
            : throw new StartRefusedException($"--url: '{text}' is not an address. It must be http:// with host and port, such as {Example}.");

    // Not the whole configuration: what is wrong with the rest keeps nobody from asking.
    private static Uri Configured(string[] args)
    {
        var text = Written(CommandLine.Layers(args)) ?? new ManagementOptions().Url;
        return ListenAddress.TryParse(text) is { Scheme: "http", Port: > 0 } address
            ? new UriBuilder("http", address.IsEverywhere ? IPAddress.Loopback.ToString() : address.Host, address.Port).Uri
            : throw new StartRefusedException($"{ManagementOptions.Section}:Url: '{text}' names no port that could be asked. Say where it listens, such as --url {Example}.");
    }

    // A gateway that serves refuses a file that has gone bad, and goes on: then the environment or the command line may say where. Not a guess: another gateway could answer there.
    private static string? Written(ConfigurationLayers layers)
    {
        const string Key = $"{ManagementOptions.Section}:Url";
        try
        {
            return layers.Read()[Key];
        }
        catch (StartRefusedException) when (layers.WithoutFiles().Read()[Key] is { } elsewhere)
        {
            return elsewhere;
        }
    }

    private static async Task<int> AskAsync(Uri url, bool live, CancellationToken ct)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience, MaxResponseContentBufferSize = MaxReportBytes };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, live ? "/health/live" : "/health/ready"));
        request.Headers.Host = "localhost";      // other names have to be in Management:Hosts
        try
        {
            using var response = await client.SendAsync(request, ct);
            var healthy = response.StatusCode is HttpStatusCode.OK;
            if (!healthy && response.StatusCode is not HttpStatusCode.ServiceUnavailable)
                return NoGateway(request, $"it says {(int)response.StatusCode}");

            Show(JsonSerializer.Deserialize<HealthResponse>(await response.Content.ReadAsStringAsync(ct), JsonSerializerOptions.Web));
            return healthy ? 0 : Unwell;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return NoGateway(request, $"nothing within {Patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return NoGateway(request, e is JsonException ? "what it says is no report" : e.GetBaseException().Message);
        }
    }

    private static void Show(HealthResponse? report)
    {
        if (report is not { Status: { } status, Checks: { } checks })
            throw new JsonException();

        Console.WriteLine(status);
        foreach (var (part, state) in checks.Where(check => check.Value is not ("ok" or "not configured")))
            Console.WriteLine($"{part}: {state}");
    }

    private static int NoGateway(HttpRequestMessage request, string reason)
    {
        Console.Error.WriteLine($"No gateway answers at {request.RequestUri}: {reason}. Is it running, and is that its {ManagementOptions.Section}:Url?");
        return Unwell;
    }
}
