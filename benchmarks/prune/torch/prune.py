"""The peer of the whole-prune benchmark: SparseGPT and SparseLLM as published, written from the papers' equations, in PyTorch
on the CPU.

    prune.py MODEL IDS.npy METHOD SPARSITY WINDOWS LENGTH THREADS

prints the seconds from the first embedding to the last layer's output, and the peak memory in bytes. As published: float32
throughout; activations and auxiliary variables of all tokens held whole; pseudo-inverses by SVD; columns swept one at a time.
"""
import json
import math
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F

SWEEPS = 4  # of the auxiliary variables; Bai et al. 2024, section 4.1
PENALTY = {"opt": 0.1, "llama": 5.0}  # alpha = beta = gamma


def read_ids(path, count):
    with open(path, "rb") as file:
        data = file.read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return torch.frombuffer(bytearray(data[start:start + 4 * count]), dtype=torch.int32).long()


class Checkpoint:
    def __init__(self, directory):
        with open(f"{directory}/config.json") as file:
            self.config = json.load(file)
        self.file = open(f"{directory}/model.safetensors", "rb")
        length = struct.unpack("<Q", self.file.read(8))[0]
        self.header = json.loads(self.file.read(length))
        self.start = 8 + length

    def __getitem__(self, name):
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        self.file.seek(self.start + begin)
        return torch.frombuffer(bytearray(self.file.read(end - begin)), dtype=torch.float16).reshape(entry["shape"]).float()


class Linear:
    """A linear layer that can gather the Gram matrix of its inputs."""

    def __init__(self, checkpoint, name, bias):
        self.weight = checkpoint[name + ".weight"]
        self.bias = checkpoint[name + ".bias"] if bias else None
        self.gram = None

    def __call__(self, x):
        if self.gram is not None:
            self.gram += x.t() @ x
        return F.linear(x, self.weight, self.bias)


class Layer:
    def __init__(self, checkpoint, index):
        self.config = checkpoint.config
        self.llama = self.config["model_type"] == "llama"
        names = (
            ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.down_proj", "mlp.gate_proj"]
            if self.llama
            else ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2"]
        )
        prefix = f"model.layers.{index}." if self.llama else f"model.decoder.layers.{index}."
        self.linears = [Linear(checkpoint, prefix + name, not self.llama) for name in names]
        self.q, self.k, self.v, self.o, self.up, self.down, *gate = self.linears
        self.gate = gate[0] if gate else None
        norms = ["input_layernorm", "post_attention_layernorm"] if self.llama else ["self_attn_layer_norm", "final_layer_norm"]
        self.norms = [[checkpoint[f"{prefix}{norm}.weight"]] + ([] if self.llama else [checkpoint[f"{prefix}{norm}.bias"]]) for norm in norms]

    def norm(self, index, x):
        gain, *bias = self.norms[index]
        if self.llama:
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * gain
        return F.layer_norm(x, (x.shape[-1],), gain, bias[0])

    def attention(self, x):
        tokens, d = x.shape
        heads = self.config["num_attention_heads"]
        split = lambda y: y.view(tokens, heads, d // heads).transpose(0, 1)
        q, k, v = split(self.q(x)), split(self.k(x)), split(self.v(x))
        if self.llama:
            q, k = rotate(q), rotate(k)
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(d // heads)
        scores = scores + torch.full((tokens, tokens), float("-inf")).triu(1)
        return self.o(torch.bmm(torch.softmax(scores, -1), v).transpose(0, 1).reshape(tokens, d))

    def feed_forward(self, x):
        if self.llama:
            return self.down(F.silu(self.gate(x)) * self.up(x))
        return self.down(F.relu(self.up(x)))

    def __call__(self, x):
        x = x + self.attention(self.norm(0, x))
        return x + self.feed_forward(self.norm(1, x))


def rotate(x):
    tokens, width = x.shape[-2:]
    angles = torch.outer(torch.arange(tokens), 10000 ** (-torch.arange(0, width, 2) / width))
    angles = torch.cat((angles, angles), -1)
    half = width // 2
    return x * angles.cos() + torch.cat((-x[..., half:], x[..., :half]), -1) * angles.sin()


def sparsegpt(weight, gram, sparsity, block=128):
    """Frantar and Alistarh 2023, algorithm 1."""
    gram = gram + 0.01 * gram.diagonal().mean() * torch.eye(gram.shape[0])
    u = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(gram)), upper=True)
    weight = weight.clone()
    d = weight.shape[1]
    for first in range(0, d, block):
        last = min(first + block, d)
        part = weight[:, first:last].clone()
        errors = torch.zeros_like(part)
        ub = u[first:last, first:last]
        score = part ** 2 / torch.diag(ub).reshape(1, -1) ** 2
        pruned = score <= torch.sort(score.flatten())[0][int(score.numel() * sparsity)]
        for j in range(last - first):
            column = part[:, j]
            kept = column.clone()
            kept[pruned[:, j]] = 0
            error = (column - kept) / ub[j, j]
            part[:, j:] -= error.unsqueeze(1).matmul(ub[j, j:].unsqueeze(0))
            part[:, j] = kept
            errors[:, j] = error
        weight[:, first:last] = part
        weight[:, last:] -= errors.matmul(u[first:last, last:])
    return weight


