#!/bin/sh
# Compiles every family of kernels to PTX, which the driver compiles for its device: sh kernels/compile.sh [FOLDER]
# It takes clang 14 (Debian: apt-get install clang-14) and nothing of the CUDA toolkit.
set -eu
cd "$(dirname "$0")"
to=${1:-.}
clang=$(command -v clang-14 || command -v clang)
for source in *.cu; do
	"$clang" -x cuda --cuda-device-only --cuda-gpu-arch=sm_70 -nocudainc -nocudalib -O3 -ffp-contract=off -S "$source" -o "$to/${source%.cu}.ptx"
done
