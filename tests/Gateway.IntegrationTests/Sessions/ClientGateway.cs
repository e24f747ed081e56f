using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Sessions;

/// <summary>A gateway whose tokens two services may ask about; one has a name and a secret that must be encoded.</summary>
public sealed class ClientGateway : TestGateway
{
    public const string Id = "orders-api", OddId = "billing+api%2F";
    public const string Secret = "3f0c61a8b5d94c7e92f1d0a6c4b8e7f5", OddSecret = "9a 7c+1e%5d:2b8f é 64c0d3e1a7f5b9";

    public TestIssuer Foreign { get; } = new("https://file.example.com");

    protected override void Configure(SettingsFile settings)
    {
        var foreign = Foreign.Entry();
        foreign["JwksFile"] = Folder.Write("file.jwks", TestIssuer.Jwks(Foreign));
        settings.Trust(foreign).Set("Gateway:Clients", new JsonArray(
            new JsonObject { ["Id"] = Id, ["SecretHash"] = "sha256:" + Convert.ToHexStringLower(Hash(Secret)) },
            new JsonObject { ["Id"] = OddId, ["SecretHash"] = "sha256:" + Jwt.Encode(Hash(OddSecret)) }));
        Log.Keep(Secret, OddSecret);
    }

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    public async Task<HttpResponseMessage> AskAsync(string path, HttpContent content, string? authorization = null, Caller? caller = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", authorization ?? Basic(Id, Secret));
        return await (caller ?? Anonymous()).SendAsync(request);
    }

    public Task<HttpResponseMessage> AskAsync(string path, string token, string? hint = null) => AskAsync(path, new FormUrlEncodedContent(
        hint is null ? new() { ["token"] = token } : new Dictionary<string, string> { ["token"] = token, ["token_type_hint"] = hint }));

    public async Task<string> IntrospectAsync(string token, string? hint = null)
    {
        var answer = await AskAsync("/auth/introspect", token, hint);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("no-store", answer.Headers.CacheControl!.ToString());
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task RevokeAsync(string token, string? hint = null)
    {
        var answer = await AskAsync("/auth/revoke", token, hint);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("", await answer.Content.ReadAsStringAsync());
    }
}
