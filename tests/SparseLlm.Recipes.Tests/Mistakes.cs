using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Tests;

public sealed class Mistakes : IDisposable
{
    private const string Head = "version: 1\nmodel: model\n";
    private const string WithCalibration = Head + "calibration: { text: calibration.txt }\n";
    private const string Artifacts = "artifacts: { a: { method: magnitude, sparsity: 0.5 } }\n";

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Recipe with the mistake marked, its code, and what the message must say.</summary>
    public static TheoryData<string, string, string> Single => new()
    {
        // Keys.
        {
            "version: 1\nmodel: model\nartifacts:\n  a: { sparsity: 0.5, method: «magnitud» }\n",
            "SLM1008",
            "did you mean 'magnitude'" },
        { Head + "«artefacts»: {}\n" + Artifacts, "SLM1003", "unknown key 'artefacts'; did you mean 'artifacts'?" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: 0.5\n    «Sparsity»: 0.5\n",
            "SLM1003",
            "did you mean 'sparsity'?" },
        { Head + "artifacts:\n  a: { method: magnitude, sparsity: 0.5, «colour»: red }\n", "SLM1003",
            "allowed: method, preset, sparsity, pattern, settings, rules, experts, quantization, gates, encoding, "
            + "format, type, matrix" },
        { Head + "defaults: { «matrix»: {} }\n" + Artifacts, "SLM1003", "unknown key 'matrix'" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, settings: { «dampening»: 1 } } }\n",
            "SLM1003",
            "did you mean 'damping'?" },
        {
            Head + "calibration: { text: calibration.txt, «sequence_length»: 8 }\n" + Artifacts,
            "SLM1003",
            "did you mean 'sequenceLength'?" },
        { Head + "evaluation: { «perplexities»: {} }\n" + Artifacts, "SLM1003", "did you mean 'perplexity'?" },
        { "«model»: model\n" + Artifacts, "SLM1004", "needs 'version:'" },
        { "«version»: 1\n" + Artifacts, "SLM1004", "needs 'model:'" },
        { "«version»: 1\nmodel: model\n", "SLM1004", "needs 'artifacts:'" },
        { Head + "«artifacts»:\n", "SLM1004", "'artifacts' is empty" },
        { Head + "«calibration»: { samples: 1 }\n" + Artifacts, "SLM1004", "needs 'text:'" },
        {
            WithCalibration + "artifacts:\n  «a»:\n  b: { sparsity: 0.5 }\n",
            "SLM1004",
            "artifact 'a' does not say how sparse" },
        {
            WithCalibration + "defaults: { quantization: { bits: 4 } }\nartifacts:\n  «a»: { preset: fast }\n",
            "SLM1004",
            "or 'sparsity: 0' to quantise it and prune nothing" },
        {
            WithCalibration + "artifacts:\n  «a»: { matrix: { method: [ria] } }\n",
            "SLM1004",
            "does not say how sparse" },
        { WithCalibration + "artifacts:\n  a: { sparsity: 0.5, «matrix»: {} }\n", "SLM1004", "'matrix' has no values" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: 0.5\n    rules:\n      - «{ match: x }»\n",
            "SLM1004",
            "'keep: true'" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: 0.5\n    rules:\n      - «keep: true»\n",
            "SLM1004",
            "needs 'match:'" },
        { Head + Artifacts + "«model»: model\n", "SLM1005", "duplicate key 'model'; it is already on line 2" },

        // Kinds of values.
        { "«- version: 1\n- model: model»\n", "SLM1006", "must be a mapping ('key: value'), found a list" },
        { "«just text»\n", "SLM1006", "found a single value" },
        {
            Head + "calibration: «calibration.txt»\n" + Artifacts,
            "SLM1006",
            "'calibration' must be a mapping ('key: value'), found a single value" },
        {
            Head + "calibration:\n  text:\n    «file: calibration.txt»\n" + Artifacts,
            "SLM1006",
            "'text' must be a single value, found a mapping" },
        {
            Head + "calibration: { text: calibration.txt, samples: «[1, 2]» }\n" + Artifacts,
            "SLM1006",
            "'samples' must be a single value, found a list" },
        { Head + "«engine»:\n" + Artifacts, "SLM1006", "'engine' must be a mapping ('key: value'), found nothing" },
        { "version: 1\nmodel: «~»\n" + Artifacts, "SLM1006", "'model' must be a single value, found nothing" },
        { Head + "artifacts: «[a, b]»\n", "SLM1006", "'artifacts' must be a mapping" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a: { rules: «{ match: x }» }\n",
            "SLM1006",
            "'rules' must be a list" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a: { rules: [«x»] }\n",
            "SLM1006",
            "a rule must be a mapping" },
        {
            Head + "artifacts: { a: { sparsity: 0.5, matrix: { method: «magnitude» } } }\n",
            "SLM1006",
            "'method' must be a list" },

        { WithCalibration + "defaults: «[]»\nartifacts: { a: {} }\n", "SLM1006", "'defaults' must be a mapping" },
        { WithCalibration + "artifacts: { a: { matrix: «[]» } }\n", "SLM1006", "'matrix' must be a mapping" },
        { Head + "evaluation: «eval.txt»\nartifacts: { a: { method: magnitude, sparsity: 0.5, gates: { x: { max: 2 } } "
            + "} }\n", "SLM1006", "'evaluation' must be a mapping" },

        // Values.
        { "version: «one»\nmodel: model\n" + Artifacts, "SLM1007", "'version' must be a whole number" },
        { Head + "requires: «\"[2.0\"»\n" + Artifacts, "SLM1007", "is not a version range; write one such as" },
        { "version: 1\nmodel: «\"\"»\n" + Artifacts, "SLM1007", "'model' is empty" },
        {
            "version: 1\nmodel: «\"two\\nlines\"»\n" + Artifacts,
            "SLM1007",
            "'model' contains a line break or another control character" },
        // A mistyped key is not missing as well.
        { "version: 1\n«modle»: model\n" + Artifacts, "SLM1003", "did you mean 'model'?" },
        { Head + "artifacts: { a: { method: magnitude, «sparsty»: 0.5 } }\n", "SLM1003", "did you mean 'sparsity'?" },
        { WithCalibration + "«default»: { sparsity: 0.5 }\nartifacts:\n  a:\n", "SLM1003", "did you mean 'defaults'?" },
        {
            Head + "«calibraton»: { text: calibration.txt }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1003",
            "did you mean 'calibration'?" },
        {
            Head + "«evalution»: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { max: 9 } } }\n" + Artifacts,
            "SLM1003",
            "did you mean 'evaluation'?" },
        {
            Head + "evaluation: { «perplexty»: { p: eval.txt } }\ndefaults: { gates: { p: { max: 9 } } }\n" + Artifacts,
            "SLM1003",
            "did you mean 'perplexity'?" },
        { Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { «maxIncrese»: 5% } } }\n"
            + Artifacts, "SLM1003", "did you mean 'maxIncrease'?" },
        { Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a: { rules: [{ match: x, «patern»: 2:4 "
            + "}] }\n", "SLM1003", "did you mean 'pattern'?" },
        { Head + "calibration: { text: [«\"\\0/*\"»] }\n" + Artifacts, "SLM1007", "control character" },
        { Head + "calibration: { text: «[]» }\n" + Artifacts, "SLM1007", "empty list" },
        {
            Head + "calibration: { text: calibration.txt, samples: «0» }\n" + Artifacts,
            "SLM1007",
            "'samples' must be a whole number of at least 1, found '0'" },
        {
            Head + "calibration: { text: calibration.txt, samples: «1.5» }\n" + Artifacts,
            "SLM1007",
            "'samples' must be a whole number" },
        { Head + "calibration: { text: calibration.txt, sequenceLength: «1» }\n" + Artifacts, "SLM1007", "at least 2" },
        {
            Head + "calibration: { text: calibration.txt, seed: «x» }\n" + Artifacts,
            "SLM1007",
            "'seed' must be a whole number, found 'x'" },
        {
            Head + "engine: { memory: «lots» }\n" + Artifacts,
            "SLM1007",
            "'memory' must be a size or a percentage of the free memory, found 'lots'; write it like 4GB, 512MiB or "
            + "50%" },
        { Head + "engine: { memory: «101%» }\n" + Artifacts, "SLM1007", "'memory' must be a size or a percentage" },
        {
            Head + "engine: { threads: «0» }\n" + Artifacts,
            "SLM1007",
            "'threads' must be a whole number of at least 1" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: «0,7»\n",
            "SLM1007",
            "'sparsity' must be a number, found '0,7'; write decimals with a point, as in 0.7" },
        { Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: «70%»\n", "SLM1007", "write 0.7 for 70 %" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: «1»\n",
            "SLM1007",
            "sparsity 1 is not a fraction of weights to prune" },
        { Head + "artifacts:\n  a:\n    method: magnitude\n    sparsity: «.nan»\n", "SLM1007", "must be a number" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    pattern: «4:2»\n",
            "SLM1007",
            "pattern '4:2' would prune nothing" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    pattern: «\"half\"»\n",
            "SLM1007",
            "write it as N:M, such as 2:4" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, settings: { damping: «2» } } }\n",
            "SLM1007",
            "'damping' must be a number from 0 to 1, found '2'" },
        {
            WithCalibration + "artifacts:\n  a:\n    sparsity: 0.5\n    settings:\n      damping: «0,1»\n",
            "SLM1007",
            "as in 0.1" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, settings: { biasRefit: «yes» } } }\n",
            "SLM1007",
            "'biasRefit' must be true or false, found 'yes'" },
        {
            WithCalibration + "artifacts: { a: { matrix: { sparsity: «[]» } } }\n",
            "SLM1007",
            "'sparsity' is an empty list" },
        { Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a: { rules: [{ match: x, keep: «false» "
            + "}] }\n", "SLM1007", "'keep' can only be true" },

        // Names to choose from.
        {
            Head + "artifacts: { a: { method: «magnitute», sparsity: 0.5 } }\ncalibration: { text: calibration.txt }\n",
            "SLM1008",
            "unknown method 'magnitute'; did you mean 'magnitude'?" },
        { WithCalibration + "defaults: { method: «SparseLLM» }\n" + Artifacts, "SLM1008", "did you mean 'sparsellm'?" },
        {
            WithCalibration + "defaults: { method: «obd» }\n" + Artifacts,
            "SLM1008",
            "allowed: magnitude, wanda, ria, sparsegpt, admm, alps, sparsellm" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, preset: «balance» } }\n",
            "SLM1008",
            "unknown preset 'balance'; did you mean 'balanced'?" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, settings: { solver: «wanda» } } }\n",
            "SLM1008",
            "unknown solver 'wanda'; allowed: sparsegpt, admm, alps" },
        {
            Head + "calibration: { text: calibration.txt, sampling: «rnd» }\n" + Artifacts,
            "SLM1008",
            "allowed: sequential, random" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, format: «ggml» } }\n",
            "SLM1008",
            "unknown format 'ggml'; did you mean 'gguf'?" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, format: gguf, type: [q8_0, «q4_k_m»] } }\n",
            "SLM1008",
            "allowed: f32, f16, q4_0, q8_0, bf16" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, format: gguf, type: [q8_0, «q8_0»] } }\n",
            "SLM1007",
            "'q8_0' is listed twice" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, format: «[]» } }\n",
            "SLM1007",
            "'format' is an empty list" },
        {
            Head + "engine: { precision: «half» }\n" + Artifacts,
            "SLM1008",
            "unknown precision 'half'; allowed: exact, fast" },
        {
            Head + "executor: { slurm: { time: «soon» } }\n" + Artifacts,
            "SLM1007",
            "'time' must be a time as Slurm writes it, found 'soon'" },
        {
            Head + "executor: { slurm: { extra: [«account=a»] } }\n" + Artifacts,
            "SLM1007",
            "'extra' has options of sbatch, found 'account=a'" },
        {
            Head + "executor: { slurm: { partition: «a b» } }\n" + Artifacts,
            "SLM1007",
            "'partition' must be a name" },
        {
            Head + "executor: { slurm: { memory: «much» } }\n" + Artifacts,
            "SLM1007",
            "'memory' must be a size like 32G" },
        { Head + "engine: { «precision»: fast, device: cpu }\n" + Artifacts, "SLM1014", "the built-in engine (device "
            + "cpu) computes exactly, and 'fast' is asked for; remove one of 'device' and 'precision'" },
        { Head + "engine: { device: cpu-torch, «devices»: [0, 1] }\n" + Artifacts, "SLM1014",
            "device cpu-torch computes on the processor, and GPUs are asked for (devices 0,1); remove one of 'device' "
            + "and 'devices'" },
        {
            Head + "engine: { devices: «[0, 0]» }\n" + Artifacts,
            "SLM1007",
            "'devices' must be numbers of GPUs, each once, found '0, 0'; write them like [0, 1]" },
        {
            Head + "engine: { devices: «first» }\n" + Artifacts,
            "SLM1007",
            "'devices' must be numbers of GPUs, each once, found 'first'" },
        {
            Head + "engine: { device: «gpu» }\n" + Artifacts,
            "SLM1008",
            "unknown device 'gpu'; allowed: auto, cpu, cpu-torch, cuda" },

        // Files.
        { "version: 1\nmodel: «models/none»\n" + Artifacts, "SLM1009", "model 'models/none': there is no such "
            + "directory; name a Hugging Face model directory (paths are relative to the recipe's folder" },
        { "version: 1\nmodel: «Qwen/Qwen3-0.6B»\n" + Artifacts, "SLM1009", "model 'Qwen/Qwen3-0.6B': there is no such "
            + "directory; for the model of that name on the Hugging Face hub, write 'hf://Qwen/Qwen3-0.6B'" },
        {
            "version: 1\nmodel: «./modle»\n" + Artifacts,
            "SLM1009",
            "model './modle': there is no such directory; did you mean './model'?" },
        { "version: 1\nmodel: «eval.txt»\n" + Artifacts, "SLM1009", "this is a file; name the directory" },
        { Head + "calibration: { text: «none.txt» }\n" + Artifacts, "SLM1009", "file 'none.txt' does not exist" },
        {
            Head + "calibration: { text: [calibration.txt, «\"*.jsonl\"»] }\n" + Artifacts,
            "SLM1009",
            "no file matches '*.jsonl'" },
        { Head + "evaluation: { perplexity: { prose: «nowhere/**» } }\n" + Artifacts, "SLM1009", "no file matches" },
        {
            Head + "calibration: { text: «model/*/../x» }\n" + Artifacts,
            "SLM1009",
            "cannot be searched for; name them one by one" },
        {
            "version: 1\nmodel: «hf://facebook/opt-125m/config.json»\n" + Artifacts,
            "SLM6001",
            "a model is its whole repository: write hf://facebook/opt-125m" },
        {
            "version: 1\nmodel: «hf://datasets/allenai/c4/en/x.json.gz»\n" + Artifacts,
            "SLM6001",
            "it is a data set, and a model is wanted: write hf://owner/name" },
        {
            "version: 1\nmodel: «https://huggingface.co/facebook/opt-125m»\n" + Artifacts,
            "SLM6001",
            "this is a page of the hub; write hf://facebook/opt-125m" },
        {
            "version: 1\nmodel: «hf:facebook/opt-125m»\n" + Artifacts,
            "SLM6001",
            "an address on the hub begins with hf://" },
        {
            Head + "calibration: { text: «hf://acme/stories/train.jsonl» }\n" + Artifacts,
            "SLM6001",
            "files of a data set are wanted: write hf://datasets/acme/stories/train.jsonl" },
        {
            Head + "calibration: { text: «hf://facebook/opt-125m» }\n" + Artifacts,
            "SLM6001",
            "files of a data set are wanted: write hf://datasets/owner/name/path" },

        // Interpolation.
        {
            "version: 1\nmodel: «${env:SPARSELLM_TESTS_UNSET}/x»\n" + Artifacts,
            "SLM1010",
            "'SPARSELLM_TESTS_UNSET' is not set" },
        { "version: 1\nmodel: «${HOME}»\n" + Artifacts, "SLM1010", "write ${env:NAME}" },

        // Versions.
        {
            "version: «2»\nmodel: model\n" + Artifacts,
            "SLM1011",
            "recipe version 2 is unknown to this tool (0.1.0); write 'version: 1'" },
        {
            Head + "requires: «\"[0.2,1.0)\"»\n" + Artifacts,
            "SLM1012",
            "requires tool version [0.2,1.0), this is 0.1.0" },

        {
            Head + "calibration: { dataset: «wikitext» }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1008",
            "unknown dataset 'wikitext'; did you mean 'wikitext2'?" },
        {
            Head + "calibration: { text: calibration.txt, join: «[a]» }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1006",
            "write line breaks in double quotes" },
        { Head + $"calibration: {{ text: calibration.txt, join: «{new string('x', 101)}» }}\nartifacts: {{ a: {{ "
            + $"sparsity: 0.5 }} }}\n", "SLM1007", "'join' has 101 characters" },

        // Keys that do not go together.
        {
            Head + "calibration: { text: calibration.txt, «dataset»: c4 }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1014",
            "'dataset' and 'text' exclude each other" },
        {
            Head + "calibration: { dataset: c4, «field»: body }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1014",
            "'field' and 'dataset' exclude each other" },
        {
            Head + "calibration: { dataset: c4, «records»: 5 }\nartifacts: { a: { sparsity: 0.5 } }\n",
            "SLM1014",
            "'records' and 'dataset' exclude each other" },
        { Head + "calibration: { dataset: c4 }\nevaluation: { perplexity: { p: { dataset: c4, «chat»: messages } } "
            + "}\nartifacts: { a: { sparsity: 0.5 } }\n", "SLM1014", "'chat' and 'dataset' exclude each other" },
        {
            Head + "artifacts:\n  a:\n    method: magnitude\n    pattern: 2:4\n    «sparsity»: 0.5\n",
            "SLM1014",
            "'sparsity' and 'pattern' exclude each other" },
        {
            WithCalibration + "artifacts: { a: { matrix: { sparsity: [0.5], «pattern»: [2:4] } } }\n",
            "SLM1014",
            "exclude each other" },
        {
            WithCalibration + "artifacts: { a: { «sparsity»: 0.5, matrix: { pattern: [2:4] } } }\n",
            "SLM1014",
            "'sparsity' stands both here and in 'matrix'" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, «method»: ria, matrix: { method: [wanda] } } }\n",
            "SLM1014",
            "'method' stands both here and in 'matrix'" },
        { Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a: { rules: [{ match: x, sparsity: "
            + "0.1, «keep»: true }] }\n", "SLM1014", "'keep' and 'sparsity'" },

        // Artifacts.
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «a b»:\n",
            "SLM1015",
            "'a b' cannot name an artifact" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «.a»:\n",
            "SLM1015",
            "no dot at either end" },
        { Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «../a»:\n", "SLM1015", "cannot name" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «summary.html»:\n",
            "SLM1015",
            "the tool itself writes a file of that name" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «Summary.MD»:\n",
            "SLM1015",
            "'Summary.MD'" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «summary-0123abcd.html»:\n",
            "SLM1015",
            "the tool itself" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «pruning.lock.json»:\n",
            "SLM1015",
            "the tool itself" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «CON»:\n",
            "SLM1015",
            "Windows keeps that name" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  «aux.txt»:\n",
            "SLM1015",
            "Windows keeps that name" },
        {
            Head + $"defaults: {{ method: magnitude, sparsity: 0.5 }}\nartifacts:\n  «{new string('x', 237)}»:\n",
            "SLM1015",
            "use at most 236 characters" },
        { Head + $"artifacts:\n  «{new string('x', 240)}»: {{ matrix: {{ method: [magnitude], sparsity: [0.5, 0.6] }} "
            + $"}}\n", "SLM1015", "x-magnitude-0.5' is too long" },
        {
            Head + "defaults: { method: magnitude, sparsity: 0.5 }\nartifacts:\n  a:\n  «A»:\n",
            "SLM1016",
            "artifact 'A' has the name of 'a' on line 5" },
        { WithCalibration + "artifacts:\n  s-wanda: { sparsity: 0.5 }\n  «s»: { sparsity: 0.5, matrix: { method: "
            + "[wanda] } }\n", "SLM1016", "'s-wanda'" },
        { WithCalibration + "artifacts:\n  S-Wanda: { sparsity: 0.5 }\n  «s»: { sparsity: 0.5, matrix: { method: "
            + "[wanda] } }\n", "SLM1016", "letter case makes no difference" },
        {
            WithCalibration + "artifacts:\n  s: { matrix: { sparsity: [0.5, «0.50»] } }\n",
            "SLM1016",
            "'0.5' is listed twice" },

        // Gates.
        {
            Head + "artifacts: { «a»: { method: magnitude, sparsity: 0.5, experts: { keep: 0.5 } } }\n",
            "SLM1018",
            "is pruned by magnitude and drops experts, which needs calibration data" },
        {
            Head + "artifacts: { «a»: { method: magnitude, sparsity: 0.5, quantization: { bits: 4 } } }\n",
            "SLM1018",
            "is pruned by magnitude and quantised, which needs calibration data" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, quantization: { bits: «3» } } }\n",
            "SLM1008",
            "'3'" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, quantization: { bits: 4, embeddings: «16» } } }\n",
            "SLM1008",
            "'16'" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, quantization: { bits: 4, symmetric: «false» } } }\n",
            "SLM1007",
            "codes are always symmetric" },
        {
            WithCalibration + "artifacts: { a: { sparsity: 0.5, «quantization»: { group: 64 } } }\n",
            "SLM1004",
            "bits" },
        {
            Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, experts: { keep: «0» } } }\n",
            "SLM1007",
            "'keep' must be above 0 and at most 1, found 0; 0.5 keeps half of the experts" },
        {
            Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, experts: { keep: «1.5» } } }\n",
            "SLM1007",
            "'keep' must be above 0" },
        {
            Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, experts: { keep: «half» } } }\n",
            "SLM1007",
            "'keep' must be a number, found 'half'" },
        { Head + "evaluation: { perplexity: { prose: eval.txt } }\nartifacts: { a: { method: magnitude, sparsity: 0.5, "
            + "gates: { «pros»: { max: 9 } } } }\n", "SLM1017", "unknown perplexity 'pros'; did you mean 'prose'?" },
        {
            Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, gates: { «prose»: { max: 9 } } } }\n",
            "SLM1017",
            "declare it under 'evaluation: perplexity:'" },
        {
            Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { «p»: {} } }\n" + Artifacts,
            "SLM1004",
            "gate 'p' limits nothing" },
        { Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { maxIncrease: «a lot» } } }\n"
            + Artifacts, "SLM1007", "a percentage such as 25%" },
        { Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { maxIncrease: «-1%» } } }\n"
            + Artifacts, "SLM1007", "a percentage such as 25%" },
        { Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { max: «0.5» } } }\n"
            + Artifacts, "SLM1007", "'max' must be at least 1" },
        { Head
            + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { p: { max: 9, severity: «warn» } } }\n"
            + Artifacts, "SLM1008", "warning" },
        { Head + "defaults: { gates: { maxSize: «45» } }\n" + Artifacts, "SLM1007", "if a share is meant, write 45%" },
        {
            Head + "defaults: { gates: { maxSize: «0.45» } }\n" + Artifacts,
            "SLM1007",
            "if a share is meant, write 45%" },
        {
            Head + "defaults: { gates: { maxSize: «small» } }\n" + Artifacts,
            "SLM1007",
            "write it like 45%, 2.5 GB or 900 MiB" },
        {
            Head + "defaults: { gates: { maxSize: «0%» } }\n" + Artifacts,
            "SLM1007",
            "write it like 45%, 2.5 GB or 900 MiB" },
        {
            Head + "defaults: { gates: { «maxSize»: { severity: warning } } }\n" + Artifacts,
            "SLM1004",
            "'maxSize' needs 'max:'" },
        { Head + "defaults: { gates: { «maxSise»: 45% } }\n" + Artifacts, "SLM1017", "did you mean 'maxSize'?" },
        {
            Head + "evaluation: { perplexity: { «maxSize»: eval.txt } }\n" + Artifacts,
            "SLM1007",
            "which is the gate on the size" },
        { Head + "defaults: { encoding: «spars» }\n" + Artifacts, "SLM1008", "did you mean 'sparse'?" },
        { Head + "evaluation: { perplexity: { p: eval.txt } }\ndefaults: { gates: { «p»: { severity: warning } } }\n"
            + Artifacts, "SLM1004", "gate 'p' limits nothing" },

        // Calibration.
        {
            Head + "artifacts:\n  a: { method: magnitude, sparsity: 0.5 }\n  «b»: { method: wanda, sparsity: 0.5 }\n",
            "SLM1018",
            "artifact 'b' is pruned by wanda, which needs calibration data" },
    };

    [Theory]
    [MemberData(nameof(Single))]
    public void Each_mistake_is_reported_alone_at_its_place_with_its_code_and_advice(
        string marked,
        string code,
        string advice)
    {
        Diagnostic mistake = folder.ReadMarked(marked).ShouldHaveSingleItem();

        mistake.Code.ShouldBe(code);
        mistake.Severity.ShouldBe(Severity.Error);
        mistake.Message.ShouldContain(advice, Case.Sensitive);
    }

    [Fact]
    public void Every_mistake_of_a_file_is_reported_in_one_run_in_the_order_of_the_file()
    {
        var mistakes = folder.ReadMarked("""
            version: «3»
            requires: «"[9.0,)"»
            model: «nowhere»
            calibration:
              text: «none.txt»
              samples: «many»
            evaluation:
              perplexity:
                prose: { text: eval.txt, «fields»: x }
            defaults:
              method: «wonda»
            artifacts:
              first:
                «sparsty»: 0.7
                sparsity: 0.7
              second:
                pattern: «24»
                gates:
                  «code»: { max: 5 }
            «extra»: true

            """);

        mistakes.Select(mistake => mistake.Code).ShouldBe(
        [
            "SLM1011", "SLM1012", "SLM1009", "SLM1009", "SLM1007", "SLM1003", "SLM1008", "SLM1003", "SLM1007",
            "SLM1017", "SLM1003",
        ]);
    }

    [Fact]
    public void A_mistake_is_written_in_the_form_that_editors_link_to_the_file_as_the_caller_named_it()
    {
        RecipeReading reading = folder.Read(
            "version: 1\nmodel: model\nartifacts:\n  a:\n    sparsty: 0.7\n    sparsity: 0.7\n    method: magnitude\n");

        reading.Diagnostics.ShouldHaveSingleItem().ToString()
            .ShouldBe($"{folder.RecipePath}(5,5,5,12): error SLM1003: unknown key 'sparsty'; did you mean 'sparsity'?");
    }

    [Fact]
    public void A_recipe_with_errors_cannot_be_required()
    {
        RecipeReading reading = folder.Read("version: 1\nmodle: model\n");

        reading.Recipe.ShouldBeNull();
        Should.Throw<DiagnosticException>(reading.Require).Diagnostics.ShouldBe(reading.Diagnostics);
        reading.Diagnostics.Count.ShouldBe(2);
    }

    [Fact]
    public void A_missing_recipe_is_an_error_about_the_file()
    {
        var mistake = RecipeReader.Read(folder.At("no.yaml"), new(0, 1, 0)).Diagnostics.ShouldHaveSingleItem();

        mistake.Code.ShouldBe("SLM1001");
        mistake.Location.ShouldBe(new SourceLocation(folder.At("no.yaml")));
    }

    [Fact]
    public void A_folder_in_place_of_a_recipe_is_an_error_about_the_file() =>
        RecipeReader.Read(folder.At("model"), new(0, 1, 0)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("SLM1001");

    [Theory]
    [InlineData("models", "did you mean 'models/x'?")]
    [InlineData("models/", "did you mean 'models/x'?")]
    [InlineData("models/x/config.json", "name its directory, 'models/x'")]
    [InlineData("hub/models--o--n", "'hub/models--o--n/snapshots/a1b2'")]
    [InlineData("~/models/x", "write '")]
    public void A_path_beside_a_model_is_an_error_that_names_the_model(string written, string meant)
    {
        folder.AddFile("models/x/config.json");
        folder.AddFile("hub/models--o--n/snapshots/a1b2/config.json");

        Diagnostic mistake = folder.ReadMarked($"version: 1\nmodel: «{written}»\n" + Artifacts).ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1009");
        mistake.Message.ShouldContain(meant);
    }

    [Fact]
    public void Codes_are_unique()
    {
        var codes = typeof(RecipeDiagnostics).GetProperties()
            .Select(property => ((DiagnosticDescriptor)property.GetValue(null)!).Code)
            .ToList();

        codes.ShouldBeUnique();
        codes.ShouldAllBe(code => code.StartsWith("SLM1"));
    }
}
