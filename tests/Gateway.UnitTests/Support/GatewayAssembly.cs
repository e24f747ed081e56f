using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Gateway.UnitTests.Support;

/// <summary>What the compiled gateway consists of, and what each part of it refers to.</summary>
internal static class GatewayAssembly
{
    /// <summary>Program, the doors and the host: what stands above all folders.</summary>
    public const string Root = "(root)";

    private static readonly ModuleDefinition Module = ModuleDefinition.ReadModule(typeof(GatewayHost).Assembly.Location);

    /// <summary>Every type that somebody wrote, nested ones too.</summary>
    public static IReadOnlyList<TypeDefinition> Written { get; } = [.. All.Where(t => FolderOf(t) is not null && !IsGenerated(t))];

    /// <summary>Every type and, in the name of the type that declares them, what the compiler made of its lambdas and async methods.</summary>
    public static IEnumerable<TypeDefinition> All => Module.GetTypes();

    /// <summary>The folder below src/Gateway; null for what source generators put into namespaces of others.</summary>
    public static string? FolderOf(TypeDefinition type)
    {
        var top = Outermost(type);
        return top.Namespace.Split('.') switch
        {
            ["Gateway"] => Root,
            ["Gateway", var folder, ..] => folder,
            [""] when !top.Name.StartsWith('<') => Root,
            _ => null,
        };
    }

    public static TypeDefinition Outermost(TypeDefinition type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }

    /// <summary>Types of the gateway that this type refers to, in whatever way.</summary>
    public static IEnumerable<TypeDefinition> ReferencesOf(TypeDefinition type) => TypesIn(type).SelectMany(Parts).OfType<TypeDefinition>().Where(t => t.Module == Module);

    /// <summary>Every method that is called, as Type::Name, with who calls it.</summary>
    public static IEnumerable<(MethodDefinition Caller, string Called)> Calls =>
        from type in All
        where FolderOf(type) is not null
        from method in type.Methods
        where method.HasBody
        from instruction in method.Body.Instructions
        where instruction.Operand is MethodReference
        let called = (MethodReference)instruction.Operand
        select (method, $"{called.DeclaringType.GetElementType().FullName}::{called.Name}");

    private static bool IsGenerated(TypeDefinition type) =>
        type.Name.Contains('<') || (type.DeclaringType is { } outer && IsGenerated(outer))
        || type.Namespace.Contains(".Migrations.", StringComparison.Ordinal) || type.Name == "Program";

    private static IEnumerable<TypeReference?> TypesIn(TypeDefinition type)
    {
        IEnumerable<TypeReference?> own =
        [
            type.BaseType,
            .. type.Interfaces.Select(i => i.InterfaceType), .. type.Interfaces.SelectMany(Attributes),
            .. Attributes(type), .. Constraints(type),
            .. type.Fields.Select(f => f.FieldType), .. type.Fields.SelectMany(Attributes),
            .. type.Properties.Select(p => p.PropertyType), .. type.Properties.SelectMany(Attributes),
            .. type.Events.Select(e => e.EventType), .. type.Events.SelectMany(Attributes),
        ];
        return own.Concat(type.Methods.SelectMany(TypesIn));
    }

    private static IEnumerable<TypeReference?> TypesIn(MethodDefinition method) =>
    [
        .. Signature(method), .. Attributes(method), .. Constraints(method), .. Attributes(method.MethodReturnType),
        .. method.Parameters.SelectMany(Attributes), .. method.Overrides.SelectMany(TypesIn),
        .. method.HasBody ? method.Body.Variables.Select(v => v.VariableType) : [],
        .. method.HasBody ? method.Body.ExceptionHandlers.Select(h => h.CatchType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(TypesIn) : [],
    ];

    private static IEnumerable<TypeReference?> TypesIn(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        MethodReference method => TypesIn(method),
        FieldReference field => [field.DeclaringType, field.FieldType],
        CallSite call => Signature(call),
        _ => [],
    };

    private static IEnumerable<TypeReference?> TypesIn(MethodReference method) =>
        [method.DeclaringType, .. Signature(method), .. method is GenericInstanceMethod generic ? generic.GenericArguments : []];

    private static IEnumerable<TypeReference?> Signature(IMethodSignature method) => [method.ReturnType, .. method.Parameters.Select(p => p.ParameterType)];

    private static IEnumerable<TypeReference?> Constraints(IGenericParameterProvider owner) => owner.GenericParameters.SelectMany(p => p.Constraints).Select(c => c.ConstraintType);

    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider owner) => owner.CustomAttributes.SelectMany(a => (IEnumerable<TypeReference?>)
    [
        a.AttributeType, .. a.ConstructorArguments.SelectMany(TypesIn),
        .. a.Properties.SelectMany(p => TypesIn(p.Argument)), .. a.Fields.SelectMany(f => TypesIn(f.Argument)),
    ]);

    private static IEnumerable<TypeReference?> TypesIn(CustomAttributeArgument argument) => argument.Value switch
    {
        TypeReference type => [argument.Type, type],
        CustomAttributeArgument inner => [argument.Type, .. TypesIn(inner)],
        CustomAttributeArgument[] several => [argument.Type, .. several.SelectMany(TypesIn)],
        _ => [argument.Type],
    };

    /// <summary>The types that a written type is made of: what an array is of, the arguments of a generic one.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.Append(generic.ElementType).SelectMany(Parts),
        FunctionPointerType pointer => Signature(pointer).SelectMany(Parts),
        RequiredModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        OptionalModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };
}
