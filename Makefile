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
