#include "serve/certificate.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "serve/program.h"

#define PROGRAM "/usr/bin/openssl"
#define NAMES   "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"

static bool is_good(const struct master *master, char *certificate);

enum error certificate_prepare(const struct master *master)
{
    int64_t from_ms = clock_monotonic_ms();
    char folder[FILES_PATH_BYTES], key[FILES_PATH_BYTES], certificate[FILES_PATH_BYTES];
    files_join(folder, master->settings->data_dir, "tls");
    files_join(key, folder, "key.pem");
    files_join(certificate, folder, "certificate.pem");
    enum error error = files_folder(folder, 0700);
    if (error || (files_exists(key) && is_good(master, certificate)))
        return error;

    char *command[] = {PROGRAM,
                       "req",
                       "-x509",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:P-256",
                       "-nodes",
                       "-sha256",
                       "-days",
                       CERTIFICATE_DAYS,
                       "-subj",
                       "/CN=localhost",
                       "-addext",
                       NAMES,
                       "-keyout",
                       key,
                       "-out",
                       certificate,
                       NULL};
    if (!program_run(master->log_folder, "certificate", command, NULL, 0) || chmod(key, 0600) < 0) {
        fprintf(stderr, "transcendence: " PROGRAM " could not make a certificate; see %s.\n",
                master->log_folder);
        return ERROR_UNAVAILABLE;
    }
    master_say("certificate", "created", clock_monotonic_ms() - from_ms);
    return OK;
}

static bool is_good(const struct master *master, char *certificate)
{
    char *command[] = {PROGRAM, "x509",      "-noout", "-checkend", CERTIFICATE_SECONDS_LEFT,
                       "-in",   certificate, NULL};
    return files_exists(certificate) &&
           program_run(master->log_folder, "certificate", command, NULL, 0);
}
