using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Gateway.Platform.Configuration;

/// <summary>What may stand in a configuration file, for editors (JSON Schema 2020-12)? Made from the same types that <see cref="SettingsReader"/> reads.</summary>
/// <remarks>Keys mind no case for .NET; editors are given the spelling of the documents. What an editor shows of a key is the summary in the code.</remarks>
internal sealed class SettingsSchema
{
    /// <summary>Where a file says by which schema an editor shall check it. It means nothing to the gateway.</summary>
    public const string Key = "$schema";

    private const string Duration = @"^-?(\d+\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$";

    private readonly JsonObject definitions = [];
    private readonly Dictionary<string, string> summaries;
    private readonly Type[] freeForm;

    private SettingsSchema(IEnumerable<SettingsSection> sections)
    {
        freeForm = [.. sections.SelectMany(section => section.FreeForm)];
        var xml = Path.ChangeExtension(typeof(SettingsSchema).Assembly.Location, ".xml");
        summaries = !File.Exists(xml) ? [] : XDocument.Load(xml).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!));
    }

    public static string Of(IEnumerable<SettingsSection> sections)
    {
        var all = sections.OrderBy(section => section.Path, StringComparer.Ordinal).ToArray();
        var schema = new SettingsSchema(all);
        var root = new JsonObject
        {
            [Key] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Gateway",
            ["type"] = "object",
            ["properties"] = new JsonObject { [Key] = Text(), ["Urls"] = Text(), ["Kestrel"] = Anything(), ["Logging"] = Anything() },
        };
        foreach (var section in all)
            schema.Place(root, section);
        root["$defs"] = schema.definitions;
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    /// <summary>A section within a section is one more of its keys.</summary>
    private void Place(JsonObject root, SettingsSection section)
    {
        var (at, names) = (root, section.Path.Split(':'));
        foreach (var name in names[..^1])
            at = (JsonObject)((JsonObject)at["properties"]!)[name]!;
        ((JsonObject)at["properties"]!)[names[^1]] = Inline(section.Type);
    }

    private JsonObject Inline(Type type) => ElementOf(type, typeof(IReadOnlyDictionary<,>)) is null && !type.IsArray ? ObjectOf(type) : SchemaOf(type);

    private JsonObject SchemaOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (ElementOf(type, typeof(IReadOnlyDictionary<,>)) is { } entry)
            return new() { ["type"] = "object", ["additionalProperties"] = entry == typeof(string) ? Word() : SchemaOf(entry) };
        if (type != typeof(string) && ElementOf(type, typeof(IReadOnlyList<>)) is { } item)
            return new() { ["type"] = "array", ["items"] = SchemaOf(item) };
        if (type == typeof(IConfigurationSection))
            return new() { ["type"] = new JsonArray("object", "null") };
        if (type.IsEnum)
            return type.IsDefined(typeof(FlagsAttribute)) ? new() { ["type"] = "array", ["items"] = NamesOf(type) } : NamesOf(type);
        if (type.IsClass && type != typeof(string) && type != typeof(Version) && type != typeof(Uri))
            return Defined(type);

        return type == typeof(bool) ? new() { ["type"] = "boolean" }
            : type == typeof(int) || type == typeof(long) ? new() { ["type"] = "integer" }
            : type == typeof(double) ? new() { ["type"] = "number" }
            : type == typeof(TimeSpan) ? new() { ["type"] = "string", ["pattern"] = Duration }
            : type == typeof(Version) ? new() { ["type"] = new JsonArray("string", "number") }
            : Text();
    }

    /// <summary>Once, by name: a type may hold itself.</summary>
    private JsonObject Defined(Type type)
    {
        if (!definitions.ContainsKey(type.Name))
        {
            definitions[type.Name] = null;      // under way
            definitions[type.Name] = type.GetConstructor([typeof(string)]) is null ? ObjectOf(type) : new JsonObject { ["anyOf"] = new JsonArray(Text(), ObjectOf(type)) };
        }

        return new() { ["$ref"] = "#/$defs/" + type.Name };
    }

    private JsonObject ObjectOf(Type type)
    {
        var properties = new JsonObject();
        foreach (var property in type.GetProperties().Where(property => property.CanWrite).OrderBy(property => property.Name, StringComparer.Ordinal))
            properties[property.Name] = Property(property);
        var result = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (!freeForm.Contains(type))
            result["additionalProperties"] = false;
        if (summaries.GetValueOrDefault("T:" + type.FullName) is { } summary)
            result["description"] = summary;
        return result;
    }

    private JsonObject Property(PropertyInfo property)
    {
        var schema = SchemaOf(property.PropertyType);
        if (property.GetCustomAttribute<RangeAttribute>() is { Minimum: int minimum, Maximum: int maximum })
            (schema["minimum"], schema["maximum"]) = (minimum, maximum);
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
            schema["enum"] = new JsonArray([.. allowed.Values.Select(value => (JsonNode?)value?.ToString())]);
        if (property.GetCustomAttribute<RequiredAttribute>() is null && new NullabilityInfoContext().Create(property).WriteState is NullabilityState.Nullable)
            schema = new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        if (summaries.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}") is { } summary)
            schema["description"] = summary;
        return schema;
    }

    private static JsonObject NamesOf(Type type) => new() { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode?)name)]) };

    private static JsonObject Text() => new() { ["type"] = "string" };

    /// <summary>A text under a name that is not ours, such as metadata: numbers and booleans are texts to .NET's configuration, and are written like that.</summary>
    private static JsonObject Word() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    private static JsonObject Anything() => new() { ["type"] = "object" };

    private static Type? ElementOf(Type type, Type generic) =>
        type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == generic)?.GetGenericArguments()[^1];

    // <see cref="T:A.B"/> is B.
    private static string Plain(XElement summary) => string.Join(' ', string.Concat(summary.Nodes().Select(node => node is XElement element
        ? element.Attribute("cref")?.Value.Split('.')[^1] ?? element.Value
        : node.ToString(SaveOptions.DisableFormatting))).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);
}
