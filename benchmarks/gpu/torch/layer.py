"""The peer of benchmarks/gpu: one LLaMA decoder layer with seeded random weights, pruned by SparseGPT, in plain PyTorch, written from the paper's
equations (Frantar and Alistarh 2023); and the parts that pruning is made of, in several forms, with their errors against float64.

    layer.py DEVICE SHAPE WINDOWS LENGTH SECTION...

Sections: rates, layer16 (activations in half precision, as published), layer32, gram, factor, select, sweep, attention. Every line is printed as soon as it
is known, so that a run that is cut off has told what it knows.
"""
import math
import sys
import time

import torch
import torch.nn.functional as F

SHAPES = {"llama-2-7b": (4096, 11008, 32), "qwen3-4b-like": (2560, 9728, 32), "medium": (1024, 2752, 16), "small": (256, 688, 4)}
SPARSITY = 0.5
BLOCK = 128


def say(text):
    print(text, flush=True)


class Clock:
    """Seconds between two moments of a device."""

    def __init__(self, device):
        self.cuda = device == "cuda"

    def of(self, work, repeats=1):
        work()
        best = math.inf
        for _ in range(repeats):
            self.wait()
            start = time.perf_counter()
            work()
            self.wait()
            best = min(best, time.perf_counter() - start)
        return best

    def wait(self):
        if self.cuda:
            torch.cuda.synchronize()


def error(actual, expected):
    return ((actual.double() - expected).norm() / expected.norm()).item()


def rates(clock, device, hidden, wide):
    size = 8192 if device == "cuda" else 512
    for name, dtype, tf32 in [("float32", torch.float32, False), ("tf32", torch.float32, True), ("bfloat16", torch.bfloat16, False), ("float64", torch.float64, False)]:
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
        say(f"RESULT product {size} cubed, {name}: {2 * size ** 3 / clock.of(lambda: a @ b, 3) / 1e12:.1f} TFLOP/s")
    torch.backends.cuda.matmul.allow_tf32 = False
    x = torch.randn(size * size * 4, device=device)
    y = torch.empty_like(x)
    say(f"RESULT copy on the device: {8 * x.numel() / clock.of(lambda: y.copy_(x), 3) / 1e9:.0f} GB/s")


def high_low(x):
    """x = high + low, both exact in tf32 but for the last bits of low."""
    high = (x.view(torch.int32) & -8192).view(torch.float32)
    return high, x - high


def bf16_parts(x, count):
    parts = []
    for _ in range(count):
        part = x.bfloat16()
        parts.append(part)
        x = x - part.float()
    return parts


def products(x, y):
    """Forms of x'y in single precision."""
    def plain():
        return x.t() @ y

    def tf32(terms):
        xh, xl = high_low(x)
        yh, yl = high_low(y)
        torch.backends.cuda.matmul.allow_tf32 = True
        result = xh.t() @ yh
        if terms > 1:
            result.addmm_(xl.t(), yh)
        if terms > 2:
            result.addmm_(xh.t(), yl)
        torch.backends.cuda.matmul.allow_tf32 = False
        return result

    def bf16(terms):
        xs, ys = bf16_parts(x, 3 if terms > 3 else 2), bf16_parts(y, 3 if terms > 3 else 2)
        pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)][:terms]
        return sum(torch.mm(xs[i].t(), ys[j], out_dtype=torch.float32) for i, j in reversed(pairs))

    return {"float32": plain, "1 x tf32": lambda: tf32(1), "3 x tf32": lambda: tf32(3), "1 x bf16": lambda: bf16(1), "3 x bf16": lambda: bf16(3), "6 x bf16": lambda: bf16(6)}


def gram(clock, device, hidden, wide):
    tokens = 4096 if device == "cuda" else 256
    # Correlated columns and a mean, as activations have.
    x = torch.randn(tokens, 64, device=device) @ torch.randn(64, wide, device=device) / 8 + torch.randn(tokens, wide, device=device) + 0.3
    w = torch.randn(hidden, wide, device=device).mul_(0.03).half().float()
    for name, a, b in [("x'x", x, x), ("x w'", x.t().contiguous(), w.t().contiguous())]:
        exact = a.double().t() @ b.double()
        for form, work in products(a, b).items():
            try:
                seconds = clock.of(work, 3)
                say(f"RESULT {name}, {tokens} tokens, width {wide}, {form}: {seconds * 1e3:.2f} ms, error {error(work(), exact):.1e}")
            except (RuntimeError, TypeError) as reason:
                say(f"RESULT {name}, {form}: not here ({str(reason)[:80]})")
    total = torch.zeros(wide, wide, device=device, dtype=torch.float64)
    product = torch.randn(wide, wide, device=device)
    say(f"RESULT sum of float32 into float64, {wide} squared: {clock.of(lambda: total.add_(product), 3) * 1e3:.2f} ms")


