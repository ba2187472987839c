/* Every key of pombo.conf, with its type, default and bounds, in one list:
 * settings.def. qtable checks pombo.conf by it; programs read by it. */
#ifndef LIB_SETTINGS_H
#define LIB_SETTINGS_H

#include "tables.h"

enum setting_type {
    SETTING_NUMBER,  /* decimal */
    SETTING_BYTES,   /* decimal with an optional K, M or G (powers of 1024) */
    SETTING_SECONDS, /* decimal with an optional s, m, h or d */
    SETTING_BOOLEAN, /* yes or no */
    SETTING_CHOICE,  /* one of the words in choices, parted by blanks */
    SETTING_TEXT     /* any text */
};

#define SETTING(name, type, fallback, min, max, choices, help) SET_##name,
enum setting {
#include "settings.def"
    SETTING_COUNT
};
#undef SETTING

struct setting_row {
    const char *name;
    enum setting_type type;
    const char *fallback; /* the default, as written in pombo.conf */
    long long min, max;
    const char *choices;
    const char *help;
};
extern const struct setting_row setting_rows[SETTING_COUNT];

/* Looks a key up by its name; SETTING_COUNT where there is none. */
enum setting setting_find(const char *name);
/* Checks VALUE; *NUMBER is its value (bytes, seconds, 0 or 1, a choice's
 * place in its list). NULL where it is right, else what is wrong with it. */
const char *setting_check(enum setting setting, const char *value, long long *number);

/* The value in force. A table that can't be read gives the default. */
long long setting_number(const struct tables *tables, enum setting setting);
/* Valid while tables stay open. */
const char *setting_text(const struct tables *tables, enum setting setting);
/* host_name and default_domain: an empty setting means the machine's name, and
 * host_name. Copied to a static buffer each. */
const char *setting_host_name(const struct tables *tables);
const char *setting_default_domain(const struct tables *tables);

#endif
