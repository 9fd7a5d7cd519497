# Turns platform/SERVICE/sql/queries.sql and NNNN_name.sql into C tables, see store/sql.h.
# Variables: service, header, source. Queries start at "-- name: NAME"; comments are left out of
# the text. Every file keeps its line breaks, so that PostgreSQL's error positions stay readable.

function quoted(line)
{
    gsub(/\\/, "\\\\", line)
    gsub(/"/, "\\\"", line)
    return "    \"" line "\\n\"\n"
}

function fail(sentence)
{
    print FILENAME ":" FNR ": " sentence > "/dev/stderr"
    failed = 1
    exit 1
}

FNR == 1 {
    file_name = FILENAME
    sub(/.*\//, "", file_name)
    is_migration = file_name ~ /^[0-9]/
    if (is_migration) {
        migration_count++
        if (file_name + 0 != migration_count)
            fail("migrations are numbered from 1 without holes")
        migration_name[migration_count] = substr(file_name, 1, length(file_name) - 4)
    }
}

is_migration {
    migration_text[migration_count] = migration_text[migration_count] quoted($0)
    next
}

/^-- name: / {
    if ($3 !~ /^[a-z][a-z0-9_]*$/ || ($3 in query_text))
        fail("a query's name is [a-z0-9_] and stands once")
    query_name[++query_count] = $3
    query_text[$3] = ""
    next
}

/^[ \t]*--/ || /^[ \t]*$/ {
    next
}

{
    if (query_count == 0)
        fail("a statement stands behind `-- name: NAME`")
    query_text[query_name[query_count]] = query_text[query_name[query_count]] quoted($0)
}

END {
    if (failed)
        exit 1
    guard = "GENERATED_" toupper(service) "_QUERIES_H"
    print "#ifndef " guard "\n#define " guard "\n\n#include \"store/sql.h\"\n" > header
    for (i = 1; i <= query_count; i++)
        print "extern const struct sql " query_name[i] ";" > header
    print "extern const struct sql_list " service "_queries;" > header
    print "extern const struct migration_list " service "_migrations;" > header
    print "\n#endif" > header

    print "#include \"" service "/queries.h\"\n" > source
    for (i = 1; i <= query_count; i++)
        printf "const struct sql %s = {\"%s\",\n%s};\n\n", query_name[i], query_name[i], \
            query_text[query_name[i]] > source
    print "static const struct sql *const items[] = {" > source
    for (i = 1; i <= query_count; i++)
        print "    &" query_name[i] "," > source
    print "    NULL,\n};\nconst struct sql_list " service "_queries = {items, " query_count + 0 "};\n" > source
    print "static const struct migration migrations[] = {" > source
    for (i = 1; i <= migration_count; i++)
        printf "    {%d, \"%s\",\n%s    },\n", i, migration_name[i], migration_text[i] > source
    print "    {0, NULL, NULL},\n};\nconst struct migration_list " service "_migrations = {migrations, " \
        migration_count + 0 "};" > source
}
