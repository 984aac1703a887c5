using System.Numerics;
using System.Text;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>
/// Reads a pickle as a list of tensors and nothing else: it knows the opcodes that torch.save writes (protocols 2 to
/// 5), makes values of a few kinds, and calls nothing. What names another class, or does something to an object that
/// tensors do not need, is refused by name.
/// </summary>
/// <param name="bytes">Where the pickle begins.</param>
/// <param name="storage">Gives the storage that a persistent id stands for.</param>
internal sealed class Unpickler(PickleBytes bytes, Func<TorchStorage, TorchStorage> storage)
{
    private const int NewestProtocol = 5;

    // Some 25 for each tensor.
    private const int MaximumValues = 25 * SafetensorsHeader.MaximumTensors;
    private const int MaximumDepth = 1000;
    private const int LongestInteger = 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private int values;

    /// <summary>The value that the pickle holds: null, bool, long, double, string, an array for a tuple, a list, or one
    /// of those beside this class.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It is not a pickle, or holds something else.</exception>
    public object? Read()
    {
        while (true)
        {
            byte code = bytes.Byte();
            if (code == '.')
            {
                object? result = Pop();
                return stack.Count == 0 && marks.Count == 0
                    ? result
                    : throw Malformed("the pickle leaves values behind");
            }

            if (!Structure(code) && !Number(code) && !Text(code))
            {
                Object(code);
            }
        }
    }

