namespace Gateway.IntegrationTests.Support;

/// <summary>The header lines of one message, in their order, with their spelling and their duplicates.</summary>
public sealed class Headers(IEnumerable<string> lines)
{
    public IReadOnlyList<(string Name, string Value)> All { get; } =
        [.. lines.Select(line => line.Split(':', 2)).Select(pair => (pair[0], pair.ElementAtOrDefault(1)?.Trim(' ', '\t') ?? ""))];

    /// <summary>The one value of that name, or null. Two of them fail the test.</summary>
    public string? this[string name] => Every(name) switch
    {
        [] => null,
        [var value] => value,
        var values => throw new InvalidOperationException($"{values.Length} headers {name}: {string.Join(" | ", values)}"),
    };

    public bool Has(string name) => Every(name).Length > 0;

    public string[] Every(string name) => [.. All.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    public override string ToString() => string.Join("\n", All.Select(h => $"{h.Name}: {h.Value}"));
}
