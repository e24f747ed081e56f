using System.Buffers.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Routes;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.UnitTests.Routes;

/// <summary>Whatever a claim says, a backend reads that and nothing else, in whichever words.</summary>
public sealed partial class DialectTests
{
    private static readonly IdentityHeaders Headers = new(new(), null!, NullLogger<IdentityHeaders>.Instance);

    public static TheoryData<string> Words => [.. Dialect.ByWord.Keys];

    /// <summary>How backends take a list apart.</summary>
    public static TheoryData<string, string> Lists => new()
    {
        { "gateway", "," }, { "forwarded", "," }, { "remote-user", "," }, { "jenkins", "[|]" }, { "grafana", "[, \t]+" },
    };

    // More would begin a header of the user's own, and less would be read differently by each.
    [Theory]
    [MemberData(nameof(Words))]
    public void Every_value_is_visible_ascii_with_single_blanks_within(string word) => Law.Holds(People, person =>
    {
        var told = Tell(word, person.ToIdentity());

        Assert.NotEmpty(told);
        Assert.All(told, header =>
        {
            var value = Assert.Single(header.Value);
            Assert.Matches(Visible(), value);
        });
    });

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_comes_apart_into_what_it_was_made_of(string word, string cut) => Law.Holds(Rolls, roles =>
    {
        var told = Tell(word, new Person("anna", null, null, roles).ToIdentity());
        var list = told.FirstOrDefault(header => header.Key.EndsWith("Roles", StringComparison.Ordinal) || header.Key.EndsWith("Groups", StringComparison.OrdinalIgnoreCase)).Value.ToString();

        Assert.Equal(roles, list.Length == 0 ? [] : Regex.Split(list, cut).Select(Uri.UnescapeDataString));
    }, 1_000);

    // Two lists that look alike would be one person to the backend. That they come apart again says so already; this says it without a reader.
    [Theory]
    [InlineData(",")]
    [InlineData("|")]
    [InlineData(", \"[")]
    public void Two_different_lists_never_look_alike(string separators) => Law.Holds(Pairs(separators[0]), pair =>
        Assert.Equal(pair.One.SequenceEqual(pair.Other), HeaderValue.List(pair.One, separators) == HeaderValue.List(pair.Other, separators)), 2_000);

    // Any two seldom meet: the other one is mostly the first with two elements written as one.
    private static Gen<(string[] One, string[] Other)> Pairs(char separator) =>
        from one in Rolls
        from any in Rolls
        from merged in Gen.Frequency<bool>((4, Gen.Constant(true)), (1, Gen.Constant(false)))
        select (one, merged && one.Length > 1 ? [one[0] + separator + one[1], .. one[2..]] : any);

    [Fact]
    public void Userinfo_says_the_same_as_the_claims() => Law.Holds(People, person =>
    {
        var identity = person.ToIdentity();
        var text = Tell("userinfo", identity)["X-Userinfo"].ToString();

        var told = JsonDocument.Parse(Base64Url.DecodeFromChars(text)).RootElement;

        Assert.DoesNotContain('=', text);
        Assert.Equal(("u1", identity.Username, "s1"), (told.GetProperty("sub").GetString(), told.GetProperty("preferred_username").GetString(), told.GetProperty("sid").GetString()));
        Assert.Equal(person.Email, told.TryGetProperty("email", out var email) ? email.GetString() : null);
        Assert.Equal(person.Roles, told.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
    });

    [Fact]
    public void What_is_built_for_somebody_is_built_once_for_each_way_of_telling_it()
    {
        var identity = new Person("anna", null, null, ["staff"]).ToIdentity();
        string[] words = ["grafana", "gateway", "grafana", "jenkins", "gateway"];

        var built = words.Select(word => { Tell(word, identity); return (word, identity.Headers); }).ToArray();

        Assert.Equal(3, built.Select(b => b.Headers).Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.Equal(["X-WEBAUTH-USER", "X-WEBAUTH-NAME", "X-WEBAUTH-GROUPS"], Tell("grafana", identity).Keys);
    }

    // The walk over what the client sent costs a little on every server; what is said of somebody who was here before costs nothing beside it.
    [Fact]
    public void Telling_it_again_allocates_no_more_than_telling_nothing()
    {
        var identity = new Person("anna", null, null, ["staff"]).ToIdentity();
        var http = new DefaultHttpContext();
        RoutePolicy[] policies = [PolicyOf("gateway"), PolicyOf("grafana")];
        Cost(identity);

        Assert.Equal(Cost(null), Cost(identity));

        long Cost(Identity? who)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var policy in policies)
            {
                http.Request.Headers.Clear();
                Headers.Write(http.Request, policy, who);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static Dictionary<string, Microsoft.Extensions.Primitives.StringValues> Tell(string word, Identity identity)
    {
        var http = new DefaultHttpContext();
        Assert.Null(Headers.Write(http.Request, PolicyOf(word), identity));
        return http.Request.Headers.ToDictionary();
    }

    private static RoutePolicy PolicyOf(string word) => new() { Name = "test", Speech = new(Dialect.ByWord[word], null) };

    private sealed record Person(string? Username, string? FullName, string? Email, string[] Roles)
    {
        public Identity ToIdentity() => Made.Foreign(string.Join(',', new[]
        {
            "\"sid\":\"s1\"", Username is null ? null : $"\"preferred_username\":{JsonSerializer.Serialize(Username)}", FullName is null ? null : $"\"name\":{JsonSerializer.Serialize(FullName)}",
            Email is null ? null : $"\"email\":{JsonSerializer.Serialize(Email)}", $"\"roles\":{JsonSerializer.Serialize(Roles)}",
        }.OfType<string>()));
    }

    private static Gen<Person> People =>
        from username in Maybe
        from name in Maybe
        from email in Maybe
        from count in Gen.Choose(0, 4)
        from roles in Law.AnyText(8).Where(text => text.Length > 0).ArrayOf(count)
        select new Person(username, name, email, roles);

    private static Gen<string?> Maybe => Gen.Frequency<string?>((1, Gen.Constant<string?>(null)), (3, Law.AnyText(16).Where(text => text.Length > 0).Select(text => (string?)text)));

    // Few letters, so that lists meet.
    private static Gen<string[]> Rolls =>
        from count in Gen.Choose(0, 3)
        from roles in Law.TextOf("ab,|%2C \"[", 4).Where(text => text.Length > 0).ArrayOf(count)
        select roles;

    [GeneratedRegex(@"^[!-~]+( [!-~]+)*\z")]
    private static partial Regex Visible();
}
