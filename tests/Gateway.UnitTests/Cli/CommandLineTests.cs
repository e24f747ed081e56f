using Gateway.Cli;
using Gateway.Platform.Configuration;

namespace Gateway.UnitTests.Cli;

/// <summary>A word that means nothing is refused before anything is opened: what it stood for would be left at its default.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string file;

    public CommandLineTests() => file = folder.Write("gateway.json", "{}");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("check --confg gateway.json", "'--confg' is not an option of check. It must be one of --config, --coverage, --help, or a setting with its section, such as --Gateway:Path=/auth (did you mean '--config'?).")]
    [InlineData("--confg=gateway.json", "'--confg' is not an option of")]
    [InlineData("check --Config gateway.json", "(did you mean '--config'?)")]
    [InlineData("check --conf gateway.json", "(did you mean '--config'?)")]
    [InlineData("check -c gateway.json", "'-c' is not an option of check.")]
    [InlineData("check /config gateway.json", "'/config' is one word too many for check. It takes the options --config, --coverage, --help (did you mean '--config'?).")]
    [InlineData("check @gateway.json", "'@gateway.json' is one word too many for check.")]
    [InlineData("check -- --config gateway.json", "'--config'")]
    [InlineData("check --config a.json b.json", "'b.json' is one word too many for check.")]
    [InlineData("check --config=a.json b.json", "'b.json' is one word too many for check.")]
    [InlineData("check --config", "Required argument missing for option: '--config'.")]
    [InlineData("serve --url http://127.0.0.1:0", "(did you mean '--urls'?)")]
    [InlineData("serve --Path=/auth", "'--Path' is not an option of serve.")]
    [InlineData("--Gateway:Path", "'--Gateway:Path' has no value. Write --Gateway:Path=VALUE.")]
    [InlineData("--Gateway:Path --config gateway.json", "'--Gateway:Path' has no value.")]
    [InlineData("--Gateway::Path=/auth", "'--Gateway::Path' is not an option of")]
    [InlineData("--urls", "'--urls' has no value.")]
    [InlineData("sevre", "'sevre' is not a verb. It must be one of check, explain, health, keys, migrate, schema, serve, users (did you mean 'serve'?).")]
    [InlineData("users remove x", "'remove' is not a verb. It must be one of add, disable, list, set")]
    [InlineData("users add", "Required argument missing for command: 'add'. See add --help.")]
    [InlineData("users add x y", "'y' is one word too many for add.")]
    [InlineData("users set x --rolle=admin", "'--rolle' is not an option of set. It must be one of --config, --email, --enable, --help, --no-role, --password-stdin, --role, or a setting with its section, such as --Gateway:Path=/auth (did you mean '--role'?).")]
    [InlineData("users set --rolle=admin x", "'--rolle' is not an option of set.")]
    [InlineData("users set x --role --enable", "'--enable' stands where a value is expected. Write the value that is missing before it.")]
    [InlineData("users add --password-stding x", "(did you mean '--password-stdin'?)")]
    [InlineData("users list --role admin", "'--role' is not an option of list.")]
    [InlineData("explain GET", "Required argument missing for command: 'explain'. See explain --help.")]
    [InlineData("explain GET /x /y", "'/y' is one word too many for explain.")]
    [InlineData("explain GET /x --ass roles=a", "(did you mean '--as'?)")]
    [InlineData("explain GET /x --as", "Required argument missing for option: '--as'.")]
    [InlineData("explain GET /x --as roles=a --jsn", "'--jsn' is not an option of explain.")]
    [InlineData("keys rotate --force", "'--force' is not an option of rotate.")]
    public void A_word_that_means_nothing_is_refused_with_what_would(string words, string said)
    {
        var refusal = Assert.Throws<StartRefusedException>(() => CommandLine.Layers(words.Split(' ')).Read());

        Assert.Contains(said, Assert.Single(refusal.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Gateway:Path=/a", "Gateway:Path", "/a")]
    [InlineData("--gateway:path /a", "Gateway:Path", "/a")]
    [InlineData("check --Gateway:Path=/a", "Gateway:Path", "/a")]
    [InlineData("--Gateway:Path=", "Gateway:Path", "")]
    [InlineData("--Gateway:Secret=a=b=c", "Gateway:Secret", "a=b=c")]
    [InlineData("--urls http://127.0.0.1:0", "Urls", "http://127.0.0.1:0")]
    [InlineData("serve --URLS=http://127.0.0.1:0", "Urls", "http://127.0.0.1:0")]
    [InlineData("--http_ports 8080", "Http_Ports", "8080")]
    [InlineData("users add --Gateway:Path /a x --role=sales:eu", "Gateway:Path", "/a")]
    [InlineData("users add x --role:admin --Gateway:Path=/a", "Gateway:Path", "/a")]
    [InlineData("users add --Gateway:Path=/a -- --odd-name", "Gateway:Path", "/a")]
    [InlineData("explain GET /x --as roles=a,b scope=x claim.a=b --Gateway:Path=/a", "Gateway:Path", "/a")]
    [InlineData("explain GET /x --as roles=a --Gateway:Path=/a --as scope=x", "Gateway:Path", "/a")]
    public void A_setting_is_a_key_with_its_section_or_one_of_aspnets_own(string words, string key, string value) =>
        Assert.Equal(value, CommandLine.Layers(["--config", file, .. words.Split(' ')]).Read()[key]);
}
