using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>Somebody's WebSocket. When the gateway says that it is going away (1001) it is opened again; nothing else may end it.</summary>
internal sealed class LastingSocket(Uri gateway, Person person, RolloutReport report)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromMilliseconds(50);

    public async Task KeepAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var socket = new ClientWebSocket();
                await OpenAsync(socket);
                var status = await UseAsync(socket, stop);
                if (status is WebSocketCloseStatus.EndpointUnavailable)
                    report.Count(nameof(report.SocketsTold));
                else if (status is not WebSocketCloseStatus.NormalClosure || !stop.IsCancellationRequested)
                    report.Fail(nameof(report.BrokenSockets), $"closed with {status}");
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                report.Fail(nameof(report.BrokenSockets), e.Message);
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private async Task OpenAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        socket.Options.SetRequestHeader("Authorization", "Bearer " + person.AccessToken);
        await socket.ConnectAsync(new UriBuilder(gateway) { Scheme = "ws", Path = "/orders/ws" }.Uri, patience.Token);
        report.Count(nameof(report.SocketsOpened));
    }

    private static async Task<WebSocketCloseStatus?> UseAsync(ClientWebSocket socket, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var talking = TalkAsync(socket, over.Token);
        try
        {
            await HearAsync(socket);
        }
        finally
        {
            await over.CancelAsync();
            await talking;
        }

        return socket.CloseStatus;
    }

    private static async Task HearAsync(ClientWebSocket socket)
    {
        var buffer = new byte[16];
        WebSocketMessageType heard;
        do
        {
            using var patience = new CancellationTokenSource(Patience);
            heard = (await socket.ReceiveAsync(buffer, patience.Token)).MessageType;
        }
        while (heard is not WebSocketMessageType.Close);
    }

    // To be cancelled within a sending would abort the socket. What fails here, whoever listens hears too.
    private static async Task TalkAsync(ClientWebSocket socket, CancellationToken over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                await Task.Delay(Pause, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
        }
    }
}
