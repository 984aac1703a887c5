#!/usr/bin/env bash
# Makes the folder that run.sh runs in: the benchmark with .NET itself, for a machine without it.
#   pack.sh FOLDER [TORCHSHARP]
# TORCHSHARP is a git repository with TorchSharp's sources at the version that is used; with it, its native library can be built where it is run. An earlier build
# to compare with may be put beside the folder app, as app-old.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder/native" "$folder/torch"
dotnet publish "$here" --configuration Release --runtime linux-x64 --self-contained --output "$folder/app"
rm -f "$folder"/app/*.xml "$folder"/app/libmscordbi.so "$folder"/app/libmscordaccore.so "$folder/app/createdump"
cp "$here/run.sh" "$folder/"
cp "$here/torch/layer.py" "$folder/torch/"
cp "$here/native/build.sh" "$folder/native/"
git -C "$here" rev-parse --short HEAD >"$folder/commit"
if [[ -n ${2:-} ]]; then
    rm -rf "$folder/native/src"
    mkdir "$folder/native/src"
    git -C "$2" archive HEAD src/Native | tar -x -C "$folder/native/src" --strip-components 2
fi
