using System.Net.Http.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.IntegrationTests.Accounts;

/// <summary>What is no proper body changes nothing, at every endpoint that reads one.</summary>
public sealed class BodyTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private const string Password = TestGateway.Password;

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["empty"] = "",
        ["blank"] = "  \r\n ",
        ["null"] = "null",
        ["an array"] = """["username","password"]""",
        ["a string"] = "\"username\"",
        ["a number"] = "1",
        ["unclosed"] = """{"username":"victor","password":"correct horse battery" """,
        ["trailing garbage"] = """{"username":"victor","password":"correct horse battery"} x""",
        ["two documents"] = """{"username":"victor","password":"correct horse battery"}{"username":"walter"}""",
        ["a trailing comma"] = """{"username":"victor","password":"correct horse battery",}""",
        ["a comment"] = """{"username":"victor",/* hi */"password":"correct horse battery"}""",
        ["single quotes"] = "{'username':'victor','password':'correct horse battery'}",
        ["no user name"] = """{"password":"correct horse battery"}""",
        ["no password"] = """{"username":"victor"}""",
        ["null for the user name"] = """{"username":null,"password":"correct horse battery"}""",
        ["null for the password"] = """{"username":"victor","password":null}""",
        ["a number for the user name"] = """{"username":12345,"password":"correct horse battery"}""",
        ["an array for the password"] = """{"username":"victor","password":["correct horse battery"]}""",
        ["an object for the password"] = """{"username":"victor","password":{"$ne":""}}""",
        ["a string for the flag"] = """{"username":"victor","password":"correct horse battery","cookie":"true"}""",
        ["a number for the flag"] = """{"username":"victor","password":"correct horse battery","cookie":1}""",
        ["an unknown member"] = """{"username":"victor","password":"correct horse battery","remember":true}""",
        ["the empty member"] = """{"username":"victor","password":"correct horse battery","":true}""",
        ["a duplicate member"] = """{"username":"victor","username":"walter","password":"correct horse battery"}""",
        ["a duplicate member in other letters"] = """{"username":"victor","Username":"walter","password":"correct horse battery"}""",
        ["a duplicate member by escape"] = """{"username":"victor","\u0075sername":"walter","password":"correct horse battery"}""",
        ["a lone high surrogate"] = """{"username":"victor","password":"correct horse \ud800"}""",
        ["a lone low surrogate"] = """{"username":"victor","password":"\udc00 correct horse"}""",
        ["a lone surrogate in the name"] = """{"username":"vic\ud800tor","password":"correct horse battery"}""",
        ["depth over eight"] = """{"username":"victor","password":[[[[[[[[["correct horse battery"]]]]]]]]]}""",
    };

    public static TheoryData<string> Broken => [.. Bodies.Keys];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_sign_up_is_refused_and_creates_nothing(string what)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync("/auth/signup", Bodies[what]);

        await response.AssertRefusedAsync(400, "invalid_request");
        AssertNobody(what);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_login_is_refused_without_repeating_the_password(string what)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync("/auth/login", Bodies[what]);

        var problem = await response.AssertRefusedAsync(400, "invalid_request");
        Assert.DoesNotContain("correct horse", problem.ToJsonString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"refresh_token":null}""")]
    [InlineData("""{"refresh_token":1}""")]
    [InlineData("""{"refresh_token":"x","refresh_token":"y"}""")]
    [InlineData("""{"refresh_token":"x","scope":"admin"}""")]
    [InlineData("""{"refresh_token":"\ud800"}""")]
    public async Task Broken_refresh_is_refused(string body)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync("/auth/refresh", body);

        await response.AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"refresh_token":null}""")]
    [InlineData("""{"refresh_token":"x","scope":"all"}""")]
    public async Task Broken_logout_is_refused(string body)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync("/auth/logout", body);

        await response.AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"current_password":"correct horse battery"}""")]
    [InlineData("""{"current_password":"correct horse battery","new_password":null}""")]
    [InlineData("""{"current_password":"correct horse battery","new_password":["a good new password"]}""")]
    [InlineData("""{"current_password":"correct horse battery","new_password":"a good new password","username":"victor"}""")]
    [InlineData("""{"current_password":"correct horse battery","new_password":"a good \ud800 password"}""")]
    public async Task Broken_password_change_is_refused_and_changes_nothing(string body)
    {
        var wanda = await gateway.SignInAsync("wanda");

        var response = await wanda.PostJsonAsync("/auth/password", body);

        await response.AssertRefusedAsync(400, "invalid_request");
        await gateway.LogInAsync("wanda");
    }

    [Theory]
    [InlineData("/auth/signup")]
    [InlineData("/auth/login")]
    [InlineData("/auth/refresh")]
    public async Task Byte_order_mark_is_no_json(string path)
    {
        var content = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($$"""{"username":"victor","password":"{{Password}}"}""")]);
        content.Headers.ContentType = new("application/json");
        var caller = gateway.Anonymous();

        var response = await caller.PostAsync(path, content);

        await response.AssertRefusedAsync(400, "invalid_request");
        AssertNobody("a byte order mark");
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\n{}NOT0\r\n\r\n")]
    public async Task Body_that_is_framed_wrongly_is_the_clients_fault(string rest)
    {
        foreach (var path in (string[])["/auth/signup", "/auth/login", "/auth/refresh", "/auth/logout"])
        {
            var answer = await RawHttp.SendAsync(gateway.Url, $"POST {path} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nContent-Type: application/json\r\nConnection: close\r\n{rest}");

            answer.AssertRefused(400, "request_refused");
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_refused()
    {
        var content = new ByteArrayContent([.. "{\"username\":\"victor\",\"password\":\"correct horse "u8, 0xC0, 0xAF, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        var caller = gateway.Anonymous();

        var response = await caller.PostAsync("/auth/signup", content);

        await response.AssertRefusedAsync(400, "invalid_request");
        AssertNobody("overlong UTF-8");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/jsonx")]
    [InlineData("text/json; application/json")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Other_content_type_is_refused_and_creates_nothing(string? type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"username":"victor","password":"{{Password}}"}"""));
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        var caller = gateway.Anonymous();

        var response = await caller.PostAsync("/auth/signup", content);

        await response.AssertRefusedAsync(415, "request_refused");
        AssertNobody(type ?? "no content type");
    }

    [Fact]
    public async Task Json_in_utf8_may_say_so()
    {
        var content = new StringContent($$"""{"username":"yvonne","password":"{{Password}}"}""", new MediaTypeHeaderValue("application/json", "utf-8"));
        var caller = gateway.Anonymous();

        var response = await caller.PostAsync("/auth/signup", content);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData("/auth/signup")]
    [InlineData("/auth/login")]
    [InlineData("/auth/refresh")]
    [InlineData("/auth/logout")]
    public async Task Body_over_16_kilobytes_is_too_large(string path)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync(path, $$"""{"username":"victor","password":"{{new string('x', 16 * 1024)}}"}""");

        await response.AssertRefusedAsync(413, "request_refused");
        AssertNobody("too large a body");
    }

    [Fact]
    public async Task Body_over_16_kilobytes_in_chunks_is_too_large()
    {
        string[] chunks = ["{\"username\":\"victor\",\"password\":\"", new('x', 8 * 1024), new('x', 8 * 1024), "\"}", ""];

        var answer = await RawHttp.SendAsync(gateway.Url,
            $"POST /auth/signup HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
            string.Concat(chunks.Select(chunk => $"{chunk.Length:x}\r\n{chunk}\r\n")));

        answer.AssertRefused(413, "request_refused");
        AssertNobody("too large a body in chunks");
    }

    [Fact]
    public void Whatever_bytes_come_the_answer_is_a_refusal_in_full_dress()
    {
        var bodies = ArbMap.Default.GeneratorFor<byte[]>();

        Prop.ForAll(bodies.ToArbitrary(), bytes => RefuseAsync(bytes).Wait()).QuickCheckThrowOnFailure();

        async Task RefuseAsync(byte[] bytes)
        {
            var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new("application/json");
            await (await gateway.Anonymous().PostAsync("/auth/login", content)).AssertRefusedAsync(400, "invalid_request");
        }
    }

    private void AssertNobody(string what) =>
        Assert.True(Database.Count(gateway.DatabaseFile, "users WHERE UserName IN ('victor', 'walter')") == 0, $"{what} made an account.");
}
