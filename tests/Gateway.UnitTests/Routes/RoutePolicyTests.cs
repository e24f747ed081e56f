using Gateway.Platform;
using Gateway.Routes;
using Gateway.Routes.Policies;
using Gateway.Sessions;

namespace Gateway.UnitTests.Routes;

/// <summary>What does the gate hear from a policy?</summary>
public sealed class RoutePolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Circumstances Clerk = new(Made.Identity(""" "roles":["clerk"],"auth_time":1772366400 """), null, Now);

    [Fact]
    public void A_policy_that_is_in_force_refuses()
    {
        var policy = Policy(isShadow: false);

        Assert.Equal((Problems.TokenMissing, null, null), Said(policy.WithoutIdentity));
        Assert.Equal("role: staff", policy.Judge(in Clerk).Refusal!.Requirement);
        Assert.Null(policy.Judge(in Clerk).ShadowRefusal);
    }

    [Fact]
    public void A_policy_in_the_shadow_says_what_it_would_have_refused_and_lets_pass()
    {
        var policy = Policy(isShadow: true);

        Assert.Equal((null, Problems.TokenMissing, null), Said(policy.WithoutIdentity));
        var verdict = policy.Judge(in Clerk);
        Assert.Equal((null, "role: staff", Clerk.Identity), (verdict.Refusal, verdict.ShadowRefusal!.Requirement, verdict.Identity));
        Assert.True(policy.Terms.StillAllowed(Clerk.Identity, null, Now));
    }

    [Fact]
    public void Whoever_meets_a_policy_in_the_shadow_is_nothing_to_speak_of()
    {
        var staff = new Circumstances(Made.Identity(""" "roles":["staff"] """), null, Now);

        Assert.Equal((null, null, staff.Identity), Said(Policy(isShadow: true).Judge(in staff)));
    }

    [Fact]
    public void Our_own_endpoints_refuse_strangers_in_any_light()
    {
        var stranger = new Circumstances(Made.Foreign(), null, Now);

        Assert.Equal(Problems.ForeignIssuer, new RoutePolicy { Name = "own", OwnIssuerOnly = true, IsShadow = true }.Judge(in stranger).Refusal);
    }

    [Theory]
    [InlineData("10.0.0.1", 0, true)]
    [InlineData("192.0.2.1", 0, false)]
    [InlineData(null, 0, false)]
    [InlineData("10.0.0.1", 901, false)]
    public void What_is_open_is_judged_by_where_it_came_from_and_by_the_time_that_it_is(string? peer, int later, bool stays)
    {
        var requirement = WrittenPolicies.Compile("""{"Networks":["10.0.0.0/8"],"MaxAuthAge":"00:15:00"}""");

        var terms = new RoutePolicy { Name = "test", Requirements = [requirement] }.Terms;

        Assert.Equal(stays, terms.StillAllowed(Clerk.Identity, peer is null ? null : System.Net.IPAddress.Parse(peer), Now.AddSeconds(later)));
    }

    [Theory]
    [InlineData((int)CredentialKind.Bearer, (int)CredentialKind.Bearer, false, true)]
    [InlineData((int)CredentialKind.Bearer, (int)CredentialKind.Query, false, true)]
    [InlineData((int)CredentialKind.Bearer, (int)CredentialKind.Body, false, true)]
    [InlineData((int)CredentialKind.Bearer, (int)CredentialKind.Cookie, false, false)]
    [InlineData((int)CredentialKind.Cookie, (int)CredentialKind.Bearer, false, false)]
    [InlineData((int)CredentialKind.Cookie, (int)CredentialKind.Bearer, true, true)]
    [InlineData((int)CredentialKind.Cookie, (int)RoutePolicy.AllCredentials, false, true)]
    [InlineData((int)CredentialKind.AccessTokenHeader, (int)(CredentialKind.Bearer | CredentialKind.Query), false, false)]
    [InlineData((int)CredentialKind.AccessTokenHeader, (int)CredentialKind.AccessTokenHeader, false, true)]
    public void What_is_open_stays_while_its_credential_counts(int openedWith, int counts, bool isPublic, bool stays)
    {
        var identity = new Identity((CredentialKind)openedWith, "t", Clerk.Identity.Issuer, Clerk.Identity.Claims, false, Now.AddHours(1));

        var terms = new RoutePolicy { Name = "test", Accepts = (CredentialKind)counts, IsPublic = isPublic }.Terms;

        Assert.Equal(stays, terms.StillAllowed(identity, null, Now));
    }

    private static (Problem?, Problem?, object?) Said(Verdict verdict) => (verdict.Refusal, verdict.ShadowRefusal, verdict.Identity);

    private static RoutePolicy Policy(bool isShadow) => new() { Name = "test", IsShadow = isShadow, Requirements = [new AnyRole(["staff"])] };
}
