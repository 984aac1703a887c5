using System.Net;
using System.Security.Authentication;
using SparseLlm.Diagnostics;
using SparseLlm.Hub.Http;

namespace SparseLlm.Hub.Api;

/// <summary>What to say of a request that failed.</summary>
internal sealed class HubFailures(HubOptions options)
{
    // What a server says to people is a sentence or two.
    private const int LongestMessage = 200;

    /// <summary>The error that a failed request is.</summary>
    /// <param name="address">What the request was for.</param>
    /// <param name="path">The file in it; null for what is said of the repository.</param>
    /// <param name="exception">How it failed.</param>
    public DiagnosticException Of(HubAddress address, string? path, HttpRequestException exception) => exception switch
    {
        HubStatusException { IsHub: true } refusal => OfHub(address, path, refusal),
        HubStatusException refusal => Unreachable(
            address,
            $"{refusal.Host}, where the hub keeps the file, answers {refusal.Status}",
            exception),
        { StatusCode: not null } => HubDiagnostics.Senseless.Error(null, $"{address}: what answers at "
            + $"{options.Endpoint} is not to be followed: {exception.Message}; check HF_ENDPOINT, and the proxy",
                exception),
        _ => Unreachable(address, $"{options.Endpoint} cannot be reached: {Reason(exception)}", exception),
    };

    private DiagnosticException OfHub(
        HubAddress address,
        string? path,
        HubStatusException refusal) => (refusal.ErrorCode, refusal.StatusCode) switch
        {
            ("RevisionNotFound", _) => HubDiagnostics.RevisionNotFound.Error(
                null, $"{address}: {Named(address)} has no branch, tag or commit '{address.Revision}'; its page lists "
                    + $"them: {Page(address)}/tree/{HubAddress.MainRevision}", refusal),
            ("EntryNotFound", _) => NoFile(address, path, refusal),
            ("GatedRepo", _) => Gated(address, refusal),
            ("RepoNotFound", _) => NotFound(address, refusal),
            (_, HttpStatusCode.Unauthorized) => options.Token is null
                ? NotFound(address, refusal)
                : RefusedToken(address, refusal),
            (_, HttpStatusCode.Forbidden) => HubDiagnostics.Gated.Error(
                null, $"{address}: the hub gives no access to {Named(address)}{Said(refusal)}; its page may say on "
                    + $"what terms: {Page(address)}; {WhatTokenNeeds}", refusal),
            (_, HttpStatusCode.NotFound) => path is null ? NotFound(address, refusal) : NoFile(address, path, refusal),
            (_, HttpStatusCode.TooManyRequests) => HubDiagnostics.TooManyRequests.Error(
                null, $"{address}: the hub has had too many "
                    + $"requests{(refusal.RetryAfter is { } wait ? $", and takes more in {Duration(wait)}" : "")}; "
                    + $"what has come is kept"
                + (options.Token is null ? $"; with a token more are allowed: {HubOptions.HowToGiveToken}" : ""),
                refusal),
            (_, HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError) => Unreachable(
                address,
                $"{options.Endpoint} cannot be reached: it answers {refusal.Status}{Said(refusal)}",
                refusal),
            _ => HubDiagnostics.Senseless.Error(null, $"{address}: {options.Endpoint} answers "
                + $"{refusal.Status}{Said(refusal)}; check HF_ENDPOINT, and whether a proxy or a login page answers "
                + $"instead", refusal),
        };

    /// <summary>An answer that nothing can be made of.</summary>
    public DiagnosticException Senseless(HubAddress address, string problem, Exception? inner = null) =>
        HubDiagnostics.Senseless.Error(null, $"{address}: the answer of {options.Endpoint} makes no sense: {problem}; "
            + $"check HF_ENDPOINT, and whether a proxy or a login page answers instead", inner);

    /// <summary>What is not in the cache, where nobody may be asked.</summary>
    public static DiagnosticException Offline(
        HubOptions options,
        HubAddress address,
        string what,
        string folder) => HubDiagnostics.Offline.Error(
            null, $"{address}: {what} is not in the hub's cache ({folder}), and {options.WhyOffline}");

    private static DiagnosticException Unreachable(
        HubAddress address,
        string problem,
        Exception inner) => HubDiagnostics.Unreachable.Error(
        null, $"{address}: {problem}; check the connection and HTTPS_PROXY, and run the same again: what has come is "
            + $"kept. HF_HUB_OFFLINE=1 works with what is in the cache", inner);

    private DiagnosticException NotFound(
        HubAddress address,
        Exception inner) => HubDiagnostics.RepositoryNotFound.Error(
        null, $"{address}: the hub has no {Named(address)}, or it is private: check the name{OtherKind(address)}, or "
            + (options.TokenSource is { } source
                ? $"use the token of somebody who may read it (this one is from {source})"
                : HubOptions.HowToGiveToken),
        inner);

    private static string OtherKind(HubAddress address) => address.Kind == RepositoryKind.Model
        ? " (a data set begins with hf://datasets/)"
        : "";

    private static DiagnosticException NoFile(HubAddress address, string? path, Exception inner) =>
        HubDiagnostics.FileNotFound
            .Error(null, $"{address}: {Named(address)} has no file '{path}' at this revision", inner);

    private DiagnosticException Gated(HubAddress address, Exception inner) => HubDiagnostics.Gated.Error(
        null,
        options.TokenSource is { } source
            ? $"{address}: {Named(address)} is gated, and whoever the token from {source} is of has no access yet: "
                + $"sign in, and accept its terms on {Page(address)}; {WhatTokenNeeds}"
            : $"{address}: {Named(address)} is gated: sign in, and accept its terms on {Page(address)}; then "
                + $"{HubOptions.HowToGiveToken}",
        inner);

    private DiagnosticException RefusedToken(
        HubAddress address,
        HubStatusException inner) => HubDiagnostics.TokenRefused.Error(
        null, $"{address}: the hub does not take the token from {options.TokenSource ?? "its settings"}{Said(inner)}; "
            + $"make a new one on {options.Endpoint}settings/tokens, or run 'hf auth login'; what is public needs none",
                inner);

    private static string WhatTokenNeeds => "a token with fine-grained permissions has to allow reading it";

    private string Said(HubStatusException refusal)
    {
        string text = Printable.Of(options.Token is { } token
            ? refusal.ServerMessage.Replace(token, "...", StringComparison.Ordinal)
            : refusal.ServerMessage).Trim().TrimEnd('.');
        return text.Length == 0 ? "" : $" ('{(text.Length > LongestMessage ? text[..LongestMessage] + "..." : text)}')";
    }

    private static string Reason(HttpRequestException exception) => exception.GetBaseException() switch
    {
        AuthenticationException authentication => $"no encrypted connection: {authentication.Message}",
        var inner when exception
            .HttpRequestError == HttpRequestError.SecureConnectionError => $"no encrypted connection: {inner.Message}",
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }
            => "the connection breaks off again and again",
        _ => exception.Message,
    };

    private static string Named(HubAddress address)
        => $"{(address.Kind == RepositoryKind.Dataset ? "data set" : "model")} '{address.Repository}'";

    private string Page(HubAddress address) => $"{options.Endpoint}{address.PagePath}";

    private static string Duration(TimeSpan time) =>
        time < TimeSpan.FromMinutes(2)
            ? FormattableString.Invariant($"{time.TotalSeconds:0} seconds")
            : FormattableString.Invariant($"{time.TotalMinutes:0} minutes");
}
