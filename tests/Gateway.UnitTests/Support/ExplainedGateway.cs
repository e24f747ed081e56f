using System.Text;
using System.Text.Json.Nodes;
using Gateway.Platform.Configuration;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.UnitTests.Support;

/// <summary>What a configuration says would become of requests. Nothing is opened, nobody listens.</summary>
internal sealed class ExplainedGateway : IAsyncDisposable
{
    private readonly ServiceProvider services;

    /// <param name="gateway">The Gateway section, without its braces.</param>
    /// <param name="routes">The routes of ReverseProxy, without their braces; all lead to the cluster "shop".</param>
    public ExplainedGateway(string gateway, string routes)
    {
        var json = $$"""
            { "Gateway": { "PublicUrl": "https://app.example.com", {{gateway}} },
              "ReverseProxy": { "Routes": { {{routes}} }, "Clusters": { "shop": { "Destinations": { "one": { "Address": "http://127.0.0.1:9" } } } } } }
            """;
        var errors = new List<string>();
        var written = new ConfigurationFile("gateway.json", new(Encoding.UTF8.GetBytes(json), null), errors).Read()!;
        Assert.Empty(errors);
        services = new ServiceCollection().AddGateway().AddLogging().AddSingleton<IConfiguration>(written).AddSingleton<TimeProvider>(Clock).BuildServiceProvider();
    }

    public FakeTimeProvider Clock { get; } = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public Rulebook Rulebook => services.GetRequiredService<Rulebooks>().Current;

    public Task<IReadOnlyList<string>> ErrorsAsync() => services.CheckAsync(services.GetRequiredService<Settings>());

    public Task<IReadOnlyList<PolicyTestResult>> TestAsync() => services.GetRequiredService<PolicyTestRun>().RunAsync(Rulebook);

    /// <param name="request">GET /orders/1</param>
    /// <param name="words">roles=clerk scope=x; null: nobody.</param>
    /// <param name="from">The client's address.</param>
    /// <param name="headers">Name: value.</param>
    public async Task<Explanation> ExplainAsync(string request, string? words = null, string? from = null, params string[] headers)
    {
        var question = Question.TryRead(request, null, [.. headers.Select(header => header.Split(": ")).Select(header => KeyValuePair.Create(header[0], header[1]))], from, out var error);
        Assert.Null(error);
        JsonObject? said = null;
        if (words is not null)
        {
            said = TokenWords.Parse(words.Split(' '), out error);
            Assert.Null(error);
        }

        var asker = services.GetRequiredService<Askers>().OfWords(said, Rulebook.Issuers, out error);
        Assert.Null(error);
        using var explainer = services.GetRequiredService<Explainers>().Of(Rulebook);
        return await explainer.ExplainAsync(question!, asker!);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
