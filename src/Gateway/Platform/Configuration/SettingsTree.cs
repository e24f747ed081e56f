using System.Globalization;

namespace Gateway.Platform.Configuration;

/// <summary>Settings as they were written: values, groups of named entries, lists. A later layer is laid over an earlier one.</summary>
/// <remarks>In .NET's flat keys the first entry of a list and a route that is called "0" look alike; here a list stays one.</remarks>
internal sealed class SettingsTree
{
    private readonly Dictionary<string, SettingsTree> entries = new(StringComparer.OrdinalIgnoreCase);
    private Shape shape;
    private string? value;

    private enum Shape
    {
        Value,
        Group,
        List,

        /// <summary>As the environment and the command line have it: a group, or a list by its numbers.</summary>
        Flat,
    }

    public static SettingsTree Value(string? value) => new() { value = value };

    public static SettingsTree Group(IEnumerable<(string Name, SettingsTree Entry)> entries) => With(Shape.Group, entries);

    public static SettingsTree List(IEnumerable<SettingsTree> entries) =>
        With(Shape.List, entries.Select((entry, i) => (i.ToString(CultureInfo.InvariantCulture), entry)));

    /// <param name="settings">Keys are names joined by ':'.</param>
    public static SettingsTree Flat(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var root = With(Shape.Flat, []);
        foreach (var (key, value) in settings)
        {
            var at = root;
            foreach (var name in key.Split(':'))
            {
                at.shape = Shape.Flat;
                at = at.Entry(name);
            }

            at.value = value;
        }

        return root;
    }

    /// <summary>What the later layer says, holds: a value or a list whole, a group entry by entry.</summary>
    public void Lay(SettingsTree later)
    {
        var theirs = later.shape is Shape.Flat ? later.ShapeOver(this) : later.shape;
        if (theirs is Shape.List || shape is Shape.List)
            entries.Clear();

        // A value does not wipe a group: some GATEWAY= in the environment would. Who reads the group objects to the value.
        shape = theirs is Shape.Value && shape is Shape.Group ? Shape.Group : theirs;
        value = later.value;
        foreach (var (name, entry) in later.entries)
            Entry(name).Lay(entry);
    }

    /// <summary>.NET's flat keys. An empty list is an empty text; the reader knows it by the type that it reads.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Flatten(string key = "")
    {
        if (key.Length > 0 && (entries.Count == 0 || value is not null))
            yield return new(key, value ?? (shape is Shape.List ? "" : null));

        foreach (var setting in entries.SelectMany(entry => entry.Value.Flatten(key.Length == 0 ? entry.Key : key + ":" + entry.Key)))
            yield return setting;
    }

    private static SettingsTree With(Shape shape, IEnumerable<(string Name, SettingsTree Entry)> entries)
    {
        var tree = new SettingsTree { shape = shape };
        foreach (var (name, entry) in entries)
            tree.entries[name] = entry;
        return tree;
    }

    private SettingsTree Entry(string name) => entries.TryGetValue(name, out var entry) ? entry : entries[name] = new();

    // Numbers are indexes where a list was; where nothing was, if they begin at 0 and leave none out.
    private Shape ShapeOver(SettingsTree earlier)
    {
        var numbers = entries.Keys.Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).Order().ToArray();
        return earlier.shape switch
        {
            Shape.Group => Shape.Group,
            Shape.List => numbers[0] >= 0 ? Shape.List : Shape.Group,
            _ => numbers.SequenceEqual(Enumerable.Range(0, numbers.Length)) ? Shape.List : Shape.Group,
        };
    }
}
