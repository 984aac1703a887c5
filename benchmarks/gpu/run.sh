#!/usr/bin/env bash
# Measures the engine on libtorch on this machine's GPU, next to PyTorch, and prints a line that begins with RESULT for each thing that it learns, as it learns it.
# README.md says how the folder that this runs in is made. It takes a PyTorch installation (python3 with torch, or a folder given by --torch), and no SDK.
#   run.sh [--device cuda|cpu] [--small] [--seconds N] [--torch FOLDER] [CELL...]
# A cell is one of those below, or a method with what is said of it, such as balanced-old-two-fast-waits: by an earlier build, two layers instead of one, products from
# halves, of Qwen3-4B's widths, a whole model of 32 layers, and waiting for the device after every operation to tell what each takes.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
device=cuda shape=llama-2-7b windows=128 length=2048 few=16 agree=(--shape medium --layers 2 --windows 16 --length 512) seconds=1500 torch=
cells=()
while (($#)); do
    case $1 in
        --device) device=$2; shift ;;
        --small) shape=small windows=8 length=256 few=4 agree=(--shape small --layers 2 --windows 4 --length 256) ;;
        --seconds) seconds=$2; shift ;;
        --torch) torch=$2; shift ;;
        *) cells+=("$1") ;;
    esac
    shift
done
((${#cells[@]})) || cells=(conformance layer16 sparsegpt-two sparsegpt-two-fast sparsegpt-waits-fast balanced-two balanced-two-fast balanced-waits-fast agree agree-fast best-fast sparsegpt-qwen-fast balanced-qwen-fast best-qwen-fast parts layer32 global-two-fast agree-global text-global)
python=$(command -v python3)
torch=${torch:-$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')}
libraries=$torch/lib
[[ -d $libraries ]] || libraries=$torch
models=$(mktemp -d)
memory=$models/memory
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$models"' EXIT

# cell LIMIT COMMAND...: runs it for as long as its limit and what is left of all time allow.
cell() {
    local limit=$1 left=$((seconds - SECONDS)) status=0
    shift
    ((left < limit)) && limit=$left
    if ((limit < 5)); then
        echo "RESULT no time left for: $*"
        return
    fi
    : >"$memory"
    timeout -k 2 "$limit" "$@" || status=$?
    ((status == 0)) || echo "RESULT ended with $status after at most $limit s: ${*##*/}"
    [[ -s $memory ]] && echo "  the device's memory in use, at most: $(sort -n "$memory" | tail -n 1) MiB"
    return $status
}

engine() {
    local limit=$1 app=$2
    shift 2
    local preload=
    [[ $device == cuda ]] && preload=$libraries/libtorch_cuda.so
    cell "$limit" env LD_LIBRARY_PATH="$libraries" LD_PRELOAD="$preload" DOTNET_gcServer=0 "$here/$app/SparseLlm.Benchmarks.Gpu" "$@" --device "$device"
}

prune() {
    engine "$1" "$2" prune --shape "${5:-$shape}" --windows "$4" --length "$length" --method "$3" --directory "$models" "${@:6}"
}

peer() {
    cell "$1" env PYTHONUNBUFFERED=1 "$python" "$here/torch/layer.py" "$device" "$shape" "$windows" "$length" "${@:2}"
}

echo "RESULT $(uname -srm), $(nproc) processors, $(grep -m 1 'model name' /proc/cpuinfo | cut -d : -f 2), built from $(cat "$here/commit" 2>/dev/null)"
if [[ $device == cuda ]]; then
    nvidia-smi --query-gpu=name,memory.total,driver_version,clocks.sm,clocks.max.sm --format=csv,noheader | sed 's/^/RESULT /'
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -lms 200 >>"$memory" 2>/dev/null &
fi

# The library that TorchSharp is published with is for one version of libtorch. Where it does not do, it is built here: in the background, since it takes a while.
if [[ -d $here/native/src && -d $torch/include ]]; then
    names() { awk '{ print $NF }' | cut -d @ -f 1 | sort -u; }
    missing=$(comm -23 <(nm -D --undefined-only "$here/app/libLibTorchSharp.so" | names) \
        <(for library in libtorch libtorch_cpu libc10; do nm -D --defined-only "$libraries/$library.so"; done | names) | grep -E 'c10|2at|torch')
    echo "RESULT symbols of the published library that this libtorch has not: $(grep -c . <<<"$missing") $(head -n 5 <<<"$missing" | c++filt | cut -c 1-150 | paste -sd ';')"
    (nice "$here/native/build.sh" "$here/native/src" "$torch" "$models/libLibTorchSharp.so" >"$models/build.log" 2>&1; echo "$SECONDS" >"$models/built") &
fi

use_built_library() {
    [[ -d $here/native/src && -d $torch/include ]] || return 1
    while [[ ! -e $models/built ]] && ((SECONDS < seconds)); do sleep 1; done
    cat "$models/build.log"
    echo "RESULT native library built after $(cat "$models/built") s: $(ls -l "$models/libLibTorchSharp.so" 2>&1)"
    [[ -e $models/libLibTorchSharp.so ]] || return 1
    for app in "$here"/app*; do
        rm -f "$app/libLibTorchSharp.so"
        cp "$models/libLibTorchSharp.so" "$app/"
    done
}

for name in "${cells[@]}"; do
    echo "== $name, after $SECONDS s"
    case $name in
        rates | layer16) peer 60 rates layer16 ;;
        layer32) peer 60 layer32 ;;
        parts) peer 60 gram factor select sweep attention ;;
        conformance)
            engine 100 app conformance
            status=$?
            # 1 says that tests failed; anything else that the process did not get that far.
            if ((status > 1)) && use_built_library; then
                engine 100 app conformance
            fi ;;
        conformance-old) engine 60 app-old conformance ;;
        built) use_built_library ;;
        sparsegpt* | balanced* | best* | global*)
            app=app count=$windows cell_shape=$shape limit=150 options=()
            [[ $name == best* || $name == global* ]] && count=$few
            for option in $(tr - ' ' <<<"${name#*-}"); do
                case $option in
                    old) app=app-old ;;
                    fast) options+=(--precision fast) ;;
                    two) options+=(--layers 2) ;;
                    whole) options+=(--layers 32) limit=400 ;;
                    waits) options+=(--waits) ;;
                    qwen) [[ $shape == small ]] || cell_shape=qwen3-4b-like ;;
                esac
            done
            prune "$limit" "$app" "${name%%-*}" "$count" "$cell_shape" "${options[@]}" ;;
        agree-global) engine 100 app agree --shape small --layers 2 --windows 8 --length 256 --method global --directory "$models" ;;
        text-*) engine 200 app text --method "${name#*-}" ;;
        agree*)
            for method in sparsegpt balanced; do
                engine 60 app agree "${agree[@]}" --method "$method" --directory "$models" $([[ $name == *-fast ]] && echo --precision fast)
            done ;;
        *) echo "there is no cell $name" ;;
    esac
done
echo "== the end, after $SECONDS s"
