using Mono.Cecil;

namespace Gateway.UnitTests;

/// <summary>Who may import whom? Change the map here first, then the code.</summary>
public sealed class DependencyTests
{
    private static readonly string[] Everything = ["Accounts", "Admin", "Cli", "Edge", "Platform", "Routes", "Sessions", "Tokens", GatewayAssembly.Root];

    private static readonly Dictionary<string, string[]> Map = new()
    {
        [GatewayAssembly.Root] = Everything,
        ["Cli"] = Everything,
        ["Admin"] = ["Accounts", "Routes", "Sessions", "Tokens", "Platform"],
        ["Accounts"] = ["Sessions", "Tokens", "Platform"],
        ["Routes"] = ["Edge", "Sessions", "Tokens", "Platform"],
        ["Sessions"] = ["Tokens", "Platform"],
        ["Tokens"] = ["Platform"],
        ["Edge"] = ["Platform"],
        ["Platform"] = [],
    };

    [Fact]
    public void Every_folder_stands_on_the_map() =>
        Assert.Equal(Map.Keys.Order(), GatewayAssembly.All.Select(GatewayAssembly.FolderOf).OfType<string>().Distinct().Order());

    [Fact]
    public void Folders_import_only_what_the_map_allows()
    {
        var strangers =
            from type in GatewayAssembly.All
            let folder = GatewayAssembly.FolderOf(type)
            where folder is not null
            from used in GatewayAssembly.ReferencesOf(type)
            let source = GatewayAssembly.FolderOf(used)
            where source is not null && source != folder && !Map[folder].Contains(source)
            select $"{GatewayAssembly.Outermost(type).FullName} ─► {GatewayAssembly.Outermost(used).FullName}";

        Assert.Empty(strangers.Distinct().Order());
    }

    [Theory]
    [InlineData("Routes", "Sessions")]
    [InlineData("Routes", "Edge")]
    [InlineData("Sessions", "Tokens")]
    [InlineData("Accounts", "Sessions")]
    [InlineData("Tokens", "Platform")]
    [InlineData("(root)", "Routes")]
    public void An_import_that_exists_is_seen(string folder, string imported) =>
        Assert.Contains(GatewayAssembly.All, type => GatewayAssembly.FolderOf(type) == folder && GatewayAssembly.ReferencesOf(type).Any(used => GatewayAssembly.FolderOf(used) == imported));

    [Fact]
    public void A_folder_has_one_door_that_bears_its_name()
    {
        var doors = GatewayAssembly.Written.Where(t => t.Name.EndsWith("Feature", StringComparison.Ordinal)).ToArray();

        Assert.All(doors, door => Assert.Equal(door.Namespace.Split('.')[^1] + "Feature", door.Name));
        Assert.Equal(doors.Length, doors.Select(d => d.Namespace).Distinct().Count());
        Assert.Empty(Map.Keys.Except([GatewayAssembly.Root, "Cli"]).Except(doors.Select(d => d.Name[..^"Feature".Length])));
        Assert.All(doors, door => Assert.Contains(door.Methods, m => m.Name == "Add" + door.Name[..^"Feature".Length]));
    }

    [Fact]
    public void No_folder_is_a_drawer_for_everything() =>
        Assert.Empty(GatewayAssembly.Written.SelectMany(t => t.Namespace.Split('.')).Intersect(["Services", "Helpers", "Models", "Common", "Utils", "Extensions", "Interfaces"]));

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        string[] endings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Service", "Processor", "Data", "Info", "Impl", "Base"];

        var empty = GatewayAssembly.Written.Select(t => t.Name.Split('`')[0]).Where(name => endings.Any(end => name.EndsWith(end, StringComparison.Ordinal)));

        Assert.Empty(empty);
    }

    [Fact]
    public void Every_type_is_sealed_static_or_abstract() =>
        Assert.Empty(GatewayAssembly.Written.Where(t => t is { IsSealed: false, IsAbstract: false }).Select(t => t.FullName));

    [Fact]
    public void Only_what_goes_over_the_wire_is_public()
    {
        var exposed = GatewayAssembly.Written.Where(t => t.IsPublic).ToArray();

        Assert.Empty(exposed.Where(t => t.Name is not ("JsonBody`1" or "IJsonBody") && !IsWireRecord(t)).Select(t => t.FullName));

        static bool IsWireRecord(TypeDefinition type) =>
            type.IsSealed && type.Methods.Any(m => m.Name == "<Clone>$") && new[] { "Request", "Response", "Entry" }.Any(end => type.Name.EndsWith(end, StringComparison.Ordinal));
    }

    [Fact]
    public void Nobody_passes_over_the_clock_or_blocks_a_thread()
    {
        string[] forbidden =
        [
            "System.DateTime::get_Now", "System.DateTime::get_UtcNow", "System.DateTime::get_Today",
            "System.DateTimeOffset::get_Now", "System.DateTimeOffset::get_UtcNow",
            "System.Environment::get_TickCount", "System.Environment::get_TickCount64",
            "System.Diagnostics.Stopwatch::GetTimestamp", "System.Diagnostics.Stopwatch::StartNew",
            "System.Threading.Thread::Sleep", "System.Threading.Thread::Join", "System.Threading.Tasks.Task::Wait", "System.Threading.Tasks.Task::WaitAll", "System.Threading.Tasks.Task::WaitAny",
            "System.Threading.SemaphoreSlim::Wait", "System.Threading.ManualResetEventSlim::Wait",
            "System.Threading.Tasks.Task`1::get_Result", "System.Threading.Tasks.ValueTask`1::get_Result",
        ];

        var found = GatewayAssembly.Calls.Where(c => forbidden.Contains(c.Called))
            .Select(c => $"{GatewayAssembly.Outermost(c.Caller.DeclaringType).FullName} {c.Called}").Distinct();

        Assert.Equal(["Gateway.Routes.GateMiddleware System.Threading.Tasks.ValueTask`1::get_Result"], found);      // a hit: it has seen that it is there
    }

    [Fact]
    public void The_clock_of_the_system_is_taken_in_one_place() =>
        Assert.Equal(["PlatformFeature"], GatewayAssembly.Calls.Where(c => c.Called == "System.TimeProvider::get_System")
            .Select(c => GatewayAssembly.Outermost(c.Caller.DeclaringType).Name).Distinct());

    [Fact]
    public void Waiting_for_an_awaiter_is_left_to_the_compiler() =>
        Assert.Empty(GatewayAssembly.Calls
            .Where(c => c.Called is "System.Runtime.CompilerServices.TaskAwaiter::GetResult" or "System.Runtime.CompilerServices.TaskAwaiter`1::GetResult" or "System.Runtime.CompilerServices.ValueTaskAwaiter`1::GetResult")
            .Where(c => c.Caller.Name is not ("MoveNext" or "<Main>"))
            .Select(c => c.Caller.FullName));
}
