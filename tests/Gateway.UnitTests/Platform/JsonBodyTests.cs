using System.Text;
using System.Text.Json;
using Gateway.Accounts;
using Gateway.Platform;

namespace Gateway.UnitTests.Platform;

public sealed class JsonBodyTests
{
    private const string Fine = """{"username":"bob","password":"correct horse"}""";

    [Fact]
    public async Task A_body_that_holds_to_the_contract_is_read()
    {
        var (value, refusal) = await ReadAsync(Encoding.UTF8.GetBytes(Fine));

        Assert.Null(refusal);
        Assert.Equal(new LoginRequest("bob", "correct horse"), value);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    public async Task Json_in_utf8_is_taken(string contentType) =>
        Assert.Null((await ReadAsync(Encoding.UTF8.GetBytes(Fine), contentType)).Refusal);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/jsonp")]
    [InlineData("application/problem+json")]
    public async Task Another_content_type_is_refused(string? contentType) =>
        Assert.Equal(Problems.NotJson, (await ReadAsync(Encoding.UTF8.GetBytes(Fine), contentType)).Refusal);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"bob\"")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"username":"bob"}""")]
    [InlineData("""{"username":null,"password":"p"}""")]
    [InlineData("""{"username":1,"password":"p"}""")]
    [InlineData("""{"username":["bob"],"password":"p"}""")]
    [InlineData("""{"username":"bob","password":"p","roles":["admin"]}""")]
    [InlineData("""{"username":"bob","password":"p","id":"1"}""")]
    [InlineData("""{"username":"bob","password":"p","ver":1}""")]
    [InlineData("""{"username":"bob","password":"p","":1}""")]
    [InlineData("""{"username":"bob","username":"eve","password":"p"}""")]
    [InlineData("""{"username":"bob","\u0075sername":"eve","password":"p"}""")]
    [InlineData("""{"Username":"bob","password":"p"}""")]
    [InlineData("""{"username":"bob","password":"p"} {}""")]
    [InlineData("""{"username":"bob","password":"p"},""")]
    [InlineData("""{"username":"bob","password":"p",}""")]
    [InlineData("""{"username":"bob",/* why */"password":"p"}""")]
    [InlineData("""{'username':'bob','password':'p'}""")]
    [InlineData("""{"username":"bob","password":"p","cookie":"true"}""")]
    [InlineData("""{"username":"bob","password":"p","cookie":1}""")]
    [InlineData("""{"username":"\ud800","password":"p"}""")]
    [InlineData("""{"username":"\udc00\ud800","password":"p"}""")]
    [InlineData("""{"\ud800":"bob","password":"p"}""")]
    [InlineData("""{"username":"bob","password":"p","x":{"a":{"b":{"c":{"d":{"e":{"f":{"g":1}}}}}}}}""")]
    [InlineData("""{"username":"bob","password":"p""")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[")]
    public async Task What_breaks_the_contract_is_an_invalid_request(string json)
    {
        var (value, refusal) = await ReadAsync(Encoding.UTF8.GetBytes(json));

        Assert.Null(value);
        Assert.Equal((400, "invalid_request"), (refusal!.Status, refusal.Code));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    public async Task Bytes_that_are_not_utf8_are_an_invalid_request(byte[] bytes)
    {
        var (_, refusal) = await ReadAsync([.. """{"username":"bob","password":" """u8, .. bytes, .. "\"}"u8]);

        Assert.Equal("invalid_request", refusal!.Code);
    }

    [Fact]
    public async Task Sixteen_kilobytes_are_read_and_one_more_byte_is_not()
    {
        var longest = Fine.Length - "correct horse".Length;
        var fits = Fine.Replace("correct horse", new string('x', SmallBody.MaxBytes - longest), StringComparison.Ordinal);
        var over = Fine.Replace("correct horse", new string('x', SmallBody.MaxBytes - longest + 1), StringComparison.Ordinal);

        Assert.Null((await ReadAsync(Encoding.UTF8.GetBytes(fits))).Refusal);
        Assert.Equal(Problems.TooLarge, (await ReadAsync(Encoding.UTF8.GetBytes(over))).Refusal);
        Assert.Equal(Problems.TooLarge, (await ReadAsync(Encoding.UTF8.GetBytes(over), declaresLength: false)).Refusal);
    }

    [Theory]
    [InlineData("""{"username":"bob","password":["hunter2"]}""")]
    [InlineData("""{"username":"bob","password":{"hunter2":"hunter2"}}""")]
    [InlineData("""{"username":"bob","password":"hunter2""")]
    [InlineData("""{"username":"bob","password":hunter2}""")]
    public async Task The_answer_does_not_repeat_what_was_sent(string json) =>
        Assert.DoesNotContain("hunter2", (await ReadAsync(Encoding.UTF8.GetBytes(json))).Refusal!.Detail);

    [Fact]
    public void No_text_makes_it_throw() =>
        Law.Holds(Law.TextOf("{}[]\":,\\ud8c0\u00e9 truefalsn1e-username", 60), json =>
        {
            var read = ReadAsync(Encoding.UTF8.GetBytes(json)).AsTask();
            Assert.True(read.IsCompletedSuccessfully);
        });

    private static ValueTask<(LoginRequest? Value, Problem? Refusal)> ReadAsync(byte[] body, string? contentType = "application/json", bool declaresLength = true)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = contentType;
        http.Request.Body = new MemoryStream(body);
        http.Request.ContentLength = declaresLength ? body.Length : null;
        return JsonBody.ReadAsync<LoginRequest>(http);
    }
}
