#include "serve/nginx.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/http_server.h"
#include "serve/environment.h"
#include "serve/template.h"

#define PROGRAM            "/usr/sbin/nginx"
#define TEMPLATE_BYTES_MAX 65536
#define GATEWAY            "gateway" /* the one service that has /ws instead of /api/NAME */
#define HEARTBEATS_SILENT  3

static const char *const templates[] = {"nginx.conf",    "headers.conf", "headers_static.conf",
                                        "problems.conf", "proxy.conf",   "types.conf"};

/* The values of one rendering; texts are owned. */
struct values {
    struct template_value items[32];
    size_t count;
};

static void value(struct values *values, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void values_finish(struct values *values);
static void value_all(struct values *values, const struct settings *settings,
                      const struct serve_service *services, size_t count);
static void value_services(struct values *values, const struct settings *settings,
                           const struct serve_service *services, size_t count);
static void print_service(FILE *out, const struct settings *settings,
                          const struct serve_service *service);
static void print_upload(FILE *out, const struct serve_service *service);
static void print_guard(FILE *out, const struct serve_service *service);
static void print_proxy(FILE *out, const char *name);
static void print_pattern(FILE *out, const char *path);
static void value_origins(struct values *values, const struct settings *settings);
static enum error make_folders(const char *folder);
static enum error render(const struct settings *settings, const struct values *values,
                         const char *folder, const char *name);

enum error nginx_start(struct master *master, const struct serve_service *services, size_t count)
{
    if (!files_exists(PROGRAM)) {
        fprintf(stderr, "transcendence: there is no " PROGRAM "; install the package nginx.\n");
        return ERROR_UNAVAILABLE;
    }
    char folder[FILES_PATH_BYTES];
    files_join(folder, master->settings->data_dir, "nginx");
    struct values values = {.count = 0};
    value_all(&values, master->settings, services, count);
    enum error error = make_folders(folder);
    for (size_t i = 0; i < sizeof templates / sizeof *templates && !error; i++)
        error = render(master->settings, &values, folder, templates[i]);
    values_finish(&values);
    if (error)
        return error;

    char address[CONFIG_TEXT_BYTES + 32];
    snprintf(address, sizeof address, "%s:%" PRId64, master->settings->public_host,
             master->settings->http_port);
    struct environment environment;
    environment_init(&environment);
    char *command[] = {CHILD_DIES_BY("TERM"), PROGRAM, "-e", "stderr", "-p", folder, "-c",
                       "nginx.conf",          NULL};
    master_start(master, STAGE_NGINX,
                 &(struct child_options){.name = "nginx",
                                         .command = command,
                                         .environment = environment.entries,
                                         .directory = folder,
                                         .stop_signal = SIGTERM,
                                         .stop_timeout_ms = CHILD_STOP_TRUST_MS,
                                         .renewal = CHILD_RELOADS,
                                         .address = address});
    environment_finish(&environment);
    return OK;
}

char *nginx_upstreams(const char *name, const char *addresses, bool of_sockets)
{
    const char *failures = of_sockets ? "max_fails=0" : "max_fails=1 fail_timeout=1s";
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert(out);
    char address[CONFIG_TEXT_BYTES];
    fprintf(out, "    upstream %s {\n        zone %s 64k;\n", name, name);
    for (int i = 0; settings_list_item(addresses, i, address); i++)
        fprintf(out, "        server %s %s;\n", address, failures);
    fprintf(out, "        keepalive %d;\n        keepalive_timeout %ds;\n    }\n", NGINX_KEPT_ALIVE,
            NGINX_KEPT_ALIVE_S);
    for (int i = 0; of_sockets && settings_list_item(addresses, i, address); i++)
        fprintf(out, "    upstream %s_g%d {\n        server %s;\n    }\n", name, i + 1, address);
    fclose(out);
    return text;
}

static void value(struct values *values, const char *name, const char *format, ...)
{
    assert(values->count < sizeof values->items / sizeof *values->items);
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert(bytes >= 0);
    values->items[values->count++] = (struct template_value){name, text};
}

static void values_finish(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free((char *)values->items[i].text);
}

static void value_all(struct values *values, const struct settings *settings,
                      const struct serve_service *services, size_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    int descriptors =
        limit.rlim_cur < NGINX_CONNECTIONS_MAX ? (int)limit.rlim_cur : NGINX_CONNECTIONS_MAX;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t rate = settings->address_requests_per_second;
    value(values, "WORKERS", "%ld", processors > 4 ? 4 : processors);
    value(values, "DESCRIPTORS", "%d", descriptors);
    value(values, "CONNECTIONS", "%d", descriptors);
    value(values, "USER", "%s", geteuid() == 0 ? "user root;" : "# runs as who started it");
    value(values, "BODY_BYTES", "%u", HTTP_BODY_BYTES_MAX);
    value(values, "REQUESTS_PER_SECOND", "%" PRId64, rate);
    value(values, "REQUESTS_BURST", "%" PRId64, rate * NGINX_BURST_SECONDS);
    value(values, "HTTP_LISTEN", "%s:%" PRId64, settings->public_host, settings->http_port);
    value(values, "HTTPS_LISTEN", "%s:%" PRId64, settings->public_host, settings->https_port);
    value(values, "SOCKET_SECONDS", "%" PRId64,
          settings->heartbeat_ms * HEARTBEATS_SILENT / 1000 + 5);
    value(values, "DATA_DIR", "%s", settings->data_dir);
    value(values, "SHARE_DIR", "%s", settings->share_dir);
    value(values, "WEB_DIR", "%s", settings->web_dir);
    value_services(values, settings, services, count);
    value_origins(values, settings);
}

static void value_services(struct values *values, const struct settings *settings,
                           const struct serve_service *services, size_t count)
{
    char *upstreams = NULL, *locations = NULL, *gateways = NULL;
    size_t bytes[3];
    FILE *upstream = open_memstream(&upstreams, &bytes[0]);
    FILE *location = open_memstream(&locations, &bytes[1]);
    FILE *gateway = open_memstream(&gateways, &bytes[2]);
    assert(upstream && location && gateway);
    for (size_t i = 0; i < count; i++) {
        bool is_gateway = strcmp(services[i].name, GATEWAY) == 0;
        char *text = nginx_upstreams(services[i].name, services[i].addresses, is_gateway);
        fputs(text, upstream);
        free(text);
        for (int j = 0; is_gateway && j < settings_list_count(services[i].addresses); j++)
            fprintf(gateway, "        g%d " GATEWAY "_g%d;\n", j + 1, j + 1);
        if (!is_gateway)
            print_service(location, settings, &services[i]);
    }
    char *text = nginx_upstreams("web", settings->web_address, false);
    fputs(text, upstream);
    free(text);
    fclose(upstream);
    fclose(location);
    fclose(gateway);
    value(values, "UPSTREAMS", "%s", upstreams);
    value(values, "SERVICES", "%s", locations);
    value(values, "GATEWAYS", "%s", gateways);
    free(upstreams);
    free(locations);
    free(gateways);
}

static void print_service(FILE *out, const struct settings *settings,
                          const struct serve_service *service)
{
    fprintf(out,
            "        location ^~ /api/%s {\n"
            "            limit_req zone=api burst=%" PRId64 " nodelay;\n",
            service->name, settings->address_requests_per_second * NGINX_BURST_SECONDS);
    if (service->upload_path)
        print_upload(out, service);
    print_proxy(out, service->name);
    fprintf(out, "        }\n");
    if (service->upload_path)
        print_guard(out, service);
}

/* Whoever may not ask the guard is refused in its words, before a byte of the body. */
static void print_upload(FILE *out, const struct serve_service *service)
{
    fprintf(out, "            location ~ ");
    print_pattern(out, service->upload_path);
    fprintf(out,
            " {\n"
            "            auth_request /_guard/%s;\n"
            "            auth_request_set $refusal $upstream_http_x_problem;\n"
            "            error_page 401 403 /_problem/$refusal;\n"
            "            error_page 500 = @unavailable;\n"
            "            include problems.conf;\n"
            "            client_max_body_size %zu;\n"
            "            limit_conn uploads %d;\n",
            service->name, service->upload_bytes_max, NGINX_UPLOADS_MAX);
    print_proxy(out, service->name);
    fprintf(out, "            }\n");
}

static void print_guard(FILE *out, const struct serve_service *service)
{
    fprintf(out,
            "        location = /_guard/%s {\n"
            "            internal;\n"
            "            rewrite ^ %s break;\n"
            "            client_max_body_size 0;\n"
            "            proxy_pass_request_body off;\n"
            "            proxy_set_header Content-Length \"\";\n",
            service->name, service->upload_guard);
    print_proxy(out, service->name);
    fprintf(out, "        }\n");
}

static void print_proxy(FILE *out, const char *name)
{
    fprintf(out,
            "            include proxy.conf;\n"
            "            proxy_set_header Connection \"\";\n"
            "            proxy_connect_timeout 2s;\n"
            "            proxy_read_timeout 30s;\n"
            "            proxy_pass http://%s;\n",
            name);
}

/* A path of a route as a regular expression: {part} is anything but a slash. */
static void print_pattern(FILE *out, const char *path)
{
    fputc('^', out);
    for (const char *at = path; *at; at++) {
        if (*at == '{') {
            fputs("[^/]+", out);
            at = strchr(at, '}');
        } else {
            fputc(*at, out);
        }
    }
    fputc('$', out);
}

static void value_origins(struct values *values, const struct settings *settings)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert(out);
    char origin[CONFIG_TEXT_BYTES];
    for (int i = 0; settings_list_item(settings->public_origins, i, origin); i++) {
        if (i == 0)
            value(values, "ORIGIN_FIRST", "%s", origin);
        fprintf(out, "        \"%s\" \"%s\";\n", origin, origin);
    }
    fclose(out);
    value(values, "ORIGINS", "%s", text);
    free(text);
}

static enum error make_folders(const char *folder)
{
    char temp[FILES_PATH_BYTES];
    files_join(temp, folder, "temp");
    enum error error = files_folder(folder, 0700);
    return error ? error : files_folder(temp, 0700);
}

static enum error render(const struct settings *settings, const struct values *values,
                         const char *folder, const char *name)
{
    char from[FILES_PATH_BYTES], to[FILES_PATH_BYTES];
    snprintf(from, sizeof from, "%s/deploy/nginx/%s.template", settings->share_dir, name);
    files_join(to, folder, name);
    char *template, *text, unknown[TEMPLATE_NAME_BYTES];
    enum error error = files_read(from, TEMPLATE_BYTES_MAX, &template);
    if (error) {
        fprintf(stderr, "transcendence: cannot read %s; set share_dir.\n", from);
        return error;
    }
    error = template_expand(template, values->items, values->count, &text, unknown);
    free(template);
    if (error) {
        fprintf(stderr, "transcendence: %s names @%s@, which is no value.\n", from, unknown);
        return error;
    }
    error = files_write(to, 0600, text, strlen(text));
    free(text);
    return error;
}
