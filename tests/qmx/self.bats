load setup

@test "ourselves by name and all that are no better are taken out" {
    zone example <<'Z'
far MX 10 better
far MX 20 mail.self
far MX 20 equal
far MX 30 worse
better A 203.0.113.1
equal A 203.0.113.2
worse A 203.0.113.3
mail.self A 203.0.113.9
Z
    serve example
    ask mx far.example
    [ "$(hosts)" = "10 better.example 203.0.113.1" ]
}

@test "ourselves by address, whatever the name" {
    zone example <<'Z'
far MX 10 better
far MX 20 other
far MX 30 worse
better A 203.0.113.1
other A 127.0.0.1
worse A 203.0.113.3
six MX 10 better
six MX 20 other6
other6 AAAA ::1
mapped MX 10 better
mapped MX 20 othermapped
othermapped AAAA ::ffff:127.0.0.1
zero MX 10 better
zero MX 20 otherzero
otherzero A 0.0.0.0
Z
    serve example
    for name in far six mapped zero; do
        ask mx $name.example
        [ "$(hosts)" = "10 better.example 203.0.113.1" ]
    done
}

@test "other loopback addresses are other hosts" {
    zone example <<'Z'
far MX 10 one
far MX 20 two
one A 127.0.0.2
two A 127.0.0.9
Z
    serve example
    ask mx far.example
    [ "$(hosts)" = "10 one.example 127.0.0.2
20 two.example 127.0.0.9" ]
}

@test "the best exchanger is ourselves: the mail would loop" {
    zone example <<'Z'
far MX 10 mail.self
far MX 20 backup
backup A 203.0.113.1
implicit A 127.0.0.1
Z
    serve example
    ask mx far.example
    says D 5.4.6
    [ -z "$(hosts)" ]
    ask mx implicit.example
    says D 5.4.6
}

@test "a better exchanger that can't be looked up just now is waited for" {
    zone example <<'Z'
far MX 10 mx.broken.
far MX 20 mail.self
gone MX 10 nothing
gone MX 20 mail.self
Z
    serve example broken
    ask mx far.example
    says Z 4.4.3
    ask mx gone.example
    says D 5.4.6
}
