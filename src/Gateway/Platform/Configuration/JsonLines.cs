using System.Globalization;
using System.Text.Json;

namespace Gateway.Platform.Configuration;

/// <summary>On which line of a file is a key? Asked only when there is an error to show.</summary>
internal static class JsonLines
{
    /// <returns>The line of the key, counted from 1, or of the innermost group around it that is there, and how many names of the key led to it; null: not even its section.</returns>
    public static (int Line, int Depth)? Find(FileContent content, string key)
    {
        if (content.Bytes is null)
            return null;

        var json = content.Json.Span;
        var found = default((int, int)?);
        try
        {
            var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            foreach (var (depth, name) in key.Split(':').Index())
            {
                if (!Descend(ref reader, name, out var at))
                    break;
                found = (json[..(int)at].Count((byte)'\n') + 1, depth + 1);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // said already, with its line
        }

        return found;
    }

    /// <summary>From a group or a list to what is in it under that name or number.</summary>
    private static bool Descend(ref Utf8JsonReader reader, string name, out long at)
    {
        at = 0;
        var isList = reader.TokenType is JsonTokenType.StartArray;
        if (!isList && reader.TokenType is not JsonTokenType.StartObject)
            return false;

        for (var i = 0; reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray); i++)
        {
            at = reader.TokenStartIndex;
            var here = isList ? i.ToString(CultureInfo.InvariantCulture) : reader.GetString()!;
            if (!isList)
                reader.Read();      // from the name to what it names
            if (here.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
            reader.Skip();
        }

        return false;
    }
}
