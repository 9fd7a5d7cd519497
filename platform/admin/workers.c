/* `game workers`: GET /api/games/workers. */
#include "admin/commands.h"
#include "admin/table.h"

static json_int_t number_of(const json_t *worker, const char *name);
static json_int_t percent_of(const json_t *worker);

enum admin_exit command_workers(struct connection *connection, char **words)
{
    static const char *const headings[] = {"WORKER",  "GAME",    "VERSION", "STATE",     "MATCHES",
                                           "SKIPPED", "LATE US", "CPU %",   "MEMORY KIB"};
    json_t *answer = NULL, *worker;
    size_t index;
    struct table table;
    (void)words;
    enum admin_exit status = connection_ask(connection, "GET", "/api/games/workers", NULL, &answer);
    if (status != ADMIN_DONE)
        return status;
    table_init(&table, 9, headings);
    json_array_foreach(json_object_get(answer, "items"), index, worker)
    {
        table_cell(&table, answer_text(worker, "worker"));
        table_cell(&table, answer_text(worker, "game"));
        table_cell(&table, answer_text(worker, "version"));
        table_cell(&table, answer_text(worker, "state"));
        table_number(&table, number_of(worker, "matches"));
        table_number(&table, number_of(worker, "ticksSkipped"));
        table_number(&table, number_of(worker, "tickLateMaxMicroseconds"));
        table_number(&table, percent_of(worker));
        table_number(&table, number_of(worker, "memoryBytes") / 1024);
    }
    table_print(&table);
    json_decref(answer);
    return ADMIN_DONE;
}

static json_int_t number_of(const json_t *worker, const char *name)
{
    return json_integer_value(json_object_get(worker, name));
}

/* Of one processor, since it was started. */
static json_int_t percent_of(const json_t *worker)
{
    json_int_t age = number_of(worker, "ageMicroseconds");
    return age > 0 ? number_of(worker, "cpuMicroseconds") * 100 / age : 0;
}
