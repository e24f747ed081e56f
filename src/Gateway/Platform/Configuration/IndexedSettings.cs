namespace Gateway.Platform.Configuration;

/// <summary>The settings as .NET's configuration, which finds what lies below a key without a look at every other one.</summary>
/// <remarks>The stock providers read all keys at each step down: ten thousand routes would take minutes to start.</remarks>
internal sealed class IndexedSettings : ConfigurationProvider, IConfigurationSource
{
    private readonly Dictionary<string, string[]> children;

    public IndexedSettings(Dictionary<string, string?> settings)
    {
        Data = settings;
        children = settings.Keys.SelectMany(Steps).DistinctBy(step => step.Key, StringComparer.OrdinalIgnoreCase)
            .GroupBy(step => step.Parent, step => step.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.Order(ConfigurationKeyComparer.Instance).ToArray(), StringComparer.OrdinalIgnoreCase);
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) => children.TryGetValue(parentPath ?? "", out var names) ? earlierKeys.Concat(names) : earlierKeys;

    /// <summary>A:B:C is C below A:B, B below A, and A.</summary>
    private static IEnumerable<(string Key, string Parent, string Name)> Steps(string key)
    {
        for (var (start, end) = (0, key.IndexOf(':')); ; (start, end) = (end + 1, key.IndexOf(':', end + 1)))
        {
            var stop = end < 0 ? key.Length : end;
            yield return (key[..stop], start == 0 ? "" : key[..(start - 1)], key[start..stop]);
            if (end < 0)
                yield break;
        }
    }
}
