using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>A gateway that speaks to clients in every way it can: HTTP/1.1, HTTP/2 without TLS, and both by ALPN. Behind it is a real server.</summary>
public class ProtocolGateway : TestGateway
{
    private const string Certificate = "tls.pfx", CertificatePassword = "of a test";

    public KestrelBackend Server { get; } = new();

    /// <summary>The same that speaks HTTP/2 without TLS, and gRPC.</summary>
    public KestrelBackend HttpTwoServer { get; } = new(HttpProtocols.Http2, services => services.AddGrpc(), app => Microsoft.AspNetCore.Builder.GrpcEndpointRouteBuilderExtensions.MapGrpcService<TalkBackend>(app));

    public Uri HttpTwoUrl => Address(1);

    public Uri TlsUrl => new UriBuilder(Address(2)) { Host = "localhost" }.Uri;

    private Uri Address(int number) => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(number));

    /// <summary>The address at which a client speaks that version of HTTP without TLS.</summary>
    public Uri UrlFor(int version) => version == 2 ? HttpTwoUrl : Url;

    /// <summary>No authority vouches for it.</summary>
    internal static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == "CN=localhost";

    /// <summary>Believes the certificate of this gateway, and speaks that version or none.</summary>
    internal static HttpClient Client(Uri url, Version version, string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = IsOurs } })
        {
            BaseAddress = url,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromMinutes(2),
        };
        if (token is not null)
            client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
        return client;
    }

    protected override void Configure(SettingsFile settings)
    {
        WriteCertificate(Folder.File(Certificate));
        settings
            .Set("Kestrel:Endpoints:a-first:Url", "http://127.0.0.1:0")
            .Set("Kestrel:Endpoints:b-h2c:Url", "http://127.0.0.1:0")
            .Set("Kestrel:Endpoints:b-h2c:Protocols", "Http2")
            .Set("Kestrel:Endpoints:c-tls:Url", "https://127.0.0.1:0")
            .Set("Kestrel:Endpoints:c-tls:Certificate:Path", Folder.File(Certificate))
            .Set("Kestrel:Endpoints:c-tls:Certificate:Password", CertificatePassword)
            .Destination("server", Server.Url)
            .Route("server", "/server/{**rest}").Set("ReverseProxy:Routes:server:ClusterId", "server")
            .Route("free", "/free/{**rest}", "anonymous").Set("ReverseProxy:Routes:free:ClusterId", "server")
            .Destination("server2", HttpTwoServer.Url)
            .Set("ReverseProxy:Clusters:server2:HttpRequest:Version", "2")
            .Set("ReverseProxy:Clusters:server2:HttpRequest:VersionPolicy", "RequestVersionExact")
            .Route("server2", "/server2/{**rest}").Set("ReverseProxy:Routes:server2:ClusterId", "server2")
            .Route("talk", "/gateway.tests.Talk/{**rest}").Set("ReverseProxy:Routes:talk:ClusterId", "server2");
    }

    private static void WriteCertificate(string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pfx, CertificatePassword));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
        await HttpTwoServer.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
