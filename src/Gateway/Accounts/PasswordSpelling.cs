using System.Text;
using Gateway.Platform.Configuration;

namespace Gateway.Accounts;

/// <summary>Is a password the same wherever it is typed? "é" can be sent in two spellings; a runtime without ICU silently takes them for two letters.</summary>
internal sealed class PasswordSpelling : ISettingsRule
{
    private const string Decomposed = "e\u0301";

    /// <summary>The one spelling that is hashed and compared (NFC); nothing is trimmed, folded or left out.</summary>
    public static string Normalize(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return password;      // U+FFFE: no character, but JSON can carry it
        }
    }

    public Task<IReadOnlyList<string>> CheckAsync(Settings settings) => Task.FromResult<IReadOnlyList<string>>(Decomposed.IsNormalized(NormalizationForm.FormC)
        ? ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: it is on, and so the same password typed on another machine may be another one. It must be false; an image must bring ICU, such as those whose names end in -extra."]
        : []);
}
