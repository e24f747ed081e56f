namespace Gateway.IntegrationTests.Support;

/// <summary>What an answer of the gateway must look like, whoever asked.</summary>
internal static class Answers
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly string[] ProblemMembers = ["code", "decision", "detail", "status", "title", "type"];

    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"Expected {status}, got {response.StatusCode}: {body}");
        return JsonSerializer.Deserialize<T>(body, SnakeCase)!;
    }

    public static Task<JsonObject> ReadJsonAsync(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK) => response.ReadAsync<JsonObject>(status);

    /// <summary>A refusal is one problem of the catalogue in full dress: media type, six members, no-store, and the challenge that its status demands.</summary>
    public static async Task<JsonObject> AssertRefusedAsync(this HttpResponseMessage response, int status, params string[] codes)
    {
        var headers = response.Headers.Concat(response.Content.Headers).SelectMany(h => h.Value.Select(v => $"{h.Key}: {v}"));
        return AssertRefused((int)response.StatusCode, new(headers), await response.Content.ReadAsStringAsync(), status, codes);
    }

    public static JsonObject AssertRefused(this RawAnswer answer, int status, params string[] codes) => AssertRefused(answer.Status, answer.Headers, answer.Body, status, codes);

    private static JsonObject AssertRefused(int actual, Headers headers, string body, int status, string[] codes)
    {
        Assert.True(status == actual, $"Expected {status} {string.Join('|', codes)}, got {actual}: {body}");
        Assert.Equal("application/problem+json", headers["Content-Type"]?.Split(';')[0]);
        Assert.Contains("no-store", headers["Cache-Control"]);

        var problem = JsonNode.Parse(body)!.AsObject();
        Assert.Equal(ProblemMembers, problem.Select(member => member.Key).Order());
        Assert.Equal(status, (int)problem["status"]!);
        Assert.Contains((string)problem["code"]!, codes);
        Assert.All(["type", "title", "detail", "decision"], member => Assert.NotEqual("", (string)problem[member]!));

        Assert.Matches(ChallengeOf(status, (string)problem["code"]!), headers["WWW-Authenticate"] ?? "");
        Assert.Matches(status is 503 or 429 ? "^[1-9][0-9]*$" : "^$", headers["Retry-After"] ?? "");
        Assert.Equal(status is 405, headers.Has("Allow"));
        return problem;
    }

    // RFC 6750 section 3: no error attribute when no credential was sent. Only introspection and revocation ask for a client.
    private static string ChallengeOf(int status, string code) => (status, code) switch
    {
        (401, "token_missing") => "^Bearer$",
        (401, "invalid_credentials") => "^(Bearer|Basic realm=\"gateway\")$",
        (401, "insufficient_user_authentication") => "^Bearer error=\"insufficient_user_authentication\", error_description=\"[A-Za-z ]+\"(, max_age=\"[0-9]+\")?$",
        (401, _) => "^Bearer error=\"invalid_token\"$",
        (403, "insufficient_scope") => "^Bearer error=\"insufficient_scope\", scope=\"[!-~]+( [!-~]+)*\"$",
        _ => "^$",
    };
}
