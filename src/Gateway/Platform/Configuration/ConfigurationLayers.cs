using System.Collections;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration.CommandLine;

namespace Gateway.Platform.Configuration;

/// <summary>What do the files, the environment and the command line say together?</summary>
/// <remarks>
/// Read by content, once: the stock JSON provider takes a missing or half-written file for an empty one, and merges lists by
/// index. Here a later layer's list replaces the earlier one whole, and a file that cannot be read is an error.
/// </remarks>
internal static class ConfigurationLayers
{
    private static readonly JsonDocumentOptions Json = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    // Where a file may name another file. '*' stands for one segment.
    private static readonly string[] PathKeys =
    [
        "Gateway:SecretFile", "Gateway:Tokens:TrustedIssuers:*:JwksFile",
        "Kestrel:Certificates:*:Path", "Kestrel:Certificates:*:KeyPath",
        "Kestrel:Endpoints:*:Certificate:Path", "Kestrel:Endpoints:*:Certificate:KeyPath",
    ];

    /// <exception cref="StartRefusedException">A file is missing, empty or not JSON: all such files at once.</exception>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> files, IDictionary environment, string[] commandLine)
    {
        var errors = new List<string>();
        var merged = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

        Lay(merged, FromEnvironment(environment, "ASPNETCORE_"));
        foreach (var file in files)
            Lay(merged, FromFile(file, errors));
        Lay(merged, FromEnvironment(environment, ""));
        Lay(merged, FromCommandLine(commandLine));

        return errors.Count == 0 ? merged : throw new StartRefusedException(errors);
    }

    private static void Lay(Dictionary<string, string?> merged, Dictionary<string, string?> layer)
    {
        foreach (var list in layer.Keys.Select(ListOf).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase))
        {
            foreach (var old in merged.Keys.Where(k => k.StartsWith(list + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
                merged.Remove(old);
            merged.Remove(list);
        }

        foreach (var (key, value) in layer)
        {
            // An empty list has no entries that could replace the earlier ones.
            if (value is "")
            {
                foreach (var old in merged.Keys.Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
                    merged.Remove(old);
            }

            merged[key] = value;
        }
    }

    /// <summary>The outermost list that this key is an entry of (its parent's path), if it is one.</summary>
    private static string? ListOf(string key)
    {
        for (var at = key.IndexOf(':'); at >= 0; at = key.IndexOf(':', at + 1))
        {
            var end = key.IndexOf(':', at + 1);
            var segment = key.AsSpan(at + 1, (end < 0 ? key.Length : end) - at - 1);
            if (int.TryParse(segment, out _))
                return key[..at];
        }

        return null;
    }

    private static Dictionary<string, string?> FromFile(string file, List<string> errors)
    {
        var keys = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        try
        {
            var bytes = File.ReadAllBytes(file);
            using var document = JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Json);
            if (document.RootElement.ValueKind is JsonValueKind.Object)
                Flatten(document.RootElement, "", Path.GetDirectoryName(Path.GetFullPath(file))!, keys, file, errors);
            else
                errors.Add($"{file}: holds a {document.RootElement.ValueKind}. A configuration file must be one JSON object.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}: cannot be read ({e.Message}). Every file named by --config must exist and be readable.");
        }
        catch (JsonException e)
        {
            errors.Add($"{file}:{e.LineNumber + 1}: is not valid JSON ({e.Message}). Comments and trailing commas are allowed, repeated members are not.");
        }

        return keys;
    }

    private static void Flatten(JsonElement element, string key, string folder, Dictionary<string, string?> keys, string file, List<string> errors)
    {
        string Child(string name) => key.Length == 0 ? name : key + ":" + name;

        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.EnumerateObject().Any():
                // The same key to .NET; two routes would silently become one, with the policy of either.
                foreach (var twins in element.EnumerateObject().GroupBy(m => m.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
                    errors.Add($"{file}: {string.Join(" and ", twins.Select(t => Child(t.Name)))} differ only in case. Keep one, or give them different names.");
                foreach (var member in element.EnumerateObject())
                {
                    Flatten(member.Value, Child(member.Name), folder, keys, file, errors);
                }

                break;
            case JsonValueKind.Array when element.GetArrayLength() > 0:
                foreach (var (index, entry) in element.EnumerateArray().Index())
                    Flatten(entry, Child(index.ToString(System.Globalization.CultureInfo.InvariantCulture)), folder, keys, file, errors);
                break;
            case JsonValueKind.Array:
                keys[key] = "";      // an empty list replaces the earlier one; the reader knows it by the type it reads
                break;
            case JsonValueKind.String:
                keys[key] = Resolve(key, element.GetString()!, folder);
                break;
            default:
                keys[key] = element.ValueKind is JsonValueKind.Null or JsonValueKind.Object ? null : element.GetRawText();
                break;
        }
    }

    private static string Resolve(string key, string value, string folder)
    {
        if (key.Equals("Gateway:Database:ConnectionString", StringComparison.OrdinalIgnoreCase))
            return ResolveDataSource(value, folder);

        return value.Length > 0 && PathKeys.Any(pattern => Matches(pattern, key)) ? Path.Combine(folder, value) : value;
    }

    private static string ResolveDataSource(string connectionString, string folder)
    {
        try
        {
            var sqlite = new SqliteConnectionStringBuilder(connectionString);
            if (sqlite.DataSource.Length == 0 || sqlite.DataSource.StartsWith(':') || sqlite.DataSource.StartsWith("file:", StringComparison.Ordinal))
                return connectionString;

            sqlite.DataSource = Path.Combine(folder, sqlite.DataSource);
            return sqlite.ToString();
        }
        catch (ArgumentException)
        {
            return connectionString;      // another provider's, or wrong: whoever opens it says so
        }
    }

    private static bool Matches(string pattern, string key) =>
        pattern.Split(':') is var wanted && key.Split(':') is var given && wanted.Length == given.Length
        && wanted.Zip(given).All(pair => pair.First == "*" || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));

    private static Dictionary<string, string?> FromEnvironment(IDictionary environment, string prefix)
    {
        var keys = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in environment)
        {
            if (variable.Key is string name && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                keys[name[prefix.Length..].Replace("__", ":", StringComparison.Ordinal)] = variable.Value as string;
        }

        return keys;
    }

    private static Dictionary<string, string?> FromCommandLine(string[] commandLine)
    {
        var provider = new CommandLineConfigurationProvider(commandLine);
        provider.Load();
        return Keys(provider, null).ToDictionary(k => k, k => provider.TryGet(k, out var v) ? v : null, StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Keys(ConfigurationProvider provider, string? parent) =>
        provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase).SelectMany(name =>
        {
            var key = parent is null ? name : ConfigurationPath.Combine(parent, name);
            return provider.TryGet(key, out _) ? Keys(provider, key).Prepend(key) : Keys(provider, key);
        });
}

/// <summary>The gateway does not start like this; each error says fact, rule and remedy.</summary>
internal sealed class StartRefusedException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public StartRefusedException(string error) : this([error])
    {
    }

    public IReadOnlyList<string> Errors { get; } = errors;
}
