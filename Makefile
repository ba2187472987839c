# pombo: `make run` and `make test` are all that a newcomer needs.
#   make            build every program into build/bin
#   make run        install the build packages, build, start ./run, send and read a message
#   make test       install the test packages, run all tests
#   make fuzz       search with libFuzzer, FUZZ_SECONDS for each target (or FUZZ_RUNS)
#   make abuse-deep a million deferred messages, minutes of random kills
#   make lint       format, clang-tidy, shellcheck, man pages, forbidden calls
#   make bench      a short run beside the other mail systems (bench/README.md)
#   make power-deep SECONDS=600   power cuts (doc/INTERNALS.md)
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
HARDEN = -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -DPOMBO_NO_WALLS
STATIC = -pie
endif
# Set by make fuzz: targets with libFuzzer.
ifdef FUZZER
COVERAGE = -fsanitize=fuzzer-no-link
endif
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Ilib -fPIE $(WARN) $(HARDEN) $(COVERAGE) $(CFLAGS)
LINK = $(CC) $(HARDEN) $(CFLAGS) -Wl,-z,relro,-z,now
SKA = -l:libskarnet.a
OWFAT = -lowfat

# The objects of each program; all link build/libpombo.a, except qlisten, which
# is linked with libowfat and so with nothing that knows skalibs.
PROGRAMS = qlisten smtpd qinject qmqpd qstart qsend qspawn qmx qnotify qctl \
	qtlsreport qlocal qremote popup pop3d checkpw tlsd tlsc stsd qtable qpasswd pombo

qlisten_OBJ = listen/qlisten.o listen/options.o listen/endpoint.o \
	listen/endpoint_text.o listen/peer.o listen/source.o listen/child.o \
	listen/start.o listen/template_process.o listen/ready.o \
	listen/report.o listen/serve.o listen/signals.o lib/log.o lib/variable.o \
	lib/sandbox.o lib/sandbox_calls.o lib/sandbox_filter.o lib/sandbox_landlock.o
smtpd_OBJ = smtpd/access.o smtpd/allowance.o smtpd/authentication.o smtpd/client_policy.o smtpd/command.o smtpd/data.o smtpd/dialogue.o \
	smtpd/envelope_commands.o smtpd/exchange.o smtpd/header_hold.o smtpd/hello.o smtpd/hostname.o smtpd/nameserver.o smtpd/inquiry.o \
	smtpd/limit_policy.o smtpd/limits.o smtpd/message.o smtpd/parameter.o smtpd/policy.o \
	smtpd/recipient_policy.o smtpd/reply.o smtpd/sender.o smtpd/session.o smtpd/smtpd.o smtpd/starttls.o \
	smtpd/submission_policy.o checkpw/auth_door.o qinject/draft.o qinject/input.o \
	qinject/addresslist.o \
	qinject/submission.o qinject/qmqp.o qinject/qmqp_field.o qinject/spool.o
qinject_OBJ = qinject/qinject.o qinject/options.o qinject/complaint.o \
	qinject/message.o qinject/addressing.o qinject/draft.o qinject/input.o \
	qinject/person.o qinject/addresslist.o qinject/submission.o qinject/qmqp.o \
	qinject/qmqp_field.o qinject/spool.o
qmqpd_OBJ = qinject/qmqpd.o qinject/request.o qinject/qmqp_field.o qinject/spool.o
qstart_OBJ = qsend/qstart.o qsend/qstart_user.o
qsend_OBJ = qsend/qsend.o qsend/attempt.o qsend/derived.o qsend/destination.o \
	qsend/destinations.o qsend/intake.o qsend/job.o qsend/local.o qsend/lookup.o \
	qsend/loop.o qsend/message.o qsend/notice.o qsend/parking.o qsend/pool.o qsend/queuename.o \
	qsend/result.o qsend/route.o qsend/punycode.o qsend/schedule.o qsend/scheduler.o qsend/sessions.o \
	qsend/takeover.o qsend/tidy.o qsend/tls_counts.o qsend/tls_reporter.o qsend/tls_schedule.o \
	qsend/tls_sessions.o qsend/wheel.o qsend/worker.o tlsreport/dayline.o
