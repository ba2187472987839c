# Loaded by the tests of checkpw: the users and hashes of the tests of pop3d.
# shellcheck source=tests/pop3d/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/../pop3d/common.bash"

# check USER PASSWORD [PROGRAM...]: checkpw with these on fd 3; "true" by default.
check() {
    local program=("${@:3}")
    [ ${#program[@]} -gt 0 ] || program=(true)
    checkpw "${program[@]}" 3< <(printf '%s\0%s\0%s\0' "$1" "$2" 1700000000)
}

# hold COUNT: keeps so many slots locked until killed.
hold() {
    python3 - "$1" 3>&- <<'END' &
import fcntl, os, struct, sys, time
fd = os.open("pombo/run/checkpw.lock", os.O_RDWR | os.O_CREAT, 0o600)
for i in range(int(sys.argv[1])):
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, i, 1, 0))  # F_OFD_SETLK
open("held", "w").close()
time.sleep(60)
END
    HOLDER=$!
    STARTED+=("$HOLDER")
    wait_until 5 test -e held
}
