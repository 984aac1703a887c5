using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>Applies an elementwise function to whole matrices.</summary>
internal static unsafe class Map
{
    /// <summary>destination = map(x), of one shape; the destination may be x.</summary>
    public static void Run<TMap>(WorkerTeam team, TMap map, View<float> x, View<float> destination)
        where TMap : struct, IUnaryMap => Run(team, new OfFirst<TMap>(map), x, x, destination);

    /// <summary>destination = map(x, y), all of one shape; the destination may be one of them.</summary>
    public static void Run<TMap>(WorkerTeam team, TMap map, View<float> x, View<float> y, View<float> destination)
        where TMap : struct, IBinaryMap => Run(team, new OfFirstTwo<TMap>(map), x, y, y, destination);

    /// <summary>destination = map(x, y, z), all of one shape; the destination may be one of them.</summary>
    public static void Run<TMap>(
        WorkerTeam team,
        TMap map,
        View<float> x,
        View<float> y,
        View<float> z,
        View<float> destination)
        where TMap : struct, ITernaryMap =>
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
            Run(map, x.Data + start, y.Data + start, z.Data + start, destination.Data + start, count));

    /// <summary>destination = map(x) for so many numbers, on the calling thread.</summary>
    public static void Run<TMap>(TMap map, float* x, float* destination, nint count)
        where TMap : struct, IUnaryMap => Run(new OfFirst<TMap>(map), x, x, destination, count);

    /// <summary>destination = map(x, y) for so many numbers, on the calling thread.</summary>
    public static void Run<TMap>(TMap map, float* x, float* y, float* destination, nint count)
        where TMap : struct, IBinaryMap => Run(new OfFirstTwo<TMap>(map), x, y, y, destination, count);

    /// <summary>destination = map(x, y, z) for so many numbers, on the calling thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TMap>(TMap map, float* x, float* y, float* z, float* destination, nint count)
        where TMap : struct, ITernaryMap
    {
        nint i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            map.Apply(Vector.Load(x + i), Vector.Load(y + i), Vector.Load(z + i)).Store(destination + i);
        }

        if (i < count)
        {
            Vector<float> last = map.Apply(
                Partial(x + i, count - i),
                Partial(y + i, count - i),
                Partial(z + i, count - i));
            for (nint lane = 0; lane < count - i; lane++)
            {
                destination[i + lane] = last[(int)lane];
            }
        }
    }

    /// <summary>The last numbers of a row, fewer than a vector holds, and zeros.</summary>
    public static Vector<float> Partial(float* x, nint count)
    {
        float* lanes = stackalloc float[Vector<float>.Count];
        for (nint i = 0; i < Vector<float>.Count; i++)
        {
            lanes[i] = i < count ? x[i] : 0;
        }

        return Vector.Load(lanes);
    }
}
