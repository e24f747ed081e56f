using System.Text.Json.Serialization;

namespace Gateway.Platform;

/// <summary>How do our endpoints write?</summary>
internal static class JsonAnswers
{
    public static IServiceCollection AddJsonAnswers(this IServiceCollection services) => services.ConfigureHttpJsonOptions(json =>
    {
        json.SerializerOptions.PropertyNamingPolicy = JsonBody.Options.PropertyNamingPolicy;
        // Each endpoint asks for it when it is made, at the start; by reflection that makes the converters of all types that .NET knows.
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, ObjectJson.Default);
    });
}

[JsonSerializable(typeof(object))]
internal sealed partial class ObjectJson : JsonSerializerContext;
