namespace SparseLlm.Pruning.Settings;

/// <summary>The pruning methods a user can name. The names in recipes are these in lower case.</summary>
public enum PruningMethod
{
    /// <summary>The smallest |w| of each matrix.</summary>
    Magnitude,

    /// <summary>The smallest |w| times input norm (Sun et al. 2023).</summary>
    Wanda,

    /// <summary>Relative importance and activations (Zhang et al. 2024).</summary>
    Ria,

    /// <summary>Optimal brain surgeon sweep (Frantar and Alistarh 2023).</summary>
    SparseGpt,

    /// <summary>ADMM weight update with gradual masks (Boza 2024).</summary>
    Admm,

    /// <summary>ADMM with growing penalty and exact refit (Meng et al. 2024).</summary>
    Alps,

    /// <summary>Global pruning split into coordinated subproblems (Bai et al. 2024).</summary>
    SparseLlm,
}
