using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Gateway.Platform.Configuration;

/// <summary>Settings as they were written: values, groups of named entries, lists. A later layer is laid over an earlier one.</summary>
/// <remarks>
/// In .NET's flat keys the first entry of a list and a route that is called "0" look alike; here a list stays one. It is read as .NET's
/// configuration, but each step down is one step: the stock providers read all keys, and ten thousand routes would take minutes.
/// </remarks>
internal sealed class SettingsTree : IConfigurationSection
{
    private static readonly Dictionary<string, SettingsTree> None = [];
    private static readonly IChangeToken Never = new CancellationChangeToken(CancellationToken.None);

    private Dictionary<string, SettingsTree>? entries;
    private SettingsTree[]? inOrder;
    private SettingsTree? parent;
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

    /// <summary>Its name in the group, or its number in the list, that it is in.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The names that lead to it, joined by ':'.</summary>
    public string Path => parent is null or { Key: "", parent: null } ? Key : parent.Path + ":" + Key;

    /// <summary>An empty list is an empty text; the reader knows it by the type that it reads.</summary>
    public string? Value
    {
        get => value ?? (shape is Shape.List && entries is null ? "" : null);
        set => this.value = value;
    }

    public string? this[string key]
    {
        get => Find(key)?.Value;
        set => throw new NotSupportedException("What was written is laid over by a layer, not changed.");
    }

    public static SettingsTree Leaf(string? value) => new() { value = value };

    /// <summary>Without entries, see <see cref="Add"/>.</summary>
    public static SettingsTree Group() => new() { shape = Shape.Group };

    public static SettingsTree List() => new() { shape = Shape.List };

    /// <param name="settings">Keys are names joined by ':'.</param>
    public static SettingsTree Flat(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var root = new SettingsTree { shape = Shape.Flat };
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

    /// <param name="name">In a list its number.</param>
    /// <param name="entry">In the place of one that has the name already.</param>
    public void Add(string name, SettingsTree entry)
    {
        (entry.parent, entry.Key) = (this, name);
        (entries ??= new(StringComparer.OrdinalIgnoreCase))[name] = entry;
    }

    /// <summary>What the later layer says, holds: a value or a list whole, a group entry by entry.</summary>
    public void Lay(SettingsTree later)
    {
        var theirs = later.shape is Shape.Flat ? later.ShapeOver(this) : later.shape;
        if (theirs is Shape.List || shape is Shape.List)
            entries = null;

        // A value does not wipe a group: some GATEWAY= in the environment would. Who reads the group objects to the value.
        shape = theirs is Shape.Value && shape is Shape.Group ? Shape.Group : theirs;
        (value, inOrder) = (later.value, null);
        foreach (var (name, entry) in later.Entries)
            Entry(name).Lay(entry);
    }

    /// <summary>.NET's flat keys.</summary>
    /// <param name="without">Paths with all that is below them.</param>
    public Dictionary<string, string?> Flatten(params IReadOnlyCollection<string> without)
    {
        var flat = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Flatten(flat, "", without);
        return flat;
    }

    /// <param name="pattern">A path in which '*' stands for any one name.</param>
    public IEnumerable<SettingsTree> All(string pattern) => pattern.Split(':').Aggregate(
        (IEnumerable<SettingsTree>)[this], (at, name) => name == "*" ? at.SelectMany(one => one.Entries.Values) : at.Select(one => one.Find(name)).OfType<SettingsTree>());

    public IConfigurationSection GetSection(string key) => Find(key) ?? new SettingsTree { parent = this, Key = key };

    public IEnumerable<IConfigurationSection> GetChildren() => Children;

    public IReadOnlyCollection<string> Names => Entries.Keys;

    public IReadOnlyList<SettingsTree> Children => inOrder ??= [.. Entries.Values.OrderBy(entry => entry.Key, ConfigurationKeyComparer.Instance)];

    public IChangeToken GetReloadToken() => Never;

    /// <returns>Null: nothing is written there.</returns>
    public SettingsTree? Find(string key)
    {
        if (!key.Contains(':'))
            return Entries.GetValueOrDefault(key);

        return key.Split(':').Aggregate((SettingsTree?)this, (at, name) => at?.Entries.GetValueOrDefault(name));
    }

    private Dictionary<string, SettingsTree> Entries => entries ?? None;

    private void Flatten(Dictionary<string, string?> into, string path, IReadOnlyCollection<string> without)
    {
        if (path.Length > 0 && (entries is null || value is not null))
            into[path] = Value;
        foreach (var (name, entry) in Entries)
        {
            if ((path.Length == 0 ? name : path + ":" + name) is var below && !without.Contains(below, StringComparer.OrdinalIgnoreCase))
                entry.Flatten(into, below, without);
        }
    }

    private SettingsTree Entry(string name)
    {
        entries ??= new(StringComparer.OrdinalIgnoreCase);
        if (!entries.TryGetValue(name, out var entry))
            (inOrder, entries[name]) = (null, entry = new() { parent = this, Key = name });
        return entry;
    }

    // Numbers are indexes where a list was; where nothing was, if they begin at 0 and leave none out.
    private Shape ShapeOver(SettingsTree earlier)
    {
        if (earlier.shape is Shape.Group)
            return Shape.Group;

        var (numbers, n) = (new int[Entries.Count], 0);
        foreach (var name in Entries.Keys)
            numbers[n++] = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        Array.Sort(numbers);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] < 0 || (numbers[i] != i && earlier.shape is not Shape.List))
                return Shape.Group;
        }

        return Shape.List;
    }
}

/// <summary>The settings for what reads .NET's configuration by itself: Kestrel, logging.</summary>
internal sealed class SettingsSource(SettingsTree written) : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override bool TryGet(string key, out string? value)
    {
        var found = written.Find(key);
        value = found?.Value;
        return found is not null && (value is not null || found.Children.Count == 0);
    }

    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
        earlierKeys.Concat((parentPath is null ? written : written.Find(parentPath))?.Children.Select(child => child.Key) ?? []);
}
