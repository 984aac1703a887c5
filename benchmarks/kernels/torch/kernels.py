"""The peer of the kernel benchmark: the same work, operation by operation, in PyTorch on the CPU.

Reads a command a line, does it once, and answers with the seconds it took. Inputs are made anew only when the numbers of a
command change.
"""
import math
import sys
import time

import torch
import torch.nn.functional as F


def inputs(d, rows):
    """Weights, and a Gram matrix of twice as many tokens as inputs."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2 * d, d, generator=generator)
    gram = x.t() @ x
    gram.diagonal().add_(0.01 * gram.diagonal().mean())
    return torch.randn(rows, d, generator=generator), gram


def factor(gram):
    """U with gram^-1 = U'U, in the three steps of the published code."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
    return torch.linalg.cholesky(inverse, upper=True)


def sweep(d, rows, zeros, group, block=128):
    """Factor and sweep of SparseGPT (Frantar and Alistarh 2023, algorithm 1)."""
    weights, gram = cached(inputs, d, rows)
    weights = weights.clone()
    start = time.perf_counter()
    u = factor(gram)
    for first in range(0, d, block):
        last = min(first + block, d)
        part = weights[:, first:last].clone()
        errors = torch.zeros_like(part)
        ub = u[first:last, first:last]
        pruned = torch.zeros_like(part, dtype=torch.bool)
        if not group:
            score = part ** 2 / torch.diag(ub).reshape(1, -1) ** 2
            threshold = torch.sort(score.flatten())[0][int(score.numel() * zeros)]
            pruned = score <= threshold
        for j in range(last - first):
            if group and j % group == 0:
                score = part[:, j:j + group] ** 2 / torch.diag(ub)[j:j + group].reshape(1, -1) ** 2
                pruned.scatter_(1, j + torch.topk(score, int(zeros), dim=1, largest=False)[1], True)
            column = part[:, j]
            kept = column.clone()
            kept[pruned[:, j]] = 0
            error = (column - kept) / ub[j, j]
            part[:, j:] -= error.unsqueeze(1).matmul(ub[j, j:].unsqueeze(0))
            part[:, j] = kept
            errors[:, j] = error
        weights[:, first:last] = part
        weights[:, last:] -= errors.matmul(u[first:last, last:])
    return time.perf_counter() - start


def layer_weights(d, ff, llama):
    generator = torch.Generator().manual_seed(1)
    shapes = [(d, d)] * 4 + ([(ff, d), (ff, d), (d, ff)] if llama else [(ff, d), (d, ff)])
    return [0.02 * torch.randn(shape, generator=generator) for shape in shapes]


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def layer(d, ff, heads, tokens, llama):
    """A decoder layer, one sequence."""
    weights = cached(layer_weights, d, ff, llama)
    x = cached(lambda t, w: torch.randn(t, w, generator=torch.Generator().manual_seed(2)), tokens, d)
    gain, zero, zero_ff = torch.ones(d), torch.zeros(d), torch.zeros(ff)
    mask = torch.full((tokens, tokens), float("-inf")).triu(1)
    start = time.perf_counter()
    split = lambda y: y.view(tokens, heads, d // heads).transpose(0, 1)
    if llama:
        norm = lambda y: y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5) * gain
        angles = torch.outer(torch.arange(tokens), 10000 ** (-torch.arange(0, d // heads, 2) / (d // heads)))
        cos, sin = torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()
        h = norm(x)
        q, k, v = (split(F.linear(h, w)) for w in weights[:3])
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
    else:
        norm = lambda y: F.layer_norm(y, (d,), gain, zero)
        h = norm(x)
        q, k, v = (split(F.linear(h, w, zero)) for w in weights[:3])
    scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(d // heads) + mask
    context = torch.bmm(torch.softmax(scores, dim=-1), v).transpose(0, 1).reshape(tokens, d)
    x = x + F.linear(context, weights[3], None if llama else zero)
    h = norm(x)
    if llama:
        x = x + F.linear(F.silu(F.linear(h, weights[4])) * F.linear(h, weights[5]), weights[6])
    else:
        x = x + F.linear(F.relu(F.linear(h, weights[4], zero_ff)), weights[5], zero)
    return time.perf_counter() - start


memory = {}


def cached(make, *numbers):
    """Keeps the inputs of one command of each kind."""
    known, value = memory.get(make.__code__, (None, None))
    if known != numbers:
        value = make(*numbers)
        memory[make.__code__] = (numbers, value)
    return value


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_grad_enabled(False)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for line in sys.stdin:
        name, *numbers = line.split()
        numbers = [float(number) if "." in number else int(number) for number in numbers]
        print({"sweep": sweep, "layer": layer}[name](*numbers), flush=True)


main()
