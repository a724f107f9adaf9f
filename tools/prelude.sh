# SPDX-License-Identifier: BSL-1.0
# Sourced by ./run, ./check, .ci/run and the commands in tools/: where the project is, how it speaks,
# how a preset is configured and built.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

# say WORDS: tells the user on stderr; stdout belongs to the program.
say()
{
    echo "holdfast: $*" >&2
}

# fail WORDS: says why and ends.
fail()
{
    say "$*"
    exit 1
}

# configure PRESET: configures build/PRESET, once. Ninja repeats it when a CMake file changes.
configure()
{
    local log="$root/build/$1/configure.log"
    [[ -f $root/build/$1/build.ninja ]] && return
    say "configuring build/$1"
    mkdir -p "$root/build/$1"
    (cd "$root" && cmake --preset "$1") >"$log" 2>&1 && return
    rm -f "$root/build/$1/build.ninja"
    cat "$log" >&2
    fail "build/$1 cannot be configured; the lines above say why"
}

# build PRESET [TARGET...]: builds, and speaks only if there is something to build.
build()
{
    local preset=$1 folder="$root/build/$1"
    shift
    if ninja -C "$folder" -n "$@" 2>/dev/null | grep >/dev/null '^ninja: no work to do'; then
        return
    fi
    say "building ${*:-everything} in build/$preset"
    ninja -C "$folder" -j "$jobs" "$@" >&2
}

# has_target PRESET TARGET: whether the configured preset has that target.
has_target()
{
    ninja -C "$root/build/$1" build.ninja >&2
    ninja -C "$root/build/$1" -t query "$2" >/dev/null 2>&1
}

# sources [PATTERN...]: the C++ files of the project, or those that match, from the top folder; also
# the new ones that git does not know yet.
sources()
{
    (($#)) || set -- '*.cpp' '*.hpp'
    git -C "$root" ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
        if [[ -f $root/$file ]]; then
            echo "$file"
        fi
    done
}
