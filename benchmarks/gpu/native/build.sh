#!/usr/bin/env bash
# Builds TorchSharp's native library against a PyTorch installation of another version than it is published for.
#   build.sh SOURCES TORCH OUTPUT
# SOURCES is TorchSharp's src/Native, TORCH the folder torch of the installation, with include and lib, OUTPUT the library to make. Sources that do not compile
# are left out: the program asks for a function when it first calls it.
set -uo pipefail
sources=$1 torch=$2 output=$3
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

compile() {
    g++ -std=c++20 -O1 -fPIC -w -I "$2/include" -I "$2/include/torch/csrc/api/include" -c "$1" -o "$3/$(basename "$1" .cpp).o" 2>"$3/$(basename "$1" .cpp).log" ||
        echo "left out $(basename "$1"): $(grep -m 1 error "$3/$(basename "$1" .cpp).log")"
}
export -f compile

find "$sources/LibTorchSharp" -name '*.cpp' ! -name 'THSData.cpp' ! -name 'THSExport.cpp' ! -name 'THSJIT.cpp' ! -name 'THSVision.cpp' ! -name 'cifar10.cpp' -size +0 -printf '%s %p\n' |
    sort -rn | cut -d ' ' -f 2- | xargs -P "$(nproc)" -I '{}' bash -c 'compile "$@"' _ '{}' "$torch" "$objects"
g++ -shared -o "$output" "$objects"/*.o -L "$torch/lib" -ltorch -ltorch_cpu -lc10
