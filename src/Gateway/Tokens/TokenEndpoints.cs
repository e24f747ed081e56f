using Gateway.Platform;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>How can others check our tokens without asking us? JWKS (RFC 7517) and metadata (RFC 8414).</summary>
internal static class TokenEndpoints
{
    public const string WellKnown = "/.well-known";
    public const string Jwks = WellKnown + "/jwks.json";
    public const string Metadata = WellKnown + "/oauth-authorization-server";
    public const string OpenIdMetadata = WellKnown + "/openid-configuration";

    public static void MapTokens(this IEndpointRouteBuilder routes, bool openIdMetadata)
    {
        routes.MapGet(Jwks, Keys);
        routes.MapGet(Metadata, Describe);
        if (openIdMetadata)
            routes.MapGet(OpenIdMetadata, Describe);
    }

    private static JsonHttpResult<JwksResponse> Keys([FromServices] SigningKeys keys) =>
        TypedResults.Json(new JwksResponse([.. keys.Published.Where(k => k.Row.Algorithm != "HS256").Select(Public)]));

    private static JsonHttpResult<Dictionary<string, object>> Describe([FromServices] Issuers issuers, [FromServices] GatewayOptions gateway, [FromServices] TokenOptions tokens) => TypedResults.Json(new Dictionary<string, object>
    {
        ["issuer"] = issuers.Own.Name,
        ["jwks_uri"] = gateway.Origin + Jwks,
        ["introspection_endpoint"] = gateway.Origin + gateway.Path + "/introspect",
        ["revocation_endpoint"] = gateway.Origin + gateway.Path + "/revoke",
        ["response_types_supported"] = Array.Empty<string>(),
        ["grant_types_supported"] = new[] { "refresh_token" },
        ["subject_types_supported"] = new[] { "public" },
        ["id_token_signing_alg_values_supported"] = new[] { tokens.Algorithm },
        ["introspection_endpoint_auth_methods_supported"] = new[] { "client_secret_basic" },
        ["revocation_endpoint_auth_methods_supported"] = new[] { "client_secret_basic" },
    });

    private static Dictionary<string, string> Public(SigningKeys.Key key)
    {
        var jwk = new Dictionary<string, string> { ["kid"] = key.Row.Id, ["use"] = "sig", ["alg"] = key.Row.Algorithm };
        switch (key.Security)
        {
            case ECDsaSecurityKey ec:
                var point = ec.ECDsa.ExportParameters(includePrivateParameters: false).Q;
                (jwk["kty"], jwk["crv"], jwk["x"], jwk["y"]) = ("EC", "P-256", Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
                break;
            case RsaSecurityKey rsa:
                var parameters = rsa.Rsa.ExportParameters(includePrivateParameters: false);
                (jwk["kty"], jwk["n"], jwk["e"]) = ("RSA", Base64UrlEncoder.Encode(parameters.Modulus), Base64UrlEncoder.Encode(parameters.Exponent));
                break;
        }

        return jwk;
    }
}

public sealed record JwksResponse(IReadOnlyList<Dictionary<string, string>> Keys);
