#!/usr/bin/env bats
# What make install lays down, and what the manual says of it.
bats_require_minimum_version 1.5.0
load ../helpers

setup_file() {
    export STAGE=$BATS_FILE_TMPDIR/stage
    install_to "$STAGE" /usr
}

# install_to DESTDIR PREFIX
install_to() {
    make -s -C "$POMBO_ROOT" install DESTDIR="$1" PREFIX="$2" >&2
}

# programs: the names of all.
programs() {
    ls "$POMBO_BIN"
}

@test "programs, commands and faces lie where the FHS wants them, and links lead to them" {
    cd "$STAGE"
    for program in $(programs); do
        [ -x "usr/libexec/pombo/$program" ]
    done
    for link in usr/bin/qinject usr/sbin/{pombo,qtable,qpasswd,qctl,qtlsreport} usr/libexec/pombo/{sendmail,newaliases,mailq}; do
        [ -L "$link" ]
        [ -x "$link" ]
        [[ $(readlink "$link") != /* ]]
    done
    [ -z "$(find . -perm /6000)" ]
    [ -z "$(find . -type f -perm /022)" ]
    [ "$(find . -mindepth 1 -maxdepth 2 -type d | sort | xargs)" = \
        "./usr ./usr/bin ./usr/lib ./usr/libexec ./usr/sbin ./usr/share" ]
}

@test "another PREFIX is in all units and lines, and every file that they start is there" {
    install_to "$BATS_TEST_TMPDIR/other" /opt/pombo
    cd "$BATS_TEST_TMPDIR/other"
    [ "$(ls)" = opt ]
    run ! grep -rnE '@[A-Z]+@|/usr/libexec' opt/pombo/lib opt/pombo/share/doc/pombo/*.example
    local named=0
    for path in $(grep -rhoE '(^|[=[:space:]])/opt/pombo/[a-z0-9/]+' opt/pombo/lib/systemd opt/pombo/share/doc/pombo/*.example |
        tr -d '= \t'); do
        [ -x "./$path" ] || [ -d "./$path" ] || { echo "$path is not there"; false; }
        named=$((named + 1))
    done
    [ "$named" -gt 10 ]
}

@test "units name no unit of ours that is not shipped" {
    cd "$STAGE/usr/lib/systemd/system"
    for unit in $(grep -hoE 'pombo[a-z0-9-]*@?\.(service|socket|target)' ./* | sort -u); do
        [ -e "$unit" ] || { echo "$unit is not there"; false; }
    done
}

@test "each program has a page with what it must tell, and mandoc renders all without a warning" {
    cd "$STAGE/usr/share/man"
    for program in $(programs); do
        page=$(echo man[18]/"$program".[18])
        [ -e "$page" ] || { echo "$program has no page"; false; }
        for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' 'SEE ALSO'; do
            grep -qx ".Sh $section" "$page" || { echo "$page lacks $section"; false; }
        done
    done
    for page in man*/*; do
        mandoc -T lint -W warning "$page"
        [ "$(mandoc -T utf8 "$page" | wc -l)" -gt 20 ]
    done
}

@test "pages refer to pages that exist, here or on the machine" {
    cd "$STAGE/usr/share/man"
    grep -hE '^\.Xr ' man*/* | awk '{ print $2, $3 }' | sort -u | while read -r name section; do
        case $name in cdb | cron | inetd | xinetd | systemd* | sysexits | sd_* | crypt | mail | sendmail | resolv.conf | journalctl) continue ;; esac
        [ -e "man$section/$name.$section" ] || { echo "$name($section) is not there"; false; }
    done
}

# sources PROGRAM: the files that it is linked from, its own and the library's headers aside.
sources() {
    make -s -C "$POMBO_ROOT" --eval "show: ; @echo \$($1_OBJ:.o=.c)" show | tr ' ' '\n'
}

@test "each variable of the environment that a program reads is in its page" {
    cd "$POMBO_ROOT"
    for program in $(programs); do
        page=$(echo */"$program".[18])
        for variable in $(sources "$program" | xargs grep -hoE 'getenv\("[A-Z_]+"\)' | grep -oE '[A-Z_]{2,}' | sort -u); do
            [ "$program $variable" != "qpasswd TMPDIR" ] || continue # compile_check is not its business
            grep -q "$variable" "$page" || { echo "$page does not tell of $variable"; false; }
        done
    done
}

@test "each exit code that a program names is in its page" {
    cd "$POMBO_ROOT"
    while read -r name code; do
        for program in $(programs); do
            page=$(echo */"$program".[18])
            if sources "$program" | xargs grep -qw "$name"; then
                sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/p' "$page" | grep -qw "$code" || {
                    echo "$page does not tell of exit code $code"
                    false
                }
            fi
        done
    done < <(sed -n 's/^ *\(EXITCODE_[A-Z_]*\) = \([0-9]*\).*/\1 \2/p' lib/exitcode.h)
}
