using System.Text;
using Gateway.Platform.Configuration;
using Gateway.Routes.Policies;
using Gateway.Tokens;
using Microsoft.Extensions.Configuration;

namespace Gateway.UnitTests.Support;

/// <summary>Policies as an operator writes them.</summary>
internal sealed class WrittenPolicies
{
    /// <param name="json">Gateway:Policies.</param>
    public WrittenPolicies(string json)
    {
        var text = $$"""{ "Gateway": { "Policies": {{json}} } }""";
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(text))).Build();
        Policies = (PoliciesOptions)new SettingsReader(Errors).Read(configuration.GetSection(PoliciesOptions.Section), typeof(PoliciesOptions));
        Rules = new(Policies, [OwnIssuer.Name, Made.Issuer]);
        Errors.AddRange(Rules.Errors());
    }

    public List<string> Errors { get; } = [];

    public PoliciesOptions Policies { get; }

    public PolicyRules Rules { get; }

    /// <summary>What is demanded where this stands.</summary>
    public static Requirement Compile(string rule, string others = "") => new WrittenPolicies($$"""{ "p": {{rule}} {{others}} }""").Named("p");

    public Requirement Named(string name)
    {
        Assert.Empty(Errors);
        return new AllOf(new PolicyCompiler(Policies, new TokenOptions()).Compile(name));
    }
}
