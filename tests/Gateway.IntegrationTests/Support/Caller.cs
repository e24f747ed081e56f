using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>Someone who talks to the gateway, perhaps signed in: bears a token, or a cookie as a browser on our own page would.</summary>
public sealed class Caller : HttpClient
{
    private static readonly SocketsHttpHandler Handler = new() { UseCookies = false, AllowAutoRedirect = false };

    private readonly Session? session;
    private readonly ServerLog? log;

    private Caller(Uri gateway, Session? session = null, SocketsHttpHandler? handler = null, ServerLog? log = null) : base(handler ?? Handler, disposeHandler: handler is not null)
    {
        BaseAddress = gateway;
        (this.session, this.log) = (session, log);
        log?.Keep(session?.AccessToken, session?.RefreshToken);
    }

    public Session Session => session ?? throw new InvalidOperationException("This caller has no session.");

    /// <summary>The cookie as it is sent, name and value, of a browser's session.</summary>
    public string Cookie { get; private init; } = "";

    public static Caller Anonymous(Uri gateway) => new(gateway);

    /// <summary>Someone at another address than everybody else: any of 127.0.0.0/8.</summary>
    public static Caller At(IPAddress address, Uri gateway) => new(gateway, handler: new()
    {
        UseCookies = false,
        ConnectCallback = async (context, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <param name="gateway">Where it listens.</param>
    /// <param name="token">What is borne.</param>
    /// <param name="session">Where it came from.</param>
    /// <param name="log">In which it must never stand.</param>
    public static Caller Bearing(Uri gateway, string token, Session? session = null, ServerLog? log = null)
    {
        var caller = new Caller(gateway, session, log: log);
        caller.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
        return caller;
    }

    public static Caller WithCookie(Uri gateway, string cookie, Session? session = null)
    {
        var caller = new Caller(gateway, session) { Cookie = cookie };
        caller.DefaultRequestHeaders.Add("Cookie", cookie);
        caller.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return caller;
    }

    public Task<HttpResponseMessage> PostJsonAsync(string path, string json) =>
        PostAsync(path, new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

    /// <summary>The next session of the same user, by this one's refresh token.</summary>
    public async Task<Caller> RefreshAsync()
    {
        var response = await PostAsJsonAsync("/auth/refresh", new { refresh_token = Session.RefreshToken });
        var next = await response.ReadAsync<Session>(HttpStatusCode.OK);
        return Bearing(BaseAddress!, next.AccessToken, next, log);
    }

    /// <summary>Its session is over: a bearer hears that the token was revoked, a browser that the session has ended.</summary>
    public async Task AssertEndedAsync() =>
        await (await GetAsync("/orders/1")).AssertRefusedAsync(401, Cookie.Length > 0 ? "session_ended" : "token_revoked");

    public Task<HttpResponseMessage> PostAsJsonAsync<T>(string path, T value) => HttpClientJsonExtensions.PostAsJsonAsync(this, path, value);
}

/// <summary>The answer to sign-up, login and refresh (design section 3).</summary>
public sealed record Session(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken, string SessionId, SessionUser User);

public sealed record SessionUser(string Id, string Username, string? Email, string[] Roles);
