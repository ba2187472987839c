# The manual says what the programs do.
load setup

@test "every key stands in pombo.conf(5) with its default" {
    page=$POMBO_ROOT/cdb/pombo.conf.5
    keys=$(sed -n 's/^SETTING(\([a-z0-9_]*\), [A-Z_]*, "\([^"]*\)".*/\1 = \2/p' "$POMBO_ROOT/lib/settings.def")
    [ "$(wc -l <<<"$keys")" -eq "$(grep -c '^SETTING(' "$POMBO_ROOT/lib/settings.def")" ]
    while IFS= read -r row; do
        grep -qxF ".It Li ${row% }" "$page" || {
            echo "pombo.conf(5) lacks: $row"
            return 1
        }
    done <<<"$keys"
    # And no others.
    [ "$(grep -cE '^\.It Li [a-z0-9_]+ =' "$page")" -eq "$(wc -l <<<"$keys")" ]
}

@test "the words of choices stand in pombo.conf(5)" {
    while read -r key choices; do
        for word in $choices; do
            sed -n "/^\.It Li $key = /,/^\.\(It\|El\)/p" "$POMBO_ROOT/cdb/pombo.conf.5" | grep -qw "^\.Li $word"
        done
    done < <(sed -n 's/^SETTING(\([a-z0-9_]*\), SETTING_CHOICE, "[^"]*", [0-9]*, [0-9]*, "\([^"]*\)".*/\1 \2/p' \
        "$POMBO_ROOT/lib/settings.def")
}

@test "the examples of pombo-tables(5) are right" {
    # Each example file begins with its name in a comment.
    sed -n '/^\.Bd -literal/,/^\.Ed/p' "$POMBO_ROOT/cdb/pombo-tables.5" | grep -v '^\.' >"$BATS_TEST_TMPDIR/examples"
    awk -v etc="$ETC" '/^# [a-z_]+$/ { file = etc "/" $2 } file { print >file }' "$BATS_TEST_TMPDIR/examples"
    [ "$(cd "$ETC" && echo *)" = "access aliases domains relay_passwords routes senders tls_policy users" ]
    run -0 qtable
    [ -z "$output" ]
    [ "$(qtable route anyone@example.org)" = "alias bob@example.org" ]
    [ "$(qtable route x@other.example)" = "remote smarthost.example.net 587" ]
}

@test "the example of pombo.conf(5) is right" {
    sed -n '/^\.Bd -literal/,/^\.Ed/p' "$POMBO_ROOT/cdb/pombo.conf.5" | grep -v '^\.' >"$ETC/pombo.conf"
    qtable
    value conf size_limit 104857600
}
