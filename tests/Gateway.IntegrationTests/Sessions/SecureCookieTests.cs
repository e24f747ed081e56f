using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.IntegrationTests.Sessions;

/// <summary>Where TLS is, here or in front of us, a browser takes the cookie from any host.</summary>
public sealed class SecureCookieTests
{
    [Fact]
    public async Task Cookie_over_tls_is_given_to_any_host()
    {
        using var certificate = SelfSigned();
        await using var other = await TestGateway.StartAsync(settings => settings
            .Set("Kestrel:Endpoints:tls:Url", "https://127.0.0.1:0")
            .Set("Kestrel:Endpoints:tls:Certificate:Path", "gateway.pfx"), prepare: folder => File.WriteAllBytes(folder.File("gateway.pfx"), certificate.Export(X509ContentType.Pfx)));
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == certificate.Thumbprint } }) { BaseAddress = other.Url };
        browser.DefaultRequestHeaders.Host = "gateway.example";

        var response = await browser.PostAsJsonAsync("/auth/signup", new { username = "liese", password = TestGateway.Password, cookie = true });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.StartsWith("__Host-gateway=", Assert.Single(response.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task Cookie_is_given_where_tls_ends_in_front_of_us_and_its_page_is_our_own()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:PublicUrl", "https://gateway.example"));
        using var browser = other.Anonymous();
        browser.DefaultRequestHeaders.Host = "gateway.example";
        var signup = await browser.PostAsJsonAsync("/auth/signup", new { username = "mona", password = TestGateway.Password, cookie = true });
        browser.DefaultRequestHeaders.Add("Cookie", Assert.Single(signup.Headers.GetValues("Set-Cookie")).Split(';')[0]);
        browser.DefaultRequestHeaders.Add("Origin", "https://gateway.example");

        var response = await browser.PostAsync("/orders/1", null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=gateway.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
