/*
 * Settings as one table. Each row (name, type, default, help) feeds a flag (--name=value), an
 * environment variable (TRANSCENDENCE_NAME, or the row's own `environment` name), a line of the
 * configuration file (`name = value`, # comments) and the printed help. Flags win over the
 * environment, the environment over the file, the file over the default. A wrong setting, also a
 * variable TRANSCENDENCE_SOMETHING that no row knows, is one clear sentence in `ret_sentence`; the
 * caller prints it and exits 2. An empty environment variable is an empty value.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_BYTES     512
#define CONFIG_SENTENCE_BYTES 512

enum config_type { CONFIG_TEXT, CONFIG_INT, CONFIG_BOOL, CONFIG_PORT, CONFIG_SECRET };

struct config_row {
    const char *name; /* lower_case_with_unit_last */
    enum config_type type;
    size_t offset;            /* char[CONFIG_TEXT_BYTES] for TEXT and SECRET, int64_t, bool */
    const char *default_text; /* parsed like any other value */
    int64_t min, max;         /* of INT and PORT */
    const char *environment;  /* NULL: TRANSCENDENCE_<NAME> */
    const char *help;
};

/* Fills `ret_settings`. `arguments` holds only flags (the command words are taken off before).
 * The file is the flag --config=PATH or TRANSCENDENCE_CONFIG, else none. */
bool config_load(const struct config_row *rows, size_t row_count, int argument_count,
                 char **arguments, char **environment, void *ret_settings,
                 char ret_sentence[CONFIG_SENTENCE_BYTES]);

void config_help(const struct config_row *rows, size_t row_count, FILE *out);

#endif
