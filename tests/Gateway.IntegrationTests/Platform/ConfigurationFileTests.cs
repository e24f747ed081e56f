namespace Gateway.IntegrationTests.Platform;

/// <summary>Where settings come from, and what comes over what. Through `check`, which touches nothing else.</summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private const string Broken = """{ "Gateway": { "Tokens": { "AccessLifetime": "banana" } } }""";
    private const string Good = """{ "Gateway": { "Tokens": { "AccessLifetime": "00:04:00" } } }""";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Missing_file_is_an_error()
    {
        var result = await CommandLine.RunAsync("check", "--config", folder.File("nowhere.json"));

        result.AssertRefused("nowhere.json");
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("{")]
    [InlineData("""{ "Gateway": """)]
    [InlineData("""{ "Gateway": {}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("Gateway: {}")]
    [InlineData("""{ "Gateway": {}, "Gateway": {} }""")]
    public async Task Empty_or_unparsable_file_is_an_error_and_never_an_empty_configuration(string text)
    {
        var result = await CommandLine.RunAsync("check", "--config", folder.Write("half.json", text));

        result.AssertRefused("half.json");
    }

    [Theory]
    [InlineData("{ \"Gateway\": { \"Path\": \"/caf\u00e9\" } }")]
    [InlineData("{ \"Caf\u00e9\": 1 }")]
    [InlineData("{ \"Gateway\": { \"Path\": \"\\ud800\" } }")]
    public async Task File_that_is_not_unicode_is_an_error(string text)
    {
        File.WriteAllBytes(folder.File("latin.json"), Encoding.Latin1.GetBytes(text));

        var result = await CommandLine.RunAsync("check", "--config", folder.File("latin.json"));

        result.AssertRefused("latin.json", "UTF-8");
    }

    [Fact]
    public async Task Unparsable_file_is_told_by_its_line()
    {
        var result = await CommandLine.RunAsync("check", "--config", folder.Write("half.json", "{\n  \"Gateway\": {\n    \"Path\" \"/auth\"\n  }\n}"));

        result.AssertRefused("half.json", "3");
    }

    [Fact]
    public async Task Comments_and_trailing_commas_are_welcome()
    {
        var result = await CommandLine.RunAsync("check", "--config", folder.Write("talkative.json", "// ours\n{ \"Gateway\": { \"Path\": \"/auth\", /* so far */ }, }"));

        result.AssertSucceeded();
    }

    [Fact]
    public async Task Environment_comes_over_the_file()
    {
        var file = folder.Write("broken.json", Broken);

        (await CommandLine.RunAsync(["check", "--config", file])).AssertRefused("Gateway:Tokens:AccessLifetime", "banana");
        (await CommandLine.RunAsync(["check", "--config", file], environment: ("Gateway__Tokens__AccessLifetime", "00:02:00"))).AssertSucceeded();
        (await CommandLine.RunAsync(["check", "--config", folder.Write("good.json", Good)], environment: ("Gateway__Tokens__AccessLifetime", "apple"))).AssertRefused("Gateway:Tokens:AccessLifetime", "apple");
    }

    [Fact]
    public async Task Command_line_comes_over_the_environment()
    {
        var result = await CommandLine.RunAsync(["check", "--config", folder.Write("broken.json", Broken), "--Gateway:Tokens:AccessLifetime=00:01:00"], environment: ("Gateway__Tokens__AccessLifetime", "apple"));

        result.AssertSucceeded();
    }

    [Fact]
    public async Task Later_file_comes_over_the_earlier()
    {
        var (broken, good) = (folder.Write("broken.json", Broken), folder.Write("good.json", Good));

        (await CommandLine.RunAsync("check", "--config", broken, "--config", good)).AssertSucceeded();
        (await CommandLine.RunAsync("check", "--config", good, "--config", broken)).AssertRefused("banana");
    }

    [Fact]
    public async Task List_in_a_later_file_replaces_the_earlier_list_whole()
    {
        var first = folder.Write("first.json", """{ "Gateway": { "Policies": { "staff": { "Roles": ["staff", ""] } } } }""");
        var second = folder.Write("second.json", """{ "Gateway": { "Policies": { "staff": { "Roles": ["admin"] } } } }""");

        (await CommandLine.RunAsync("check", "--config", first)).AssertRefused("Gateway:Policies:staff");
        (await CommandLine.RunAsync("check", "--config", first, "--config", second)).AssertSucceeded();
    }

    [Fact]
    public async Task Emptied_list_in_a_later_file_is_empty_and_not_the_earlier_one()
    {
        var first = folder.Write("first.json", """{ "Gateway": { "Policies": { "staff": { "Roles": ["staff"] } } } }""");
        var second = folder.Write("second.json", """{ "Gateway": { "Policies": { "staff": { "Roles": [] } } } }""");

        var result = await CommandLine.RunAsync("check", "--config", first, "--config", second);

        result.AssertRefused("Gateway:Policies:staff");
    }

    [Fact]
    public async Task Without_a_file_the_one_in_the_working_directory_counts()
    {
        folder.Write("appsettings.json", Broken);

        var result = await CommandLine.RunAsync(["check"], folder: folder.Path);

        result.AssertRefused("Gateway:Tokens:AccessLifetime");
    }

    [Fact]
    public async Task Relative_paths_of_a_file_are_relative_to_it()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Set("Gateway:Database:ConnectionString", "Data Source=data/own.db")
            .Set("Gateway:SecretFile", "data/own.secret"));

        Assert.True(File.Exists(gateway.Folder.File("data/own.db")));
        Assert.True(File.Exists(gateway.Folder.File("data/own.secret")));
    }
}
