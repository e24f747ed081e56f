namespace Gateway.IntegrationTests.Tokens;

public sealed class AccessTokenTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Header_says_access_token_algorithm_and_key()
    {
        var token = (await gateway.SignInAsync("anna")).Session.AccessToken;

        var header = Jwt.Header(token);

        Assert.Equal("at+jwt", (string)header["typ"]!);
        Assert.Equal("ES256", (string)header["alg"]!);
        Assert.NotEmpty((string)header["kid"]!);
    }

    [Fact]
    public async Task Claims_say_who_when_for_whom_and_which_session()
    {
        var session = (await gateway.SignInAsync("benno")).Session;

        var claims = Jwt.Payload(session.AccessToken);

        Assert.Equal("http://localhost:8080", (string)claims["iss"]!);
        Assert.Contains("gateway", claims["aud"]!.ToJsonString());
        Assert.Equal(session.User.Id, (string)claims["sub"]!);
        Assert.Equal(session.SessionId, (string)claims["sid"]!);
        Assert.Equal("benno", (string)claims["preferred_username"]!);
        Assert.Equal("""["user"]""", claims["roles"]!.ToJsonString());
        Assert.Contains("pwd", claims["amr"]!.AsArray().Select(method => (string)method!));
        Assert.NotEmpty((string)claims["jti"]!);
        Assert.Equal(session.ExpiresIn, (long)claims["exp"]! - (long)claims["iat"]!);
        Assert.InRange((long)claims["iat"]! - (long)claims["auth_time"]!, 0, 60); // a second may go by between the two
        Assert.Equal(JsonValueKind.Number, claims["gen"]!.GetValueKind());
        Assert.Equal(JsonValueKind.Number, claims["ver"]!.GetValueKind());
    }

    [Fact]
    public async Task Claims_are_those_of_the_contract_and_no_others()
    {
        string[] always = ["amr", "aud", "auth_time", "exp", "gen", "iat", "iss", "jti", "preferred_username", "roles", "scope", "sid", "sub", "ver"];

        var without = Jwt.Payload((await gateway.SignInAsync("berta")).Session.AccessToken);
        var with = Jwt.Payload((await gateway.SignUpAsync("bernd", "bernd@example.com")).Session.AccessToken);

        Assert.Equal(always, without.Select(claim => claim.Key).Order());
        Assert.Equal(["email", "email_verified"], with.Select(claim => claim.Key).Except(always));
        Assert.False((bool)with["email_verified"]!);
    }

    [Fact]
    public async Task Refresh_keeps_session_and_login_time_and_makes_a_new_token()
    {
        var first = await gateway.SignInAsync("carla");

        var second = await first.RefreshAsync();

        var (before, after) = (Jwt.Payload(first.Session.AccessToken), Jwt.Payload(second.Session.AccessToken));
        Assert.All(["sub", "sid", "auth_time", "ver"], claim => Assert.Equal(before[claim]!.ToJsonString(), after[claim]!.ToJsonString()));
        Assert.NotEqual((string)before["jti"]!, (string)after["jti"]!);
        Assert.True((long)before["gen"]! < (long)after["gen"]!);
    }

    [Fact]
    public async Task Password_and_refresh_token_are_not_in_the_token()
    {
        var session = (await gateway.SignUpAsync("doris", "doris@example.com")).Session;

        var claims = Jwt.Payload(session.AccessToken).ToJsonString();

        Assert.DoesNotContain(session.RefreshToken, claims);
        Assert.DoesNotContain("\"email_verified\":true", claims);
    }
}
