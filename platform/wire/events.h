/*
 * Events: what a service tells the sockets of a channel, and the orders it gives to gateways.
 *
 * Channels are `global`, `user:ID`, `room:ID`, `match:ID` (its game:ended alone, for those who
 * watch without being in the room). A service publishes on the Redis channel WIRE_EVENT_PREFIX +
 * channel, by one script that takes the next `seq` and publishes the finished text, so that `seq`
 * counts without holes:
 *
 *   {"type":"chat:message","ch":"room:ID","seq":41,"data":{...}}      `type` always stands first
 *
 * The last WIRE_RECENT_MAX texts of a channel are kept for WIRE_RECENT_MS after the newest, for who
 * comes back with session:resume: the script WIRE_RECENT_SCRIPT finds what he has missed.
 *
 * A gateway hands that text to its sockets untouched, except for the types that it has to complete
 * for each socket (game:started; by user:ID for who joins a match that is played) or act on
 * (game:ended).
 *
 * Orders start with '@' and never reach a browser. They go to `user:ID` and carry no seq:
 *   @{"do":"subscribe","ch":"room:ID"}      every socket of this user now hears room:ID;
 *                                           where the gateway had to subscribe first, the sockets
 *                                           get a session:resync once it has, for what was missed
 *   @{"do":"unsubscribe","ch":"room:ID"}    ... no longer
 *   @{"do":"revoke","session":"ID"}         close the sockets of this session with 4401;
 *                                           without "session": all sockets of the user
 */
#ifndef WIRE_EVENTS_H
#define WIRE_EVENTS_H

#define WIRE_EVENT_PREFIX      "event:"
#define WIRE_SEQ_PREFIX        "seq:"    /* the counter of a channel */
#define WIRE_RECENT_PREFIX     "recent:" /* the list of its last texts, the newest at the end */
#define WIRE_RECENT_MAX        32
#define WIRE_RECENT_MS         30000
#define WIRE_CHANNEL_BYTES_MAX 64
#define WIRE_EVENT_BYTES_MAX   (64u << 10)

#define WIRE_CHANNEL_GLOBAL "global"
#define WIRE_CHANNEL_USER   "user:"
#define WIRE_CHANNEL_ROOM   "room:"
#define WIRE_CHANNEL_MATCH  "match:"

#define WIRE_TEXT_OF(number) #number
#define WIRE_TEXT(number)    WIRE_TEXT_OF(number)

/* KEYS[1] the counter, KEYS[2] the Redis channel, KEYS[3] the list; ARGV[1] type, ARGV[2] channel,
 * ARGV[3] data. */
#define WIRE_EVENT_SCRIPT                                                                          \
    "local seq = redis.call('incr', KEYS[1])\n"                                                    \
    "local text = '{\"type\":\"' .. ARGV[1] .. '\",\"ch\":\"' .. ARGV[2] .. "                      \
    "'\",\"seq\":' .. seq .. ',\"data\":' .. ARGV[3] .. '}'\n"                                     \
    "redis.call('publish', KEYS[2], text)\n"                                                       \
    "redis.call('rpush', KEYS[3], text)\n"                                                         \
    "redis.call('ltrim', KEYS[3], -" WIRE_TEXT(                                                    \
        WIRE_RECENT_MAX) ", -1)\n"                                                                 \
                         "redis.call('pexpire', KEYS[3], " WIRE_TEXT(                              \
                             WIRE_RECENT_MS) ")\n"                                                 \
                                             "return seq\n"

/* KEYS the counter and the list of each channel; ARGV the last seq seen of each. Gives for each how
 * many texts follow, and these; nothing instead of the number when they are not all there. */
#define WIRE_RECENT_SCRIPT                                                                         \
    "local found = {}\n"                                                                           \
    "for i = 1, #ARGV do\n"                                                                        \
    "  local list = KEYS[2 * i]\n"                                                                 \
    "  local missed = tonumber(redis.call('get', KEYS[2 * i - 1]) or '0') - tonumber(ARGV[i])\n"   \
    "  if missed < 0 or missed > redis.call('llen', list) then\n"                                  \
    "    found[#found + 1] = false\n"                                                              \
    "  else\n"                                                                                     \
    "    found[#found + 1] = tostring(missed)\n"                                                   \
    "    local texts = missed > 0 and redis.call('lrange', list, -missed, -1) or {}\n"             \
    "    for _, text in ipairs(texts) do found[#found + 1] = text end\n"                           \
    "  end\n"                                                                                      \
    "end\n"                                                                                        \
    "return found\n"

/*
 * Other keys that more than one process knows:
 *   online:USER   hash, field = gateway instance, value = expiry in unix ms; the whole key expires
 *                 after WIRE_ONLINE_TTL_S, each gateway refreshes its users every third of that.
 *                 Written by gateways, read by social and matchmaking. Online: any field unexpired.
 *   playing:USER  the id of the live match of this user, with a TTL that games refreshes.
 *                 Written by games, read by social and matchmaking.
 */
#define WIRE_ONLINE_PREFIX  "online:"
#define WIRE_PLAYING_PREFIX "playing:"
#define WIRE_ONLINE_TTL_S   60

#endif