def factor(clock, device, hidden, wide):
    for size in (hidden, wide):
        x = torch.randn(size + 64, size, device=device, dtype=torch.float64)
        h = x.t() @ x
        h.diagonal().add_(0.01 * h.diagonal().mean())
        identity = torch.eye(size, device=device, dtype=torch.float64)
        lower = torch.linalg.cholesky_ex(h)[0]
        say(f"RESULT cholesky_ex, float64, {size}: {clock.of(lambda: torch.linalg.cholesky_ex(h)) * 1e3:.1f} ms")
        say(f"RESULT inverse of the factor by solve_triangular, float64, {size}: {clock.of(lambda: torch.linalg.solve_triangular(lower, identity, upper=False)) * 1e3:.1f} ms")
        say(f"RESULT inverse of the factor by halves, float64, {size}: {clock.of(lambda: inverse_by_halves(lower.clone())) * 1e3:.1f} ms")
        say(f"RESULT cholesky_inverse, float64, {size}: {clock.of(lambda: torch.cholesky_inverse(lower)) * 1e3:.1f} ms")
        inverse = torch.linalg.solve_triangular(lower, identity, upper=False)
        say(f"RESULT u'u, float64, {size}: {clock.of(lambda: inverse.t() @ inverse) * 1e3:.1f} ms; error by halves {error(inverse_by_halves(lower.clone()), inverse):.1e}")


def inverse_by_halves(lower):
    size = lower.shape[0]
    if size <= 1024:
        lower.copy_(torch.linalg.solve_triangular(lower, torch.eye(size, device=lower.device, dtype=lower.dtype), upper=False))
        return lower
    half = size // 2
    a, b, c = lower[:half, :half], lower[half:, half:], lower[half:, :half]
    inverse_by_halves(a)
    inverse_by_halves(b)
    c.copy_(-(b @ (c @ a)))
    return lower


def select(clock, device, hidden, wide):
    scores = torch.randn(hidden * wide, device=device).abs_()
    keep = scores.numel() // 2
    say(f"RESULT half of {hidden} x {wide} by topk: {clock.of(lambda: scores.topk(keep, sorted=False)[0].min(), 2) * 1e3:.2f} ms")
    say(f"RESULT half of {hidden} x {wide} by sort: {clock.of(lambda: scores.sort()[0][keep], 2) * 1e3:.2f} ms")
    say(f"RESULT half of {hidden} x {wide} by digits: {clock.of(lambda: by_digits(scores, keep), 2) * 1e3:.2f} ms; right: {bool(by_digits(scores, keep) == scores.topk(keep, sorted=False)[0].min())}")
    block = scores[:hidden * BLOCK].clone()
    half = block.numel() // 2
    say(f"RESULT half of {hidden} x {BLOCK} by topk: {clock.of(lambda: block.topk(half, sorted=False)[0].min(), 5) * 1e3:.3f} ms")
    say(f"RESULT half of {hidden} x {BLOCK} by sort: {clock.of(lambda: block.sort()[0][half], 5) * 1e3:.3f} ms")
    say(f"RESULT half of {hidden} x {BLOCK} by digits: {clock.of(lambda: by_digits(block, half), 5) * 1e3:.3f} ms")


def by_digits(scores, keep):
    """The keep-th largest of non-negative numbers: their bits are ordered as they are, so that counts by 16 upper bits, then by 16 lower ones, find it."""
    bits = scores.view(torch.int32)
    upper = bits >> 16
    counts = torch.zeros(1 << 16, device=scores.device, dtype=torch.int32).scatter_add_(0, upper.long(), torch.ones_like(bits))
    above = counts.flip(0).cumsum(0).flip(0)
    digit = (above >= keep).sum() - 1
    rest = keep - (above[digit] - counts[digit])
    lower = torch.where(upper == digit, bits & 0xffff, torch.full_like(bits, -1)) + 1
    counts = torch.zeros((1 << 16) + 1, device=scores.device, dtype=torch.int32).scatter_add_(0, lower.long(), torch.ones_like(bits))
    counts[0] = 0
    above = counts.flip(0).cumsum(0).flip(0)
    last = (above >= rest).sum() - 2
    return ((digit << 16) + last).int().view(torch.float32)


