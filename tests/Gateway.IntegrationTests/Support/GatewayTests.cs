namespace Gateway.IntegrationTests.Support;

/// <summary>Tests that share one gateway: each finds a backend that remembers nothing, and fails if the server threw meanwhile.</summary>
public abstract class GatewayTests<TGateway> : IClassFixture<TGateway>, IDisposable where TGateway : TestGateway
{
    private readonly TGateway shared;

    protected GatewayTests(TGateway gateway)
    {
        shared = gateway;
        gateway.Backend.Forget();
    }

    public void Dispose()
    {
        try
        {
            shared.Log.AssertNoErrors();
        }
        finally
        {
            shared.Log.Forget();
            GC.SuppressFinalize(this);
        }
    }
}