def with_bias(weight, x, linear):
    return F.linear(x, weight, linear.bias)


def without_bias(y, linear):
    return y if linear.bias is None else y - linear.bias


def sparsellm(layer, inputs, outputs, sparsity, penalty):
    """The feed-forward block as one problem (Bai et al. 2024, equations 5 to 14), tokens as rows."""
    x, y = inputs, outputs
    z = with_bias(layer.up.weight, x, layer.up)
    s = with_bias(layer.gate.weight, x, layer.gate) if layer.llama else None
    p = F.silu(s) * z if layer.llama else F.relu(z)
    x_inverse = torch.linalg.pinv(x)
    up, down, gate = layer.up.weight, layer.down.weight, layer.gate.weight if layer.llama else None
    for step in range(SWEEPS):
        if step > 0:
            up = (x_inverse @ without_bias(z, layer.up)).t()
            down = (torch.linalg.pinv(p) @ without_bias(y, layer.down)).t()
            if layer.llama:
                gate = (x_inverse @ without_bias(s, layer.gate)).t()
        up = sparsegpt(up, x.t() @ x, sparsity)
        down = sparsegpt(down, p.t() @ p, sparsity)
        gate = sparsegpt(gate, x.t() @ x, sparsity) if layer.llama else None

        hidden = F.silu(s) * z if layer.llama else F.relu(z)
        system = penalty * down.t() @ down + penalty * torch.eye(down.shape[1])
        p = (penalty * without_bias(y, layer.down) @ down + penalty * hidden) @ torch.inverse(system)
        m = with_bias(up, x, layer.up)
        if layer.llama:
            active = F.silu(s)
            z = (penalty * m + penalty * active * p) / (penalty + penalty * active ** 2)
            target = with_bias(gate, x, layer.gate)
            s = s.detach().requires_grad_(True)
            with torch.enable_grad():
                optimizer = torch.optim.SGD([s], lr=0.01)
                for _ in range(10):
                    optimizer.zero_grad()
                    loss = penalty * ((s - target) ** 2).sum() + penalty * ((p - F.silu(s) * z) ** 2).sum()
                    loss.backward()
                    optimizer.step()
            s = s.detach()
        else:
            positive = torch.clamp((penalty * p + penalty * m) / (2 * penalty), min=0)
            negative = torch.clamp(m, max=0)
            loss = lambda v: penalty * (p - F.relu(v)) ** 2 + penalty * (v - m) ** 2
            z = torch.where(loss(positive) <= loss(negative), positive, negative)
    layer.up.weight, layer.down.weight = up, down
    if layer.llama:
        layer.gate.weight = gate


def prune(checkpoint, ids, method, sparsity, windows, length):
    llama = checkpoint.config["model_type"] == "llama"
    ids = ids.view(windows, length)
    if llama:
        table = checkpoint["model.embed_tokens.weight"]
        stream = [table[window] for window in ids]
    else:
        table, positions = checkpoint["model.decoder.embed_tokens.weight"], checkpoint["model.decoder.embed_positions.weight"]
        stream = [table[window] + positions[2:length + 2] for window in ids]
    for index in range(checkpoint.config["num_hidden_layers"]):
        layer = Layer(checkpoint, index)
        for linear in layer.linears:
            linear.gram = torch.zeros(linear.weight.shape[1], linear.weight.shape[1])
        inputs, outputs = [], []
        for x in stream:
            x = x + layer.attention(layer.norm(0, x))
            h = layer.norm(1, x)
            y = layer.feed_forward(h)
            if method == "sparsellm":
                inputs.append(h)
                outputs.append(y)
        published = layer.linears[:4] if method == "sparsellm" else layer.linears
        for linear in published:
            linear.weight = sparsegpt(linear.weight, linear.gram, sparsity)
        if method == "sparsellm":
            sparsellm(layer, torch.cat(inputs), torch.cat(outputs), sparsity, PENALTY["llama" if llama else "opt"])
        for linear in layer.linears:
            linear.gram = None
        stream = [layer(x) for x in stream]


def main():
    directory, ids, method, sparsity, windows, length, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    checkpoint = Checkpoint(directory)
    tokens = read_ids(ids, int(windows) * int(length))
    start = time.perf_counter()
    prune(checkpoint, tokens, method, float(sparsity), int(windows), int(length))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
