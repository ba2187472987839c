# pombo: `make run` and `make test` are all that a newcomer needs.
#   make            build every program into build/bin
#   make run        install the build packages, build, start ./run, send and read a message
#   make test       install the test packages, run all tests
#   make lint       format, clang-tidy, shellcheck, man pages, forbidden calls
#   make install    DESTDIR= PREFIX=/usr
# Variants: make BUILD=build/asan SAN=address,undefined test

BUILD = build
SAN =
PREFIX = /usr
DESTDIR =
WERROR =
CC = gcc

CFLAGS = -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wmisleading-indentation -Wvla -Wformat=2 -Wcast-qual -Wundef $(WERROR)
ifeq ($(SAN),)
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong
STATIC = -static-pie
else
HARDEN = -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
STATIC = -pie
endif
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Ilib -fPIE $(WARN) $(HARDEN) $(CFLAGS)
LINK = $(CC) $(HARDEN) $(CFLAGS) -Wl,-z,relro,-z,now
SKA = -lskarnet
OWFAT = -lowfat

# One line of objects a program; all link build/libpombo.a, except qlisten, which
# is linked with libowfat and so with nothing that knows skalibs.
PROGRAMS = qlisten smtpd qinject qmqpd qstart qsend qspawn qmx qnotify qctl \
	qlocal qremote popup pop3d checkpw qtable qpasswd pombo

qlisten_OBJ = listen/qlisten.o listen/options.o listen/endpoint.o \
	listen/endpoint_text.o listen/peer.o listen/source.o listen/child.o \
	listen/start.o listen/ready.o \
	listen/report.o listen/serve.o listen/signals.o lib/log.o
smtpd_OBJ = smtpd/access.o smtpd/client_policy.o smtpd/command.o smtpd/data.o smtpd/envelope_commands.o smtpd/hello.o smtpd/hostname.o smtpd/inquiry.o smtpd/limit_policy.o smtpd/message.o smtpd/parameter.o smtpd/policy.o smtpd/recipient_policy.o smtpd/reply.o smtpd/session.o smtpd/smtpd.o
qinject_OBJ = qinject/qinject.o qinject/options.o qinject/complaint.o \
	qinject/message.o qinject/addressing.o qinject/draft.o qinject/input.o \
	qinject/person.o qinject/addresslist.o qinject/submission.o qinject/qmqp.o \
	qinject/qmqp_field.o qinject/spool.o
qmqpd_OBJ = qinject/qmqpd.o qinject/request.o qinject/qmqp_field.o qinject/spool.o
qstart_OBJ = qsend/qstart.o qsend/qstart_user.o
qsend_OBJ = qsend/qsend.o qsend/attempt.o qsend/derived.o qsend/destination.o \
	qsend/destinations.o qsend/intake.o qsend/job.o qsend/local.o qsend/lookup.o \
	qsend/loop.o qsend/message.o qsend/notice.o qsend/parking.o qsend/pool.o qsend/queuename.o \
	qsend/result.o qsend/route.o qsend/schedule.o qsend/scheduler.o qsend/sessions.o \
	qsend/takeover.o qsend/tidy.o qsend/wheel.o qsend/worker.o
qspawn_OBJ = qsend/qspawn.o
qmx_OBJ = qsend/qmx.o qsend/mx.o qsend/dns.o qsend/punycode.o
qnotify_OBJ = qsend/qnotify.o qsend/notify_job.o qsend/report.o qsend/report_text.o \
	qsend/report_status.o qsend/report_value.o \
	qsend/forward.o qsend/derived_file.o
qctl_OBJ = qsend/qctl.o qsend/qctl_list.o qsend/queuename.o
qlocal_OBJ = qlocal/qlocal.o qlocal/delivery.o
qremote_OBJ = qremote/qremote.o qremote/session.o qremote/transaction.o \
	qremote/command.o qremote/data.o qremote/suitable.o qremote/content.o \
	qremote/job.o qremote/hosts.o qremote/reply.o qremote/capability.o qremote/wire.o
POP3_OBJ = pop3d/pop3_connection.o pop3d/pop3_command.o pop3d/capability.o
popup_OBJ = pop3d/popup.o pop3d/authorization.o pop3d/login_chain.o \
	pop3d/sasl_plain.o checkpw/credentials.o checkpw/login_door.o $(POP3_OBJ)
pop3d_OBJ = pop3d/pop3d.o pop3d/transaction.o pop3d/maildrop.o \
	pop3d/message_stream.o $(POP3_OBJ)
checkpw_OBJ = checkpw/checkpw.o checkpw/login.o checkpw/account.o checkpw/password.o \
	checkpw/hash_slot.o checkpw/privileges.o checkpw/program.o \
	checkpw/credentials.o checkpw/login_door.o
TABLES_OBJ = cdb/compile.o cdb/crosscheck.o cdb/writer.o cdb/source.o cdb/conf.o \
	cdb/people.o cdb/access.o cdb/routes.o cdb/network.o cdb/record.o cdb/textfile.o cdb/fault.o \
	cdb/standard.o
