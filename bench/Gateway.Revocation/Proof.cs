namespace Gateway.Bench;

/// <summary>Whoever was told <c>applied: all</c>: is it true?</summary>
internal static class Proof
{
    /// <returns>How many answers show that it was not.</returns>
    public static async Task<int> MeasureAsync(Gateways gateways, int count)
    {
        var (took, violations, unproven) = (new Times(), 0, 0);
        var tokens = await gateways.TokensAsync(count);
        for (var i = 0; i < tokens.Length; i++)
        {
            await gateways.RememberAsync(tokens[i]);
            var proof = await gateways.ProveAsync(i % Gateways.Count, tokens[i]);
            if (proof is not { To: "all", Replicas: Gateways.Count })
            {
                unproven++;
                continue;
            }

            var answers = await gateways.AskAllAsync(tokens[i]);
            violations += answers.Count(answer => answer is not HttpStatusCode.Unauthorized);
            took.Add(TimeSpan.FromMilliseconds(proof.Milliseconds));
        }

        Console.WriteLine($"""

            2. Proof: logouts with Prefer: wait=5, and all three gateways asked at once as soon as one says applied: all
               violations                 {violations} of {Gateways.Count * took.Count:N0} answers (must be 0); {unproven} logouts were not applied at all three in time
               milliseconds, as answered  {took}
            """);
        return violations;
    }
}