qspawn_OBJ = qsend/qspawn.o
# What both who keeps policies of MTA-STS and who reads them need.
STS_OBJ = sts/policy.o sts/record.o sts/cache.o sts/discovery.o sts/request.o qsend/dns.o qsend/punycode.o
qmx_OBJ = qsend/tlsrpt.o qsend/qmx.o qsend/mx.o qsend/dane.o qsend/sts.o tls/certname.o $(STS_OBJ)
qnotify_OBJ = qsend/qnotify.o qsend/notify_job.o qsend/report.o qsend/report_text.o \
	qsend/report_status.o qsend/report_value.o \
	qsend/forward.o qsend/derived_file.o
TLSREPORT_OBJ = tlsreport/report.o tlsreport/policy.o tlsreport/day.o tlsreport/dayline.o \
	tlsreport/json.o qsend/punycode.o sts/policy.o sts/record.o
qtlsreport_OBJ = sts/cache.o tlsreport/qtlsreport.o tlsreport/outbox.o tlsreport/names.o tlsreport/report_mail.o $(TLSREPORT_OBJ)
qctl_OBJ = qsend/qctl.o qsend/qctl_list.o qsend/queuename.o
qlocal_OBJ = qlocal/qlocal.o qlocal/delivery.o
qremote_OBJ = qremote/qremote.o qremote/session.o qremote/starttls.o qremote/outcome.o qremote/login.o qremote/auth_exchange.o qremote/transaction.o \
	qremote/command.o qremote/data.o qremote/suitable.o qremote/content.o \
	qremote/job.o qremote/hosts.o qremote/reply.o qremote/capability.o qremote/wire.o
POP3_OBJ = pop3d/pop3_connection.o pop3d/pop3_command.o pop3d/capability.o
popup_OBJ = pop3d/popup.o pop3d/authorization.o pop3d/stls.o pop3d/login_chain.o \
	checkpw/credentials.o checkpw/login_door.o $(POP3_OBJ)
pop3d_OBJ = pop3d/pop3d.o pop3d/transaction.o pop3d/maildrop.o \
	pop3d/message_stream.o $(POP3_OBJ)
checkpw_OBJ = checkpw/checkpw.o checkpw/login.o checkpw/account.o checkpw/password.o \
	checkpw/hash_slot.o checkpw/privileges.o checkpw/program.o checkpw/failures.o \
	checkpw/auth.o checkpw/auth_door.o checkpw/login_record.o checkpw/scram_exchange.o \
	checkpw/credentials.o checkpw/login_door.o
TLS_OBJ = tls/proxy.o tls/handshake.o
tlsd_OBJ = tls/tlsd.o tls/arena.o tls/serve.o door/forker.o tls/front.o tls/session.o tls/session_line.o tls/binding.o tls/store.o \
	tls/choice.o tls/refused.o tls/certificate.o tls/certname.o tls/context.o tls/tickets.o tls/warmup.o door/listener.o $(TLS_OBJ) \
	listen/child.o listen/ready.o listen/endpoint_text.o
tlsc_OBJ = tls/tlsc.o door/forker.o tls/server_session.o tls/binding.o tls/verify.o tls/tlsa.o tls/certname.o \
	door/listener.o $(TLS_OBJ) listen/child.o listen/ready.o listen/endpoint_text.o
stsd_OBJ = sts/stsd.o sts/sweep.o sts/update.o sts/fetch.o $(STS_OBJ) door/forker.o door/listener.o \
	listen/child.o listen/ready.o listen/endpoint_text.o
TABLES_OBJ = cdb/compile.o cdb/salt_secret.o cdb/crosscheck.o cdb/writer.o cdb/source.o cdb/conf.o \
	cdb/people.o cdb/access.o cdb/routes.o cdb/tls_policy.o cdb/relay_passwords.o cdb/network.o cdb/record.o cdb/textfile.o cdb/fault.o \
	cdb/standard.o
qtable_OBJ = cdb/qtable.o cdb/lookup.o $(TABLES_OBJ)
qpasswd_OBJ = cdb/qpasswd.o cdb/secret.o cdb/rowchange.o checkpw/password.o $(TABLES_OBJ)
pombo_OBJ = admin/pombo.o admin/command.o admin/up.o admin/down.o admin/tables.o admin/user.o \
	admin/check.o admin/layout.o admin/confile.o admin/service.o admin/answer.o admin/spawn.o \
	admin/stop.o admin/certificates.o admin/cert.o admin/state.o admin/process.o admin/logtail.o admin/mailboxname.o \
	cdb/secret.o cdb/rowchange.o $(TABLES_OBJ)

