load setup

teardown() {
    kill "$pid"
    wait "$pid" || true
}

@test "broken answers of a name server are temporary failures at worst" {
    "$TESTS/hostile_dns.py" port 3>&- &
    pid=$!
    wait_until 5 test -e port
    write_settings "dns_server=127.0.0.1:$(cat port)"
    local steps=()
    for n in $(seq 100); do
        steps+=("mx,$n,far$n.example" packet)
    done
    run timeout 200 "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" "${steps[@]}" close
    echo "$output" | tail -n 5
    [ "${lines[-1]}" = "exit|0" ]
    [ "$(grep -c '^mx|' <<<"$output")" -eq 100 ]
    grep -q '|Z|4.4.3|' <<<"$output"
}
