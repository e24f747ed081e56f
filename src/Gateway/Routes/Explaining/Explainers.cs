using Gateway.Edge;
using Gateway.Platform;
using Gateway.Tokens;

namespace Gateway.Routes.Explaining;

/// <summary>Who explains by the rulebook in force, or by another? One question at a time: operators can wait, requests cannot.</summary>
internal sealed class Explainers(Rulebooks rulebooks, GatewayOptions gateway, EdgeOptions edge, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private Explainer? inForce;

    /// <summary>The caller disposes of it.</summary>
    public Explainer Of(Rulebook rulebook) => new(rulebook, rulebooks.OwnsOpenIdMetadata, gateway, edge, clock);

    /// <param name="question">Which request.</param>
    /// <param name="asker">Who asks, as far as these issuers can prove it; null: that cannot be said, and so is nothing else.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<Explanation?> ExplainAsync(Question question, Func<IssuerSet, Task<Asker?>> asker, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            var current = rulebooks.Current;
            if (inForce?.Rulebook != current)
            {
                inForce?.Dispose();
                inForce = Of(current);
            }

            return await asker(current.Issuers) is { } somebody ? await inForce.ExplainAsync(question, somebody) : null;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        inForce?.Dispose();
        turn.Dispose();
    }
}
