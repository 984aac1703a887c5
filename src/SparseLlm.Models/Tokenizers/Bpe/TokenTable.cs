using System.Numerics;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// Tokens and their ids. A large tokenizer has a quarter of a million tokens and names them a million times in its
/// merges, so they are not strings but bytes one after another, found by hashing with open addressing: few places in
/// memory to look at, and nothing for the garbage collector.
/// </summary>
internal sealed class TokenTable
{
    private readonly Slot[] slots;
    private readonly Lazy<Dictionary<int, Slot>> byId;
    private byte[] bytes;
    private int length = 1;
    private int longest;

    /// <summary>An empty table.</summary>
    /// <param name="capacity">How many tokens it will have at most.</param>
    public TokenTable(int capacity)
    {
        slots = new Slot[BitOperations.RoundUpToPowerOf2((2 * (uint)capacity) + 1)];
        bytes = new byte[(8 * capacity) + 1];
        this.byId = new Lazy<Dictionary<int, Slot>>(ById);
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>Every id that has a token, in no order.</summary>
    public IReadOnlyCollection<int> Ids => this.byId.Value.Keys;

    /// <summary>Gives a token its id; the last one counts.</summary>
    /// <param name="token">Its UTF-8.</param>
    /// <param name="id">The id.</param>
    public void Set(ReadOnlySpan<byte> token, int id)
    {
        int hash = Hash(token);
        ref Slot slot = ref Find(token, hash);
        if (!slot.IsTaken)
        {
            slot = new Slot(hash, id, Append(token), token.Length);
            Count++;
        }

        slot = slot with { Id = id };
    }

    /// <summary>The id of a token, given as UTF-8.</summary>
    public bool TryGetId(ReadOnlySpan<byte> token, out int id)
    {
        ref Slot slot = ref Find(token, Hash(token));
        id = slot.Id;
        return slot.IsTaken;
    }

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id)
    {
        id = 0;
        if (token.Length > longest)
        {
            return false;
        }

        Span<byte> utf8 = token.Length <= 128
            ? stackalloc byte[3 * 128]
            : new byte[Encoding.UTF8.GetMaxByteCount(token.Length)];
        return TryGetId(utf8[..Encoding.UTF8.GetBytes(token, utf8)], out id);
    }

    /// <summary>The token of an id, or null if there is none.</summary>
    public string? Token(int id)
        => this.byId.Value.TryGetValue(id, out Slot slot) ? Encoding.UTF8.GetString(Bytes(slot)) : null;

    /// <summary>The slot of a token, or the free one where it would go.</summary>
    private ref Slot Find(ReadOnlySpan<byte> token, int hash)
    {
        int mask = slots.Length - 1;
        int place = hash & mask;
        while (slots[place].IsTaken && !(slots[place].Hash == hash && Bytes(slots[place]).SequenceEqual(token)))
        {
            place = (place + 1) & mask;
        }

        return ref slots[place];
    }

    private int Append(ReadOnlySpan<byte> token)
    {
        int start = length;
        length += token.Length;
        if (length > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(length, 2 * bytes.Length));
        }

        token.CopyTo(bytes.AsSpan(start));
        longest = Math.Max(longest, token.Length);
        return start;
    }

    private ReadOnlySpan<byte> Bytes(in Slot slot) => bytes.AsSpan(slot.Start, slot.Length);

    private Dictionary<int, Slot> ById()
    {
        var byId = new Dictionary<int, Slot>(Count);
        foreach (Slot slot in slots)
        {
            if (slot.IsTaken)
            {
                byId[slot.Id] = slot;
            }
        }

        return byId;
    }

    // Of the process, so that nobody can make up tokens that fall into one place.
    private static int Hash(ReadOnlySpan<byte> token)
    {
        var hash = default(HashCode);
        hash.AddBytes(token);
        return hash.ToHashCode();
    }

    /// <summary>A token. Its bytes do not start at 0, so that a slot of zeros is free.</summary>
    private readonly record struct Slot(int Hash, int Id, int Start, int Length)
    {
        public bool IsTaken => Start > 0;
    }
}
