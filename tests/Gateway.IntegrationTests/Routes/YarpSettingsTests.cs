using Gateway.Platform.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.IntegrationTests.Routes;

/// <summary>YARP reads its section by itself, after the check. What the check lets pass, YARP must take.</summary>
public sealed class YarpSettingsTests : IDisposable
{
    private static readonly string[] Keys = [.. Below("ReverseProxy:Routes:", typeof(RouteConfig)), .. Below("ReverseProxy:Clusters:", typeof(ClusterConfig))];

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("\"x\"")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1e300")]
    [InlineData("99999999999")]
    [InlineData("true")]
    [InlineData("\"5:00\"")]
    [InlineData("\"1:02:03:04\"")]
    [InlineData("\"/x\"")]
    [InlineData("\"http://\"")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("[\"\"]")]
    [InlineData("[\"x\"]")]
    [InlineData("[[\"x\"]]")]
    [InlineData("[{}]")]
    [InlineData("[{\"x\":null}]")]
    [InlineData("{}")]
    [InlineData("{\"x\":\"y\"}")]
    [InlineData("{\"x\":null}")]
    public async Task Any_value_of_any_key_is_refused_by_its_place_or_taken(string value)
    {
        var refused = await RefusedAsync(Keys, value);

        await using var app = await GatewayHost.BuildAsync(Arguments(Keys.Except(refused), value));

        app.UseGateway();      // where YARP reads it
    }

    /// <summary>The keys that the check refuses, when each has that value in a route or cluster of its own.</summary>
    private async Task<string[]> RefusedAsync(string[] keys, string value)
    {
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => GatewayHost.BuildAsync(Arguments(keys, value)));

        Assert.Null(refusal.InnerException);      // a library's own words, without a place
        return [.. keys.Where(key => refusal.Errors.Any(error => error.StartsWith(PlaceOf(key) + ":", StringComparison.Ordinal)))];
    }

    private string[] Arguments(IEnumerable<string> keys, string value)
    {
        var settings = new SettingsFile();
        foreach (var key in keys)
        {
            var name = PlaceOf(key).Split(':')[^1];
            settings.Destination(name, new("http://127.0.0.1:9/")).Set($"ReverseProxy:Routes:{name}", new JsonObject { ["ClusterId"] = name, ["Match"] = new JsonObject { ["Path"] = "/" + name } });
            settings.Set(PlaceOf(key) + key[(key.IndexOf("::", StringComparison.Ordinal) + 1)..], JsonNode.Parse(value));
        }
        return ["--config", folder.Write("gateway.json", settings.ToString())];
    }

    // "ReverseProxy:Routes::Match:Path" is Match:Path in a route whose name tells which key it is for.
    private static string PlaceOf(string key) => key[..(key.IndexOf("::", StringComparison.Ordinal) + 1)] + "n" + Array.IndexOf(Keys, key);

    private static IEnumerable<string> Below(string path, Type type) => type.GetProperties().Where(p => p.CanWrite).SelectMany(property =>
    {
        var key = $"{path}:{property.Name}";
        var inner = property.PropertyType;
        return (inner.IsGenericType && inner.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) && IsGroup(inner.GetGenericArguments()[1]) ? Below($"{key}:one", inner.GetGenericArguments()[1])
            : IsGroup(inner) ? Below(key, inner)
            : []).Prepend(key);
    });

    private static bool IsGroup(Type type) => type.IsClass && type.Namespace!.StartsWith("Yarp", StringComparison.Ordinal);
}
