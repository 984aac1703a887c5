using SparseLlm.Diagnostics;

namespace SparseLlm.Models;

/// <summary>What can be wrong with a model directory.</summary>
public static class ModelDiagnostics
{
    /// <summary>There is no directory, or no file of weights in it.</summary>
    public static readonly DiagnosticDescriptor CheckpointNotFound = new("SLM2001", "No checkpoint found");

    /// <summary>A file of the checkpoint is missing or cannot be read.</summary>
    public static readonly DiagnosticDescriptor CheckpointUnreadable = new("SLM2002", "Checkpoint file cannot be read");

    /// <summary>A safetensors file breaks the format.</summary>
    public static readonly DiagnosticDescriptor MalformedSafetensors = new("SLM2003", "Malformed safetensors file");

    /// <summary>The index of a sharded checkpoint is malformed or does not fit its shards.</summary>
    public static readonly DiagnosticDescriptor MalformedIndex = new("SLM2004", "Malformed index of shards");

    /// <summary>A weight is not stored as a floating-point type that can be read.</summary>
    public static readonly DiagnosticDescriptor UnsupportedElementType = new("SLM2005", "Unsupported element type");

    /// <summary>A weight is beyond the range of the tensor's element type.</summary>
    public static readonly DiagnosticDescriptor ValueOutOfRange = new(
        "SLM2006",
        "Weight does not fit its element type");

    /// <summary>The copy of a checkpoint cannot be written.</summary>
    public static readonly DiagnosticDescriptor CheckpointNotWritable = new("SLM2007", "Checkpoint cannot be written");

    /// <summary>A file of the model has a name that not every system allows.</summary>
    public static readonly DiagnosticDescriptor NameNotPortable = new("SLM2008", "File name not allowed everywhere");

    /// <summary>config.json is missing, malformed, or lacks a field.</summary>
    public static readonly DiagnosticDescriptor MalformedConfig = new("SLM2010", "Malformed config.json");

    /// <summary>config.json names an architecture that is not supported.</summary>
    public static readonly DiagnosticDescriptor UnsupportedArchitecture = new("SLM2011", "Unsupported architecture");

    /// <summary>config.json asks for a variant of a supported architecture that is not supported.</summary>
    public static readonly DiagnosticDescriptor UnsupportedConfig = new("SLM2012", "Unsupported value in config.json");

    /// <summary>The checkpoint lacks a tensor that the model needs.</summary>
    public static readonly DiagnosticDescriptor MissingTensor = new("SLM2013", "Missing tensor");

    /// <summary>A tensor's shape is not the one that config.json implies.</summary>
    public static readonly DiagnosticDescriptor WrongShape = new("SLM2014", "Wrong tensor shape");

    /// <summary>A weight is NaN or infinite.</summary>
    public static readonly DiagnosticDescriptor NonFiniteWeight = new("SLM2015", "Weight is not finite");

    /// <summary>A token id is not in the model's vocabulary.</summary>
    public static readonly DiagnosticDescriptor TokenOutOfRange = new("SLM2016", "Token id beyond the vocabulary");

    /// <summary>A sequence is longer than the model's position table.</summary>
    public static readonly DiagnosticDescriptor SequenceTooLong = new("SLM2017", "Sequence too long for the model");

    /// <summary>The checkpoint holds a tensor that the architecture, with this config.json, does not have.</summary>
    public static readonly DiagnosticDescriptor UnexplainedTensor = new(
        "SLM2018",
        "Tensor that config.json does not explain");

    /// <summary>The weights are quantised.</summary>
    public static readonly DiagnosticDescriptor QuantizedModel = new("SLM2019", "Quantised model");

    /// <summary>The names of the tensors show that the model was saved with something around it.</summary>
    public static readonly DiagnosticDescriptor WrappedModel = new("SLM2020", "Model saved inside another");

    /// <summary>A packed checkpoint breaks its format, or its files do not fit.</summary>
    public static readonly DiagnosticDescriptor MalformedPackedFile = new("SLM2021", "Malformed packed model");

    /// <summary>The model is packed, and what is asked for needs the dense one.</summary>
    public static readonly DiagnosticDescriptor PackedModel = new("SLM2022", "Packed model");

    /// <summary>A file of torch.save breaks its format, or has a form that is not read.</summary>
    public static readonly DiagnosticDescriptor MalformedTorchFile = new("SLM2023", "Malformed PyTorch file");

    /// <summary>A file of torch.save asks for classes or functions that have no place among weights.</summary>
    public static readonly DiagnosticDescriptor ForeignObject = new("SLM2024", "PyTorch file with more than tensors");
}
