namespace Gateway.IntegrationTests.Support;

/// <summary>The table of "What clients call": each address is looked up in it before it is called, and none may be left over.</summary>
internal sealed class Addresses(Caller nobody)
{
    private static readonly Dictionary<string, string> Values = new() { ["username"] = "dora", ["password"] = TestGateway.Password };

    private readonly Dictionary<string, (string Path, string Says)> rows = Document.Readme.Section("What clients call").Table
        .SelectMany(row => Document.Code(row[0]).Select(code => (Code: code.StartsWith('/') ? "GET " + code : code, Says: row[1])))
        .ToDictionary(row => row.Code.Split('?')[0], row => (row.Code.Split(' ')[1], row.Says));

    private readonly HashSet<string> called = [];

    public IEnumerable<string> NotCalled => rows.Keys.Except(called);

    public string[] ScopesOf(string address) => Row(address).Path.Split("scope=")[1].Split('|');

    public async Task<Session> SessionAsync(string address, HttpStatusCode status, string? refreshToken = null) =>
        await (await SendAsync(address, refreshToken)).ReadAsync<Session>(status);

    public Task<HttpResponseMessage> SendAsync(string address, string? refreshToken = null) => SendAsync(address, nobody, Body(address, refreshToken).ToJsonString());

    /// <summary>The same with the member that gives a browser its cookie.</summary>
    public async Task CookieAsync(string address)
    {
        var body = Body(address);
        var member = Assert.Single(Document.Code(Row(address).Says), code => code.Contains(": true"));
        body[member.Split('"')[1]] = true;

        var response = await SendAsync(address, nobody, body.ToJsonString());

        Assert.StartsWith("__Host-gateway=", Assert.Single(response.Headers.GetValues("Set-Cookie")));
        Assert.DoesNotContain(await response.ReadJsonAsync(), member => member.Key.Contains("token", StringComparison.Ordinal));
    }

    /// <param name="address">As the table writes it.</param>
    /// <param name="caller">Who calls.</param>
    /// <param name="argument">What stands for {id}, or the body.</param>
    public Task<HttpResponseMessage> SendAsync(string address, Caller caller, string? argument = null)
    {
        var path = Row(address).Path.Split('?')[0];
        var request = new HttpRequestMessage(new(address.Split(' ')[0]), path.Replace("{id}", argument));
        if (!path.Contains('{') && argument is not null)
            request.Content = new StringContent(argument, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        return caller.SendAsync(request);
    }

    // {"username", "password"} are the names of the members.
    private JsonObject Body(string address, string? refreshToken = null)
    {
        var members = Document.Code(Row(address).Says).First(code => code.StartsWith('{')).Split('"').Where((_, i) => i % 2 == 1);
        return new(members.Select(name => KeyValuePair.Create<string, JsonNode?>(name, Values.GetValueOrDefault(name) ?? refreshToken)));
    }

    private (string Path, string Says) Row(string address)
    {
        Assert.True(rows.TryGetValue(address, out var row), $"The README does not name {address}.");
        called.Add(address);
        return row;
    }
}
