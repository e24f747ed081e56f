using Gateway.Routes;
using Gateway.Routes.Explaining;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Routes.Explaining;

/// <summary>What a token says can be read without database and network; what was not checked is said.</summary>
public sealed class ExplainedTokenTests(ExplainedGateway gateway) : GatewayTests<ExplainedGateway>(gateway)
{
    [Fact]
    public async Task A_token_is_checked_as_far_as_that_goes_without_anybody_else()
    {
        var issuer = gateway.Issuer;
        using var anna = await gateway.SignUpAsync("anna");
        var own = anna.Session.AccessToken;

        // Its keys are in a file.
        Assert.Equal(("partner:u-1", null, null), await ReadAsync(issuer.Token()));
        Assert.Equal((null, "token_invalid", null), await ReadAsync(issuer.WithAnotherKey(sameKeyId: true).Token()));
        Assert.Equal((null, "token_expired", null), await ReadAsync(issuer.Token(new() { ["iat"] = 1, ["exp"] = 2 })));
        Assert.Equal((null, "token_invalid", null), await ReadAsync(issuer.Token(new() { ["aud"] = "others" })));
        Assert.Equal((null, "token_invalid", null), await ReadAsync(new TestIssuer("https://nobody.example", "ES256").Token()));
        Assert.Equal((null, "token_invalid", null), await ReadAsync("no token"));

        // Ours are in the database.
        const string NotChecked = "The token's signature was not checked, nor whether it was revoked: that takes the keys in the database. A running gateway does it at /admin/explain.";
        Assert.Equal((anna.Session.User.Id, null, NotChecked), await ReadAsync(own));
        Assert.Equal((anna.Session.User.Id, null, NotChecked), await ReadAsync(own[..^8] + "AAAAAAAA"));
        Assert.Equal((null, "token_invalid", null), await ReadAsync(gateway.Impostor().Token()));      // has neither sid nor ver
    }

    [Fact]
    public async Task The_command_line_reads_a_user_from_the_database_and_a_token_from_its_text()
    {
        using var berta = await gateway.SignUpAsync("berta");

        var user = await gateway.RunAsync(["explain", "GET", "/others/1", "--user", "Berta"]);
        var token = await gateway.RunAsync(["explain", "GET", "/staff/1", "--token", berta.Session.AccessToken, "--from", "127.0.0.1"]);
        var nobody = await gateway.RunAsync(["explain", "GET", "/staff/1", "--user", "nobody-of-that-name"]);

        Assert.Contains("X-User-Id: " + berta.Session.User.Id, user.AssertSucceeded().Output);
        Assert.Equal(1, token.ExitCode);
        Assert.Contains("Refused: 403 policy_denied. role: staff is not met.", token.Output);
        Assert.Contains("signature was not checked", token.Output);
        Assert.DoesNotContain(berta.Session.AccessToken.Split('.')[2], token.All);
        Assert.Equal((2, "There is no account 'nobody-of-that-name'. See: users list\n"), (nobody.ExitCode, nobody.All));
    }

    private async Task<(string? Subject, string? Code, string? Note)> ReadAsync(string token)
    {
        var issuers = gateway.Services.GetRequiredService<Rulebooks>().Current.Issuers;
        var asker = await gateway.Services.GetRequiredService<Askers>().OfTokenAsync(token, issuers, TestContext.Current.CancellationToken);
        return (asker.Identity?.Subject, asker.Refusal?.Code, asker.Note);
    }
}
