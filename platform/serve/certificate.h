/*
 * The certificate for https on this machine, made on the spot: self-signed, for localhost and the
 * loopback addresses, in <data_dir>/tls. Renewed at a start when it is about to end. A real one is
 * dropped over these two files.
 */
#ifndef SERVE_CERTIFICATE_H
#define SERVE_CERTIFICATE_H

#include "serve/master.h"

#define CERTIFICATE_DAYS         "800"
#define CERTIFICATE_SECONDS_LEFT "2592000" /* less than 30 days: a new one */

must_use enum error certificate_prepare(const struct master *master);

#endif
