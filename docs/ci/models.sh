#!/usr/bin/env bash
# Runs the loom or the shuttle models of a crate that uses tollgate's types. Copy it into yours, and call it from the crate's folder:
#
#     bash models.sh loom [OPTIONS OF cargo test...] [-- FILTER...]
#     bash models.sh shuttle …
#
# It is `RUSTFLAGS="--cfg loom" cargo test --release --lib --bins --tests`, and fails where that would pass for a wrong reason:
# a RUSTFLAGS from outside, or one in a Cargo configuration, that switches the models off; a LOOM_ variable that cuts them short; no test at all.
set -euo pipefail

explorer=${1:-}
case $explorer in
    loom | shuttle) shift ;;
    *) echo "usage: models.sh loom|shuttle [OPTIONS OF cargo test...]" >&2; exit 2 ;;
esac

# With one of these loom stops early and calls it passed. For a replay, run cargo by hand.
cutting=$(compgen -e | grep '^LOOM_' | paste -sd ' ' || true)
if [ -n "$cutting" ]; then
    echo "models.sh: $cutting would cut the models short: unset it" >&2
    exit 2
fi

# CARGO_ENCODED_RUSTFLAGS would win over RUSTFLAGS.
unset CARGO_ENCODED_RUSTFLAGS
export RUSTFLAGS="--cfg $explorer"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A target directory of its own: switching between explorers, and to ordinary builds, rebuilds nothing. Doctests are left out: they
# have no explorer around them.
cargo test --release --lib --bins --tests --target-dir "${MODELS_TARGET_DIR:-target}/$explorer" "$@" 2>&1 | tee "$log"

passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
if [ "$passed" -eq 0 ]; then
    echo "models.sh: no test ran: is there one under #[cfg($explorer)], and no typo in a cfg?" >&2
    exit 1
fi
echo "models.sh: $passed tests with --cfg $explorer"
