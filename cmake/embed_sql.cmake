# embed_sql(SERVICE): makes the library SERVICE_sql out of platform/SERVICE/sql/, see store/sql.h.
function(embed_sql service)
    set(folder ${CMAKE_SOURCE_DIR}/platform/${service}/sql)
    set(script ${CMAKE_SOURCE_DIR}/cmake/embed_sql.awk)
    set(out ${CMAKE_BINARY_DIR}/generated/${service})
    file(GLOB migrations CONFIGURE_DEPENDS ${folder}/[0-9]*.sql)
    file(MAKE_DIRECTORY ${out})
    add_custom_command(
        OUTPUT ${out}/queries.h ${out}/queries.c
        COMMAND awk -v service=${service} -v header=${out}/queries.h -v source=${out}/queries.c
                -f ${script} ${folder}/queries.sql ${migrations}
        DEPENDS ${script} ${folder}/queries.sql ${migrations}
        VERBATIM)
    add_library(${service}_sql STATIC ${out}/queries.c ${out}/queries.h)
    target_include_directories(${service}_sql PUBLIC ${CMAKE_BINARY_DIR}/generated
        ${CMAKE_SOURCE_DIR}/platform)
endfunction()
