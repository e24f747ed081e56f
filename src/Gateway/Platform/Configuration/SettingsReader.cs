using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Gateway.Platform.Configuration;

/// <summary>Does this section hold what its type says, and nothing else? Reads it and collects every error.</summary>
/// <remarks>The stock binder stops at the first wrong value, appends lists to their defaults and reports unknown keys one level deep.</remarks>
internal sealed class SettingsReader(List<string> errors, params Type[] freeForm)
{
    // Reflection is dear, and there may be ten thousand routes.
    private static readonly ConcurrentDictionary<Type, Dictionary<string, Member>> Known = new();
    private static readonly ConcurrentDictionary<Type, Type?> Entries = new(), Items = new();

    /// <summary>One key that a type has. Its attributes are looked at when somebody writes it: most keys are left out, and that would be a twentieth of a start.</summary>
    private sealed class Member(PropertyInfo property)
    {
        private readonly Lazy<NullabilityInfo> nullability = new(() => new NullabilityInfoContext().Create(property));
        private readonly Lazy<ValidationAttribute[]> rules = new(() => [.. property.GetCustomAttributes<ValidationAttribute>()]);

        public PropertyInfo Property => property;

        public bool IsNullable => nullability.Value.WriteState is NullabilityState.Nullable;

        public ValidationAttribute[] Rules => rules.Value;
    }

    /// <param name="section">What to read.</param>
    /// <param name="type">A class with settable properties, or an array of one. If it can be made of a text, a text may stand in its place.</param>
    /// <param name="elsewhere">Keys below the section that another type reads.</param>
    public object Read(IConfigurationSection section, Type type, IReadOnlyCollection<string>? elsewhere = null)
    {
        if (EntryOf(type) is { } entry)
            return ReadEntries(section, type, entry);
        if (type.IsArray)
            return ReadList(section, type.GetElementType()!);
        if (section.Value is { Length: > 0 } written && !section.GetChildren().Any() && type.GetConstructor([typeof(string)]) is { } fromText)
            return fromText.Invoke([written]);

        var result = Activator.CreateInstance(type)!;
        var properties = Known.GetOrAdd(type, MembersOf);
        var before = errors.Count;

        foreach (var child in section.GetChildren())
        {
            if (properties.TryGetValue(child.Key, out var property))
                ReadProperty(child, property, result);
            else if (!freeForm.Contains(type) && elsewhere?.Contains(child.Key, StringComparer.OrdinalIgnoreCase) is not true)
                errors.Add(Unknown(child, [.. properties.Keys, .. elsewhere ?? []]));
        }

        if (section.Value is { Length: > 0 })      // not shown: a connection string in the wrong place has a password in it
            errors.Add($"{section.Path}: is a value. It must be a group of keys ({string.Join(", ", properties.Keys)}).");
        if (errors.Count == before && result is IValidatableObject rules)
            errors.AddRange(rules.Validate(new ValidationContext(result)).Select(e => $"{section.Path}{string.Concat(e.MemberNames.Select(m => ":" + m))}: {e.ErrorMessage}"));

        return result;
    }

    public static string Unknown(IConfigurationSection child, IReadOnlyCollection<string> known) =>
        $"{child.Path}: this key does not exist. It must be one of {string.Join(", ", known.Order())}{Suggestion.For(child.Key, known)}.";

    private void ReadProperty(IConfigurationSection child, Member member, object owner)
    {
        var property = member.Property;
        if (child.Value is null && !child.GetChildren().Any() && member.IsNullable)
        {
            if (member.Rules.Any(rule => rule is RequiredAttribute))
                errors.Add($"{child.Path}: is null. Leave the key out, or give it a value.");
            property.SetValue(owner, null);
            return;
        }

        var before = errors.Count;
        var value = Value(child, property.PropertyType);
        if (value is not null)
            property.SetValue(owner, value);      // with errors inside too: the rules speak about what is right in it
        if (errors.Count != before)
            return;

        foreach (var rule in member.Rules.Where(rule => !rule.IsValid(value)))
            errors.Add($"{child.Path}: {(value is string or ValueType ? $"'{child.Value}' is not allowed" : "this value is not allowed")}. {rule.FormatErrorMessage(property.Name)}");
    }

    private object? Value(IConfigurationSection child, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(IConfigurationSection))
            return child;      // whoever has it reads it: its names are not ours

