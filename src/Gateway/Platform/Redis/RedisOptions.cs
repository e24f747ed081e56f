using System.ComponentModel.DataAnnotations;
using StackExchange.Redis;

namespace Gateway.Platform.Redis;

/// <summary>Where do replicas tell each other what must be known at once? Null: nowhere, they read it from the database each second.</summary>
internal sealed class RedisOptions : IValidatableObject
{
    public const string Section = "Gateway:Redis";

    /// <summary>As StackExchange.Redis writes it: "host:6379", several of a cluster, or sentinels with "serviceName=".</summary>
    public string? Configuration { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Configuration is null)
            yield break;

        var error = "";
        try
        {
            if (ConfigurationOptions.Parse(Configuration).EndPoints.Count == 0)
                error = "names no server";
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            error = "is not a Redis configuration";      // its own message may quote a password
        }

        if (error.Length > 0)
            yield return new($"{error}. Write host:port, more of them separated by commas, such as localhost:6379; or leave it out.", [nameof(Configuration)]);
    }
}
