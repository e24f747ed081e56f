using System.Runtime.InteropServices;

namespace Gateway.Platform.Configuration;

/// <summary>The settings as .NET's configuration, which finds what lies below a key without a look at every other one.</summary>
/// <remarks>The stock providers read all keys at each step down: ten thousand routes would take minutes to start.</remarks>
internal sealed class IndexedSettings : ConfigurationProvider, IConfigurationSource
{
    private readonly Dictionary<string, List<string>> children = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> top = [];

    public IndexedSettings(Dictionary<string, string?> settings)
    {
        Data = settings;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        var below = children.GetAlternateLookup<ReadOnlySpan<char>>();

        // A:B:C is C below A:B, B below A, and A; from the end, as far as it is not known already.
        foreach (var key in settings.Keys)
        {
            for (var step = key.AsSpan(); seen.Add(step);)
            {
                var colon = step.LastIndexOf(':');
                if (colon < 0)
                {
                    top.Add(step.ToString());
                    break;
                }

                (CollectionsMarshal.GetValueRefOrAddDefault(below, step[..colon], out _) ??= []).Add(step[(colon + 1)..].ToString());
                step = step[..colon];
            }
        }

        foreach (var names in children.Values.Append(top))
            names.Sort(ConfigurationKeyComparer.Instance);
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
        parentPath is null ? earlierKeys.Concat(top) : children.TryGetValue(parentPath, out var names) ? earlierKeys.Concat(names) : earlierKeys;
}
