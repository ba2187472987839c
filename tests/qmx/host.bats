load setup

@test "a route's host: its addresses alone, no MX, and ourselves count too" {
    zone example <<'Z'
relay MX 10 mx
relay A 203.0.113.1
relay AAAA 2001:db8::1
mx A 203.0.113.9
mail.self A 127.0.0.1
Z
    serve example
    ask host relay.example
    [ "$(hosts)" = "0 relay.example 2001:db8::1
0 relay.example 203.0.113.1" ]
    ask host mail.self.example
    [ "$(hosts)" = "0 mail.self.example 127.0.0.1" ]
}

@test "a route's host without address is no reason to return mail" {
    zone example <<'Z'
relay TXT "nothing"
Z
    serve example
    ask host relay.example
    says Z 4.4.4
    ask host no.example
    says Z 4.4.4
}

@test "a faulty dns_server, nonsense from qsend, a missing table" {
    write_settings dns_server=nonsense
    run "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" close
    [ "${lines[-1]}" = "exit|102" ]
    write_settings dns_server=127.0.0.1:9
    run "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" what,1,x
    [ "${lines[-1]}" = "exit|111" ]
    rm "$POMBO_DIR/etc/tables.cdb"
    run "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" close
    [ "${lines[-1]}" = "exit|111" ]
}
