using System.Buffers.Text;

namespace Gateway.IntegrationTests.Support;

/// <summary>A compact JWT taken apart and put together by hand, so that every broken one can be made.</summary>
internal static class Jwt
{
    public static JsonObject Header(string token) => Part(token, 0);

    public static JsonObject Payload(string token) => Part(token, 1);

    public static byte[] Signature(string token) => Base64Url.DecodeFromChars(token.Split('.')[2]);

    public static byte[] SignedBytes(string token) => Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static JsonObject Part(string token, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();
}
