/* Rows of text under headings, each column as wide as its widest cell. */
#ifndef ADMIN_TABLE_H
#define ADMIN_TABLE_H

#include <jansson.h>

#define TABLE_COLUMNS_MAX 12

struct table {
    int column_count;
    json_t *cells; /* owned: texts, row by row, the headings first */
};

void table_init(struct table *table, int column_count, const char *const headings[]);
/* `text` may be NULL; a control character in it becomes a question mark. */
void table_cell(struct table *table, const char *text);
void table_number(struct table *table, json_int_t number);
/* Prints, and frees what it holds. */
void table_print(struct table *table);

#endif