KERNEL = r"""
extern "C" __global__ void sweep(float* w, float* errors, const float* u, const unsigned char* kept, int rows, int width, int stride)
{
    extern __shared__ float factors[];
    for (int i = threadIdx.x; i < width * width; i += blockDim.x) factors[i] = u[i];
    __syncthreads();
    int lane = threadIdx.x & 31;
    int row = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
    if (row >= rows) return;
    float x[4], e[4];
    bool keep[4];
    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        int column = lane + 32 * i;
        x[i] = column < width ? w[(long)row * stride + column] : 0.f;
        keep[i] = column >= width || kept[(long)row * width + column];
        e[i] = 0.f;
    }
    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        for (int l = 0; l < 32; l++)
        {
            int j = 32 * i + l;
            if (j >= width) break;
            float mine = keep[i] ? 0.f : x[i] / factors[j * width + j];
            float error = __shfl_sync(0xffffffff, mine, l);
            if (lane == l) e[i] = error;
            #pragma unroll
            for (int k = i; k < 4; k++)
            {
                int column = lane + 32 * k;
                if (column > j && column < width) x[k] = __fmaf_rn(-error, factors[j * width + column], x[k]);
            }
        }
    }
    #pragma unroll
    for (int i = 0; i < 4; i++)
    {
        int column = lane + 32 * i;
        if (column < width)
        {
            w[(long)row * stride + column] = keep[i] ? x[i] : 0.f;
            errors[(long)row * width + column] = e[i];
        }
    }
}
"""


def sweep(clock, device, hidden, wide):
    rows = hidden
    weights = torch.randn(rows, BLOCK, device=device)
    x = torch.randn(BLOCK * 4, BLOCK, device=device, dtype=torch.float64)
    u = torch.linalg.cholesky(torch.linalg.inv(x.t() @ x), upper=True).float().contiguous()
    kept = torch.rand(rows, BLOCK, device=device) > 0.5
    by_columns = lambda: sweep_block(weights.clone(), u, kept)
    say(f"RESULT a block of {BLOCK} columns of {rows} rows, column by column: {clock.of(by_columns, 3) * 1e3:.3f} ms")
    if device != "cuda":
        return
    swept = weights.clone()
    errors = torch.empty_like(weights)
    kernel = torch.cuda._compile_kernel(KERNEL, "sweep")
    kernel.set_shared_memory_config(BLOCK * BLOCK * 4)
    mask = kept.to(torch.uint8)
    launch = lambda: kernel((math.ceil(rows / 16), 1, 1), (512, 1, 1), (swept, errors, u, mask, rows, BLOCK, BLOCK), shared_mem=BLOCK * BLOCK * 4)
    launch()
    expected, expected_errors = by_columns()
    say(f"RESULT the same by a kernel of its own: errors {error(swept, expected.double()):.1e}, {error(errors, expected_errors.double()):.1e}")
    say(f"RESULT a block of {BLOCK} columns of {rows} rows, by a kernel of its own: {clock.of(launch, 10) * 1e3:.3f} ms")


def sweep_block(w, u, kept):
    errors = torch.zeros_like(w)
    for j in range(w.shape[1]):
        error = torch.where(kept[:, j], 0, w[:, j] / u[j, j])
        w[:, j:] -= error.unsqueeze(1) * u[j, j:].unsqueeze(0)
        errors[:, j] = error
    return torch.where(kept, w, 0), errors


def attention(clock, device, hidden, wide, heads, length):
    width = hidden // heads
    q, k, v = (torch.randn(2, heads, length, width, device=device) for _ in range(3))
    exact = explicit(q.double()[:1, :2], k.double()[:1, :2], v.double()[:1, :2])
    forms = {"scaled_dot_product_attention": lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True), "explicit": lambda: explicit(q, k, v)}
    for name, work in forms.items():
        say(f"RESULT attention of 2 x {length} tokens, {name}: {clock.of(work, 3) * 1e3:.2f} ms, error {error(work()[:1, :2], exact):.1e}")


def explicit(q, k, v):
    hidden = torch.ones(q.shape[2], q.shape[2], device=q.device, dtype=torch.bool).triu_(1)
    return (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).masked_fill_(hidden, -math.inf).softmax(-1) @ v


class Linear:
    def __init__(self, outputs, inputs, generator, device, dtype):
        self.weight = ((torch.rand(outputs, inputs, generator=generator, device=device) - 0.5) / 8).to(dtype)
        self.gram = None

    def __call__(self, x):
        if self.gram is not None:
            y = x.float()
            self.gram += y.t() @ y
        return F.linear(x, self.weight)