qtable_OBJ = cdb/qtable.o cdb/lookup.o $(TABLES_OBJ)
qpasswd_OBJ = cdb/qpasswd.o cdb/secret.o cdb/rowchange.o checkpw/password.o $(TABLES_OBJ)
pombo_OBJ = admin/pombo.o admin/command.o admin/up.o admin/down.o admin/tables.o admin/user.o \
	admin/check.o admin/layout.o admin/confile.o admin/service.o admin/answer.o admin/spawn.o \
	admin/stop.o admin/state.o admin/process.o admin/logtail.o admin/mailboxname.o \
	cdb/secret.o cdb/rowchange.o $(TABLES_OBJ)

# Libraries beside libpombo.a and skalibs.
qlisten_LIB = $(OWFAT)
qmx_LIB = -lresolv
smtpd_LIB = -lresolv
checkpw_LIB = -lcrypt
qpasswd_LIB = -lcrypt
pombo_LIB = -lcrypt

# Programs that look up system users can't be static with glibc.
qstart_LINK = -pie
qinject_LINK = -pie

# Unit tests: tests/unit/NAME_test.c links libpombo.a and NAME_TEST_OBJ.
process_TEST_OBJ = admin/process.o
pop3_command_TEST_OBJ = pop3d/pop3_command.o
sasl_plain_TEST_OBJ = pop3d/sasl_plain.o
message_stream_TEST_OBJ = pop3d/message_stream.o $(POP3_OBJ)
credentials_TEST_OBJ = checkpw/credentials.o
login_door_TEST_OBJ = checkpw/login_door.o checkpw/credentials.o
password_TEST_OBJ = checkpw/password.o
password_TEST_LIB = -lcrypt
report_value_TEST_OBJ = qsend/report_value.o
addresslist_TEST_OBJ = qinject/addresslist.o
qmqp_field_TEST_OBJ = qinject/qmqp_field.o
source_TEST_OBJ = listen/source.o listen/child.o listen/peer.o
reply_TEST_OBJ = qremote/reply.o
capability_TEST_OBJ = qremote/capability.o
wire_TEST_OBJ = qremote/wire.o
content_TEST_OBJ = qremote/content.o
punycode_TEST_OBJ = qsend/punycode.o
loop_TEST_OBJ = qsend/loop.o
UNIT = $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))

LIB_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c))
BIN = $(PROGRAMS:%=$(BUILD)/bin/%)

all: $(BIN)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libpombo.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $(LIB_OBJ)

define program
$(BUILD)/bin/$(1): $(addprefix $(BUILD)/,$($(1)_OBJ)) $(if $(filter qlisten,$(1)),,$(BUILD)/libpombo.a)
	@mkdir -p $$(@D)
	$$(LINK) $(or $(if $(SAN),,$($(1)_LINK)),$(STATIC)) -o $$@ $$^ $($(1)_LIB) $(if $(filter qlisten,$(1)),,$(SKA))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

define unit
$(BUILD)/unit/$(1): $(BUILD)/tests/unit/$(1)_test.o $(addprefix $(BUILD)/,$($(1)_TEST_OBJ)) $(BUILD)/libpombo.a
	@mkdir -p $$(@D)
	$$(LINK) $(STATIC) -o $$@ $$^ $($(1)_TEST_LIB) $(SKA)
endef
$(foreach u,$(UNIT),$(eval $(call unit,$(u))))

unit: $(UNIT:%=$(BUILD)/unit/%)

# --- what a person types ---

run:
	tools/packages build
	$(MAKE) -j$$(nproc) all
	tools/first-run $(BUILD)/bin run

test:
	tools/packages build test
	$(MAKE) -j$$(nproc) all unit
	tests/run $(BUILD)

lint:
	tools/packages build test lint
	tools/lint

format:
	clang-format -i $(wildcard */*.[ch] tests/*/*.[ch])

# --- a tree that a package could ship ---

BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec/pombo
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/pombo
UNITDIR = $(PREFIX)/lib/systemd/system
USER_COMMANDS = qinject
ADMIN_COMMANDS = pombo qtable qpasswd qctl

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(DOCDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 755 $(BIN) $(DESTDIR)$(LIBEXECDIR)
	for p in $(USER_COMMANDS); do ln -sf ../libexec/pombo/$$p $(DESTDIR)$(BINDIR)/$$p || exit 1; done
	for p in $(ADMIN_COMMANDS); do ln -sf ../libexec/pombo/$$p $(DESTDIR)$(SBINDIR)/$$p || exit 1; done
	for p in sendmail newaliases mailq; do ln -sf qinject $(DESTDIR)$(LIBEXECDIR)/$$p || exit 1; done
	for m in $(wildcard */*.[1-8]); do \
		install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	for u in $(wildcard systemd/*.service systemd/*.socket systemd/*.target); do \
		sed 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' $$u > $(DESTDIR)$(UNITDIR)/$${u##*/} && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$${u##*/} || exit 1; done
	install -m 644 systemd/pombo.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/pombo.conf
	install -m 644 systemd/pombo.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/pombo.conf
	for f in systemd/*.example; do \
		sed 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' $$f > $(DESTDIR)$(DOCDIR)/$${f##*/} && \
		chmod 644 $(DESTDIR)$(DOCDIR)/$${f##*/} || exit 1; done
	install -m 644 README.md LICENSE doc/*.md $(DESTDIR)$(DOCDIR)

clean:
	rm -rf $(BUILD)

.PHONY: all unit run test lint format install clean
.SECONDARY:
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
