# Loaded by the tests of checkpw: the users and hashes of the tests of pop3d.
# shellcheck source=tests/pop3d/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/../pop3d/common.bash"

# check USER PASSWORD [PROGRAM...]: checkpw with these on fd 3; "true" by default.
check() {
    local program=("${@:3}")
    [ ${#program[@]} -gt 0 ] || program=(true)
    checkpw "${program[@]}" 3< <(printf '%s\0%s\0%s\0' "$1" "$2" 1700000000)
}
