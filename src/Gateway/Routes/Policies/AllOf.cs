using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Are all of these met? Without any: is somebody signed in?</summary>
internal sealed class AllOf(Requirement[] parts) : Requirement(Describe(parts), Problems.PolicyDenied(Describe(parts)))
{
    public override IReadOnlyList<Requirement> Parts => parts;

    public override bool IsMetBy(in Circumstances circumstances)
    {
        foreach (var part in parts)
        {
            if (!part.IsMetBy(in circumstances))
                return false;
        }

        return true;
    }

    public override Problem RefusalOf(in Circumstances circumstances) => RefusalOf(parts, in circumstances) ?? base.RefusalOf(in circumstances);

    /// <summary>The refusal of the first that is not met. To log in again is asked last, and only of whom nothing else keeps out.</summary>
    /// <returns>Null: all are met.</returns>
    public static Problem? RefusalOf(IReadOnlyList<Requirement> parts, in Circumstances circumstances)
    {
        Problem? curable = null;
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].IsMetBy(in circumstances))
                continue;

            var refusal = parts[i].RefusalOf(in circumstances);
            if (!IsCurable(refusal))
                return refusal;
            curable ??= refusal;
        }

        return curable;
    }

    public override bool IsMetByRoles(string[] roles) => Array.TrueForAll(parts, part => part.IsMetByRoles(roles));

    private static string Describe(Requirement[] parts) => parts.Length == 0 ? RouteRules.Authenticated : Join("and", parts);
}
