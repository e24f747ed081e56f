using System.Text.Json;
using Gateway.Platform.Database;
using Microsoft.Data.Sqlite;

namespace Gateway.Platform.Configuration;

/// <summary>What does this file say? By its content; relative paths in it are relative to it.</summary>
/// <remarks>The stock JSON provider takes a missing or half-written file for an empty one; here both are errors.</remarks>
/// <param name="file">As it was named.</param>
/// <param name="content">What was read from it, and whatever came in the way instead.</param>
internal sealed class ConfigurationFile(string file, FileContent content, List<string> errors)
{
    /// <summary>Comments and trailing commas are welcome, one name for two things is not.</summary>
    private static readonly JsonDocumentOptions Json = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    // Where a file may name another file. '*' stands for one name.
    private static readonly string[] PathKeys =
    [
        "Gateway:SecretFile", "Gateway:Tokens:TrustedIssuers:*:JwksFile",
        "Kestrel:Certificates:*:Path", "Kestrel:Certificates:*:KeyPath",
        "Kestrel:Endpoints:*:Certificate:Path", "Kestrel:Endpoints:*:Certificate:KeyPath",
    ];

    /// <returns>Null: it cannot be used, and the errors say why.</returns>
    public SettingsTree? Read()
    {
        try
        {
            if (content.Trouble is { } trouble)
            {
                errors.Add($"{file}: cannot be read ({trouble}). Every file named by --config must exist and be readable.");
                return null;
            }

            using var document = JsonDocument.Parse(content.Json, Json);
            if (document.RootElement.ValueKind is JsonValueKind.Object)
                return Resolve(Read(document.RootElement, ""));

            errors.Add($"{file}: holds a {document.RootElement.ValueKind}. A configuration file must be one JSON object.");
        }
        catch (InvalidOperationException)
        {
            errors.Add($"{file}: holds text that is not Unicode. A configuration file must be UTF-8.");
        }
        catch (JsonException e)
        {
            errors.Add($"{file}:{e.LineNumber + 1}: is not valid JSON ({e.Message}). Comments and trailing commas are allowed, repeated members are not.");
        }

        return null;
    }

    private SettingsTree Read(JsonElement element, string key)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var group = SettingsTree.Group();
                foreach (var member in element.EnumerateObject())
                    group.Add(member.Name, Child(member.Value, member.Name));
                if (group.Names.Count != element.GetPropertyCount() || group.Names.Any(name => name.Length == 0 || name.Contains(':')))
                    NameErrors(element, key);
                return group;
            case JsonValueKind.Array:
                var list = SettingsTree.List();
                foreach (var entry in element.EnumerateArray())
                {
                    var number = list.Names.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    list.Add(number, Child(entry, number));
                }

                return list;
            case JsonValueKind.String:
                return SettingsTree.Leaf(element.GetString());
            default:
                return SettingsTree.Leaf(element.ValueKind is JsonValueKind.Null ? null : element.GetRawText());
        }

        SettingsTree Child(JsonElement child, string name) =>
            Read(child, child.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) || key.Length == 0 ? name : key + ":" + name);
    }

    /// <summary>Two names that are one key to .NET: two routes would silently become one, with the policy of either.</summary>
    private void NameErrors(JsonElement group, string key)
    {
        var names = group.EnumerateObject().Select(member => member.Name).ToArray();
        var place = key.Length == 0 ? "" : key + ":";
        foreach (var twins in names.ToLookup(name => name, StringComparer.OrdinalIgnoreCase).Where(same => same.Skip(1).Any()))
            errors.Add($"{file}: {string.Join(" and ", twins.Select(name => place + name))} differ only in case. Keep one, or give them different names.");
        foreach (var name in names.Where(name => name.Length == 0 || name.Contains(':')))
            errors.Add($"{file}: {(key.Length == 0 ? "the top level" : key)} holds the name '{name}'. A name must not be empty and must not hold ':', which leads into a group: write {{ \"a\": {{ \"b\": ... }} }}, not {{ \"a:b\": ... }}.");
    }

    private SettingsTree Resolve(SettingsTree read)
    {
        foreach (var file in PathKeys.SelectMany(read.All).Where(setting => setting.Value is { Length: > 0 }))
            file.Value = Path.Combine(Folder, file.Value!);
        foreach (var connection in read.All("Gateway:Database:ConnectionString").Where(setting => setting.Value is not null))
            connection.Value = ResolveDataSource(connection.Value!, Folder);
        return read;
    }

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private static string ResolveDataSource(string connectionString, string folder)
    {
        try
        {
            var sqlite = new SqliteConnectionStringBuilder(connectionString);
            if (!DatabaseOptions.IsFile(sqlite.DataSource))
                return connectionString;

            sqlite.DataSource = Path.Combine(folder, sqlite.DataSource);
            return sqlite.ToString();
        }
        catch (ArgumentException)
        {
            return connectionString;      // another provider's, or wrong: whoever opens it says so
        }
    }
}
