using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace Gateway.UnitTests;

/// <summary>Holds the map of docs/architecture.md, by what the compiled code refers to.</summary>
public class DependencyTests
{
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Platform"] = [],
        ["Edge"] = ["Platform"],
        ["Tokens"] = ["Platform"],
        ["Sessions"] = ["Tokens", "Platform"],
        ["Accounts"] = ["Sessions", "Tokens", "Platform"],
        ["Routes"] = ["Sessions", "Tokens", "Platform"],
        ["Admin"] = ["Accounts", "Sessions", "Tokens", "Routes", "Platform"],
    };

    private static readonly ModuleDefinition Gateway = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, "Gateway.dll"));

    [Fact]
    public void Folders_import_only_what_lies_below_them()
    {
        var broken =
            from type in Gateway.GetTypes()
            let source = FolderOf(type)
            where MayUse.ContainsKey(source)
            from used in Uses(type)
            let to = FolderOf(used)
            where to != source && used.Scope == Gateway && !IsGenerated(used) && !MayUse[source].Contains(to)
            select $"{source} ({type.Name}) -> {to} ({used.Name})";

        Assert.Empty(broken.Distinct());
    }

    [Fact]
    public void Every_folder_has_one_door()
    {
        var doors = Gateway.Types.Where(t => t.Name.EndsWith("Feature", StringComparison.Ordinal)).GroupBy(t => t.Namespace);

        Assert.All(doors, door => Assert.Single(door));
        Assert.All(MayUse.Keys, folder => Assert.Contains(doors, door => door.Key == "Gateway." + folder));
    }

    [Fact]
    public void No_name_says_nothing()
    {
        string[] empty = ["Manager", "Helper", "Util", "Service", "Processor", "Data", "Info", "Impl", "Base"];

        Assert.DoesNotContain(Gateway.Types, t => t.Namespace.StartsWith("Gateway", StringComparison.Ordinal) && empty.Any(end => t.Name.EndsWith(end, StringComparison.Ordinal)));
    }

    [Fact]
    public void Time_is_asked_of_TimeProvider()
    {
        var clocks =
            from type in Gateway.GetTypes()
            from method in type.Methods.Where(m => m.HasBody)
            from call in method.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>()
            where (call.Name is "get_UtcNow" or "get_Now") && (call.DeclaringType.Name is "DateTime" or "DateTimeOffset")
            select $"{type.FullName}.{method.Name}";

        Assert.Empty(clocks);
    }

    // What compilers and source generators add, and the T of a generic.
    private static bool IsGenerated(TypeReference type) =>
        type.IsGenericParameter || Outer(type).Name.StartsWith('<') || !(Outer(type).Namespace is "" || Outer(type).Namespace.StartsWith("Gateway", StringComparison.Ordinal));

    private static string FolderOf(TypeReference type)
    {
        var parts = Outer(type).Namespace.Split('.');
        return parts is ["Gateway", var folder, ..] ? folder : "";
    }

    private static TypeReference Outer(TypeReference type) => type.DeclaringType is { } outer ? Outer(outer) : type;

    private static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var direct = type.Interfaces.Select(i => i.InterfaceType).Append(type.BaseType)
            .Concat(type.Fields.Select(f => f.FieldType))
            .Concat(type.CustomAttributes.Select(a => a.AttributeType))
            .Concat(type.Methods.SelectMany(m => m.Parameters.Select(p => p.ParameterType).Append(m.ReturnType)))
            .Concat(type.Methods.Where(m => m.HasBody).SelectMany(m => m.Body.Variables.Select(v => v.VariableType).Concat(m.Body.Instructions.SelectMany(Operands))));
        return direct.OfType<TypeReference>().SelectMany(Flatten);
    }

    private static IEnumerable<TypeReference> Operands(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => method.GenericArguments.Append(method.DeclaringType),
        MemberReference member => [member.DeclaringType],
        _ => [],
    };

    private static IEnumerable<TypeReference> Flatten(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Flatten).Append(generic.ElementType),
        TypeSpecification specification => Flatten(specification.ElementType),
        _ => [type],
    };
}
