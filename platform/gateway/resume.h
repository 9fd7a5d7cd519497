/*
 * session:resume: who comes back, by whatever gateway, gets the events that he has missed
 * meanwhile, each once, out of what Redis keeps of each channel (wire/events.h). Where they are not
 * all there any more, and for a channel that he does not name, he is told to fetch anew what he
 * shows.
 */
#ifndef GATEWAY_RESUME_H
#define GATEWAY_RESUME_H

#include "gateway/socket.h"

#define RESUME_CHANNELS_MAX 48 /* named in one command */

/* The command {"seen":{CHANNEL: the last seq seen of it, ...}}; its answer, {"missed":n}, comes
 * after the events. */
void resume_run(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data);

#endif
