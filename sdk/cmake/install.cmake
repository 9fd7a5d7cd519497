# What `cmake --install BUILD --component sdk` installs, and the same tree in the build folder, so
# that the tool finds its files at ../share and ../include wherever it is started from:
#
#   bin/gamekit                  include/gamekit/           share/cmake/gamekit/
#   share/pkgconfig/gamekit.pc   share/gamekit/template/    share/gamekit/client/
#   share/doc/gamekit/
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(sdk ${CMAKE_CURRENT_LIST_DIR}/..)
set(here ${CMAKE_BINARY_DIR})
set(package ${here}/share/cmake/gamekit)

write_basic_package_version_file(${package}/gamekitConfigVersion.cmake VERSION ${GAMEKIT_VERSION}
    COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
foreach(file gamekitConfig.cmake gamekit_game.cmake)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${file} ${package}/${file} COPYONLY)
endforeach()
list(JOIN GAMEKIT_COMPILE_OPTIONS " " compile)
list(JOIN GAMEKIT_NATIVE_OPTIONS " " native)
list(JOIN GAMEKIT_LINK_OPTIONS " " GAMEKIT_PC_LIBS)
set(GAMEKIT_PC_CFLAGS "${compile} ${native}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/gamekit.pc.in ${here}/share/pkgconfig/gamekit.pc @ONLY)

install(DIRECTORY ${package} DESTINATION share/cmake COMPONENT sdk)
install(FILES ${here}/share/pkgconfig/gamekit.pc DESTINATION share/pkgconfig COMPONENT sdk)
install(TARGETS gamekit_tool RUNTIME DESTINATION bin COMPONENT sdk)

# sdk_folder(FROM TO): the folder FROM is TO in both trees.
function(sdk_folder from to)
    get_filename_component(source ${from} ABSOLUTE)
    if(NOT IS_DIRECTORY ${source})
        return()
    endif()
    get_filename_component(above ${here}/${to} DIRECTORY)
    file(MAKE_DIRECTORY ${above})
    file(CREATE_LINK ${source} ${here}/${to} SYMBOLIC)
    install(DIRECTORY ${source}/ DESTINATION ${to} COMPONENT sdk PATTERN build EXCLUDE)
endfunction()
sdk_folder(${sdk}/include/gamekit include/gamekit)
sdk_folder(${sdk}/client share/gamekit/client)
sdk_folder(${sdk}/playground share/gamekit/playground)
sdk_folder(${sdk}/../games/template share/gamekit/template)
sdk_folder(${sdk}/../docs/games share/doc/gamekit)
