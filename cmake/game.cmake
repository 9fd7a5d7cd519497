# The games of this repository: built as any author's (sdk/cmake/gamekit_game.cmake), with each
# warning an error (games/CMakeLists.txt), and the tests that all of them share.
set(GAMEKIT_INCLUDE_DIR ${CMAKE_SOURCE_DIR}/sdk/include)
include(${CMAKE_SOURCE_DIR}/sdk/cmake/gamekit_game.cmake)

# game_image_test(NAME): ctest NAME_image, the built files are such that a host accepts them.
function(game_image_test name)
    add_test(NAME ${name}_image COMMAND gamekit_tool check ${CMAKE_BINARY_DIR}/plugins.d/${name})
endfunction()

# game_determinism_test(NAME FOLDER SOURCES...): ctest determinism_NAME, the rules in FOLDER are the same
# function for gcc, clang and WebAssembly, optimized or not; skipped where these are not installed.
function(game_determinism_test name folder)
    set(flags ${GAMEKIT_COMPILE_OPTIONS} ${GAMEKIT_WARNINGS} -Werror -I ${GAMEKIT_INCLUDE_DIR}
        ${DETERMINISM_DEFINITIONS})
    list(JOIN flags " " flags)
    list(JOIN GAMEKIT_WASM_OPTIONS " " wasm)
    set(native ${GAMEKIT_NATIVE_OPTIONS} ${GAMEKIT_LINK_OPTIONS})
    list(JOIN native " " native)
    list(TRANSFORM ARGN PREPEND ${folder}/)
    find_program(GAMEKIT_NODE node)
    add_test(NAME determinism_${name}
        COMMAND ${CMAKE_SOURCE_DIR}/sdk/tests/determinism.sh $<TARGET_FILE:gamekit_tool>
                "${GAMEKIT_NODE}" ${CMAKE_BINARY_DIR}/determinism/${name} ${folder}/game.json
                "${flags} ${native}" "${flags} ${wasm}" ${ARGN})
    set_tests_properties(determinism_${name} PROPERTIES SKIP_RETURN_CODE 77 LABELS determinism)
endfunction()
