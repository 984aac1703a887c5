using Microsoft.Extensions.AI;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Chat;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Language models as services.</summary>
public static class SparseLlmServiceCollectionExtensions
{
    /// <summary>
    /// Registers a model as <see cref="LanguageModel"/> and as <see cref="IChatClient"/>, each one for the whole
    /// application. It is opened when it is first asked for, and closed with the application's services.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="directory">An artifact, or a Hugging Face model directory.</param>
    /// <param name="configure">Changes how it is opened; null for the defaults.</param>
    /// <returns><paramref name="services"/></returns>
    public static IServiceCollection AddSparseLlm(
        this IServiceCollection services,
        string directory,
        Action<LanguageModelOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        services.AddSingleton(_ => Open(directory, configure));
        return services.AddSingleton<IChatClient>(
            provider => new LanguageModelChatClient(provider.GetRequiredService<LanguageModel>()));
    }

    /// <summary>The same for one model of several, under a key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key that the model and its client are asked for by.</param>
    /// <param name="directory">An artifact, or a Hugging Face model directory.</param>
    /// <param name="configure">Changes how it is opened; null for the defaults.</param>
    /// <returns><paramref name="services"/></returns>
    public static IServiceCollection AddKeyedSparseLlm(
        this IServiceCollection services, object serviceKey, string directory,
        Action<LanguageModelOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(serviceKey);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        services.AddKeyedSingleton(serviceKey, (_, _) => Open(directory, configure));
        return services.AddKeyedSingleton<IChatClient>(
            serviceKey,
            (provider, key) => new LanguageModelChatClient(provider.GetRequiredKeyedService<LanguageModel>(key)));
    }

    private static LanguageModel Open(string directory, Action<LanguageModelOptions>? configure)
    {
        var options = new LanguageModelOptions();
        configure?.Invoke(options);
        return LanguageModel.Open(directory, options);
    }
}
