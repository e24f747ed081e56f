using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Platform;

namespace Gateway.IntegrationTests;

/// <summary>
/// The page on deployment, and the files that it is about. Its commands are carried out by deploy/try.sh, which test.sh runs after the
/// tests: in containers, or as plain processes where none can run. Here is what needs neither: that it leaves none of them out, and that
/// the numbers of all these files fit each other.
/// </summary>
public sealed partial class DeploymentTests
{
    private static readonly Document Page = Document.Read("docs/deployment.md");
    private static readonly string Compose = Read("docker-compose.yml"), Balancer = Read("deploy/haproxy.cfg"), Image = Read("Dockerfile"), Try = Read("deploy/try.sh"), Containers = Read("deploy/try/containers.sh");

    [Fact]
    public void Every_command_of_the_page_is_carried_out_in_its_order()
    {
        var sections = Headings().Matches(Page.Text).Select(match => match.Groups[1].Value).Where(heading => Page.Section(heading).Commands.Length > 0).ToArray();

        var followed = Followed().Matches(Containers + Try).Select(match => match.Groups[1].Value).Distinct();

        Assert.NotEmpty(sections);
        Assert.Equal(sections, followed);
        Assert.Contains("deploy/try.sh", Read("test.sh"));
    }

    [Fact]
    public async Task Configuration_of_the_containers_passes_the_check() =>
        (await CommandLine.RunAsync("check", "--config", Path.Combine(Document.Repository, "deploy/gateway.json"))).AssertSucceeded();

    [Fact]
    public async Task Health_check_of_the_image_is_a_verb_of_the_gateway()
    {
        await using var gateway = await TestGateway.StartAsync();
        var words = JsonSerializer.Deserialize<string[]>(HealthCheck().Match(Image).Groups[1].Value)!;

        var result = await CommandLine.RunAsync(words[2..], environment: ("Gateway__Management__Url", gateway.ManagementUrl.ToString()));

        Assert.Equal(["dotnet", "/app/Gateway.dll"], words[..2]);
        result.AssertSucceeded();
    }

    // A value of the image must not stand above the operator's file: ASPNETCORE_ variables are the layer below it.
    [Fact]
    public void Image_brings_defaults_and_no_settings() =>
        Assert.DoesNotMatch(@"(?<!ASPNETCORE_)(Gateway|ReverseProxy)__", Image);

    [Fact]
    public void Page_says_of_the_image_what_the_dockerfile_says()
    {
        var table = Page.Section("The images").Text;

        Assert.Contains($"| user | {Regex.Match(Image, @"^USER (\d+)$", RegexOptions.Multiline).Groups[1]},", table);
        Assert.All(Regex.Match(Image, @"EXPOSE (.+ .+)").Groups[1].Value.Split(' '), port => Assert.Contains(port, table));
        Assert.Contains(Regex.Match(Image, "WORKDIR (/etc.*)").Groups[1] + "/appsettings.json", table);
        Assert.Contains($"`{Regex.Match(Image, "VOLUME (.*)").Groups[1]}`", table);
    }

    [Fact]
    public void Engine_kills_nobody_who_drains_as_long_as_he_may()
    {
        var drain = new DrainOptions();

        Assert.All(GracePeriods().Matches(Compose), period => Assert.True(Seconds(period) > drain.Delay + drain.Timeout));
        Assert.True(Seconds(Regex.Match(Page.Text, @"terminationGracePeriodSeconds: (\d+)")) > Seconds(Regex.Match(Page.Text, @"sleep: \{ seconds: (\d+)")) + drain.Delay + drain.Timeout);
    }

    [Fact]
    public void Balancer_notices_who_leaves_before_he_takes_nobody_new()
    {
        var check = Regex.Match(Balancer, @"inter (\d+)ms fall (\d+)");
        var interval = TimeSpan.FromMilliseconds(int.Parse(check.Groups[1].Value, CultureInfo.InvariantCulture));

        // A check may have just begun when it turns, and takes a moment itself.
        Assert.True((int.Parse(check.Groups[2].Value, CultureInfo.InvariantCulture) + 2) * interval < new DrainOptions().Delay);
    }

    // A request that was sent may have been carried out: sent again, it would be carried out twice.
    [Fact]
    public void Balancer_tries_another_gateway_only_when_it_cannot_connect() =>
        Assert.Equal(["conn-failure"], Regex.Matches(Balancer, "retry-on (.*)").Select(match => match.Groups[1].Value));

    [Fact]
    public async Task Who_asks_as_the_page_and_the_balancer_ask_is_answered()
    {
        await using var gateway = await TestGateway.StartAsync();
        var asked = Probes().Matches(Page.Text).Select(m => (Path: m.Groups[1].Value, Host: m.Groups[2].Value))
            .Append((Regex.Match(Balancer, "uri (/[a-z/]+)").Groups[1].Value, Regex.Match(Balancer, "hdr Host (.*)").Groups[1].Value)).ToArray();

        Assert.Equal(4, asked.Length);
        foreach (var (path, host) in asked)
        {
            var response = await Caller.Anonymous(gateway.ManagementUrl).SendAsync(new(HttpMethod.Get, path) { Headers = { Host = host } });
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    // Two gateways with one well-known secret would each open what the other has locked.
    [Fact]
    public void No_secret_stands_in_a_file()
    {
        var secrets = Regex.Matches(Compose, "(Gateway__Secret: |Password=|POSTGRES_PASSWORD: )(.*)").Select(match => match.Groups[2].Value).ToArray();

        Assert.Equal(3, secrets.Length);
        Assert.All(secrets, secret => Assert.Matches(@"^\$\{[A-Z_]+-\}$", secret));
        Assert.Contains(".env", File.ReadAllLines(Path.Combine(Document.Repository, ".gitignore")));
        Assert.StartsWith("#", Read(".dockerignore"));
        Assert.Contains("\n*\n", Read(".dockerignore"));
    }

    [Fact]
    public async Task Replica_whose_secret_was_not_made_does_not_start()
    {
        var result = await CommandLine.RunAsync(["check", "--config", Path.Combine(Document.Repository, "deploy/gateway.json")], environment: ("Gateway__Secret", ""));

        result.AssertRefused("Gateway:Secret", "openssl");
    }

    // Whatever else the network of the containers reaches, the machine's own does not.
    [Fact]
    public void Ports_are_opened_on_the_loopback_only() =>
        Assert.All(Regex.Matches(Compose, @"- (\S+):\d+$", RegexOptions.Multiline), port => Assert.StartsWith("127.0.0.1:", port.Groups[1].Value));

    private static string Read(string file) => File.ReadAllText(Path.Combine(Document.Repository, file));

    private static TimeSpan Seconds(Match match) => TimeSpan.FromSeconds(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex("^ *follow '(.+)'$", RegexOptions.Multiline)]
    private static partial Regex Followed();

    [GeneratedRegex(@"^HEALTHCHECK .* CMD (\[.*\])$", RegexOptions.Multiline)]
    private static partial Regex HealthCheck();

    [GeneratedRegex(@"stop_grace_period: (\d+)s")]
    private static partial Regex GracePeriods();

    [GeneratedRegex(@"httpGet: \{ path: (\S+), port: 8090, httpHeaders: \[\{ name: Host, value: (\S+) \}\]")]
    private static partial Regex Probes();
}
