using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests;

/// <summary>The tour of the README, row by row, on what demo.sh starts.</summary>
public sealed partial class TourTests(Demo demo) : IClassFixture<Demo>
{
    [Fact]
    public async Task Every_row_of_the_tour_is_answered_as_promised()
    {
        var tourist = new Tourist(demo.Url);

        foreach (var row in Document.Readme.Section("The tour").Table)
            await tourist.TakeAsync(row[0], row[1]);

        Assert.NotEqual("", tourist.Token);
    }

    [Theory]
    [MemberData(nameof(HealthPaths))]
    public async Task Health_answers_where_the_readme_says(string path)
    {
        var response = await Caller.Anonymous(demo.ManagementUrl).GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public static TheoryData<string> HealthPaths => [.. Document.Code(Document.Readme.Section("For operators").Text).Where(code => code.StartsWith("/health", StringComparison.Ordinal))];

    /// <summary>Does what the left column says and looks for what the right one promises.</summary>
    private sealed partial class Tourist(Uri gateway)
    {
        private string last = "";

        public string Token { get; private set; } = "";

        public async Task TakeAsync(string command, string promise)
        {
            var response = await SendAsync(command);

            var status = int.Parse(Status().Match(promise).Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(status, (int)response.StatusCode);
            if (RefusalCode().Match(promise) is { Success: true } code)
                await response.AssertRefusedAsync(status, code.Groups[1].Value);
            else
                AssertShown(promise, await response.Content.ReadAsStringAsync());
        }

        private Task<HttpResponseMessage> SendAsync(string command)
        {
            var words = Document.Code(command).FirstOrDefault(last).Replace("curl -si ", "GET ").Split(' ', 3);
            last = words[0] == "GET" ? string.Join(' ', words) : last;

            var request = new HttpRequestMessage(new(words[0]), words[1][words[1].IndexOf('/', StringComparison.Ordinal)..]);
            if (words.Length > 2)
                request.Content = JsonContent.Create(Members().Matches(words[2]).ToDictionary(m => m.Groups[1].Value, m => m.Groups[1].Value == "username" ? "tourist" : TestGateway.Password));
            if (command.Contains("Bearer TOKEN") || command.Contains("with it") || command.Contains("same token"))
                request.Headers.Add("Authorization", "Bearer " + Token);
            return Caller.Anonymous(gateway).SendAsync(request);
        }

        private void AssertShown(string promise, string body)
        {
            Assert.All(Document.Code(promise), header => Assert.Contains($"\"{header}\": ", body));
            foreach (var token in TokenPromised().Matches(promise).Select(m => m.Value.Replace(' ', '_')))
                Assert.Contains($"\"{token}\"", body);

            if (body.Contains("access_token"))
                Token = (string)JsonNode.Parse(body)!["access_token"]!;
            else if (promise.Contains("no token"))
                Assert.DoesNotContain(Token, body);
        }

        [GeneratedRegex("^[0-9]{3}")]
        private static partial Regex Status();

        [GeneratedRegex("^[0-9]{3} `([a-z_]+)`")]
        private static partial Regex RefusalCode();

        [GeneratedRegex("\"([a-z]+)\"")]
        private static partial Regex Members();

        [GeneratedRegex("(access|refresh) token")]
        private static partial Regex TokenPromised();
    }
}
