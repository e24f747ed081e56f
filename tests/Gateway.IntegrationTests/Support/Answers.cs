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

        AssertChallenge(headers, status, (string)problem["code"]!);
        return problem;
    }

    // RFC 6750 section 3: no error attribute when no credential was sent.
    private static void AssertChallenge(Headers headers, int status, string code)
    {
        var challenge = headers["WWW-Authenticate"];
        if (status == 401)
            Assert.StartsWith("Bearer", challenge);
        if (code == "token_missing")
            Assert.DoesNotContain("error", challenge);
        if (code is "token_invalid" or "token_expired" or "token_revoked")
            Assert.Contains("error=\"invalid_token\"", challenge);
        if (code == "insufficient_scope")
            Assert.Contains("error=\"insufficient_scope\"", challenge);
        if (status is 503 or 429)
            Assert.Matches("^[0-9]+$", headers["Retry-After"]);
        if (status == 405)
            Assert.NotNull(headers["Allow"]);
    }
}