class Layer:
    def __init__(self, hidden, wide, heads, device, dtype):
        generator = torch.Generator(device).manual_seed(1)
        self.heads = heads
        make = lambda outputs, inputs: Linear(outputs, inputs, generator, device, dtype)
        self.q, self.k, self.v, self.o = (make(hidden, hidden) for _ in range(4))
        self.gate, self.up, self.down = make(wide, hidden), make(wide, hidden), make(hidden, wide)
        self.linears = [self.q, self.k, self.v, self.o, self.gate, self.up, self.down]

    def __call__(self, x):
        n = normalized(x)
        split = lambda y: y.view(1, y.shape[0], self.heads, -1).transpose(1, 2)
        q, k, v = rotated(split(self.q(n))), rotated(split(self.k(n))), split(self.v(n))
        x = x + self.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape))
        n = normalized(x)
        return x + self.down(F.silu(self.gate(n)) * self.up(n))


def normalized(x):
    return (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype)


def rotated(x):
    tokens, width = x.shape[-2:]
    angles = torch.outer(torch.arange(tokens, device=x.device), 10000 ** (-torch.arange(0, width, 2, device=x.device) / width))
    angles = torch.cat((angles, angles), -1)
    half = width // 2
    return (x.float() * angles.cos() + torch.cat((-x[..., half:], x[..., :half]), -1).float() * angles.sin()).to(x.dtype)


def sparsegpt(weight, h):
    w = weight.float()
    columns = w.shape[1]
    dead = torch.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    h.diagonal().add_(0.01 * h.diagonal().mean())
    u = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    for start in range(0, columns, BLOCK):
        end = min(start + BLOCK, columns)
        block = w[:, start:end].clone()
        factors = u[start:end, start:end]
        scores = block ** 2 / torch.diag(factors).reshape(1, -1) ** 2
        threshold = torch.sort(scores.flatten())[0][int(scores.numel() * SPARSITY)]
        kept, errors = scores > threshold, torch.zeros_like(block)
        for j in range(end - start):
            column = block[:, j]
            error = torch.where(kept[:, j], 0, column / factors[j, j])
            block[:, j:] -= error.unsqueeze(1).matmul(factors[j, j:].unsqueeze(0))
            errors[:, j] = error
        w[:, start:end] = torch.where(kept, block, 0)
        w[:, end:] -= errors.matmul(u[start:end, end:])
    return w.to(weight.dtype)


def layer(clock, device, hidden, wide, heads, windows, length, dtype):
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    block = Layer(hidden, wide, heads, device, dtype)
    generator = torch.Generator(device).manual_seed(3)
    table = (torch.rand(2048, hidden, generator=generator, device=device) - 0.5) / 8
    ids = torch.randint(2048, (windows, length), generator=generator, device=device)
    stream = [table[window].to(dtype) for window in ids]
    block(stream[0])
    clock.wait()
    start = time.perf_counter()
    for linear in block.linears:
        linear.gram = torch.zeros(linear.weight.shape[1], linear.weight.shape[1], device=device)
    for x in stream:
        block(x)
    clock.wait()
    forward = time.perf_counter() - start
    for linear in block.linears:
        linear.weight = sparsegpt(linear.weight, linear.gram)
        linear.gram = None
    clock.wait()
    solved = time.perf_counter() - start
    stream = [block(x) for x in stream]
    clock.wait()
    total = time.perf_counter() - start
    memory = torch.cuda.max_memory_allocated() / 2 ** 30 if device == "cuda" else 0
    say(
        f"RESULT SparseGPT in PyTorch, {windows} x {length} tokens, activations in {str(dtype)[6:]}: {total:.2f} s per layer "
        f"(sums {forward:.2f}, solving {solved - forward:.2f}, forward {total - solved:.2f}), {memory:.1f} GiB at most")


def main():
    device, shape, windows, length, *sections = sys.argv[1:]
    torch.set_grad_enabled(False)
    torch.backends.cuda.matmul.allow_tf32 = False
    hidden, wide, heads = SHAPES[shape]
    windows, length = int(windows), int(length)
    clock = Clock(device)
    say(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}, {shape}")
    for section in sections:
        start = time.perf_counter()
        try:
            if section.startswith("layer"):
                layer(clock, device, hidden, wide, heads, windows, length, torch.float16 if section == "layer16" else torch.float32)
            elif section == "attention":
                attention(clock, device, hidden, wide, heads, length)
            else:
                {"rates": rates, "gram": gram, "factor": factor, "select": select, "sweep": sweep}[section](clock, device, hidden, wide)
        except Exception as reason:
            say(f"RESULT {section} failed: {type(reason).__name__}: {str(reason)[:300]}")
        if device == "cuda":
            torch.cuda.empty_cache()
        say(f"  ({section}: {time.perf_counter() - start:.1f} s)")


main()
