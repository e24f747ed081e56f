using System.Collections;
using System.Text.Json.Nodes;
using Gateway.Platform.Configuration;

namespace Gateway.UnitTests.Platform.Configuration;

public sealed class ConfigurationLayersTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Hashtable environment = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_later_file_stands_over_an_earlier_one_key_by_key()
    {
        var read = Read(["""{"A":{"B":"1","C":"2"}}""", """{"A":{"B":"3"}}"""]);

        Assert.Equal("3", read["A:B"]);
        Assert.Equal("2", read["a:c"]);
    }

    [Fact]
    public void The_environment_stands_over_files_and_the_command_line_over_all()
    {
        environment["A__B"] = "environment";
        environment["A__C"] = "environment";

        var read = Read(["""{"A":{"B":"file","C":"file","D":"file"}}"""], ("A:C", "command"), ("A:E", "word"));

        Assert.Equal(("environment", "command", "file", "word"), (read["A:B"], read["A:C"], read["A:D"], read["A:E"]));
    }

    [Fact]
    public void The_environment_of_aspnet_stands_below_the_files()
    {
        environment["ASPNETCORE_URLS"] = "http://environment";

        Assert.Equal("http://environment", Read(["{}"])["Urls"]);
        Assert.Equal("http://file", Read(["""{"Urls":"http://file"}"""])["Urls"]);
    }

    [Theory]
    [InlineData("""["c"]""", new[] { "c" })]
    [InlineData("""["c","d","e"]""", new[] { "c", "d", "e" })]
    public void A_later_list_replaces_the_earlier_one_whole(string later, string[] left)
    {
        var read = Read(["""{"G":{"L":["a","b"],"X":"x"}}""", "{\"g\":{\"l\":" + later + "}}"]);

        Assert.Equal(left, ListAt(read, "G:L"));
        Assert.Equal("x", read["G:X"]);
    }

    [Fact]
    public void A_later_list_of_groups_leaves_nothing_of_the_earlier_groups()
    {
        var read = Read(["""{"L":[{"A":"1","B":["x","y"]},{"A":"2"}]}""", """{"L":[{"A":"3"}]}"""]);

        Assert.Equal(["L:0:A"], read.Keys.Where(k => k.StartsWith('L')));
        Assert.Equal("3", read["L:0:A"]);
    }

    [Fact]
    public void One_entry_of_a_list_in_the_environment_replaces_the_list()
    {
        environment["Gateway__Policies__staff__Roles__0"] = "clerk";

        Assert.Equal(["clerk"], ListAt(Read(["""{"Gateway":{"Policies":{"staff":{"Roles":["admin","staff"]}}}}"""]), "Gateway:Policies:staff:Roles"));
    }

    [Fact]
    public void A_list_after_an_empty_one_is_there_whole()
    {
        var read = Read(["""{"L":[]}""", """{"L":["a"]}"""]);

        Assert.Equal(["a"], ListAt(read, "L"));
        Assert.False(read.TryGetValue("L", out var text) && text is not null);
    }

    [Fact]
    public void A_list_inside_a_list_belongs_to_the_outer_one()
    {
        var read = Read(["""{"L":[{"M":["a","b"]}]}""", """{"L":[{"M":["c"]}]}"""]);

        Assert.Equal(["c"], ListAt(read, "L:0:M"));
    }

    [Fact]
    public void Names_that_are_numbers_are_names()
    {
        environment["R__3__B"] = "environment";

        var read = Read(["""{"R":{"1":{"B":"x"},"0":{"B":"w"}}}""", """{"R":{"2":{"B":"y"}}}"""], ("R:0:C", "command"));

        Assert.Equal(["R:0:B", "R:0:C", "R:1:B", "R:2:B", "R:3:B"], read.Keys.Where(k => k.StartsWith('R')).Order());
    }

    [Fact]
    public void Whatever_a_name_is_it_is_merged_the_same()
    {
        var layers = Gen.ArrayOf(Group(3), 3);

        Law.Holds(layers, given =>
        {
            string Renamed(string text) => text.Replace("n", "");      // "n1" becomes "1"

            var letters = Read([.. given.Select(g => g.ToJsonString())]);
            var numbers = Read([.. given.Select(g => Renamed(g.ToJsonString()))]);

            Assert.Equal(letters.Select(s => (Renamed(s.Key), s.Value)).Order(), numbers.Select(s => (s.Key, s.Value)).Order());
        }, 100);
    }

    [Fact]
    public void A_later_layer_holds_in_all_that_it_says_and_in_nothing_else()
    {
        Law.Holds(Gen.ArrayOf(Group(3, withLists: false), 2), layers =>
        {
            var (earlier, later) = (Read([layers[0].ToJsonString()]), Read([layers[1].ToJsonString()]));

            var read = Read([.. layers.Select(layer => layer.ToJsonString())]);

            Assert.All(later.Where(s => s.Value is not null), s => Assert.Equal(s.Value, read[s.Key]));
            Assert.All(earlier.Where(s => s.Value is not null && !later.Keys.Any(key => IsWithin(key, s.Key) || IsWithin(s.Key, key))), s => Assert.Equal(s.Value, read[s.Key]));
        }, 100);

        static bool IsWithin(string key, string group) => (key + ":").StartsWith(group + ":", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("L__0", "c", new[] { "c" })]
    [InlineData("L__1", "c", new[] { "c" })]
    [InlineData("L", "", new string[0])]
    public void What_the_environment_says_of_a_list_replaces_it(string name, string value, string[] left)
    {
        environment[name] = value;

        Assert.Equal(left, ListAt(Read(["""{"L":["a","b"]}"""]), "L"));
    }

    [Fact]
    public void A_list_in_the_environment_is_replaced_by_one_on_the_command_line()
    {
        environment["L__0"] = "a";
        environment["L__1"] = "b";

        Assert.Equal(["c"], ListAt(Read(["{}"], ("L:0", "c")), "L"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void A_value_wipes_no_group(string value)
    {
        environment["G"] = "";

        Assert.Equal("x", Read(["""{"G":{"A":"x"}}""", "{\"G\":" + value + "}"])["G:A"]);
    }

    [Theory]
    [InlineData("""{"G":{"a:B":1}}""", "G", "a:B")]
    [InlineData("""{"G:P":{}}""", "the top level", "G:P")]
    [InlineData("""{"G":{"":1}}""", "G", "")]
    [InlineData("""{"L":[{":":1}]}""", "L:0", ":")]
    public void A_name_that_leads_elsewhere_is_refused(string json, string place, string name)
    {
        var file = folder.Write("elsewhere.json", json);

        Assert.Equal([$"{file}: {place} holds the name '{name}'. A name must not be empty and must not hold ':', which leads into a group: write {{ \"a\": {{ \"b\": ... }} }}, not {{ \"a:b\": ... }}."], Refused(file));
    }

    [Theory]
    [InlineData("""{"A":1}""", "1")]
    [InlineData("""{"A":1.50}""", "1.50")]
    [InlineData("""{"A":true}""", "true")]
    [InlineData("""{"A":null}""", null)]
    [InlineData("""{"A":{}}""", null)]
    [InlineData("""{"A":[]}""", "")]
    [InlineData("""{"A":""}""", "")]
    [InlineData("""{"A":"caf\u00e9"}""", "café")]
    public void A_value_is_read_as_it_is_written(string json, string? value)
    {
        var read = Read([json]);

        Assert.True(read.ContainsKey("A"));
        Assert.Equal(value, read["A"]);
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_allowed() =>
        Assert.Equal("1", Read(["\uFEFF// a comment\n{ /* another */ \"A\": \"1\", }"])["A"]);

    [Fact]
    public void A_missing_file_is_an_error()
    {
        var missing = Path.Combine(folder.Path, "missing.json");

        var error = Assert.Single(Refused(missing));

        Assert.StartsWith($"{missing}: cannot be read (", error);
        Assert.EndsWith("). Every file named by --config must exist and be readable.", error);
    }

    [Fact]
    public void A_folder_is_no_file() => Assert.Contains("cannot be read", Assert.Single(Refused(folder.Path)));

    [Theory]
    [InlineData("", ":1: is not valid JSON (")]
    [InlineData("   ", ":1: is not valid JSON (")]
    [InlineData("// only a comment", ":1: is not valid JSON (")]
    [InlineData("garbage", ":1: is not valid JSON (")]
    [InlineData("{\n\n\"A\": }", ":3: is not valid JSON (")]
    [InlineData("""{"A":1""", ":1: is not valid JSON (")]
    [InlineData("""{"A":1} {"B":2}""", ":1: is not valid JSON (")]
    [InlineData("""{"A":1,"A":2}""", ":")]
    [InlineData("""{"A":{"B":1,"B":2}}""", ":")]
    [InlineData("[]", ": holds a Array. A configuration file must be one JSON object.")]
    [InlineData("""[{"A":1}]""", ": holds a Array. A configuration file must be one JSON object.")]
    [InlineData("null", ": holds a Null. A configuration file must be one JSON object.")]
    [InlineData("\"text\"", ": holds a String. A configuration file must be one JSON object.")]
    public void A_file_that_is_no_configuration_is_never_an_empty_one(string text, string error)
    {
        var file = folder.Write("broken.json", text);

        Assert.StartsWith(file + error, Assert.Single(Refused(file)));
    }

    [Theory]
    [InlineData("""{"A":1,"a":2}""", "A and a")]
    [InlineData("""{"R":{"X":{"P":1},"x":{"P":2}}}""", "R:X and R:x")]
    [InlineData("""{"L":["admin"],"l":["user"]}""", "L and l")]
    [InlineData("""{"L":[{"A":1,"a":2}]}""", "L:0:A and L:0:a")]
    public void Keys_that_differ_only_in_case_are_refused(string json, string twins)
    {
        var file = folder.Write("twins.json", json);

        Assert.Equal([$"{file}: {twins} differ only in case. Keep one, or give them different names."], Refused(file));
    }

    [Fact]
    public void Every_broken_file_is_named_at_once() =>
        Assert.Equal(2, Refused(folder.Write("a.json", ""), folder.Write("b.json", "[]")).Count);

    [Theory]
    [InlineData("""{"Gateway":{"SecretFile":"keys/secret"}}""", "Gateway:SecretFile", "keys/secret")]
    [InlineData("""{"Gateway":{"SecretFile":"../secret"}}""", "Gateway:SecretFile", "../secret")]
    [InlineData("""{"Gateway":{"Tokens":{"TrustedIssuers":[{"JwksFile":"a.jwks"}]}}}""", "Gateway:Tokens:TrustedIssuers:0:JwksFile", "a.jwks")]
    [InlineData("""{"Kestrel":{"Endpoints":{"Https":{"Certificate":{"Path":"tls.pem"}}}}}""", "Kestrel:Endpoints:Https:Certificate:Path", "tls.pem")]
    public void A_relative_path_is_relative_to_its_file(string json, string key, string path)
    {
        var read = ReadFiles([folder.Write("deep/settings.json", json)]);

        Assert.Equal(Path.Combine(folder.Path, "deep", path), read[key]);
    }

    [Theory]
    [InlineData("""{"Gateway":{"SecretFile":"/etc/secret"}}""", "Gateway:SecretFile", "/etc/secret")]
    [InlineData("""{"Gateway":{"SecretFile":""}}""", "Gateway:SecretFile", "")]
    [InlineData("""{"Gateway":{"Secret":"keys/secret"}}""", "Gateway:Secret", "keys/secret")]
    [InlineData("""{"Gateway":{"Database":{"ConnectionString":"Data Source=:memory:"}}}""", "Gateway:Database:ConnectionString", "Data Source=:memory:")]
    [InlineData("""{"Gateway":{"Database":{"ConnectionString":"Host=db;Username=gateway"}}}""", "Gateway:Database:ConnectionString", "Host=db;Username=gateway")]
    public void What_is_absolute_or_no_path_stays(string json, string key, string value) => Assert.Equal(value, Read([json])[key]);

    [Fact]
    public void The_database_lies_beside_the_file_that_names_it()
    {
        var read = ReadFiles([folder.Write("deep/settings.json", """{"Gateway":{"Database":{"ConnectionString":"Data Source=data/my.db;Default Timeout=5"}}}""")]);

        var connection = new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(read["Gateway:Database:ConnectionString"]);
        Assert.Equal(Path.Combine(folder.Path, "deep", "data/my.db"), connection.DataSource);
        Assert.Equal(5, connection.DefaultTimeout);
    }

    [Fact]
    public void A_path_in_the_environment_is_relative_to_the_working_directory()
    {
        environment["Gateway__SecretFile"] = "secret";

        Assert.Equal("secret", Read(["""{"Gateway":{"SecretFile":"other"}}"""])["Gateway:SecretFile"]);
    }

    [Fact]
    public void Without_a_file_an_error_stays_what_it_is()
    {
        string[] errors = ["A:B: is wrong. Mend it."];

        Assert.Equal(errors, new ConfigurationLayers([], environment, []).Locate(errors));
    }

    private Dictionary<string, string?> Read(string[] files, params (string Key, string? Value)[] commandLine) =>
        ReadFiles([.. files.Select((text, i) => folder.Write($"{i}.json", text))], commandLine);

    private Dictionary<string, string?> ReadFiles(string[] files, params (string Key, string? Value)[] commandLine) =>
        new ConfigurationLayers(files, environment, commandLine.Select(s => KeyValuePair.Create(s.Key, s.Value))).Read().Flatten();

    private IReadOnlyList<string> Refused(params string[] files) =>
        Assert.Throws<StartRefusedException>(() => ReadFiles(files)).Errors;

    /// <summary>Groups, lists and values under a few names, so that layers meet.</summary>
    private static Gen<JsonNode> Group(int depth, bool withLists = true) =>
        from names in Gen.ArrayOf(Gen.Elements("a", "n0", "n1", "n2"), 3)
        from entries in Gen.ArrayOf(depth == 0 ? Text : Gen.Frequency((2, Text), (2, Group(depth - 1, withLists)), (withLists ? 1 : 0, List)), 3)
        select (JsonNode)new JsonObject(names.Zip(entries).DistinctBy(e => e.First).Select(e => KeyValuePair.Create(e.First, (JsonNode?)e.Second.DeepClone())));

    private static Gen<JsonNode> List => Gen.ArrayOf(Text, 2).Select(texts => (JsonNode)new JsonArray([.. texts.Select(text => text.DeepClone())]));

    private static Gen<JsonNode> Text => Gen.Elements("x", "y", "").Select(text => (JsonNode)JsonValue.Create(text));

    private static string[] ListAt(Dictionary<string, string?> read, string key) =>
        [.. Enumerable.Range(0, 10).Select(i => read.GetValueOrDefault($"{key}:{i}")).OfType<string>()];
}
