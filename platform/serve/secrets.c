#include "serve/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/files.h"

#define SECRET_CHARACTERS_MIN 8

static enum error read_secret(const char *path, char ret_secret[RANDOM_TOKEN_BYTES]);

enum error secrets_get(const char *data_dir, const char *name, char ret_secret[RANDOM_TOKEN_BYTES])
{
    char folder[FILES_PATH_BYTES], path[FILES_PATH_BYTES];
    files_join(folder, data_dir, "secrets");
    files_join(path, folder, name);
    enum error error = read_secret(path, ret_secret);
    if (error != ERROR_NOT_FOUND)
        return error;

    char fresh[RANDOM_TOKEN_BYTES], line[RANDOM_TOKEN_BYTES + 1];
    random_token(fresh);
    int bytes = snprintf(line, sizeof line, "%s\n", fresh);
    error = files_folder(folder, 0700);
    if (!error)
        error = files_write(path, 0600, line, (size_t)bytes);
    if (!error)
        memcpy(ret_secret, fresh, sizeof fresh);
    return error;
}

enum error secrets_get_of(const char *data_dir, const char *kind, const char *service,
                          char ret_secret[RANDOM_TOKEN_BYTES])
{
    char name[SECRETS_NAME_BYTES];
    snprintf(name, sizeof name, "%s-%s", kind, service);
    return secrets_get(data_dir, name, ret_secret);
}

static enum error read_secret(const char *path, char ret_secret[RANDOM_TOKEN_BYTES])
{
    char *text;
    enum error error = files_read(path, RANDOM_TOKEN_BYTES + 1, &text);
    if (error)
        return error;
    size_t characters = strcspn(text, "\r\n");
    if (characters < SECRET_CHARACTERS_MIN || characters >= RANDOM_TOKEN_BYTES) {
        fprintf(stderr, "transcendence: %s must hold one line of %d to %d characters.\n", path,
                SECRET_CHARACTERS_MIN, RANDOM_TOKEN_BYTES - 1);
        error = ERROR_VALIDATION;
    } else {
        memcpy(ret_secret, text, characters);
        ret_secret[characters] = 0;
    }
    free(text);
    return error;
}
