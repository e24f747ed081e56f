using System.Text.RegularExpressions;
using Gateway.Platform.Configuration;

namespace Gateway.IntegrationTests;

/// <summary>docs/policies.md: what an operator copies from it works, and what it says of mistakes is said.</summary>
public sealed partial class PolicyDocumentTests : IDisposable
{
    private static readonly Document Page = Document.Read("docs/policies.md");
    private static readonly string[] Blocks = [.. Block().Matches(Page.Text).Select(match => match.Groups[1].Value)];

    private readonly TempFolder folder = new();

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Blocks.Length)];

    public static TheoryData<string, string> Mistakes => new(Page.Section("What is said of mistakes").Table.Select(row => (row[0].Trim('`'), row[1].Trim('`'))));

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Example_loads_and_its_policy_tests_hold(int number)
    {
        string[] files = [.. new[] { 0, number }.Distinct().SelectMany(block => new[] { "--config", folder.Write($"{block}.json", Blocks[block]) })];

        await using var app = await GatewayHost.BuildAsync(files);
        var results = await GatewayHost.TestAsync(app);

        Assert.Equal(JsonNode.Parse(Blocks[number])!["Gateway"]!["PolicyTests"] is JsonArray tests ? tests.Count : 6, results.Count);
    }

    [Fact]
    public async Task What_explain_is_said_to_print_it_prints()
    {
        folder.Write("gateway.json", Blocks[0]);
        var command = Page.Section("Why was I refused?").Commands[0].Split(' ')[2..];      // dotnet Gateway.dll

        var result = await CommandLine.RunAsync(command, folder: folder.Path);

        Assert.Equal(Printed().Match(Page.Text).Groups[1].Value.Trim(), result.Output.Trim());
    }

    [Fact]
    public async Task Coverage_is_asked_for_as_it_is_written()
    {
        folder.Write("gateway.json", Blocks[0]);
        var command = Page.Section("Tests in the configuration").Commands[0].Split(' ')[2..];

        var result = (await CommandLine.RunAsync(command, folder: folder.Path)).AssertSucceeded();

        Assert.Contains("Policy tests touch 4 of 4 routes (100 %).", result.Output);
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Mistake_is_refused_as_it_is_said(string policies, string error)
    {
        folder.Write("gateway.json", Blocks[0]);
        folder.Write("more.json", $$"""{ "Gateway": { "Policies": {{policies}} } }""");

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => GatewayHost.BuildAsync(["--config", folder.File("gateway.json"), "--config", folder.File("more.json")]));

        Assert.Contains(refusal.Errors, said => said.Contains(error, StringComparison.Ordinal) && said.Contains("more.json, line 1"));
    }

    [Fact]
    public void Every_key_of_a_policy_is_told()
    {
        string[] keys = [.. typeof(Gateway.Routes.Policies.PolicyOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name)];

        Assert.Equal(keys.Order(), Document.Code(string.Join('\n', Page.Section("What a policy can demand").Lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')[1]))).Order());
    }

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Printed();
}