        if (EntryOf(type) is { } entry)
            return ReadEntries(child, type, entry);
        if (type != typeof(string) && ItemOf(type) is { } item)
            return ReadList(child, item);
        if (type != typeof(string) && type.IsClass && type != typeof(Version) && type != typeof(Uri))
            return Read(child, type);
        if (type.IsEnum && type.IsDefined(typeof(FlagsAttribute)))
            return ReadFlags(child, type);

        return Scalar(child, type);
    }

    private IDictionary ReadEntries(IConfigurationSection child, Type type, Type entry)
    {
        var entries = (IDictionary)(type.IsInterface
            ? Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), entry), StringComparer.OrdinalIgnoreCase)      // as YARP reads them
            : Activator.CreateInstance(type))!;
        if (child.Value is { Length: > 0 })
            errors.Add($"{child.Path}: is a value. It must be an object of named entries.");
        foreach (var part in child.GetChildren())
            entries[part.Key] = Value(part, entry);
        return entries;
    }

    private Array ReadList(IConfigurationSection child, Type item)
    {
        var parts = child.GetChildren().ToArray();
        if (child.Value is { Length: > 0 } || parts.Any(part => !int.TryParse(part.Key, out _)))
            errors.Add($"{child.Path}: must be a list: write [ ... ].");

        var values = parts.Select(part => item.IsEnum ? Scalar(part, item) : Value(part, item)).OfType<object>().ToArray();
        var list = Array.CreateInstance(item, values.Length);
        for (var i = 0; i < values.Length; i++)
            list.SetValue(values[i], i);
        return list;
    }

    /// <summary>YARP writes flags as a list of their names.</summary>
    private object ReadFlags(IConfigurationSection child, Type type) =>
        Enum.ToObject(type, ReadList(child, type).Cast<object>().Aggregate(0L, (all, flag) => all | Convert.ToInt64(flag, CultureInfo.InvariantCulture)));

    private object? Scalar(IConfigurationSection child, Type type)
    {
        if (child.GetChildren().Any() || child.Value is not { } text)
        {
            errors.Add($"{child.Path}: {(child.Value is null && !child.GetChildren().Any() ? "is null" : "is a group or a list")}. It must be {Describe(type)}.");
            return null;
        }

        if (type == typeof(string))
            return text;

        object? value =
            type == typeof(bool) && bool.TryParse(text, out var flag) ? flag
            : type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : type == typeof(long) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var big) ? big
            : type == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real
            : type == typeof(TimeSpan) && text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span) ? span
            : type == typeof(Version) && Version.TryParse(text.Contains('.') ? text : text + ".0", out var version) ? version
            : type == typeof(Uri) && text.Contains("://") && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri
            : type.IsEnum && Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse(type, text, ignoreCase: true)
            : null;
        if (value is null)
            errors.Add($"{child.Path}: '{text}' is not {Describe(type)}{(type.IsEnum ? Suggestion.For(text, Enum.GetNames(type)) : "")}.");
        return value;
    }

    private static string Describe(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(TimeSpan) ? "a duration such as 00:05:00 or 7.00:00:00"
        : type == typeof(Uri) ? "an absolute URL"
        : type == typeof(Version) ? "a version such as 2"
        : type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type))
        : "a text";

    private static Type? EntryOf(Type type) => Entries.GetOrAdd(type, static type => ElementOf(type, typeof(IReadOnlyDictionary<,>)));

    private static Type? ItemOf(Type type) => Items.GetOrAdd(type, static type => ElementOf(type, typeof(IReadOnlyList<>)));

    private static Type? ElementOf(Type type, Type generic) =>
        type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == generic)?.GetGenericArguments()[^1];

    private static Dictionary<string, Member> MembersOf(Type type) =>
        type.GetProperties().Where(property => property.CanWrite).ToDictionary(property => property.Name, property => new Member(property), StringComparer.OrdinalIgnoreCase);
}

/// <summary>Which known word did the writer mean?</summary>
internal static class Suggestion
{
    public static string For(string given, IEnumerable<string> known)
    {
        string? best = null;
        var tooFar = Math.Max(2, given.Length / 3) + 1;
        foreach (var word in known)
        {
            if (Distance(given.ToLowerInvariant(), word.ToLowerInvariant()) is var distance && distance < tooFar)
                (best, tooFar) = (word, distance);
        }

        return best is null ? "" : $" (did you mean '{best}'?)";
    }

    public static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 1; j <= b.Length; j++)
            row[j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
