using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>A text that stands in YAML as it is, line by line.</summary>
/// <param name="Text">The text.</param>
internal sealed record BlockText(string Text)
{
    /// <summary>Writes such texts.</summary>
    public sealed class Converter : IYamlTypeConverter
    {
        /// <inheritdoc/>
        public bool Accepts(Type type) => type == typeof(BlockText);

        /// <inheritdoc/>
        public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer)
            => throw new NotSupportedException();

        /// <inheritdoc/>
        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer) =>
            emitter.Emit(new Scalar(
                AnchorName.Empty,
                TagName.Empty,
                ((BlockText)value!).Text,
                ScalarStyle.Literal,
                isPlainImplicit: true,
                isQuotedImplicit: true));
    }
}
