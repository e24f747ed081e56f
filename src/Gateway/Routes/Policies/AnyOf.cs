using Gateway.Platform;

namespace Gateway.Routes.Policies;

/// <summary>Is one of these met?</summary>
internal sealed class AnyOf(Requirement[] parts) : Requirement(Join("or", parts), Problems.PolicyDenied(Join("or", parts)))
{
    public override IReadOnlyList<Requirement> Parts => parts;

    public override bool IsMetBy(in Circumstances circumstances)
    {
        foreach (var part in parts)
        {
            if (part.IsMetBy(in circumstances))
                return true;
        }

        return false;
    }

    /// <summary>Where nothing but another login is missing, that is said: whoever asks can do something about it.</summary>
    public override Problem RefusalOf(in Circumstances circumstances)
    {
        foreach (var part in parts)
        {
            if (part.RefusalOf(in circumstances) is var refusal && IsCurable(refusal))
                return refusal;
        }

        return base.RefusalOf(in circumstances);
    }

    public override bool IsMetByRoles(string[] roles) => Array.Exists(parts, part => part.IsMetByRoles(roles));
}