# Libraries beside libpombo.a and skalibs.
qlisten_LIB = $(OWFAT)
qmx_LIB = -lresolv
qtlsreport_LIB = -lz
smtpd_LIB = -lresolv
checkpw_LIB = -lcrypt
qpasswd_LIB = -lcrypt
pombo_LIB = -lcrypt
tlsd_LIB = -lssl -lcrypto
tlsc_LIB = -lssl -lcrypto
stsd_LIB = -lcurl -lssl -lcrypto -lresolv

# Programs that look up system users can't be static with glibc; OpenSSL comes from the
# system, which mends it.
tlsd_LINK = -pie
tlsc_LINK = -pie
stsd_LINK = -pie
qstart_LINK = -pie
qinject_LINK = -pie

# What is started for a connection, a command or a batch of mail is linked with musl: of
# glibc's start the CPUID instructions alone, which a virtual machine's host answers, cost
# more than all the rest of it (bench/README.md). Without musl, and in the builds with
# sanitizers, it is glibc there too.
ARCH := $(shell $(CC) -print-multiarch)
MUSL := $(patsubst %/rcrt1.o,%,$(wildcard /usr/lib/$(ARCH:%-gnu=%-musl)/rcrt1.o))
ifneq ($(SAN)$(FUZZER),)
MUSL =
endif
ifdef MUSL
SMALL = smtpd qinject qmqpd popup pop3d checkpw qlocal qremote qnotify
SMALL_OBJ = musl/copy.o
SMALL_checkpw_OBJ = musl/libcrypt.o
SMALL_checkpw_LIB = libcrypt.a
endif
# Headers of the kernel and of the libraries come after musl's own.
SMALL_CC = musl-gcc -idirafter /usr/include -idirafter /usr/include/$(ARCH)
SMALL_CFLAGS = $(filter-out -D_FORTIFY_SOURCE=%,$(ALL_CFLAGS)) $(SMALL_CDEFS)
# crypt.h includes glibc's sys/cdefs.h, which asks glibc's features.h for these.
SMALL_CDEFS = '-D__GNUC_PREREQ(major,minor)=1' '-D__glibc_clang_prereq(major,minor)=0'
GCC_LIB := $(dir $(shell $(CC) -print-libgcc-file-name))
STATIC_LIB = $(firstword $(wildcard /usr/lib/$(ARCH)/$(1) /usr/lib/$(1) /usr/lib/*/$(1)))
SMALL_LINK = $(CC) -nostdlib -static-pie -Wl,-z,relro,-z,now
SMALL_START = $(MUSL)/rcrt1.o $(MUSL)/crti.o $(GCC_LIB)crtbeginS.o
SMALL_END = $(call STATIC_LIB,libskarnet.a) $(MUSL)/libc.a $(GCC_LIB)libgcc.a \
	$(GCC_LIB)libgcc_eh.a $(GCC_LIB)crtendS.o $(MUSL)/crtn.o

# Unit tests: tests/unit/NAME_test.c links libpombo.a and NAME_TEST_OBJ.
process_TEST_OBJ = admin/process.o
pop3_command_TEST_OBJ = pop3d/pop3_command.o
message_stream_TEST_OBJ = pop3d/message_stream.o $(POP3_OBJ)
arena_TEST_OBJ = tls/arena.o
forker_TEST_OBJ = door/forker.o listen/child.o
certname_TEST_OBJ = tls/certname.o
sts_policy_TEST_OBJ = sts/policy.o sts/record.o
sts_record_TEST_OBJ = sts/record.o
sts_cache_TEST_OBJ = sts/cache.o sts/policy.o sts/record.o sts/request.o
credentials_TEST_OBJ = checkpw/credentials.o
auth_door_TEST_OBJ = checkpw/auth_door.o
scram_exchange_TEST_OBJ = checkpw/scram_exchange.o
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
tlsrpt_TEST_OBJ = qsend/tlsrpt.o qsend/dns.o qsend/punycode.o
tlsrpt_TEST_LIB = -lresolv
dayline_TEST_OBJ = tlsreport/dayline.o
tlsreport_TEST_OBJ = $(TLSREPORT_OBJ)
tls_schedule_TEST_OBJ = qsend/tls_schedule.o
UNIT = $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))

# Fuzz targets: tests/fuzz/NAME.c links NAME_FUZZ_OBJ, libpombo.a and what stands in
# for system calls (tests/fuzz/support/fake.c).
NO_LOG = tests/fuzz/support/nolog.o
smtp_command_FUZZ_OBJ = smtpd/command.o smtpd/parameter.o
data_FUZZ_OBJ = smtpd/data.o qremote/wire.o
netaddress_FUZZ_OBJ = cdb/network.o
reply_FUZZ_OBJ = qremote/reply.o qremote/capability.o
addresslist_FUZZ_OBJ = qinject/addresslist.o
draft_FUZZ_OBJ = qinject/draft.o qinject/input.o qinject/addressing.o qinject/addresslist.o
credentials_FUZZ_OBJ = checkpw/credentials.o checkpw/account.o
scram_FUZZ_OBJ = checkpw/scram_exchange.o
scram_client_FUZZ_LINK = -Wl,--wrap=pbkdf2_sha256
names_FUZZ_OBJ = qsend/queuename.o
smtp_session_FUZZ_OBJ = $(filter-out smtpd/smtpd.o,$(smtpd_OBJ)) $(NO_LOG)
smtp_session_FUZZ_LINK = $(addprefix -Wl$(,)--wrap=,door_connect auth_message_send auth_message_receive)
smtp_session_FUZZ_LIB = -lresolv
pop3_session_FUZZ_OBJ = pop3d/transaction.o pop3d/maildrop.o pop3d/message_stream.o $(POP3_OBJ)
popup_session_FUZZ_OBJ = pop3d/authorization.o pop3d/stls.o checkpw/credentials.o $(POP3_OBJ) $(NO_LOG)
dns_FUZZ_OBJ = qsend/mx.o qsend/tlsrpt.o qsend/dane.o qsend/sts.o tls/certname.o $(STS_OBJ) smtpd/hostname.o smtpd/nameserver.o
dns_FUZZ_LINK = $(addprefix -Wl$(,)--wrap=,res_nquery res_ninit res_nclose nameserver_ask getifaddrs freeifaddrs \
	sts_cache_read sts_request_ask)
dns_FUZZ_LIB = -lresolv
punycode_FUZZ_OBJ = qsend/punycode.o
remote_session_FUZZ_OBJ = $(filter-out qremote/qremote.o,$(qremote_OBJ)) $(NO_LOG)
remote_session_FUZZ_LINK = -Wl,--wrap=host_connect
report_FUZZ_OBJ = $(filter-out qsend/qnotify.o,$(qnotify_OBJ)) $(NO_LOG)
packets_FUZZ_OBJ = qremote/job.o qremote/hosts.o qremote/reply.o qlocal/delivery.o $(NO_LOG)
tls_request_FUZZ_OBJ = tls/tlsa.o qremote/starttls.o qremote/session.o qremote/outcome.o qremote/login.o qremote/auth_exchange.o qremote/capability.o qremote/hosts.o qremote/reply.o $(NO_LOG)
results_FUZZ_OBJ = $(filter-out qsend/qsend.o,$(qsend_OBJ)) $(NO_LOG)
qmqp_FUZZ_OBJ = qinject/qmqp.o qinject/qmqp_field.o qinject/request.o qinject/spool.o $(NO_LOG)
qmqp_FUZZ_LINK = -Wl,--wrap=socket -Wl,--wrap=connect
tlsrpt_FUZZ_OBJ = qsend/tlsrpt.o qsend/dns.o qsend/punycode.o
tlsrpt_FUZZ_LIB = -lresolv
day_file_FUZZ_OBJ = $(TLSREPORT_OBJ)
tls_results_FUZZ_OBJ = $(filter-out qsend/qsend.o,$(qsend_OBJ)) $(NO_LOG)
sts_FUZZ_OBJ = sts/policy.o sts/record.o sts/cache.o sts/request.o
tls_door_FUZZ_OBJ = tls/certname.o
header_FUZZ_OBJ = qremote/content.o qremote/wire.o
tables_text_FUZZ_OBJ = $(filter-out cdb/compile.o cdb/salt_secret.o cdb/writer.o,$(TABLES_OBJ))
, = ,
FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_SUPPORT = $(addprefix $(BUILD)/tests/fuzz/support/,fake.o image.o table.o)
FUZZ_WRAP = close fchmod fstat fsync getrandom lseek open poll pread pwrite read recv \
	recvmsg rename_no_replace send sendmsg statvfs unlink write
FUZZ_LINK = $(FUZZ_WRAP:%=-Wl,--wrap=%)

LIB_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c))
BIN = $(PROGRAMS:%=$(BUILD)/bin/%)

all: $(BIN)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/small/%.o: %.c
	@mkdir -p $(@D)
	$(SMALL_CC) $(SMALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libpombo.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $(LIB_OBJ)

# Its loops must not become calls of itself.
$(BUILD)/small/musl/copy.o $(BUILD)/tests/unit/copy_test.o: ALL_CFLAGS += -fno-tree-loop-distribute-patterns

$(BUILD)/small/libpombo.a: $(LIB_OBJ:$(BUILD)/%=$(BUILD)/small/%)
	rm -f $@
	ar rcs $@ $^

define program
$(BUILD)/bin/$(1): $(addprefix $(BUILD)/,$($(1)_OBJ)) $(if $(filter qlisten,$(1)),,$(BUILD)/libpombo.a)
	@mkdir -p $$(@D)
	$$(LINK) $(or $(if $(SAN),,$($(1)_LINK)),$(STATIC)) -o $$@ $$^ $($(1)_LIB) $(if $(filter qlisten,$(1)),,$(SKA))
endef
$(foreach p,$(filter-out $(SMALL),$(PROGRAMS)),$(eval $(call program,$(p))))

define small
$(BUILD)/bin/$(1): $(addprefix $(BUILD)/small/,$($(1)_OBJ) $(SMALL_$(1)_OBJ) $(SMALL_OBJ) libpombo.a)
	@mkdir -p $$(@D)
	$$(SMALL_LINK) -o $$@ $$(SMALL_START) $$^ $$(foreach l,$(SMALL_$(1)_LIB),$$(call STATIC_LIB,$$l)) $$(SMALL_END)
endef
$(foreach p,$(SMALL),$(eval $(call small,$(p))))

define unit
$(BUILD)/unit/$(1): $(BUILD)/tests/unit/$(1)_test.o $(addprefix $(BUILD)/,$($(1)_TEST_OBJ)) $(BUILD)/libpombo.a
	@mkdir -p $$(@D)
	$$(LINK) $(STATIC) -o $$@ $$^ $($(1)_TEST_LIB) $(SKA)
endef
$(foreach u,$(UNIT),$(eval $(call unit,$(u))))

define fuzz_target
$(BUILD)/replay/$(1): $(BUILD)/tests/fuzz/support/replay.o
$(BUILD)/replay/$(1) $(BUILD)/fuzz/$(1): $(BUILD)/tests/fuzz/$(1).o $(FUZZ_SUPPORT) $(addprefix $(BUILD)/,$($(1)_FUZZ_OBJ)) $(BUILD)/libpombo.a
	@mkdir -p $$(@D)
	$$(LINK) $(FUZZ_LINK) $($(1)_FUZZ_LINK) $(if $(FUZZER),-fsanitize=fuzzer,$(STATIC)) -o $$@ $$^ $($(1)_FUZZ_LIB) $(SKA)
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz_target,$(f))))
$(BUILD)/tests/fuzz/%.o: ALL_CFLAGS += -Itests/fuzz/support
$(BUILD)/tests/fuzz/%.o: COVERAGE =

replay: $(FUZZ:%=$(BUILD)/replay/%)
fuzzers: $(FUZZ:%=$(BUILD)/fuzz/%)

# What a program is linked from, for tools/root-lines.
objects-%:
	@echo $(addprefix $(BUILD)/,$($*_OBJ))

unit: $(UNIT:%=$(BUILD)/unit/%)

# The tests of crashes: a tracer, and each program once more with allocations that it can
# make fail (failing_malloc.c).
WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
define failing
$(BUILD)/crash/bin/$(1): $(BUILD)/bin/$(1) $(BUILD)/tests/crash/failing_malloc.o
	@mkdir -p $$(@D)
	$$(LINK) $(or $(if $(SAN),,$($(1)_LINK)),$(STATIC)) $(WRAP) -o $$@ \
		$(addprefix $(BUILD)/,$($(1)_OBJ)) $(BUILD)/tests/crash/failing_malloc.o \
		$(if $(filter qlisten,$(1)),,$(BUILD)/libpombo.a) $($(1)_LIB) $(if $(filter qlisten,$(1)),,$(SKA))
endef
$(foreach p,$(filter-out $(SMALL),$(PROGRAMS)),$(eval $(call failing,$(p))))

define small_failing
$(BUILD)/crash/bin/$(1): $(BUILD)/bin/$(1) $(BUILD)/small/tests/crash/failing_malloc.o
	@mkdir -p $$(@D)
	$$(SMALL_LINK) $(WRAP) -o $$@ $$(SMALL_START) $(addprefix $(BUILD)/small/,$($(1)_OBJ) $(SMALL_$(1)_OBJ) $(SMALL_OBJ)) \
		$(BUILD)/small/tests/crash/failing_malloc.o $(BUILD)/small/libpombo.a \
		$$(foreach l,$(SMALL_$(1)_LIB),$$(call STATIC_LIB,$$l)) $$(SMALL_END)
endef
$(foreach p,$(SMALL),$(eval $(call small_failing,$(p))))

$(BUILD)/crash/tracer: $(BUILD)/tests/crash/tracer.o $(BUILD)/tests/crash/injection.o
	@mkdir -p $(@D)
	$(LINK) $(STATIC) -o $@ $^

crash: $(BUILD)/crash/tracer $(PROGRAMS:%=$(BUILD)/crash/bin/%)

# All programs with glibc, whose calls strace -k can tell the callers of (tests/power).
glibc:
	$(MAKE) BUILD=$(BUILD)/glibc MUSL= all

# --- what a person types ---

run:
	tools/packages build
	$(MAKE) -j$$(nproc) all
	tools/first-run $(BUILD)/bin run

test:
	tools/packages build test
	$(MAKE) -j$$(nproc) all unit replay $(if $(SAN),,crash glibc)
	tests/run $(BUILD)

fuzz:
	tools/packages build fuzz
	$(MAKE) -j$$(nproc) BUILD=$(BUILD)/fuzz CC=clang SAN=address,undefined FUZZER=yes fuzzers
	tests/fuzz/run $(BUILD)/fuzz
# Power cuts at random for SECONDS, as root.
SECONDS = 600
power-deep: all
	tools/packages build test
	tests/power/deep $(BUILD)/bin $(SECONDS)

# Every point of the crash tests, of which make test takes as many as there is time for.
crash-deep: power-deep
	tools/packages build test
	$(MAKE) -j$$(nproc) all crash
	tests/crash/deep $(BUILD)

# Larger and longer than in `make test`: ABUSE_DEFERRED messages deferred, programs killed
# for ABUSE_SECONDS.
ABUSE_DEFERRED = 1000000
ABUSE_SECONDS = 300
abuse-deep:
	tools/packages build test
	$(MAKE) -j$$(nproc) all
	POMBO_ABUSE_DEFERRED=$(ABUSE_DEFERRED) POMBO_ABUSE_KILL_SECONDS=$(ABUSE_SECONDS) \
		POMBO_TEST_VERBOSE=1 POMBO_TEST_SECONDS=7200 tests/run $(BUILD) $(wildcard tests/abuse/*.bats)

lint:
	tools/packages build test lint
	tools/lint

BENCH_PEERS = all
BENCH_ROUNDS = 1
bench:
	tools/packages build bench
	$(MAKE) -j$$(nproc) all
	bench/peers $(BENCH_PEERS)
	bench/run -n $(BENCH_ROUNDS)

format:
	clang-format -i $(wildcard */*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

# --- a tree that a package could ship ---

BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec/pombo
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/pombo
UNITDIR = $(PREFIX)/lib/systemd/system
USER_COMMANDS = qinject
ADMIN_COMMANDS = pombo qtable qpasswd qctl qtlsreport

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

.PHONY: glibc all unit replay fuzzers run test fuzz bench lint format install clean power-deep crash crash-deep abuse-deep
.SECONDARY:
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
