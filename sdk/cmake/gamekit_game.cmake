# How a game is built: the only place that knows its flags. Part of the installed package
# (find_package(gamekit)) and used by the games of this repository as it is. Needs
# GAMEKIT_INCLUDE_DIR, the folder above gamekit/game.h.

# What makes a game one that a host can judge, run under a handful of system calls and compile for
# WebAssembly: see docs/games/refused.md for what happens without each of them. (-g is for gdb.)
set(GAMEKIT_COMPILE_OPTIONS -std=c17 -O2 -ffreestanding -fvisibility=hidden -ffp-contract=off)
set(GAMEKIT_NATIVE_OPTIONS -g -fPIC -fno-stack-protector -fno-asynchronous-unwind-tables)
# Callbacks leave arguments aside; a function that is not declared would only fail when it is linked.
set(GAMEKIT_WARNINGS -Wall -Wextra -Wpedantic -Wno-unused-parameter
    -Werror=implicit-function-declaration)
set(GAMEKIT_LINK_OPTIONS -nostdlib -nostartfiles -Wl,-z,defs,-z,now,-z,relro -Wl,-z,noexecstack
    -Wl,--build-id=none)
# A WebAssembly module has no ELF notes: the manifest becomes plain data.
set(GAMEKIT_WASM_OPTIONS --target=wasm32 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--strip-all
    -Wl,--export=gk_game_v1 -Wl,--export-table -Wl,--growable-table)

# gamekit_add_game(ID SOURCES...): builds the game whose rules are SOURCES and whose game.json and
# client/ lie beside the CMakeLists.txt that calls it, and lays its bundle (game.so, game.json,
# client/) into <build>/plugins.d/ID. Where clang and wasm-ld are installed, the same rules lie there
# as game.wasm too, by which a page plays replays back. The target `bundles` is all of that.
function(gamekit_add_game id)
    set(bundle ${CMAKE_BINARY_DIR}/plugins.d/${id})
    set(GAMEKIT_GAME ${id} CACHE INTERNAL "the game that was added last: gamekit build asks")
    add_library(game_${id} MODULE ${ARGN})
    set_target_properties(game_${id} PROPERTIES PREFIX "" OUTPUT_NAME game SUFFIX .so
        LIBRARY_OUTPUT_DIRECTORY ${bundle} C_EXTENSIONS OFF)
    target_include_directories(game_${id} PRIVATE ${GAMEKIT_INCLUDE_DIR})
    target_compile_options(game_${id} PRIVATE ${GAMEKIT_COMPILE_OPTIONS} ${GAMEKIT_NATIVE_OPTIONS}
        ${GAMEKIT_WARNINGS})
    target_link_options(game_${id} PRIVATE ${GAMEKIT_LINK_OPTIONS})
    # The files beside the rules have a stamp of their own: they change without the rules. It is older than
    # the copies, so a file that is saved while it is copied is copied again.
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/client/*)
    add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp
        COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp
        COMMAND ${CMAKE_COMMAND} -E make_directory ${bundle}
        COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/game.json ${bundle}/game.json
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${bundle}/client
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/client ${bundle}/client
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/game.json ${files} VERBATIM)
    add_custom_target(bundle_${id} ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp)
    if(NOT TARGET bundles)
        add_custom_target(bundles)
    endif()
    add_dependencies(bundles game_${id} bundle_${id})
    gamekit_add_wasm(${id} ${bundle}/game.wasm ${ARGN})
    gamekit_add_fuzz(${id} ${ARGN})
endfunction()

function(gamekit_add_wasm id out)
    find_program(GAMEKIT_CLANG clang)
    find_program(GAMEKIT_WASM_LD wasm-ld)
    if(NOT GAMEKIT_CLANG OR NOT GAMEKIT_WASM_LD)
        file(REMOVE ${out}) # an old one would no longer be the same game
        return()
    endif()
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h
        ${GAMEKIT_INCLUDE_DIR}/gamekit/*.h)
    add_custom_command(OUTPUT ${out}
        COMMAND ${GAMEKIT_CLANG} ${GAMEKIT_COMPILE_OPTIONS} -w # they were told with game.so
                ${GAMEKIT_WASM_OPTIONS} -I ${GAMEKIT_INCLUDE_DIR} ${ARGN} -o ${out}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} DEPENDS ${ARGN} ${headers} VERBATIM)
    add_custom_target(wasm_${id} ALL DEPENDS ${out})
    add_dependencies(wasm_${id} game_${id}) # makes the folder, and tells of faults first
    add_dependencies(bundles wasm_${id})
endfunction()

# The target `fuzz` is the same rules with sanitizers as <build>/fuzz/ID.so, and beside it the name of
# the library that a program needs to load it: for gamekit fuzz.
function(gamekit_add_fuzz id)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
    set(library libasan.so)
    if(CMAKE_C_COMPILER_ID MATCHES Clang)
        set(library libclang_rt.asan-${CMAKE_HOST_SYSTEM_PROCESSOR}.so)
        list(APPEND sanitizers -shared-libsan)
    endif()
    add_library(fuzz_${id} MODULE EXCLUDE_FROM_ALL ${ARGN})
    set_target_properties(fuzz_${id} PROPERTIES PREFIX "" OUTPUT_NAME ${id} SUFFIX .so
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz C_EXTENSIONS OFF)
    target_include_directories(fuzz_${id} PRIVATE ${GAMEKIT_INCLUDE_DIR})
    target_compile_options(fuzz_${id} PRIVATE ${GAMEKIT_COMPILE_OPTIONS} -fPIC -O1 -g
        -fno-omit-frame-pointer ${GAMEKIT_WARNINGS} ${sanitizers})
    target_link_options(fuzz_${id} PRIVATE ${sanitizers})
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${library}
        OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE)
    file(WRITE ${CMAKE_BINARY_DIR}/fuzz/${id}.runtime ${library})
    if(NOT TARGET fuzz)
        add_custom_target(fuzz)
    endif()
    add_dependencies(fuzz fuzz_${id})
endfunction()

# gamekit_add_rules_test(NAME SOURCES...): the program NAME and the ctest of the same name, the rules
# compiled like any other program, with the address and undefined sanitizers.
function(gamekit_add_rules_test name)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
    add_executable(${name} ${ARGN})
    target_include_directories(${name} PRIVATE ${GAMEKIT_INCLUDE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_options(${name} PRIVATE -std=c17 -g ${GAMEKIT_WARNINGS} ${sanitizers} -UNDEBUG)
    target_link_options(${name} PRIVATE ${sanitizers})
    add_test(NAME ${name} COMMAND ${name})
endfunction()

# gamekit_add_client_tests(NAME FOLDER): ctest NAME, the client's FOLDER/*.test.mjs by node, where
# node is installed.
function(gamekit_add_client_tests name folder)
    find_program(GAMEKIT_NODE node)
    if(GAMEKIT_NODE)
        file(GLOB tests CONFIGURE_DEPENDS ${folder}/*.test.mjs)
        add_test(NAME ${name} COMMAND ${GAMEKIT_NODE} --no-warnings --test ${tests})
    endif()
endfunction()
