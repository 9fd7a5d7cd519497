/* Ports of this machine, asked from outside: is one free, does somebody answer on it. */
#ifndef SERVE_PORTS_H
#define SERVE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_ANSWER_MS_MAX 200

bool port_answers(const char *host, int64_t port);

/* Can it be bound? If not, `ret_reason` says why: in use, not allowed ... */
bool port_is_free(const char *host, int64_t port, char ret_reason[64]);

#endif
