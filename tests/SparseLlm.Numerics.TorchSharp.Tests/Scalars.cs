using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>
/// TorchSharp makes an object of a number that an operation is given, and of the factor 1 that a plain sum has, and
/// does not keep it from the collector while native code reads it. The backend holds its own instead; this looks
/// through its machine code for calls that do not.
/// </summary>
public sealed class Scalars
{
    private const byte Call = 0x28;
    private const byte CallVirtual = 0x6F;

    [Fact]
    public void No_number_becomes_a_scalar_that_the_collector_may_free_while_native_code_reads_it() =>
        Callers().ShouldBeEmpty();

    private static bool MakesScalars(string type, string method, int parameters) => type switch
    {
        "Scalar" => method == "op_Implicit",
        "Tensor" => method is "square" or "op_Addition" or "op_Subtraction" or "op_Multiply" or "op_Division"
            || (method is "add" or "add_" && parameters == 1),
        _ => false,
    };

    private static List<string> Callers()
    {
        using var image = new PEReader(File.OpenRead(typeof(TorchBackend).Assembly.Location));
        MetadataReader reader = image.GetMetadataReader();
        HashSet<int> tokens = [];
        foreach (MemberReferenceHandle handle in reader.MemberReferences)
        {
            MemberReference member = reader.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference
                && MakesScalars(
                    reader.GetString(reader.GetTypeReference((TypeReferenceHandle)member.Parent).Name), reader
                        .GetString(member.Name), Parameters(reader, member)))
            {
                tokens.Add(MetadataTokens.GetToken(handle));
            }
        }

        var callers = new List<string>();
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition definition = reader.GetMethodDefinition(handle);
            if (definition.RelativeVirtualAddress == 0)
            {
                continue;
            }

            byte[] code = image.GetMethodBody(definition.RelativeVirtualAddress).GetILBytes()!;
            for (int i = 0; i + 4 < code.Length; i++)
            {
                if (code[i] is Call or CallVirtual && tokens.Contains(BitConverter.ToInt32(code, i + 1)))
                {
                    callers.Add(reader.GetString(reader.GetTypeDefinition(definition.GetDeclaringType()).Name) + "."
                        + reader.GetString(definition.Name));
                }
            }
        }

        return callers;
    }

    private static int Parameters(MetadataReader reader, MemberReference member)
    {
        BlobReader signature = reader.GetBlobReader(member.Signature);
        return signature.ReadSignatureHeader().Kind == SignatureKind.Method ? signature.ReadCompressedInteger() : 0;
    }
}
