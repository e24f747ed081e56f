using Gateway.Routes;
using Microsoft.Extensions.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Routes;

/// <summary>What is empty in a Match would match everything.</summary>
public sealed class MatchRulesTests
{
    [Theory]
    [InlineData("Methods", "")]      // []
    [InlineData("Methods", null)]
    [InlineData("Hosts", null)]
    [InlineData("Headers", "")]
    [InlineData("QueryParameters", "")]
    [InlineData("Path", "")]
    public void What_is_written_and_empty_is_refused(string key, string? value) =>
        Assert.Equal([$"Match:{key} is empty, which would match every request. Name what is meant, or leave the key out."], MatchRules.Errors(new(), Written((key, value), ("Other:0", "GET"))));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[::1]")]
    [InlineData("http://app.example.com")]
    [InlineData("app.example.com/x")]
    [InlineData("app.example.com:many")]
    [InlineData("app.example.com:80:81")]
    [InlineData("app.example.com:")]
    [InlineData("*.")]
    [InlineData("*app.example.com")]
    [InlineData("app.*.com")]
    public void Host_that_routing_would_throw_at_or_never_match_is_refused(string host) =>
        Assert.Equal([$"Match:Hosts '{host}' is not a host. It must be a name or *.name, with or without a port, such as *.example.com:8443."], MatchRules.Errors(new() { Hosts = [host] }, Written()));

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("*.example.com")]
    [InlineData("*.example.com:8443")]
    [InlineData("*")]
    [InlineData("*:*")]
    [InlineData("localhost:5000")]
    [InlineData("10.0.0.1")]
    [InlineData("bücher.example")]
    public void Host_is_a_name_a_wildcard_and_perhaps_a_port(string host) => Assert.Empty(MatchRules.Errors(new() { Hosts = [host] }, Written()));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Blank_value_of_a_header_or_parameter_is_refused(string value)
    {
        var errors = MatchRules.Errors(new() { Path = "/x", Headers = [new() { Name = "X-A", Values = ["a", value] }], QueryParameters = [new() { Name = "b", Values = [value] }] }, Written());

        Assert.Equal(
            ["Match:Headers of 'X-A' has an empty value, which matches every value or none. Write the value, or the mode Exists.", "Match:QueryParameters of 'b' has an empty value, which matches every value or none. Write the value, or the mode Exists."],
            errors);
    }

    private static IConfiguration Written(params (string Key, string? Value)[] keys) =>
        new ConfigurationBuilder().AddInMemoryCollection(keys.Select(k => KeyValuePair.Create(k.Key, k.Value))).Build();
}
