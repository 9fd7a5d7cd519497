#include "tool/play_files.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VERSION_DIGITS_MAX (PLAY_VERSION_BYTES - 1)

static bool find_below(const char *folder, const char *name, struct play_file *ret_file);
static bool is_plain(const char *name);
static const char *take_version(const struct play_places *places, const char *address,
                                char ret_version[PLAY_VERSION_BYTES]);
static const char *type_of(const char *path);

/* No other site shows the page in a frame or learns its address, and nothing of it is kept. */
#define PAGE_HEADERS "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
#define SHARED_HEADERS                                                                             \
    "Access-Control-Allow-Origin: *\r\nCross-Origin-Resource-Policy: cross-origin\r\n"             \
    "X-Content-Type-Options: nosniff\r\n"

bool play_files_find(const struct play_places *places, const char *address,
                     struct play_file *ret_file)
{
    char version[PLAY_VERSION_BYTES];
    const char *rest;
    if (strcmp(address, "/") == 0 || strncmp(address, "/playground/", 12) == 0) {
        snprintf(ret_file->headers, sizeof ret_file->headers,
                 PAGE_HEADERS
                 "X-Frame-Options: DENY\r\nCross-Origin-Opener-Policy: same-origin\r\n"
                 "Cross-Origin-Resource-Policy: same-origin\r\n"
                 "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src "
                 "'self'; img-src 'self' data:; connect-src 'self' ws%s; frame-src 'self'; "
                 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n",
                 places->origin + strlen("http"));
        return find_below(places->playground, address[1] ? address + 12 : "index.html", ret_file);
    }
    if (strncmp(address, "/frame/", 7) == 0) {
        snprintf(ret_file->headers, sizeof ret_file->headers, SHARED_HEADERS);
        return find_below(places->kit, address + 7, ret_file);
    }
    if (strncmp(address, "/play-frame/", 12) == 0) {
        char files[PATH_MAX];
        rest = take_version(places, address + 12, version);
        if (!rest || *rest)
            return false;
        snprintf(files, sizeof files, "%s/games/%s/%s/", places->origin, places->id, version);
        snprintf(ret_file->headers, sizeof ret_file->headers,
                 PAGE_HEADERS
                 "Content-Security-Policy: sandbox allow-scripts allow-pointer-lock; default-src "
                 "'none'; script-src %s/frame/ %s 'wasm-unsafe-eval'; connect-src %s; img-src %s; "
                 "media-src %s; font-src %s; style-src %s/frame/ 'unsafe-inline'; base-uri 'none'; "
                 "form-action 'none'; frame-ancestors 'self'\r\n",
                 places->origin, files, files, files, files, files, places->origin);
        return find_below(places->kit, "frame.html", ret_file);
    }
    if (strncmp(address, "/games/", 7) == 0) {
        rest = take_version(places, address + 7, version);
        if (!rest || strncmp(rest, "/client/", 8) != 0)
            return false;
        snprintf(ret_file->headers, sizeof ret_file->headers,
                 SHARED_HEADERS "Content-Security-Policy: sandbox; default-src 'none'; style-src "
                                "'unsafe-inline'; frame-ancestors 'none'\r\n");
        return find_below(places->game, rest + 1, ret_file);
    }
    return false;
}

/* A regular file; the kernel sees to it that the way there leaves the folder by no link. */
static bool find_below(const char *folder, const char *name, struct play_file *ret_file)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    struct stat status;
    ret_file->type = type_of(name);
    if (!is_plain(name) || !ret_file->type ||
        snprintf(ret_file->path, sizeof ret_file->path, "%s/%s", folder, name) >=
            (int)sizeof ret_file->path)
        return false;
    int below = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (below < 0)
        return false;
    long file = syscall(SYS_openat2, below, name, &how, sizeof how);
    close(below);
    if (file < 0)
        return false;
    bool is_file = fstat((int)file, &status) == 0 && S_ISREG(status.st_mode);
    close((int)file);
    return is_file;
}

/* Names of letters, digits, "_", "-" and ".", none of which begins with ".". */
static bool is_plain(const char *name)
{
    char before = '/';
    if (!*name)
        return false;
    for (const char *at = name; *at; before = *at++)
        if (!(isalnum((unsigned char)*at) || strchr("_-./", *at)) ||
            (before == '/' && (*at == '.' || *at == '/')))
            return false;
    return before != '/';
}

/* "ID/VERSION" of ours; returns what is behind it, or NULL. */
static const char *take_version(const struct play_places *places, const char *address,
                                char ret_version[PLAY_VERSION_BYTES])
{
    size_t id = strlen(places->id);
    if (strncmp(address, places->id, id) != 0 || address[id] != '/')
        return NULL;
    const char *version = address + id + 1;
    size_t digits = strspn(version, "0123456789abcdef");
    if (digits > VERSION_DIGITS_MAX ||
        strncmp(version, places->secret, strlen(places->secret)) != 0 ||
        (version[digits] && version[digits] != '/'))
        return NULL;
    snprintf(ret_version, PLAY_VERSION_BYTES, "%.*s", (int)digits, version);
    return version + digits;
}

/* The types that the site knows too. */
static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"wasm", "application/wasm"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"webp", "image/webp"},
        {"avif", "image/avif"},
        {"ico", "image/x-icon"},
        {"woff2", "font/woff2"},
        {"ogg", "audio/ogg"},
        {"oga", "audio/ogg"},
        {"mp3", "audio/mpeg"},
        {"wav", "audio/wav"},
        {"weba", "audio/webm"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"txt", "text/plain; charset=utf-8"},
    };
    const char *name = strrchr(path, '/'), *dot = strrchr(name ? name : path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}