    /// <summary>Opcodes of the stack, of the memo and of tuples, lists and dictionaries.</summary>
    private bool Structure(byte code)
    {
        switch (code)
        {
            case 0x80: // PROTO
                int protocol = bytes.Byte();
                if (protocol is < 2 or > NewestProtocol)
                {
                    throw Malformed($"the pickle has protocol {protocol}, and 2 to {NewestProtocol} are read");
                }

                break;
            case 0x95: // FRAME
                bytes.Int64();
                break;
            case (byte)'(': // MARK
                if (marks.Count == MaximumDepth)
                {
                    throw Malformed($"the pickle is nested deeper than {MaximumDepth}");
                }

                marks.Add(stack.Count);
                break;
            case (byte)'0': // POP
                if (marks.Count > 0 && marks[^1] == stack.Count)
                {
                    PopMarked();
                }
                else
                {
                    Pop();
                }

                break;
            case (byte)'1': // POP_MARK
                PopMarked();
                break;
            case (byte)'2': // DUP
                Push(Peek());
                break;
            case (byte)'q': // BINPUT
                Remember(bytes.Byte());
                break;
            case (byte)'r': // LONG_BINPUT
                Remember(bytes.UInt32());
                break;
            case 0x94: // MEMOIZE
                Remember((uint)memo.Count);
                break;
            case (byte)'h': // BINGET
                Push(Recall(bytes.Byte()));
                break;
            case (byte)'j': // LONG_BINGET
                Push(Recall(bytes.UInt32()));
                break;
            case (byte)')': // EMPTY_TUPLE
                Push(Array.Empty<object?>());
                break;
            case 0x85: // TUPLE1
                PushTuple(1);
                break;
            case 0x86: // TUPLE2
                PushTuple(2);
                break;
            case 0x87: // TUPLE3
                PushTuple(3);
                break;
            case (byte)'t': // TUPLE
                Push(PopMarked());
                break;
            case (byte)']': // EMPTY_LIST
                Push(new List<object?>());
                break;
            case (byte)'l': // LIST
                Push(new List<object?>(PopMarked()));
                break;
            case (byte)'a': // APPEND
                object? item = Pop();
                Top<List<object?>>("a list").Add(item);
                break;
            case (byte)'e': // APPENDS
                object?[] items = PopMarked();
                Top<List<object?>>("a list").AddRange(items);
                break;
            case (byte)'}': // EMPTY_DICT
                Push(new PickledDictionary());
                break;
            case (byte)'d': // DICT
                object?[] pairs = PopMarked();
                var dictionary = new PickledDictionary();
                Set(dictionary, pairs);
                Push(dictionary);
                break;
            case (byte)'s': // SETITEM
                (object? value, object? key) = (Pop(), Pop());
                Set(Top<PickledDictionary>("a dictionary"), [key, value]);
                break;
            case (byte)'u': // SETITEMS
                object?[] entries = PopMarked();
                Set(Top<PickledDictionary>("a dictionary"), entries);
                break;
            case 0x8F: // EMPTY_SET
                Push(Opaque.Value);
                break;
            case 0x90: // ADDITEMS
                PopMarked();
                Top<Opaque>("a set");
                break;
            case 0x91: // FROZENSET
                PopMarked();
                Push(Opaque.Value);
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Opcodes of numbers and constants.</summary>
    private bool Number(byte code)
    {
        switch (code)
        {
            case (byte)'N': // NONE
                Push(null);
                break;
            case 0x88: // NEWTRUE
                Push(true);
                break;
            case 0x89: // NEWFALSE
                Push(false);
                break;
            case (byte)'J': // BININT
                Push((long)bytes.Int32());
                break;
            case (byte)'K': // BININT1
                Push((long)bytes.Byte());
                break;
            case (byte)'M': // BININT2
                Push((long)bytes.UInt16());
                break;
            case 0x8A: // LONG1
                Push(Integer(bytes.Byte()));
                break;
            case 0x8B: // LONG4
                Push(Integer(bytes.Int32()));
                break;
            case (byte)'G': // BINFLOAT
                Push(bytes.Double());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Opcodes of texts and bytes.</summary>
    private bool Text(byte code)
    {
        switch (code)
        {
            case (byte)'X': // BINUNICODE
                Push(Decode(bytes.UInt32()));
                break;
            case 0x8C: // SHORT_BINUNICODE
                Push(Decode(bytes.Byte()));
                break;
            case 0x8D: // BINUNICODE8
                Push(Decode(bytes.Int64()));
                break;
            case (byte)'U': // SHORT_BINSTRING, of Python 2
                Push(Decode(bytes.Byte()));
                break;
            case (byte)'T': // BINSTRING, of Python 2
                Push(Decode(bytes.Int32()));
                break;
            case (byte)'C': // SHORT_BINBYTES
                PushSkipped(bytes.Byte());
                break;
            case (byte)'B': // BINBYTES
                PushSkipped(bytes.UInt32());
                break;
            case 0x8E: // BINBYTES8
            case 0x96: // BYTEARRAY8
                PushSkipped(bytes.Int64());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Opcodes that name classes or make objects of them.</summary>
    private void Object(byte code)
    {
        switch (code)
        {
            case (byte)'c': // GLOBAL
                string module = bytes.Line();
                Push(Class(module, bytes.Line()));
                break;
            case 0x93: // STACK_GLOBAL
                (object? name, object? place) = (Pop(), Pop());
                Push(name is string known && place is string inside
                    ? Class(inside, known)
                    : throw Malformed("a class is named by something else than texts"));
                break;
            case (byte)'Q': // BINPERSID
                Push(Persistent(Pop()));
                break;
            case (byte)'R': // REDUCE
                (object? arguments, object? function) = (Pop(), Pop());
                Push(Call(
                    function,
                    arguments as object?[]
                        ?? throw Malformed("a function is called with something else than a tuple")));
                break;
            case (byte)'b': // BUILD: of a state dict, the versions of its modules
                Pop();
                if (Peek() is not PickledDictionary)
                {
                    throw Foreign("the state of an object (BUILD)");
                }

                break;
            case 0x81: // NEWOBJ
            case 0x92: // NEWOBJ_EX
                throw Foreign("an object of a class (NEWOBJ)");
            case (byte)'i': // INST
                string package = bytes.Line();
                throw Foreign($"{package}.{bytes.Line()} (INST)");
            case (byte)'o': // OBJ
                throw Foreign("an object of a class (OBJ)");
            case 0x82 or 0x83 or 0x84:
                throw Foreign("a class by the number of an extension (EXT)");
            case (byte)'P': // PERSID
                throw Foreign($"the object '{bytes.Line()}' of another file (PERSID)");
            case 0x97 or 0x98: // NEXT_BUFFER, READONLY_BUFFER
                throw Foreign("a buffer outside the file (NEXT_BUFFER)");
            default:
                throw Malformed(FormattableString.Invariant(
                    $"byte 0x{code:x2} at {bytes.Position - 1} is no opcode of a pickle that torch.save writes"));
        }
    }

    private TorchClass Class(string module, string name)
        => TorchClass.Find($"{module}.{name}") ?? throw Foreign($"'{module}.{name}'");

    /// <summary>What a call would return, made without it.</summary>
    private object? Call(object? function, object?[] arguments) => (function, arguments) switch
    {
        (TorchClass { Kind: TorchClassKind.Dictionary }, []) => new PickledDictionary(),
        (TorchClass { Kind: TorchClassKind.Dictionary }, [List<object?> pairs]) => OfPairs(pairs),
        (TorchClass { Kind: TorchClassKind.Ignored }, _) => Opaque.Value,
        (TorchClass { Kind: TorchClassKind.Size }, [object?[] sizes]) => sizes,
        (TorchClass { Kind: TorchClassKind.Tensor },
            [TorchStorage of, long and >= 0 and var offset, object?[] shape, object?[] strides, .. var rest]) =>
            Tensor(of, of.ElementType, offset, shape, strides, rest.ElementAtOrDefault(2)),
        (TorchClass { Kind: TorchClassKind.TypedTensor },
            [TorchStorage of, long and >= 0 and var offset, object?[] shape, object?[] strides, _, _,
                TorchClass { Kind: TorchClassKind.ElementType } type, .. var rest]) =>
            Tensor(of, type.ElementType, offset, shape, strides, rest.ElementAtOrDefault(0)),
        (TorchClass { Kind: TorchClassKind.Parameter }, [TorchTensor tensor, ..]) => tensor,
        (TorchClass known, _) => throw Malformed(
            $"a call that makes a {known.Kind} has arguments that do not belong to it"),
        _ => throw Foreign("a call of something that is no function (REDUCE)"),
    };

    private TorchTensor Tensor(
        TorchStorage of,
        ElementType type,
        long offset,
        object?[] shape,
        object?[] strides,
        object? metadata)
    {
        // Such as that all elements count negative.
        if (metadata is PickledDictionary { Entries.Count: > 0 } flags
            && flags.Entries.First(entry => true) is var first
            && flags.Entries.Values.Any(value => value is not false))
        {
            throw Foreign($"a tensor that is changed when it is loaded ('{first.Key}')");
        }

        return new TorchTensor(of, type, offset, Integers(shape), Integers(strides));
    }

    private long[] Integers(object?[] tuple) => tuple.Length <= SafetensorsHeader.MaximumDimensions
        ? [.. tuple.Select(item => item is long number and >= 0
            ? number
            : throw Malformed("a tensor has a dimension or stride that is not a whole number from 0 on"))]
        : throw Malformed($"a tensor has {tuple.Length} dimensions, more than any tensor has");

    /// <summary>The storage of <c>('storage', class, key, location, elements)</c>, with <c>None</c> behind it in the
    /// old form.</summary>
    private TorchStorage Persistent(object? id) => id switch
    {
        object?[] and ["storage", TorchClass { Kind: TorchClassKind.Storage } type, string key, string,
            long and >= 0 and var count, .. var rest] when rest is [] or [null] =>
            count <= long.MaxValue / type.ElementType.Size()
                ? storage(new TorchStorage(key, type.ElementType, count))
                : throw Malformed($"storage '{Excerpt.Of(key)}' is larger than any file"),
        object?[] and ["storage", _, string key, _, _, not null, ..] => throw TorchRefusal.Other(
            bytes.Path, $"storage '{Excerpt.Of(key)}' is a view of another one, as versions of torch before 0.4 wrote "
                + $"it; load the file with torch and save it again"),
        object?[] and [string other, ..] => throw Foreign($"an object of the kind '{other}' (BINPERSID)"),
        _ => throw Malformed("a persistent id is not that of a storage"),
    };

    private PickledDictionary OfPairs(List<object?> pairs)
    {
        var dictionary = new PickledDictionary();
        foreach (object? pair in pairs)
        {
            Set(dictionary, pair switch
            {
                object?[] { Length: 2 } tuple => tuple,
                List<object?> { Count: 2 } list => [list[0], list[1]],
                _ => throw Malformed("a dictionary is made of something else than pairs"),
            });
        }

        return dictionary;
    }

    private void Set(PickledDictionary dictionary, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw Malformed("a dictionary has a key without a value");
        }

        for (int i = 0; i < pairs.Length; i += 2)
        {
            if (pairs[i] is string key)
            {
                dictionary.Entries[key] = pairs[i + 1];
            }
            else if (pairs[i + 1] is TorchTensor)
            {
                throw Malformed("a tensor's name is not a text");
            }
        }
    }

    private string Decode(long length)
    {
        try
        {
            return Utf8.GetString(bytes.Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a text is not valid UTF-8");
        }
    }

    /// <summary>A whole number, little-endian; one of more than 64 bits only where that is what tells the file's
    /// kind.</summary>
    private object Integer(int length)
    {
        if (length > LongestInteger)
        {
            bytes.Skip(length);
            return Opaque.Value;
        }

        var number = new BigInteger(bytes.Take(length));
        return number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number;
    }

    private void PushSkipped(long length)
    {
        bytes.Skip(length);
        Push(Opaque.Value);
    }

    private void PushTuple(int length)
    {
        object?[] tuple = new object?[length];
        for (int i = length - 1; i >= 0; i--)
        {
            tuple[i] = Pop();
        }

        Push(tuple);
    }

    private void Push(object? value)
    {
        if (++values > MaximumValues)
        {
            throw Malformed($"the pickle has more than {MaximumValues} values, which no list of tensors needs");
        }

        stack.Add(value);
    }

    private object? Pop()
    {
        object? top = Peek();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private object? Peek() => stack.Count > (marks.Count > 0 ? marks[^1] : 0)
        ? stack[^1]
        : throw Malformed("the pickle takes a value where there is none");

    private T Top<T>(string kind)
        where T : class => Peek() as T ?? throw Malformed($"the pickle takes something for {kind} that is none");

    private object?[] PopMarked()
    {
        if (marks.Count == 0)
        {
            throw Malformed("the pickle takes values up to a mark where there is none");
        }

        int start = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        object?[] items = [.. stack[start..]];
        stack.RemoveRange(start, stack.Count - start);
        return items;
    }

    private void Remember(uint place) => memo[place] = Peek();

    private object? Recall(uint place) => memo.TryGetValue(place, out object? value)
        ? value
        : throw Malformed("the pickle recalls a value that it did not keep");

    private Diagnostics.DiagnosticException Malformed(string problem) => TorchRefusal.Malformed(bytes.Path, problem);

    private Diagnostics.DiagnosticException Foreign(string what) => TorchRefusal.Foreign(bytes.Path, what);
}
